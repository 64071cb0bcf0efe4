"""What a text says in another writing: base64, hex, codes of characters, Morse, shifted letters.

Pure. Where such a writing may go on, the text waits for its end.
"""

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterator
from itertools import pairwise

LOOKED = 2400  # signs at the end of a text in which a run may have begun
HELD = 12  # signs of a run that looks like no word, and may go on
_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-]{2,3}={1,2}|[A-Za-z0-9+/_-]{4,}(?:[ \t]*\n[ \t>]*[A-Za-z0-9+/_-]{4,})*={0,2}"
)
_BASE32 = re.compile(r"(?<![A-Z2-7])[A-Z2-7]{7,}={0,6}", re.IGNORECASE)
_HEX = re.compile(
    r"(?:0x|\\x|%|&#x|\\u00|u\+00)?[0-9a-f]{2}(?:[\s,;:-]{0,3}(?:0x|\\x|%|&#x|\\u00|u\+00)?[0-9a-f]{2})+;?",
    re.IGNORECASE,
)
_CODES = re.compile(r"(?<![\d.,])\d{1,3}(?:[\s,;|-]{1,3}\d{1,3})+(?![\d.])")
_BITS = re.compile(r"[01]{7,8}(?:[\s,;|-]*[01]{7,8})*")
_OCTAL = re.compile(r"(?:\\[0-7]{3}){2,}")
_MORSE = re.compile(r"(?<![\w.])[.·•\-−–_]{1,6}(?:[ /|]{1,3}[.·•\-−–_]{1,6})+")
_RUN = re.compile(
    r"(?:[A-Za-z0-9+/_=-]{4,}|(?:(?:0x|\\x)?[0-9a-fA-F]{2,3}[\s,;:]{1,3}){2,}[0-9a-fA-F]{0,3})\s*\Z"
)
_LETTERS = dict(
    zip(
        [
            ".-",
            "-...",
            "-.-.",
            "-..",
            ".",
            "..-.",
            "--.",
            "....",
            "..",
            ".---",
            "-.-",
            ".-..",
            "--",
            "-.",
            "---",
            ".--.",
            "--.-",
            ".-.",
            "...",
            "-",
            "..-",
            "...-",
            ".--",
            "-..-",
            "-.--",
            "--..",
            "-----",
            ".----",
            "..---",
            "...--",
            "....-",
            ".....",
            "-....",
            "--...",
            "---..",
            "----.",
            ".-.-.-",
            "--..--",
            "-..-.",
            "-....-",
        ],
        "abcdefghijklmnopqrstuvwxyz0123456789.,/-",
        strict=True,
    )
)
# Signs of a number, each alone: "0 . 1 4 1", or one a line.
_APART = re.compile(r"(?<![\w.,])(?:[-−][ \t\n]{1,2})?\d(?:[ \t\n]{1,2}[\d.,/]){2,}(?!\w)")
_TURNED = re.compile(r"(?<![\w.,/])\d[\d.,/]{2,}\d[-−]?(?!\w)")  # a number that may stand backwards
_DIGITS = (
    "zero one two three four five six seven eight nine",
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "zéro un deux trois quatre cinq six sept huit neuf",
    "zero um dois três quatro cinco seis sete oito nove",
    "zero uno due tre quattro cinque sei sette otto nove",
)
_SAID = {word: str(at) for told in _DIGITS for at, word in enumerate(told.split())}
_SAID |= dict.fromkeys(
    ["point", "dot", "komma", "coma", "punto", "virgule", "vírgula", "ponto", "virgola"], "."
)
_SAID |= dict.fromkeys(["minus", "negative", "menos", "moins", "meno"], "-")
_SAID |= {"/": "/"}
_SPOKEN = re.compile(  # a number that is read sign by sign
    rf"(?<!\w)(?:{'|'.join(_SAID)})(?:[ \t,-]{{1,2}}(?:{'|'.join(_SAID)})){{1,}}(?!\w)",
    re.IGNORECASE,
)
# A line whose words tell that it stands backwards, or thirteen letters on.
_MIRRORED = re.compile(r"(?mi)^.*\b(?:eht|rewsna|tluser|noitulos)\b.*$")
_ROTATED = re.compile(r"(?mi)^.*\b(?:gur|nafjre|erfhyg|fbyhgvba)\b.*$")
_DOTS = str.maketrans("·•−–_", "..---")


def views(raw: str) -> Iterator[tuple[int, int, str]]:
    """Yield what parts of a text say when they are decoded: from, to, and what."""
    for finds, reads in _WAYS:
        for found in finds.finditer(raw):
            for told in reads(found[0]):
                if told and told != found[0]:
                    yield found.start(), found.end(), told


def waits(raw: str) -> int:
    """Where a run begins at the end of a text that may be an encoded one and go on."""
    found = _RUN.search(raw[-LOOKED:])
    if not found:
        return len(raw)
    run = found[0].strip()
    wordlike = run.isalpha() and (run.islower() or run[1:].islower() or run.isupper())
    if wordlike or ("-" in run and run.replace("-", "").isalpha()) or len(run) < HELD:
        return len(raw)
    return max(0, len(raw) - LOOKED) + found.start()


def _text(data: bytes) -> str:
    """Bytes as text, or nothing where they are none."""
    data = data.replace(b"\x00", b"")  # of two bytes a sign
    try:
        told = data.decode()
    except UnicodeDecodeError:
        return ""
    return told if all(sign.isprintable() or sign in "\r\n\t" for sign in told) else ""


def _wordlike(run: str) -> bool:
    """Whether a run of letters looks like a word: small letters, a capital first, or all capital."""
    return run.isalpha() and (run[1:].islower() or run.isupper())


def _base64(run: str) -> Iterator[str]:
    if _wordlike(run):
        return
    bare = re.sub(r"[\s>]", "", run).rstrip("=").translate(str.maketrans("-_", "+/"))
    for cut in range(min(4, len(bare) - 3) if len(bare) >= 8 else 1):
        part = bare[cut:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        try:
            told = _text(base64.b64decode(part + "=" * (-len(part) % 4)))
        except (binascii.Error, ValueError):
            continue
        if told:
            yield told
            return


def _base32(run: str) -> Iterator[str]:
    if run.isalpha():
        return
    bare = run.rstrip("=").upper()
    try:
        yield _text(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except (binascii.Error, ValueError):
        return


def _hex(run: str) -> Iterator[str]:
    if run.isalpha():
        return
    bare = re.sub(r"0x|\\x|&#x|\\u00|u\+00|[^0-9a-f]", "", run.lower())
    yield _text(bytes.fromhex(bare[: len(bare) // 2 * 2]))


def _codes(run: str) -> Iterator[str]:
    codes = [int(one) for one in re.findall(r"\d+", run)]
    if len(codes) == 2 and "-" in run:
        return  # 63-55: one less the other
    if all(32 <= code < 127 for code in codes):
        yield "".join(map(chr, codes))
    elif len(codes) > 3 and all(1 <= code <= 26 for code in codes):
        yield "".join(chr(96 + code) for code in codes)


def _bits(run: str) -> Iterator[str]:
    groups = re.findall(r"[01]{8}|[01]{7}(?![01])", run)
    yield _text(bytes(int(one, 2) for one in groups))


def _octal(run: str) -> Iterator[str]:
    yield _text(bytes(int(one, 8) % 256 for one in re.findall(r"[0-7]{3}", run)))


def _morse(run: str) -> Iterator[str]:
    signs = re.findall(r"[.-]+", run.translate(_DOTS))
    told = [_LETTERS.get(one, "") for one in signs]
    if all(told):
        yield "".join(told)


def _apart(run: str) -> Iterator[str]:
    yield re.sub(r"\s", "", run).rstrip(".,/")


def _spoken(run: str) -> Iterator[str]:
    told = [_SAID[word] for word in re.findall(r"[^\W\d_]+|/", run.lower())]
    if sum(map(str.isdigit, told)) > 1:
        yield "".join(told)


def _turned(run: str) -> Iterator[str]:
    telling = re.sub(r"\D", "", run.strip("0.,/-−"))  # of 0.001 it is a lone 1
    if len(telling) > 2 and not run.isdigit():
        yield run[::-1]


_WAYS = (
    (_MIRRORED, lambda run: iter([run[::-1]])),
    (_ROTATED, lambda run: iter([codecs.encode(run, "rot13")])),
    (_APART, _apart),
    (_TURNED, _turned),
    (_SPOKEN, _spoken),
    (_BASE64, _base64),
    (_BASE32, _base32),
    (_HEX, _hex),
    (_CODES, _codes),
    (_BITS, _bits),
    (_OCTAL, _octal),
    (_MORSE, _morse),
    (re.compile(r"(?:&#?\w{2,8};){2,}"), lambda run: iter([html.unescape(run)])),
)


def steps(letters: str) -> str:
    """How far each letter is from the one before: the same, however far all are shifted."""
    places = [ord(one) - 97 for one in letters if "a" <= one <= "z"]
    return "".join(chr(97 + (b - a) % 26) for a, b in pairwise(places))
