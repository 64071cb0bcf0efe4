"""What is no leak: what the problem says, and what the student found themselves. Pure."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from agents.tutor.leak import cues, figures, fold, formulas
from agents.tutor.leak.sought import VERDICT

CLAIMS = 3  # values that one message may claim; a longer list is guessing
SHORT = 6  # words; a message that is hardly more than its number claims it
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|[^\w\s]")
_LETTER = re.compile(r"(?<![a-z0-9'])\(?([a-h])\)?(?![a-z0-9'])")
_CHOICE = re.compile(r"(?:option|choice|answer|opcion|antwort|reponse|respuesta|letter)\W*\Z")


class Told:
    """`mentioned` may be said again, but not as the answer; what is claimed may be confirmed."""

    def __init__(self, problems: Sequence[str], said: Sequence[str]) -> None:
        folded = [fold.plain(one) for one in (*problems, *said)]
        own = [fold.plain(one) for one in said]
        self.numbers: set[Fraction] = set()
        self.beside: set[tuple[str, str]] = set()
        self.formulas: set[formulas.Value] = set()
        for text in folded:
            self.numbers.update(value for one in figures.find(text) for value in one.values)
            self.beside.update(pairs(text))
            self.formulas.update(one.value for one in formulas.find(text))
        self.text = "\n".join(fold.compact(fold.fold(one)).text for one in (*problems, *said))
        self.own = "\n".join(fold.compact(fold.fold(one)).text for one in said)
        self.tight = "\n".join(re.sub(r"\s", "", one) for one in folded)
        self.claimed = {value for text in own for value in _claimed(text)}
        self.claimed_formulas = {one.value for text in own for one in formulas.find(text)}
        self.letters = {letter for text in own for letter in _letters(text)}
        self.verdicts = {truth for text in own for truth in _verdicts(text)}

    def restated(self, text: str, start: int, end: int) -> bool:
        """Whether a number stands here beside what it stands beside in the problem."""
        before = _TOKEN.findall(text[max(0, start - 24) : start])[-1:]
        after = _TOKEN.findall(text[end : end + 24])[:1]
        number = text[start:end].strip()
        left = {(one, number) for one in before if one.isalpha() and len(one) > 2}
        right = {(number, one) for one in after if one.isalpha() or one == "%"}
        return bool(right & self.beside or (left & self.beside and not right))


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield each number of a text with the word before it, and with the one after it."""
    for one in figures.find(text):
        number = text[one.start : one.end].strip()
        before = _TOKEN.findall(text[max(0, one.start - 24) : one.start])[-1:]
        after = _TOKEN.findall(text[one.end : one.end + 24])[:1]
        yield from ((word, number) for word in before)
        yield from ((number, word) for word in after)


def _claimed(text: str) -> set[Fraction]:
    """The values that a message of the student gives as its result."""
    found = [one for one in figures.find(text) if not one.apart]
    if len(text.split()) <= SHORT and len(found) == 1:
        return set(found[0].values)
    given = [one for one in found if cues.level(text, one.start, one.end) >= cues.NAMED]
    if len({one.values for one in given}) > CLAIMS:
        given = given[-1:]
    return {value for one in given for value in one.values}


def _letters(text: str) -> set[str]:
    """The option that a message chooses; none where it names several."""
    named = {one[1] for one in _LETTER.finditer(text) if _named(text, one)}
    return named if len(named) == 1 else set()


def _named(text: str, letter: re.Match[str]) -> bool:
    before = text[: letter.start()]
    return (
        len(text.split()) <= 2
        or bool(_CHOICE.search(before))
        or letter[0].startswith("(")
        or (letter[1] not in "a" and cues.level(text, letter.start(), letter.end()) >= cues.NAMED)
    )


def _verdicts(text: str) -> set[bool]:
    told = {VERDICT[word] for word in re.findall(r"[a-z]+", text) if word in VERDICT}
    return told if len(told) == 1 else set()
