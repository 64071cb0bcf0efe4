"""Numbers in a folded text, however they are written with digits. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

LARGEST = 40  # digits; a longer run is no number that anybody asks for
_UNIT = r"(?P<unit>%|°\s?[cfk]?|[a-z$€£]{1,12}(?:\s?/\s?[a-z]{1,6}(?:\s?\^?-?\d)?)?|$)"
_BODY = (
    r"0x[\da-f]{1,16}|0b[01]{1,64}|0o[0-7]{1,20}"
    r"|\d{1,3}(?:[ ,.'_]\d{3})+(?!\d)(?:[.,]\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d+(?:[.,]\d+)?"
    r"|[.,]\d+"
)
_POWER = (
    r"(?:e(?P<exp>[+-]?\d{1,3})(?![\da-z])"
    r"|\s?(?:\*|x|\\times|\\cdot)\s?10\s?(?:\*\*)?\s?(?P<pow>[\^{(]{0,2}[+-]?\d{1,3}(?:\^[+-]?\d?)*"
    r"|(?:\^[+-]?\d?)+)[)}]?"
    r"|(?:\^|\*\*)(?P<up>[{(]?[+-]?\d{1,3}(?:\^\d)*(?![.\d]))[)}]?)"
)
_NUMBER = re.compile(rf"(?<![\d])(?<!\d[.,])(?P<body>{_BODY})(?![\d]){_POWER}?")
_OVER = re.compile(
    r"\\[dt]?frac\s?\{?\s?(?P<sign>-?)\s?(?P<top>\d{1,12})\s?\}?\s?\{?\s?(?P<bottom>\d{1,12})\s?\}?"
    r"|(?<![\d./])(?:(?P<mixed>\d{1,6})\s)?(?P<a>\d{1,12})\s?/\s?(?P<b>\d{1,12})(?![\d/]|[.,]\d)"
)
_APART = re.compile(
    r"(?<![\da-z.,])\d(?:(?:\s{1,3}|\s?[-_|*]\s?|[.,]\s{1,2})\d(?!\d))+(?![\da-z]|[.,]\d)"
)
_PERCENT = re.compile(r"\s?(?:%|\\%|percent|per cent|prozent|por ciento|por cento|pour cent)")
# "7 - 4", "x - 4", "half-4": something less 4. In "the result is -4" it is a sign.
_LESS = re.compile(r"(?:[\d)]\s?|(?<![^\W\d_])[^\W\d_]\s?|[^\W\d_])-\Z")
_LEFT = re.compile(r"([a-z]+)_?\Z")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a text. `values`: all that it may mean ("1,234"); `apart`: digits one by one."""

    start: int
    end: int
    values: frozenset[Fraction]
    digits: int = 0  # that tell something: 3 of 0.250
    places: int = 0  # behind the point
    apart: bool = False
    stuck: bool = False  # to a word, as in "is42"


def find(text: str) -> Iterator[Figure]:
    """Yield every number of a folded text; parts of one are not told by themselves."""
    done: list[tuple[int, int]] = []
    for over in _OVER.finditer(text):
        figure = _ratio(over)
        if figure:
            yield _signed(text, _in_percent(text, figure))
            done.append((figure.start, figure.end))
    for number in _NUMBER.finditer(text):
        if any(a <= number.start() < b for a, b in done):
            continue
        stuck = _LEFT.search(text, max(0, number.start() - 12), number.start())
        if (stuck and len(stuck[1]) < 2) or (stuck and stuck[0].endswith("_")):
            continue  # x2, a_1
        values = frozenset(_values(number))
        if not values:
            continue
        bare = re.sub(r"\D", "", number["body"].lstrip("0.,")) if number["body"][:2] != "0x" else ""
        places = len(number["body"].rpartition(".")[2]) if "." in number["body"] else 0
        digits = len(bare.rstrip("0") or bare[:1])
        figure = Figure(*number.span(), values, digits, places, stuck=bool(stuck))
        yield _signed(text, _in_percent(text, figure))
    for run in _APART.finditer(text):
        joined = re.sub(r"\D", "", run[0])
        if len(joined) > LARGEST:
            continue
        value = frozenset({Fraction(int(joined))})
        yield Figure(*run.span(), value, len(joined.rstrip("0")), apart=True)


def _ratio(over: re.Match[str]) -> Figure | None:
    top, bottom = int(over["top"] or over["a"]), int(over["bottom"] or over["b"])
    if not bottom:
        return None
    value = Fraction(top, bottom)
    told = {value, value + int(over["mixed"])} if over["mixed"] else {value}
    if over["sign"]:
        told = {-one for one in told}
    return Figure(*over.span(), frozenset(told), 2)


def _signed(text: str, figure: Figure) -> Figure:
    before = text[max(0, figure.start - 2) : figure.start].rstrip()
    if not before.endswith("-") or _LESS.search(text[: figure.start].rstrip()[-4:]):
        return figure
    both = figure.values | {-one for one in figure.values}
    return Figure(figure.start, figure.end, both, figure.digits, figure.places, figure.apart)


def _in_percent(text: str, figure: Figure) -> Figure:
    sign = _PERCENT.match(text, figure.end)
    if not sign:
        return figure
    shares = {one / 100 for one in figure.values}
    values = figure.values | shares
    return Figure(figure.start, sign.end(), values, figure.digits, figure.places, figure.apart)


def _values(number: re.Match[str]) -> Iterator[Fraction]:
    body = number["body"]
    if len(body) > LARGEST:
        return
    if body[:2] in ("0x", "0b", "0o"):
        yield Fraction(int(body, 0))
        return
    if number["up"]:
        yield from _raised(body, re.sub(r"[{(^]", "", number["up"]))
        return
    power = number["exp"] or re.sub(r"[{(^]", "", number["pow"] or "")
    scale = Fraction(10) ** int(power) if re.fullmatch(r"[+-]?\d{1,3}", power) else Fraction(1)
    for told in _readings(body):
        yield Fraction(told) * scale


def _raised(body: str, power: str) -> Iterator[Fraction]:
    """A power of whole numbers, as far as it is a number of a reasonable size."""
    if body.isdigit() and abs(int(power)) * len(body) <= LARGEST and (int(body) or int(power) > 0):
        yield Fraction(int(body)) ** int(power)


def _readings(body: str) -> Iterator[str]:
    """What a written number may mean: a comma or a point may stand for thousands or decimals."""
    bare = re.sub(r"[ '_]", "", body)
    signs = re.sub(r"\d", "", bare)
    if not signs:
        yield bare
        return
    last = signs[-1]
    head, _, tail = bare.rpartition(last)
    decimal = f"{re.sub(r'[.,]', '', head) or '0'}.{tail}"
    if signs.count(last) == 1 and (tail != "000" or not head.strip("0")):
        yield decimal
    if len(tail) == 3 and head and head.lstrip("0"):
        yield re.sub(r"[.,]", "", bare)
