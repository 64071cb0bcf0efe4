"""Where sealed words stand in a text: phrases, lines of code, options, verdicts. Pure."""

import re
from collections.abc import Iterable, Iterator

from agents import words
from agents.tutor.leak import cues, decoded, fold
from agents.tutor.leak.fold import Folded
from agents.tutor.leak.sought import LONG, Line, Option, Phrase, Sought, Verdict
from agents.tutor.leak.spots import ANSWER, EQUAL, FREE, NAMED, Spot
from agents.tutor.leak.told import Told

SHIFTED = 6  # letters of a word that is looked for shifted, or from its end
CODED = 6  # signs of a line of code that nobody writes by chance
STEMS = 3  # of a phrase whose words are looked for in any order
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_LETTER = re.compile(r"(?<![a-z0-9'.])[(\[]?([a-h])[)\]]?(?![a-z0-9'])")
_PICK = re.compile(
    r"(?:choose|pick|select|go with|went with|take|mark|tick|circle|wahle?n?|nimm|ankreuzen|elige|"
    r"elija|marca|escoge|choisi(?:s|ssez)|coche[rz]?|prends)\W+(?:(?:the|la|die|el|le|option|choice|"
    r"answer|letter|opcion|antwort|reponse)\W+){0,3}\Z"
)
_ENDS = re.compile(
    r"[)\]\s\"'*_`]{0,6}(?:\Z|[.,;:!?\n–-]|(?:because|since|as|which|for|porque|weil|denn|car|parce)\b)"
)
_MARKER = re.compile(r"(?<![a-z0-9])\(?([a-h])[).:]\s")
_ORDINALS = (
    "first primera primero erste ersten premiere premier 1st",
    "second segunda segundo zweite zweiten deuxieme seconde 2nd",
    "third tercera tercero dritte dritten troisieme 3rd",
    "fourth cuarta cuarto vierte vierten quatrieme 4th",
    "fifth quinta quinto funfte funften cinquieme 5th",
    "sixth sexta sexto sechste sechsten sixieme 6th",
)
_ONE = (
    r"(?:one|option|choice|answer|statement|opcion|respuesta|alternativa|antwort|moglichkeit|"
    r"aussage|reponse|proposition)?"
)
_PLACES = {one: at for at, told in enumerate(_ORDINALS) for one in told.split()}
_PLACES |= dict.fromkeys(
    ["last", "letzte", "letzten", "ultima", "ultimo", "derniere", "dernier"], -1
)
_ORDINAL = re.compile(rf"(?<![a-z0-9])({'|'.join(_PLACES)})\W{{1,2}}{_ONE}(?![a-z])")
_PART = re.compile(r"[^.!?\n]+")
_WRONG = re.compile(
    r"(?<![a-z])(?:wrong|incorrect|false|not|isn't|aren't|rule out|eliminate|falsch|nicht|"
    r"incorrectas?|falsas?|faux|fausses?|pas)(?![a-z])"
)
_VERDICT = re.compile(
    r"(?<![a-z])(?:(?:statement|claim|sentence|assertion|answer|aussage|satz|behauptung|antwort|"
    r"afirmacion|enunciado|frase|respuesta|affirmation|enonce|reponse)\W+(?:[^\W_]+\W+){0,4}?"
    r"(?:is|'s|ist|es|est)\W+(?:[^\W_]+\W+){0,2}?(?:true|false|correct|incorrect|right|wrong|wahr|"
    r"falsch|richtig|verdader[oa]|fals[oa]|correct[oa]|incorrect[oa]|vraie?|fausse|faux)"
    r"|(?:it|this|that|das|dies|es|eso|esto|cela|c)\W{1,2}(?:is|s|ist|es|est)\W+(?:[^\W_]+\W+){0,1}?"
    r"(?:true|false|wahr|falsch|verdadero|falso|vrai|faux)(?=\W*(?:\Z|[.,;:!?\n])))(?![a-z])"
)
_TRUTH = re.compile(r"(?<![a-z])(?:true|false|wahr|falsch|verdadero|falso|vrai|faux)(?![a-z])")
_CHAINED = re.compile(r"(?<![^\W\d_])(?:[^\W\d_][\W_]{1,4}){2,}[^\W\d_](?![^\W\d_])")


class Named:
    """Looks for some words. `told` is what may be said."""

    def __init__(
        self,
        sought: Iterable[Sought],
        pairs: Iterable[tuple[str, str]],
        told: Told,
        *,
        shifted: int = SHIFTED,
    ) -> None:
        self._told = told
        each = list(sought)
        phrases = [one for one in each if isinstance(one, Phrase)]
        self._phrases = {one.text: one for one in phrases if one.text not in told.own}
        self._lines = [one for one in each if isinstance(one, Line) and one.text not in told.tight]
        self._options = [one for one in each if isinstance(one, Option) and not self._chosen(one)]
        self._verdict = any(isinstance(one, Verdict) for one in each) and not told.verdicts
        self._pairs = [tuple(fold.compact(fold.fold(one)).text for one in pair) for pair in pairs]
        hidden = [one.text for one in self._phrases.values() if len(one.text) >= shifted]
        self._turned = [one[::-1] for one in hidden if one[::-1] != one]
        self._steps = [made for one in hidden if len(made := decoded.steps(one)) >= shifted - 1]
        self._steps += [decoded.steps(_atbash(one)) for one in hidden if one.isascii()]
        if shifted > SHIFTED:
            self._steps = []  # among many, some long word has the same steps by chance
        self._begun = {
            one.text[:length]
            for one in self._phrases.values()
            if one.text not in told.text
            for length in range(1, len(one.text))
        }
        self._longest = max(map(len, self._begun), default=0)

    def _chosen(self, option: Option) -> bool:
        return chr(97 + option.at) in self._told.letters

    def find(self, text: Folded, letters: Folded, *, strict: bool = False) -> Iterator[Spot]:
        """Yield where they stand in a folded text, `letters` being its letters and digits alone."""
        yield from self._said(text, letters, strict=strict)
        yield from self._coded(text.text)
        yield from self._any_order(text.text)
        if self._options:
            yield from self._options_in(text.text, strict=strict)
        if self._verdict:
            yield from self._judged(text.text)
        yield from self._joined(text.text)

    def hides(self, letters: str) -> bool:
        """Whether one stands there from its end, or with all letters shifted."""
        if any(one in letters for one in self._turned):
            return True
        if not self._steps:
            return False
        own = decoded.steps(letters)
        plain = [decoded.steps(one) for one in self._phrases if one in letters]
        return any(one in own for one in self._steps if one not in plain)

    def begins(self, raw: str, letters: Folded) -> int:
        """Which of the letters begins a sealed phrase that may go on, at the end of a text."""
        length = len(letters.text)
        for size in range(min(self._longest, length), 0, -1):
            if letters.text[-size:] in self._begun:
                at = letters.at[length - size]
                if not raw[at - 1 : at].isalnum() or not raw[at].isascii():
                    return length - size
        return length

    def line_begins(self, text: str) -> int:
        """Where a sealed line of code begins that may go on, at the end of a folded text."""
        if not self._lines:
            return len(text)
        kept = [at for at, sign in enumerate(text) if not sign.isspace() and sign != "`"]
        tight = "".join(text[at] for at in kept)
        begun = [
            size
            for line in self._lines
            for size in range(1, min(len(line.text), len(tight) + 1))
            if tight.endswith(line.text[:size])
        ]
        return kept[len(tight) - max(begun)] if begun else len(text)

    def _said(self, text: Folded, letters: Folded, *, strict: bool) -> Iterator[Spot]:
        where = {place: at for at, place in enumerate(text.at)}
        for phrase in self._phrases.values():
            at = letters.text.find(phrase.text)
            while at >= 0:
                first = where[letters.at[at]]
                last = where[letters.at[at + len(phrase.text) - 1]] + 1
                if _whole(text.text, first, last, phrase):
                    yield self._spot(phrase, text.text, first, last, strict=strict)
                at = letters.text.find(phrase.text, at + 1)

    def _spot(self, phrase: Phrase, text: str, start: int, end: int, *, strict: bool) -> Spot:
        level = cues.level(text, start, end)
        if strict:
            need = FREE
        elif phrase.text in self._told.text:
            need = ANSWER
        elif phrase.telling:
            need = FREE
        else:
            need = NAMED if len(phrase.text) > 2 else EQUAL
        return Spot(start, end, "phrase", level, need, phrase)

    def _coded(self, text: str) -> Iterator[Spot]:
        if not self._lines:
            return
        kept = [at for at, sign in enumerate(text) if not sign.isspace() and sign != "`"]
        tight = "".join(text[at] for at in kept)
        for line in self._lines:
            at = tight.find(line.text)
            if at < 0:
                continue
            end = at + len(line.text)
            beside = tight[at - 1 : at] if at else ""
            if line.text[0].isdigit() and (beside.isdigit() or tight[end : end + 1].isdigit()):
                continue
            start, stop = kept[at], kept[end - 1] + 1
            need = FREE if len(line.text) >= CODED else NAMED
            yield Spot(start, stop, "code", cues.level(text, start, stop), need, line)

    def _any_order(self, text: str) -> Iterator[Spot]:
        """A phrase whose words all stand in one sentence, in another order or form."""
        wanted = [
            one
            for one in self._phrases.values()
            if len(one.stems) >= STEMS and one.text not in self._told.text
        ]
        if not wanted:
            return
        at = 0
        for part in _SENTENCE.split(text):
            stems = set(words.terms(part, "en"))
            for one in wanted:
                if one.stems <= stems:
                    yield Spot(at, at + len(part), "phrase", FREE, FREE, one)
            at = text.find(part, at) + len(part)

    def _options_in(self, text: str, *, strict: bool) -> Iterator[Spot]:
        wanted = {chr(97 + one.at) for one in self._options}
        for letter in _LETTER.finditer(text):
            if letter[1] in wanted and not _listed(text, letter):
                yield _picked(text, letter, strict=strict)
        yield from self._counted_off(text)
        for part in _PART.finditer(text):
            if _WRONG.search(part[0]) and self._left_over(part[0]):
                yield Spot(*part.span(), "option", ANSWER, ANSWER, Option)

    def _counted_off(self, text: str) -> Iterator[Spot]:
        """ "The second one is right"."""
        places = {one.at for one in self._options}
        last = any(one.among and one.at == one.among - 1 for one in self._options)
        for found in _ORDINAL.finditer(text):
            at = _PLACES[found[1]]
            if at in places or (at < 0 and last):
                level = cues.level(text, *found.span())
                yield Spot(*found.span(), "option", level, ANSWER, Option)

    def _left_over(self, part: str) -> bool:
        """Whether all others of some choices are said to be wrong."""
        letters = {one[1] for one in _LETTER.finditer(part)}
        return any(
            one.among > 2
            and chr(97 + one.at) not in letters
            and len(letters & {chr(97 + at) for at in range(one.among)}) == one.among - 1
            for one in self._options
        )

    def _judged(self, text: str) -> Iterator[Spot]:
        for found in _VERDICT.finditer(text):
            yield Spot(*found.span(), "verdict", ANSWER, ANSWER, Verdict)
        for found in _TRUTH.finditer(text):
            level = cues.level(text, *found.span())
            if level == ANSWER:
                yield Spot(*found.span(), "verdict", ANSWER, ANSWER, Verdict)

    def _joined(self, text: str) -> Iterator[Spot]:
        """What belongs together, named in one sentence without anything else of its kind."""
        if not self._pairs:
            return
        for part in _PART.finditer(text):
            said = fold.compact(fold.fold(part[0])).text
            left = [pair for pair in self._pairs if pair[0] and pair[0] in said]
            right = [pair for pair in self._pairs if pair[1] and pair[1] in said]
            if len(left) == 1 == len(right) and left == right:
                yield Spot(*part.span(), "phrase", ANSWER, ANSWER, Phrase)


def _picked(text: str, letter: re.Match[str], *, strict: bool) -> Spot:
    """How surely a letter is said to be the right one; "a" may be an article."""
    level = cues.level(text, *letter.span())
    ended = _ENDS.match(text, letter.end()) or letter[0][-1] in ")]"
    if not ended:
        level = level if level == ANSWER and letter[1] != "a" else 0
    elif _PICK.search(text[max(0, letter.start() - 60) : letter.start()]):
        level = ANSWER
    bare = strict and cues.alone(text, *letter.span())
    return Spot(*letter.span(), "option", level, FREE if bare else EQUAL, Option)


def _listed(text: str, letter: re.Match[str]) -> bool:
    """Whether options are only listed here, one after the other."""
    if not _MARKER.match(text, letter.start()):
        return False
    near = text[max(0, letter.start() - 300) : letter.start() + 300]
    beside = {one[1] for one in _MARKER.finditer(near)}
    return bool(beside & {chr(ord(letter[1]) - 1), chr(ord(letter[1]) + 1)})


def _whole(text: str, start: int, end: int, phrase: Phrase) -> bool:
    """Whether a phrase stands there as words: no part of a longer one, or letter by letter."""
    before, after = text[start - 1 : start], text[end : end + 1]
    inside = text[start:end]
    if _CHAINED.fullmatch(inside) and len(phrase.text) > 2:
        return True
    if before.isalnum() and before.isascii():
        return False
    if len(phrase.text) >= LONG:
        return True  # "catalysts"
    spread = re.search(r"[.!?\n]", inside) and not phrase.telling
    return not spread and not (after.isalnum() and after.isascii())


def _atbash(text: str) -> str:
    return "".join(chr(219 - ord(one)) if "a" <= one <= "z" else one for one in text)
