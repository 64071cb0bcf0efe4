"""Where sealed numbers and formulas stand in a folded text. Pure."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from agents.tutor.leak import cues, figures, formulas, spelled, units
from agents.tutor.leak.figures import Figure
from agents.tutor.leak.sought import Expression, Number
from agents.tutor.leak.spots import ANSWER, EQUAL, FREE, NAMED, Spot
from agents.tutor.leak.told import Told

TELLING = 3  # digits of a number that nobody says by chance
COMMON_PARTS = frozenset({2, 3, 4, 5, 10})  # of fractions that everybody says
LARGE = 1000
_WORD = re.compile(r"[^\W\d_]+")
_BACKWARDS = re.compile(
    r"backward|revers|mirror|ruckwarts|umgekehrt|gespiegelt|al reves|invertid|a l.envers|inverse|"
    r"spelled from the end|right to left"
)
_SUM = re.compile(r"\d\s?(?:[-+*/^(]|\*\*)|\\[a-z]|sqrt")
_CLOSED = re.compile(r"[\s\"'*_$)}\]`]{0,6}(?:\Z|[.,;:!?…\n])")
_ARTICLES = frozenset({("ein",), ("un",), ("um",), ("uno",), ("half",)})
_SPELLABLE = spelled.vocabulary()


class Counted:
    """Looks for some numbers and formulas. `told` is what may be said."""

    def __init__(self, sought: Iterable[Number | Expression], told: Told) -> None:
        self._told = told
        self._numbers = [
            one for one in sought if isinstance(one, Number) and one.value not in told.claimed
        ]
        self._formulas = {
            one.value: one
            for one in sought
            if isinstance(one, Expression) and one.value not in told.claimed_formulas
        }
        self._spelled: dict[tuple[str, ...], Number] = {}
        self._romans: dict[str, Number] = {}
        for number in self._numbers:
            self._spelled.update(dict.fromkeys(spelled.forms(number.value) - _ARTICLES, number))
            if (roman := spelled.roman(number.value)) and len(roman) > 1:
                self._romans[roman] = number
        self._longest = max(map(len, self._spelled), default=0)
        self._firsts = {form[0] for form in self._spelled}

    def find(self, text: str, *, strict: bool = False) -> Iterator[Spot]:
        """Yield where they stand. `strict`: in a text that was hidden, all of them leak."""
        if self._numbers:
            yield from self._digits(text, strict=strict)
            yield from self._words(text, strict=strict)
        if self._formulas or self._numbers:
            yield from self.worked(text)

    def _digits(self, text: str, *, strict: bool) -> Iterator[Spot]:
        found = list(figures.find(text))
        if _BACKWARDS.search(text):
            found += [turned for one in found if (turned := _turned(one, text))]
        for figure in found:
            for number in self._numbers:
                fits, unit, end = self._fits(figure, number, text)
                if fits:
                    need = 0 if strict else self._need(figure, number, text)
                    level = cues.level(text, figure.start, end)
                    if unit and not self._told.restated(text, figure.start, figure.end):
                        level = max(level, EQUAL)
                    yield Spot(figure.start, end, "number", level, need, number)

    def _fits(self, figure: Figure, number: Number, text: str) -> tuple[bool, bool, int]:
        """Whether a figure is the number, with the number's unit, and where both end."""
        unit, end = units.after(text, figure.end)
        if unit and number.unit:
            ours, size = units.size(number.unit)
            theirs, other = units.size(unit)
            if ours == theirs:
                return _same(figure, number, other / size), True, end
        return _same(figure, number, Fraction(1)), False, figure.end

    def _need(self, figure: Figure, number: Number, text: str) -> int:
        if figure.values & self._told.numbers:
            restated = self._told.restated(text, figure.start, figure.end)
            return ANSWER if restated else EQUAL if not figure.apart else ANSWER
        if figure.apart:
            return EQUAL if figure.digits < TELLING else NAMED
        if figure.digits >= TELLING or figure.places >= 2 or (figure.places and figure.digits > 1):
            return NAMED if figure.stuck else FREE
        if number.value.denominator > 1 and not figure.places:
            return EQUAL if number.value.denominator in COMMON_PARTS else NAMED
        return NAMED if figure.digits > 1 or abs(number.value) >= LARGE else EQUAL

    def _words(self, text: str, *, strict: bool) -> Iterator[Spot]:
        found = list(_WORD.finditer(text))
        said = [one[0] for one in found]
        at = 0
        while at < len(found):
            length = self._said(said, at)
            if not length:
                at += 1
                continue
            number = self._spelled.get(tuple(said[at : at + length]))
            start, end = found[at].start(), found[at + length - 1].end()
            if number and not self._part(said, at, length):
                yield self._word_spot(text, start, end, number, strict=strict)
            at += length
        for word in found if self._romans else ():
            if word[0] in self._romans:
                need = FREE if strict else EQUAL
                level, number = cues.level(text, *word.span()), self._romans[word[0]]
                yield Spot(*word.span(), "number", level, need, number)

    def _said(self, said: list[str], at: int) -> int:
        """How many words from here are a sealed number."""
        if said[at] not in self._firsts:
            return 0
        for length in range(min(self._longest, len(said) - at), 0, -1):
            if tuple(said[at : at + length]) in self._spelled:
                return length
        return 0

    def _part(self, said: list[str], at: int, length: int) -> bool:
        """Whether they are a part of a longer number: "two" of "forty two"."""
        before = said[at - 1 : at] if at else []
        after = said[at + length : at + length + 1]
        return any(one in _SPELLABLE and one not in _LINKS for one in (*before, *after))

    def _word_spot(self, text: str, start: int, end: int, number: Number, *, strict: bool) -> Spot:
        level = cues.level(text, start, end)
        unit, after = units.after(text, end)
        if unit and number.unit and units.size(unit) == units.size(number.unit):
            level, end = max(level, EQUAL), after
        value = number.value
        small = value.denominator == 1 and abs(value) < 13
        if small and level == EQUAL and end != after and not _CLOSED.match(text, end):
            level = NAMED
        need = EQUAL if small or value.denominator in COMMON_PARTS else NAMED
        if strict or (need == NAMED and len(text[start:end].split()) >= TELLING):
            need = FREE
        if number.value in self._told.numbers and not strict:
            need = ANSWER
        return Spot(start, end, "number", level, need, number)

    def worked(self, text: str) -> Iterator[Spot]:
        """Formulas that are a sealed one; and sums that come to a sealed number, as the answer."""
        if not self._formulas and not _SUM.search(text):
            return
        for one in formulas.find(text):
            if one.letters and one.value in self._formulas:
                told = one.value in self._told.formulas
                level = cues.level(text, one.start, one.end)
                need = ANSWER if told else FREE if one.parts > 2 else NAMED
                yield Spot(one.start, one.end, "expression", level, need, self._formulas[one.value])
            elif not one.letters and not one.value[0].imag:
                value = one.value[0].real
                for number in self._numbers:
                    if abs(value - float(number.value)) <= 1e-9 * max(1.0, abs(value)):
                        level = cues.level(text, one.start, one.end)
                        yield Spot(one.start, one.end, "number", level, ANSWER)


_LINKS = frozenset({"and", "y", "e", "et", "und", "a", "un", "ein", "point", "one", "o"})


def _same(figure: Figure, number: Number, scale: Fraction) -> bool:
    for written in figure.values:
        value = written * scale
        if abs(value - number.value) <= number.slack:
            return True
        if number.value.denominator > 1 and figure.digits > 1 and scale == 1:
            fewer = {figure.places, _places(value)} - {0}  # 1.2900 is 1.29
            if any(round(number.value, places) == value for places in fewer):
                return True
            if number.places and round(value, number.places) == number.value:
                return True
            whole = not figure.places and value.denominator == 1 and figure.digits >= TELLING
            if whole and round(number.value) == value:
                return True
    return False


def _places(value: Fraction) -> int:
    """How many decimals a value has; 0 where it has none, or too many."""
    return next((at for at in range(1, 7) if (value * 10**at).denominator == 1), 0)


def _turned(figure: Figure, text: str) -> Figure | None:
    """The same digits from the end, where a text speaks of going backwards."""
    digits = re.sub(r"\D", "", text[figure.start : figure.end])[::-1]
    if len(digits) < 2 or len(digits) > figures.LARGEST:
        return None
    return Figure(figure.start, figure.end, frozenset({Fraction(int(digits))}), 3)
