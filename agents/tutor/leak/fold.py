"""Text as it is compared: one form for what looks alike, and where each sign of it stood. Pure."""

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SAME = str.maketrans(
    "авеёкмнорстухіјѕԁԛԝһѵɡεικνορτυχαβηγϲⅼ",
    "aBeekMHopcTyxijsdqwhvgeiKVopTuxabnycl".lower(),
)
_SIGNS = {
    **dict.fromkeys("−‐‑‒–—―﹣－₋", "-"),
    "⁻": "^-",
    **dict.fromkeys("×·⋅∙•∗＊✕✖⨯", "*"),
    **dict.fromkeys("÷∕⁄", "/"),
    **dict.fromkeys("＝﹦", "="),
    **dict.fromkeys("’‘ʼ´`′＇", "'"),
    **dict.fromkeys("“”„«»＂", '"'),
    "٫": ".",
    "٬": ",",
    "٪": "%",
    "⁺": "^+",
    "₊": "+",
    "µ": "u",
    "μ": "u",
    "√": " sqrt ",
    "π": " pi ",
    "ß": "ss",
    "ı": "i",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "æ": "ae",
    "œ": "oe",
}
_MARKUP = re.compile(
    r"<!--.{0,200}?-->|</?[a-z][a-z0-9]{0,9}(?:\s[^<>\n]{0,200})?/?>|&(?:#\d{1,7}|#x[\da-f]{1,6}"
    r"|[a-z][a-z0-9]{1,20});|\*\*|__|~~|\\[,;:!>](?=[^\n])|\{\}|\\(?=[*_{}\[\]#+.!|~`-])",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Folded:
    """`at[i]` is where sign i of `text` stood; one more tells where the text ended."""

    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the folded text stood: from, to."""
        return self.at[start], self.at[end - 1] + 1


_STARRED = re.compile(_MARKUP.pattern.replace(r"|\*\*", ""), _MARKUP.flags)


def fold(raw: str, *, starred: bool = False) -> Folded:
    """Fold case, accents, look-alikes, digits of all scripts and signs that are not seen.

    Markup that is not read (tags, emphasis, entities) is taken out; `starred` leaves "**", which
    raises to a power in programs.
    """
    made: list[str] = []
    at: list[int] = []
    done = 0
    for mark in (_STARRED if starred else _MARKUP).finditer(raw):
        _add(raw, done, mark.start(), made, at)
        if mark[0][0] == "&":
            for sign in html.unescape(mark[0]):
                told = sign_of(sign)
                made.append(told)
                at.extend([mark.start()] * len(told))
        done = mark.end()
    _add(raw, done, len(raw), made, at)
    return Folded("".join(made), (*at, len(raw)))


def _add(raw: str, start: int, end: int, made: list[str], at: list[int]) -> None:
    part = raw[start:end]
    if part.isascii() and part.isprintable():
        made.append(part.lower())
        at.extend(range(start, end))
        return
    for place in range(start, end):
        told = sign_of(raw[place])
        if told:
            made.append(told)
            at.extend([place] * len(told))


def plain(raw: str) -> str:
    """The folded text alone."""
    return fold(raw).text


@lru_cache(maxsize=8192)
def sign_of(sign: str) -> str:
    """One sign as it is compared; nothing for what is not seen."""
    if sign.isascii():
        return sign.lower() if sign.isprintable() or sign in "\n\t" else ""
    if sign in _SIGNS:
        return _SIGNS[sign]
    category = unicodedata.category(sign)
    if category in ("Cf", "Mn", "Me", "Cc", "Co", "Cn"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    kind = unicodedata.decomposition(sign).partition(" ")[0]
    if kind == "<fraction>":
        return " " + unicodedata.normalize("NFKC", sign).replace("⁄", "/")
    told = unicodedata.normalize("NFKD", sign).casefold()
    told = "".join(_SIGNS.get(one, one) for one in told if not unicodedata.combining(one))
    told = told.translate(_SAME)
    return f"^{told}" if kind == "<super>" and (told.isdigit() or told in "+-n") else told


def compact(folded: Folded) -> Folded:
    """Letters and digits alone, so that nothing put between them matters."""
    kept = [place for place, sign in enumerate(folded.text) if sign.isalnum()]
    at = (*(folded.at[place] for place in kept), folded.at[-1])
    return Folded("".join(folded.text[place] for place in kept), at)
