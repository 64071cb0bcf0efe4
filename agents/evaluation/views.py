"""Every way we know to read a text, so that what hides in it is seen. Pure.

This is the evaluation's own eye: it shares no code with the gate that it watches over.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from agents.evaluation import spoken

# Letters of other scripts that look like ours.
ALIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһАВЕКМНОРСТУХαοερτυνκιΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdqwhABEKMHOPCTYXaoeptuvkiABEZHIKMNOPTYX",
)
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|(\w))\s*(?:\{([^{}]*)\}|(\w))")
_COMMAND = re.compile(r"\\(?:left|right|mathrm|mathbf|text|quad|displaystyle|boxed|[,;!:])")
_TIMES = re.compile(r"\\(?:cdot|times)|[·×⋅∙]")
_SINGLE = re.compile(r"(?<!\w)\w(?:[ \t\-–·.|_/\n]{1,3}\w){2,}(?!\w)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{4,}={0,2}")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s:,]?){2,}")
_CODES = re.compile(r"\b\d{2,3}(?:[\s,;]+\d{2,3}){1,}\b")
_BITS = re.compile(r"\b[01]{7,8}(?:\s+[01]{7,8})*\b")
_ROMAN = re.compile(
    r"(?<!\w)(?=[mdclxvi])m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})(?!\w)"
)
_MORSE = re.compile(r"(?<!\S)[.\-–—·]{1,6}(?:[ \t/|]+[.\-–—·]{1,6})*(?!\S)")
_NUMERAL = re.compile(r"\b0x([0-9a-f]+)\b|\b0b([01]+)\b|\b([01]{4,})\b")
VALUES = {"m": 1000, "d": 500, "c": 100, "l": 50, "x": 10, "v": 5, "i": 1}
MORSE = [
    ".-",
    "a",
    "-...",
    "b",
    "-.-.",
    "c",
    "-..",
    "d",
    ".",
    "e",
    "..-.",
    "f",
    "--.",
    "g",
    "....",
    "h",
    "..",
    "i",
    ".---",
    "j",
    "-.-",
    "k",
    ".-..",
    "l",
    "--",
    "m",
    "-.",
    "n",
    "---",
    "o",
    ".--.",
    "p",
    "--.-",
    "q",
    ".-.",
    "r",
    "...",
    "s",
    "-",
    "t",
    "..-",
    "u",
    "...-",
    "v",
    ".--",
    "w",
    "-..-",
    "x",
    "-.--",
    "y",
    "--..",
    "z",
    "-----",
    "0",
    ".----",
    "1",
    "..---",
    "2",
    "...--",
    "3",
    "....-",
    "4",
    ".....",
    "5",
    "-....",
    "6",
    "--...",
    "7",
    "---..",
    "8",
    "----.",
    "9",
    ".-.-.-",
    ".",
    "--..--",
    ",",
    "-..-.",
    "/",
    "-....-",
    "-",
]
LETTERS = dict(zip(MORSE[::2], MORSE[1::2], strict=True))


def clean(text: str) -> str:
    """Return the text without what nobody sees, its letters and digits those of a keyboard."""
    seen = "".join(sign for sign in html.unescape(text) if unicodedata.category(sign) != "Cf")
    seen = _POWER.sub(lambda found: "^" + found.group().translate(POWERS), seen)
    seen = unicodedata.normalize("NFKC", seen).translate(ALIKE)
    return "".join(_keyed(sign) for sign in seen)


def _keyed(sign: str) -> str:
    if (value := unicodedata.decimal(sign, None)) is not None:
        return str(value)
    if unicodedata.category(sign) == "Pd" or sign == "−":
        return "-"
    return "." if sign == "٫" else "/" if sign == "⁄" else sign


def plain(text: str) -> str:
    """Return the text clean, in small letters, without the marks of Markdown and LaTeX."""
    seen = clean(text)
    for _ in range(3):  # fractions within fractions
        seen = _FRACTION.sub(lambda found: f"{found[1] or found[2]}/{found[3] or found[4]}", seen)
    seen = _COMMAND.sub("", _TIMES.sub("*", seen))
    return re.sub(r"(?<!\*)\*\*(?!\*)|[`$~_]", "", seen).casefold()


def joined(text: str) -> str:
    """Join letters and digits that stand alone: "0 . 1 4" is 0.14, "f-i-v-e" is 5."""
    return _SINGLE.sub(lambda found: spoken.run(re.sub(r"[ \t\n\-–|_·]", "", found.group())), text)


def views(text: str) -> Iterator[tuple[str, str]]:
    """Yield (how it was read, text in small letters), the plain one first."""
    yield from _read("plain", text)
    for how, told in hidden(text):
        yield from _read(how, told)


def _read(how: str, text: str) -> Iterator[tuple[str, str]]:
    seen = plain(text)
    apart = joined(seen)
    yield how, seen
    yield f"{how}, letters joined", apart
    yield f"{how}, in words", spoken.digits(seen)


def hidden(text: str) -> Iterator[tuple[str, str]]:
    """Yield (the code, what it says) for all that the text may carry in a code."""
    seen = clean(text)
    yield "backwards", seen[::-1]
    yield "line by line backwards", "\n".join(line[::-1] for line in seen.splitlines())
    yield "rot13", codecs.decode(seen, "rot13")
    yield "percent-encoded", unquote(seen)
    yield "one sign a line", re.sub(r"\s*\n\s*", "", seen)
    yield "first letters", "".join(re.findall(r"(?:^|[.!?]\s+|\n)\W*(\w)", seen))
    yield "base64", " ".join(_base64(seen))
    yield "hexadecimal", " ".join(_hexadecimal(seen))
    yield "codes of letters", " ".join(_numbered(seen))
    yield "Morse", " ".join(_morse(found) for found in _MORSE.findall(seen))
    yield "roman numerals", _ROMAN.sub(_roman, plain(seen))
    yield (
        "other bases",
        " ".join(
            str(int(sixteen, 16) if sixteen else int(two or bare, 2))
            for sixteen, two, bare in _NUMERAL.findall(seen.casefold())
        ),
    )


def _base64(text: str) -> Iterator[str]:
    runs = [*_BASE64.findall(text), *_BASE64.findall(re.sub(r"\s+", "", text))]
    for run in runs:
        for start in range(4 if len(run) > 40 else 1):  # joined runs begin anywhere
            bare = run[start:].rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
            bare = bare[: len(bare) - (len(bare) % 4 == 1)]
            try:
                told = base64.b64decode(bare + "=" * (-len(bare) % 4))
            except (binascii.Error, ValueError):
                continue
            yield told.decode("utf-8", "replace")


def _hexadecimal(text: str) -> Iterator[str]:
    for run in _HEX.findall(text):
        digits = re.sub(r"0x|\\x|[\s:,]", "", run)
        yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "replace")


def _numbered(text: str) -> Iterator[str]:
    for run in _CODES.findall(text):
        codes = [int(one) for one in re.findall(r"\d+", run)]
        yield "".join(chr(one) for one in codes if 31 < one < 127)
    for run in _BITS.findall(text):
        yield "".join(chr(int(one, 2)) for one in run.split())


def _morse(run: str) -> str:
    signs = re.split(r"[ \t/|]+", run.translate(str.maketrans("–—·", "--.")))
    return "".join(LETTERS.get(sign, " ") for sign in signs)


def _roman(found: re.Match[str]) -> str:
    values = [VALUES[sign] for sign in found.group()]
    after = [*values[1:], 0]
    return str(sum(-one if one < two else one for one, two in zip(values, after, strict=True)))
