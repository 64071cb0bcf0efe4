"""Formulas in a folded text, and what they come to: two that are the same agree, however written.

A formula is worked out for made-up values of its letters, so the order of sums and products, or
brackets multiplied out, make no difference. Pure.
"""

import cmath
import math
import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from agents.tutor.leak.fold import sign_of

MOST = 60  # tokens of a formula; nobody asks for a longer one
DEEP = 12  # brackets in brackets
SHORT = 3  # letters; a longer run is a word

Value = tuple[complex, ...]
_FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "exp": cmath.exp,
    "ln": cmath.log,
    "log": cmath.log,
    "sqrt": cmath.sqrt,
    "arcsin": cmath.asin,
    "arccos": cmath.acos,
    "arctan": cmath.atan,
}
_GREEK = {
    name: sign_of(sign)
    for name, sign in zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "rho",
            "sigma",
            "tau",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        "αβγδεζηθικλμνξρστφχψω",
        strict=True,
    )
}
_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?|\.\d+)|(?P<command>\\[a-z]+)|(?P<word>[^\W\d_]+)(?P<sub>_\{?\w{1,6}\}?)?"
    r"|(?P<op>\*\*|[-+*/^()\[\]{}])|(?P<space>[^\S\n]+)|(?P<stop>.|\n)",
    re.DOTALL,
)
_ARTICLES = frozenset("aieyou")
_DROPPED = frozenset(
    {"\\left", "\\right", "\\displaystyle", "\\mathrm", "\\text", "\\big", "\\bigl"}
)
_COMMANDS = {"\\cdot": "*", "\\times": "*", "\\div": "/", "\\pi": "pi", "\\sqrt": "sqrt"}
_COMMANDS |= {f"\\{name}": name for name in _FUNCTIONS}
_COMMANDS |= {f"\\{name}": sign for name, sign in _GREEK.items()}
_BRACKETS = {"[": "(", "{": "(", "]": ")", "}": ")"}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a text. `letters`: it has some; without, it is a sum to work out."""

    start: int
    end: int
    value: Value
    letters: bool
    parts: int  # tokens


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number, name, or what is done
    text: str
    start: int
    end: int


def find(text: str, names: AbstractSet[str] = frozenset()) -> Iterator[Formula]:
    """Yield the formulas of a folded text; each side of an equation is one.

    `names`: words that are letters of a formula here ("price").
    """
    for run in _runs(text, names):
        if len(run) <= MOST and (formula := _read(_mended(run))):
            yield formula


def _mended(run: Sequence[_Token]) -> list[_Token]:
    """Digits raised one by one as one number, and the two of "\\frac12" as two."""
    made: list[_Token] = []
    for one in run:
        if one.kind == "number" and made and made[-1].kind == "frac" and len(one.text) == 2:
            middle = one.start + 1
            made.append(_Token("number", one.text[0], one.start, middle))
            made.append(_Token("number", one.text[1], middle, one.end))
        elif (
            one.kind == "number"
            and len(made) > 2
            and (made[-1].kind, made[-2].kind, made[-3].kind) == ("^", "number", "^")
            and made[-2].end == made[-1].start
        ):
            before = made[-2]
            made[-2:] = [_Token("number", before.text + one.text, before.start, one.end)]
        else:
            made.append(one)
    return made


def _runs(text: str, names: AbstractSet[str]) -> Iterator[list[_Token]]:
    run: list[_Token] = []
    for found in _TOKEN.finditer(text):
        if found["space"]:
            continue
        made = _tokens(found, text, names)
        if made is None:
            if len(run) > 1:
                yield run
            run = []
        else:
            run += made
    if len(run) > 1:
        yield run


def _tokens(found: re.Match[str], text: str, names: AbstractSet[str]) -> list[_Token] | None:
    """The tokens of a match; None when it ends a formula."""
    start, end = found.span()
    if found["number"]:
        return [_Token("number", found["number"].replace(",", "."), start, end)]
    if found["op"]:
        told = _BRACKETS.get(found["op"], found["op"])
        return [_Token("^" if told == "**" else told, "", start, end)]
    if command := found["command"]:
        if command in _DROPPED:
            return []
        if command.endswith("frac") and len(command) <= 6:
            return [_Token("frac", "", start, end)]
        told = _COMMANDS.get(command, "")
        if not told:
            return None
        return [_Token(told if told in "*/" else "name", told, start, end)]
    if found["word"]:
        return _letters(found, text, names)
    return None


def _letters(found: re.Match[str], text: str, names: AbstractSet[str]) -> list[_Token] | None:
    """A word as one letter of a formula, or as a product of some; None when it is prose."""
    word, (start, end) = found["word"], found.span()
    sub = found["sub"] or ""
    if word in names or word in _FUNCTIONS or word == "pi" or sub:
        return [_Token("name", word + sub, start, end)]
    before, after = text[start - 1 : start], text[end : end + 1]
    beside = _near(text, start, end)
    if len(word) == 1:
        if word in _ARTICLES and not (before in _TIGHT or after in _TIGHT or beside):
            return None
        return [_Token("name", word, start, end)]
    tight = before in _TIGHT or after in _TIGHT or text[max(0, start - 2) : start] == "= "
    if len(word) <= SHORT and word.isascii() and tight:
        return [_Token("name", one, start + at, start + at + 1) for at, one in enumerate(word)]
    return None


_TIGHT = frozenset("0123456789*/^()[]{}+=")


def _near(text: str, start: int, end: int) -> bool:
    """Whether a sign of calculation stands beside, spaces between or not."""
    left, right = text[max(0, start - 3) : start].rstrip(), text[end : end + 3].lstrip()
    return left[-1:] in _SIGNS or right[:1] in _SIGNS


_SIGNS = frozenset("+*/^=<>≤≥")


def _read(run: Sequence[_Token]) -> Formula | None:
    """What a run of tokens says; loose ends are taken off until it says something."""
    first, last = 0, len(run)
    while first < last and run[first].kind in ")^*/+":
        first += 1
    while last > first and run[last - 1].kind in "(^*/+-":
        last -= 1
    part = run[first:last]
    opened = sum(one.kind == "(" for one in part) - sum(one.kind == ")" for one in part)
    while opened < 0 and part[-1].kind == ")":
        part, opened = part[:-1], opened + 1
    while opened > 0 and part[0].kind == "(":
        part, opened = part[1:], opened - 1
    if len(part) < 2:
        return None
    value = _value(tuple((one.kind, one.text) for one in part))
    if value is None:
        return None
    letters = any(one.kind == "name" and one.text not in _FUNCTIONS for one in part)
    letters = letters and any(one.text != "pi" for one in part if one.kind == "name")
    return Formula(part[0].start, part[-1].end, value, letters, len(part))


@lru_cache(maxsize=2048)
def _value(tokens: tuple[tuple[str, str], ...]) -> Value | None:
    try:
        return tuple(_rounded(_Sum(tokens, turn).whole()) for turn in (1, 2))
    except (ValueError, ArithmeticError, IndexError):
        return None


def _rounded(value: complex) -> complex:
    if not cmath.isfinite(value) or abs(value) > 1e30:
        raise ValueError
    size = max(abs(value), 1e-9)
    places = 9 - math.ceil(math.log10(size))
    return complex(round(value.real, places) + 0.0, round(value.imag, places) + 0.0)


class _Sum:
    """Works a formula out. `turn` chooses the values of its letters."""

    def __init__(self, tokens: Sequence[tuple[str, str]], turn: int) -> None:
        self._tokens, self._at, self._turn, self._deep = tokens, 0, turn, 0

    def whole(self) -> complex:
        value = self._sum()
        if self._at < len(self._tokens):
            raise ValueError
        return value

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _sum(self) -> complex:
        value = self._product()
        while (kind := self._kind()) in ("+", "-"):
            self._at += 1
            other = self._product()
            value = value + other if kind == "+" else value - other
        return value

    def _product(self) -> complex:
        value = self._power()
        while kind := self._kind():
            if kind in ("*", "/"):
                self._at += 1
                other = self._power()
                value = value * other if kind == "*" else value / other
            elif kind in ("name", "(", "frac"):
                value *= self._power()
            else:
                break
        return value

    def _power(self) -> complex:
        if self._kind() in ("-", "+"):
            sign = -1 if self._kind() == "-" else 1
            self._at += 1
            return sign * self._power()
        value = self._one()
        if self._kind() != "^":
            return value
        self._at += 1
        while self._kind() == "^":  # each digit of a raised number has a sign of its own
            self._at += 1
        power = self._power()
        if abs(power) > 64:
            raise ValueError
        return complex(value**power)

    def _one(self) -> complex:
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return complex(float(text))
        if kind == "frac":
            return self._one() / self._one()
        if kind == "(":
            return self._bracket()
        if kind != "name":
            raise ValueError
        if text in _FUNCTIONS:
            return _FUNCTIONS[text](self._power())
        return math.pi if text == "pi" else _letter(text, self._turn)

    def _bracket(self) -> complex:
        self._deep += 1
        if self._deep > DEEP:
            raise ValueError
        value = self._sum()
        if self._kind() != ")":
            raise ValueError
        self._at += 1
        self._deep -= 1
        return value


def _letter(name: str, turn: int) -> complex:
    """A value made up for a letter; the same one always."""
    return complex(0.6 + (crc32(f"{turn}:{name}".encode()) % 9973) / 9973)
