"""Units of measure, so that "1.5 km" and "1500 m" are one. Pure."""

import re
from fractions import Fraction

_BASES = ("m", "g", "s", "l", "w", "j", "n", "v", "a", "hz", "pa", "mol", "ev", "b", "cal", "bit")
_PREFIXES = {"": 0, "k": 3, "c": -2, "d": -1, "u": -6, "n": -9, "p": -12}
_PREFIXES |= {"m": -3, "meg": 6, "gig": 9}
_NAMED = {
    "min": ("s", Fraction(60)),
    "minutes": ("s", Fraction(60)),
    "minute": ("s", Fraction(60)),
    "h": ("s", Fraction(3600)),
    "hr": ("s", Fraction(3600)),
    "hour": ("s", Fraction(3600)),
    "hours": ("s", Fraction(3600)),
    "stunden": ("s", Fraction(3600)),
    "horas": ("s", Fraction(3600)),
    "heures": ("s", Fraction(3600)),
    "sec": ("s", Fraction(1)),
    "second": ("s", Fraction(1)),
    "seconds": ("s", Fraction(1)),
    "day": ("s", Fraction(86400)),
    "days": ("s", Fraction(86400)),
    "t": ("g", Fraction(10**6)),
    "meter": ("m", Fraction(1)),
    "meters": ("m", Fraction(1)),
    "metre": ("m", Fraction(1)),
    "metres": ("m", Fraction(1)),
    "kilometers": ("m", Fraction(1000)),
    "kilometres": ("m", Fraction(1000)),
    "centimeters": ("m", Fraction(1, 100)),
    "gram": ("g", Fraction(1)),
    "grams": ("g", Fraction(1)),
    "kilogram": ("g", Fraction(1000)),
    "kilograms": ("g", Fraction(1000)),
    "liter": ("l", Fraction(1)),
    "liters": ("l", Fraction(1)),
    "litres": ("l", Fraction(1)),
    "cents": ("$", Fraction(1, 100)),
    "dollars": ("$", Fraction(1)),
    "$": ("$", Fraction(1)),
    "euros": ("€", Fraction(1)),
    "euro": ("€", Fraction(1)),
    "€": ("€", Fraction(1)),
}
_TABLE: dict[str, tuple[str, Fraction]] = {
    f"{prefix}{base}": (base, Fraction(10) ** power)
    for base in _BASES
    for prefix, power in _PREFIXES.items()
} | _NAMED
_UNIT = re.compile(
    r"\s?(?P<unit>[$€£]|\\?%|°\s?[cfk]?|[a-z]{1,14})(?P<rest>(?:\s?[/*]\s?[a-z]{1,6}(?:\^-?\d)?|\^-?\d)*)"
)


def after(text: str, at: int) -> tuple[str, int]:
    """Return the unit that stands at a place of a folded text, without spaces, and its end."""
    found = _UNIT.match(text, at)
    if not found:
        return "", at
    return re.sub(r"[\s\\]", "", found[0]), found.end()


def size(unit: str) -> tuple[str, Fraction]:
    """Return what a unit measures, by a name of its own, and how many of that it is."""
    top, slash, bottom = unit.partition("/")
    base, factor = _TABLE.get(top, (top, Fraction(1)))
    if not slash:
        return base, factor
    name, power, exponent = bottom.partition("^")
    below, divisor = _TABLE.get(name, (name, Fraction(1)))
    if power and exponent.isdigit():
        divisor **= int(exponent)
    return f"{base}/{below}{power}{exponent}", factor / divisor


def known(unit: str) -> bool:
    """Whether letters behind a number are a unit, or a word; else they are letters of a formula."""
    top, slash, _bottom = unit.partition("/")
    return top in _TABLE or (len(top) > 2 and "^" not in unit) or (not slash and top in _SIGNS)


_SIGNS = frozenset("%£")
