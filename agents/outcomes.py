"""What a course says one will be able to do: found in its pages by how such lists are written. Pure.

A list counts below a heading like "Learning objectives", or after a line like "By the end of this
week you will be able to:"; one sentence of that kind counts alone. Nothing is made up: the words
are the course's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeVar

K = TypeVar("K")

SHORTEST, LONGEST = 8, 200  # characters of an outcome
A_PAGE = 15  # outcomes of one page; more is a list of something else
SAME = 0.75  # likeness of two wordings of one outcome

BULLET = re.compile(r"^\s*(?:[-*•◦–‣▪]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
NUMBERED = re.compile(r"^[\W\d]+|[\s:.]+$")
HEADING = re.compile(
    r"(?:(?:course|module|unit|lesson|chapter|weekly|student|intended|expected|key|main)\s+)*"
    r"(?:(?:specific|general)\s+)?(?:learning\s+)?(?:objectives?|outcomes?|goals)"
    r"(?:\s+(?:of|for|in)\s+(?:this|the)\s+(?:course|module|unit|lesson|chapter|week|section|lecture))?"
    r"|what\s+you(?:['’]ll|\s+will)\s+(?:learn|be\s+able\s+to\s+do)"
    r"|objetivos(?:\s+(?:de\s+aprendi[zs]a(?:je|gem)|del?\s+\w+|específicos|generales))*"
    r"|resultados\s+de\s+aprendi[zs]a(?:je|gem)|competencias"
    r"|(?:lern|kurs)ziele?|lernergebnisse|objectifs(?:\s+d['’]apprentissage|\s+pédagogiques)?"
    r"|acquis\s+d['’]apprentissage|obiettivi(?:\s+(?:di\s+apprendimento|formativi))?",
    re.IGNORECASE,
)
# A line that such a list follows, or that goes on with the outcome itself.
ABLE = re.compile(
    r"\b(?:(?:you|students?|learners?|participants?)\s+(?:will|should|are\s+expected\s+to)\s+"
    r"(?:then\s+)?(?:be\s+able\s+to|know\s+how\s+to|have\s+learn(?:ed|t)\s+(?:how\s+)?to)"
    r"|(?:ser[áa]s?|seréis|serán)\s+capa(?:z|ces)\s+de|podr(?:ás|á|án|éis)"
    r"|(?:serez|seras|seront)\s+capables?\s+de|saurez|sarai\s+in\s+grado\s+di|será\s+capaz\s+de"
    r"|(?:kannst\s+du|können\s+sie|sind\s+sie\s+in\s+der\s+lage))\b",
    re.IGNORECASE,
)
# What makes such a sentence one about the course, and not about anything else one is able to do.
END = re.compile(
    r"\b(?:by\s+the\s+end|after\s+(?:this|completing|finishing|studying)|at\s+the\s+end|on\s+completion"
    r"|upon\s+(?:successful\s+)?completion|in\s+this\s+(?:course|module|unit|chapter|week|lesson|section)"
    r"|al\s+(?:final|finalizar|terminar|acabar)|después\s+de|am\s+ende|nach\s+(?:dies\w+|abschluss)"
    r"|à\s+la\s+fin|au\s+terme|alla\s+fine|al\s+termine|ao\s+final|no\s+final)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Read:
    """A piece of a page: the headings above it, and its lines."""

    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Found:
    """One outcome as the course words it, and the places (of those given) that say it."""

    title: str
    places: list[int] = field(default_factory=list)


def found(pages: Sequence[Sequence[Read]]) -> list[Found]:
    """Return what these pages promise, each once, in their order."""
    made: dict[str, Found] = {}
    for place, pieces in enumerate(pages):
        told = list(dict.fromkeys(_told(pieces)))
        for title in told if len(told) <= A_PAGE else []:
            one = made.setdefault(plain(title), Found(title))
            if place not in one.places:
                one.places.append(place)
    return list(made.values())


def _told(pieces: Iterable[Read]) -> Iterator[str]:
    """Yield what one page promises."""
    follows: tuple[str, ...] | None = None  # the headings of a line that a list follows
    for piece in pieces:
        under = bool(piece.headings) and headed(piece.headings[-1])
        for line in piece.text.splitlines():
            bullet = BULLET.match(line)
            if bullet and (under or follows == piece.headings):
                yield from _one(line[bullet.end() :])
            elif not bullet:
                follows = None
                able = ABLE.search(line)
                if able and (END.search(line) or under):
                    follows = piece.headings
                    yield from _one(line[able.end() :])


def _one(text: str) -> Iterator[str]:
    said = " ".join(text.split()).strip(" :;,.…")
    if SHORTEST <= len(said) <= LONGEST and " " in said:
        yield said[0].upper() + said[1:]


def headed(heading: str) -> bool:
    """Whether a heading is that of such a list."""
    return HEADING.fullmatch(NUMBERED.sub("", heading)) is not None


def plain(title: str) -> str:
    """What a wording is compared by: its letters and digits alone."""
    return " ".join(re.findall(r"\w+", title.casefold()))


def moved(gone: dict[K, str], new: Iterable[str]) -> dict[str, K]:
    """Say which of what is gone a new wording most likely is: {new wording: of what is gone}."""
    left, told = dict(gone), {}
    for title in new:
        likely = {key: _alike(title, old) for key, old in left.items()}
        best = max(likely, key=lambda key: likely[key], default=None)
        if best is not None and likely[best] >= SAME:
            told[title] = best
            del left[best]
    return told


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, plain(one), plain(other), autojunk=False).ratio()
