"""How well two courses fit each other: by title, instructor and dates. Pure.

A score says how sure one may be that a course of our own and one of an LMS are the same; it joins
nothing by itself but a clear best (`decide`).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

WEIGHTS = {"title": 0.6, "instructor": 0.25, "dates": 0.15}
CLEAR = 0.8  # from here on, one alone is the one
AHEAD = 0.12  # by which it must be better than the next
FITS = 0.5  # below, it is no candidate
KNOWN = 20_000  # texts of which it is remembered how they read
SHOWN = 5  # candidates an administrator is shown
BEFORE, AFTER = timedelta(days=21), timedelta(days=21)  # courses open early and close late
# Letters that no decomposition takes apart.
LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
SHORT = {
    "intro": "introduction",
    "adv": "advanced",
    "prog": "programming",
    "comp": "computer",
    "sci": "science",
    "math": "mathematics",
    "maths": "mathematics",
    "stats": "statistics",
    "lab": "laboratory",
    "mgmt": "management",
    "org": "organic",
    "hist": "history",
    "lit": "literature",
    "psych": "psychology",
    "econ": "economics",
    "bio": "biology",
    "chem": "chemistry",
    "phys": "physics",
    "eng": "engineering",
    "gen": "general",
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
}
SMALL = frozenset(
    {
        *(
            "a",
            "an",
            "and",
            "the",
            "of",
            "to",
            "in",
            "for",
            "on",
            "with",
            "section",
            "sec",
            "group",
        ),
        *("course", "class", "y", "de", "la", "el", "los", "las", "und", "der", "die", "das", "et"),
    }
)
# A term's season, as the middle of it: the month it is about.
SEASONS = {
    **dict.fromkeys(("spring", "primavera", "fruhling", "sp", "ss", "sommersemester"), 4),
    **dict.fromkeys(("summer", "verano", "sommer", "su"), 7),
    **dict.fromkeys(("fall", "autumn", "otono", "herbst", "fa", "ws", "wintersemester"), 10),
    **dict.fromkeys(("winter", "invierno", "wi"), 1),
}
SEASON = re.compile(
    rf"\b({'|'.join(SEASONS)})(?: ?(?:term|semester))? ?((?:20)?\d\d)(?: (?:20)?\d\d)?\b"
    rf"|\b(20\d\d) ({'|'.join(SEASONS)})\b"
)
PART = re.compile(r"\b(?:section|sec|sektion|group|grupo|gruppe|seccion) ?\w{1,3}\b")
CODE = re.compile(r"\b([a-z]{2,5}) ?(\d{2,4}[a-z]?)\b")
PEOPLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "mx", "phd", "md", "sir"})


@dataclass(frozen=True)
class Described:
    """What of a course is compared."""

    title: str
    instructor: str = ""
    start: datetime | None = None
    end: datetime | None = None
    code: str = ""


class Verdict(StrEnum):
    """What the scores of all candidates say."""

    CLEAR = "clear"
    UNSURE = "unsure"
    NONE = "none"


@lru_cache(maxsize=KNOWN)
def plain(text: str) -> str:
    """Return words alone: no accents, no case, no signs between them."""
    told = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    kept = "".join(sign for sign in told if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in kept).split())


def score(ours: Described, theirs: Described) -> tuple[float, dict[str, float]]:
    """Return how well two courses fit, 0 to 1, and why: each reason that is known, 0 to 1."""
    reasons = {"title": titles(ours, theirs)}
    found = instructors(ours.instructor, theirs.instructor)
    if found is not None:
        reasons["instructor"] = found
    found = dates(ours, theirs)
    if found is not None:
        reasons["dates"] = found
    weight = sum(WEIGHTS[name] for name in reasons)
    total = sum(WEIGHTS[name] * told for name, told in reasons.items()) / weight
    if reasons["title"] < FITS:
        total *= reasons["title"]  # the same teacher in the same term teaches others too
    if reasons.get("dates") == 0.0:
        total *= 0.6  # another term's
    return round(total, 3), {name: round(told, 2) for name, told in reasons.items()}


def decide(scores: Sequence[float]) -> Verdict:
    """Return whether the best of these (best first) is clearly the one."""
    if not scores or scores[0] < FITS:
        return Verdict.NONE
    second = scores[1] if len(scores) > 1 else 0.0
    return Verdict.CLEAR if scores[0] >= CLEAR and scores[0] - second >= AHEAD else Verdict.UNSURE


def ranked(
    ours: Described, others: Iterable[tuple[UUID, Described]]
) -> list[tuple[UUID, float, dict[str, float]]]:
    """Return whoever fits at all, best first."""
    scored = [(pk, *score(ours, theirs)) for pk, theirs in others]
    fit = [one for one in scored if one[1] >= FITS]
    return sorted(fit, key=lambda one: (-one[1], str(one[0])))[:SHOWN]


def titles(ours: Described, theirs: Described) -> float:
    """Return how much of two titles is said by both; a term and a course's code aside."""
    left, right = _words(ours.title), _words(theirs.title)
    codes = _codes(ours), _codes(theirs)
    if codes[0] and codes[1] and not codes[0] & codes[1]:
        return 0.7 * _both(left, right)  # BIO 101 is not BIO 102, however both are called
    told = _both(left, right)
    return max(told, 0.85) if codes[0] & codes[1] and told >= FITS else told


@lru_cache(maxsize=KNOWN)
def _words(title: str) -> tuple[str, ...]:
    told = CODE.sub(" ", PART.sub(" ", SEASON.sub(" ", plain(title))))
    words = [SHORT.get(word, word) for word in told.split() if word not in SMALL]
    return tuple(words or plain(title).split())


@lru_cache(maxsize=KNOWN)
def _codes(one: Described) -> frozenset[str]:
    told = SEASON.sub(" ", f"{plain(one.code)} {plain(one.title)}")
    return frozenset(f"{letters}{digits}" for letters, digits in CODE.findall(told))


def _both(left: Sequence[str], right: Sequence[str]) -> float:
    """Return the share of words that each finds in the other, near ones counted in part."""
    if not left or not right:
        return 0.0
    found = sum(max(_alike(one, other) for other in right) for one in left)
    back = sum(max(_alike(one, other) for other in left) for one in right)
    return (found + back) / (len(left) + len(right))


@lru_cache(maxsize=KNOWN * 8)  # the words of titles are few, and are compared over and over
def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if short.isdigit() or long.isdigit() or len(short) < 3:
        return 0.0
    if long.startswith(short):
        return 0.9  # an abbreviation
    if len(long) > len(short) * 1.5:
        return 0.0
    ratio = SequenceMatcher(None, one, other).ratio()
    return ratio if ratio > 0.8 else 0.0


def instructors(ours: str, theirs: str) -> float | None:
    """Return whether two names are one person's; None where one is not told."""
    left, right = _people(ours), _people(theirs)
    if not left or not right:
        return None
    return max(_person(one, other) for one in left for other in right)


@lru_cache(maxsize=KNOWN)
def _people(told: str) -> list[frozenset[str]]:
    """Return each name of a list of names, as its words."""
    parts = re.split(r"[;/&]|\band\b|\by\b|\bund\b", told)
    if len(parts) == 1 and told.count(",") > 1:
        parts = told.split(",")
    names = [frozenset(plain(part).split()) - PEOPLES for part in parts]
    return [name for name in names if name]


def _person(one: frozenset[str], other: frozenset[str]) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if short <= long:
        return 0.9
    shared = {word for word in short & long if len(word) > 1}
    rest = short - shared
    initials = {word[0] for word in long - shared}
    return 0.8 if shared and all(word[0] in initials for word in rest) else 0.0


def dates(ours: Described, theirs: Described) -> float | None:
    """Return how much two courses' times overlap; None where one's is not known."""
    left, right = _span(ours), _span(theirs)
    if left is None or right is None:
        return None
    start, end = max(left[0], right[0]), min(left[1], right[1])
    shorter = min(left[1] - left[0], right[1] - right[0])
    if end <= start:
        return 0.0
    return min(1.0, (end - start) / shorter) if shorter else 1.0


def _span(one: Described) -> tuple[datetime, datetime] | None:
    """Return a course's time: its dates, else the term its title or code names."""
    if one.start and one.end and one.start < one.end:
        return one.start - BEFORE, one.end + AFTER
    middle = _term(f"{plain(one.title)} {plain(one.code)}")
    known = one.start or one.end
    if middle is None and known is None:
        return None
    if known is not None:
        length = timedelta(days=120)
        begin = one.start or known - length
        return begin - BEFORE, (one.end or begin + length) + AFTER
    assert middle is not None
    return middle - timedelta(days=75), middle + timedelta(days=75)


def _term(told: str) -> datetime | None:
    """Return the middle of the term that is named, like "fall 2026", "ws 26 27" or "2026 fall"."""
    found = SEASON.search(told)
    if found is None:
        return None
    season, year = (found[1], found[2]) if found[1] else (found[4], found[3])
    whole = int(year) + (2000 if len(year) == 2 else 0)
    month = SEASONS[season]
    return datetime(whole, month, 15, tzinfo=UTC)
