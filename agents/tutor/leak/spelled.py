"""How numbers are written in words, in the languages of our pages and some more. Pure.

Words are folded as `fold` does: without accents, in small letters.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from agents.tutor.leak import numerals

LARGEST = 999_999
PLACES = 6  # digits behind the point that are read out one by one
NUMERALS = 3_999  # the largest Roman numeral

_PARTS = {
    (1, 2): (
        "one half,a half,half,un medio,la mitad,ein halb,die halfte,einhalb,un demi,la moitie,"
        "un mezzo,la meta,um meio,a metade"
    ),
    (1, 3): "one third,a third,un tercio,ein drittel,un tiers,un terzo",
    (2, 3): "two thirds,dos tercios,zwei drittel,deux tiers,due terzi",
    (1, 4): "one quarter,a quarter,one fourth,a fourth,un cuarto,ein viertel,un quart,un quarto",
    (3, 4): (
        "three quarters,three fourths,tres cuartos,drei viertel,dreiviertel,trois quarts,"
        "tre quarti,tres quartos"
    ),
}
_EN_PARTS = {5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth", 9: "ninth", 10: "tenth"}
_EN_PARTS |= {12: "twelfth", 16: "sixteenth", 20: "twentieth", 100: "hundredth"}


def forms(value: Fraction) -> set[tuple[str, ...]]:
    """Return how a number is said, as words."""
    told = {*_whole(value), *_decimal(value), *_fraction(value)}
    return {tuple(one.replace("-", " ").split()) for one in told}


def roman(value: Fraction) -> str:
    """Return a whole number as a Roman numeral, or nothing."""
    if value.denominator != 1 or not 0 < value <= NUMERALS:
        return ""
    made, left = "", int(value)
    for size, sign in numerals.ROMAN.items():
        made += sign * (left // size)
        left %= size
    return made


def _whole(value: Fraction) -> Iterator[str]:
    size = abs(value)
    if size.denominator != 1 or size > LARGEST:
        return
    for write, _point, below in numerals.LANGUAGES.values():
        for told in write(int(size)):
            yield from (f"{sign} {told}" for sign in below) if value < 0 else (told,)
        digits = " ".join(next(write(int(one)), "") for one in str(int(size)))
        if size > 9 and value > 0:
            yield digits


def _decimal(value: Fraction) -> Iterator[str]:
    if value.denominator == 1 or (10**PLACES * value).denominator != 1 or abs(value) > LARGEST:
        return
    whole, _, behind = format(Decimal(value.numerator) / value.denominator, "f").partition(".")
    for write, point, below in numerals.LANGUAGES.values():
        places = " ".join(next(write(int(one)), "") for one in behind)
        for told in write(abs(int(whole))):
            sign = f"{below[0]} " if value < 0 else ""
            yield f"{sign}{told} {point} {places}"
            if behind[0] != "0":
                yield f"{sign}{told} {point} {next(write(int(behind)), '')}"


def _fraction(value: Fraction) -> Iterable[str]:
    pair = value.numerator, value.denominator
    yield from _PARTS.get(pair, "").split(",") if pair in _PARTS else ()
    name = _EN_PARTS.get(value.denominator)
    if name and 0 < value.numerator <= 20:
        plural = "s" if value.numerator > 1 else ""
        yield f"{numerals.EN[value.numerator] if value.numerator < 20 else 'twenty'} {name}{plural}"
        if value.numerator == 1:
            yield f"a {name}"
    if value.denominator != 1 and 0 < value.numerator <= 99 and value.denominator <= 99:
        top, bottom = (
            next(numerals.english(value.numerator)),
            next(numerals.english(value.denominator)),
        )
        yield from (f"{top} over {bottom}", f"{top} divided by {bottom}")


def vocabulary() -> frozenset[str]:
    """All words that numbers are written with: beside one of them, a number may be a part only."""
    told: set[str] = set()
    for write, _point, _below in numerals.LANGUAGES.values():
        for n in (*range(100), 100, 200, 300, 500, 700, 900, 1000, 2000):
            for one in write(n):
                told.update(one.replace("-", " ").split())
    return frozenset(told) | {"hundred", "million", "billion", "millionen", "millones", "point"}
