"""What a student's words say of the student: rules that need no model. Pure.

They find more than there is: whoever quotes a poem may be shown where to find somebody, gently.
The model's own judgement is added to theirs, never put in their place.
"""

import re
import unicodedata
from enum import StrEnum

from agents.care import milder, phrases

LONGEST = 20_000  # characters that are looked at; a question has fewer
SPACED = (
    *phrases.ENGLISH,
    *phrases.SPANISH,
    *phrases.GERMAN,
    *phrases.FRENCH,
    *phrases.PORTUGUESE,
    *phrases.ITALIAN,
    *phrases.OTHERS,
)
_KEPT = frozenset("\u3099\u309a")  # voices Japanese syllables
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ё": "е"})
_SIGNS = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s"})
_HIDDEN = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_DISGUISED = re.compile(r"(?<![\w@$])(?=\w*[a-z])(?=[a-z@$]*[0-9@$])[a-z0-9@$]+(?![\w@$])")
_SPELT = re.compile(r"\b(?:\w[ ._-]){3,}\w\b")  # k i l l; one letter each
_END = re.compile(r"[.!?;:\n…]+")
_LONG = re.compile(r"([a-z])\1{2,}")  # "dieeee"


class Sign(StrEnum):
    """What was heard."""

    NONE = ""
    STRAIN = "strain"  # a figure of speech, or a hard day: said gently beside the answer
    DISTRESS = "distress"  # the institution's contacts, at once


def plain(text: str) -> str:
    """Return words in lower case without accents, apostrophes and disguises; "." ends a sentence."""
    parts = unicodedata.normalize("NFD", _lower(text).translate(_LETTERS))
    kept = "".join(c for c in parts if unicodedata.category(c) != "Mn" or c in _KEPT)
    said = unicodedata.normalize("NFC", kept)
    said = re.sub(r"[’'`´ʼ]", "", said)
    said = _DISGUISED.sub(lambda found: found[0].translate(_SIGNS), said)
    said = _SPELT.sub(lambda found: re.sub(r"[ ._-]", "", found[0]), said)
    said = _LONG.sub(r"\1", said)
    said = re.sub(r"[^\w.]+|_", " ", _END.sub(" . ", said))
    return " ".join(said.split())


def _lower(text: str) -> str:
    return _HIDDEN.sub("", unicodedata.normalize("NFKC", text[:LONGEST]).casefold())


def _bordered(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")\b")


_DISTRESS = _bordered(SPACED)
_UNSPACED = re.compile("|".join(phrases.UNSPACED))
_STRAIN = _bordered(milder.STRAIN)
_PERSON = _bordered(milder.PERSON)


def heard(text: str) -> Sign:
    """Return the gravest sign in `text`."""
    said = plain(text)
    if _DISTRESS.search(said) or _UNSPACED.search(_lower(text)):
        return Sign.DISTRESS
    return Sign.STRAIN if _STRAIN.search(said) else Sign.NONE


def distress(text: str) -> bool:
    """Whether somebody may be in distress, or in danger."""
    return heard(text) is Sign.DISTRESS


def wants_person(text: str) -> bool:
    """Whether somebody asks for a person in place of the tutor."""
    return bool(_PERSON.search(plain(text)))
