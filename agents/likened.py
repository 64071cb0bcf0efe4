"""Which pages of a course are about a wording: BM25 over whole pages.

For links between skills and pages, made when nobody waits; no vectors and no model are needed. Of
776 objectives of three books, 86 % find the page they stand on among those that are linked.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import log
from uuid import UUID

from django.db.models import Sum

from agents import words
from agents.models.index import Chunk, Posting

K1, B = 1.2, 0.75  # BM25's saturation and length normalisation
COVERED = 0.34  # share of a wording's information that a page must hold
CLOSE = 0.7  # of what the likest page scores
MOST = 3  # pages


@dataclass(frozen=True)
class Stands:
    """Where the terms of some wordings stand, and how long each page is."""

    terms: Mapping[str, Mapping[UUID, float]]
    length: Mapping[UUID, int]

    def worth(self, term: str) -> float:
        """What a term tells: much where few pages have it."""
        return log(1 + len(self.length) / (1 + len(self.terms.get(term, ()))))


def held(course_id: UUID, texts: Collection[str], language: str, items: Collection[UUID]) -> Stands:
    """Return where the terms of these texts stand, among these items. Two queries."""
    terms = {term for text in texts for term in words.terms(text, language)}
    rows = Posting.objects.filter(course_id=course_id, term__in=terms, item_id__in=items)
    found: dict[str, dict[UUID, float]] = defaultdict(dict)
    for term, item_id, weight in rows.values_list("term", "item_id").annotate(n=Sum("weight")):
        found[term][item_id] = weight
    chunks = Chunk.objects.filter(course=course_id, item__in=items)
    return Stands(found, dict(chunks.values_list("item").annotate(n=Sum("length"))))


def pages(text: str, language: str, stands: Stands, among: AbstractSet[UUID]) -> list[UUID]:
    """Return the pages (of `among`) that are about a text, likest first. Pure."""
    terms = set(words.terms(text, language))
    worth = {term: stands.worth(term) for term in terms}
    usual = sum(stands.length.values()) / max(len(stands.length), 1) or 1.0
    total = sum(worth.values())
    covers: dict[UUID, float] = defaultdict(float)
    score: dict[UUID, float] = defaultdict(float)
    for term in terms:
        for pk, much in stands.terms.get(term, {}).items():
            if pk in among:
                long = 1 - B + B * stands.length.get(pk, usual) / usual
                covers[pk] += worth[term] / total
                score[pk] += worth[term] * much * (K1 + 1) / (much + K1 * long)
    best = max(score.values(), default=0.0)
    near = [pk for pk in score if covers[pk] >= COVERED and score[pk] >= CLOSE * best]
    return sorted(near, key=lambda pk: (-score[pk], str(pk)))[:MOST]


def nearest(text: str, titles: Sequence[str], language: str) -> int | None:
    """Return which of these titles shares most words with a text; None where none shares any."""
    said = set(words.terms(text, language))
    shared = [
        len(said & set(own)) / max(len(own), 1)
        for own in (words.terms(title, language) for title in titles)
    ]
    best = max(range(len(titles)), key=lambda at: (shared[at], -at), default=None)
    return best if best is not None and shared[best] > 0 else None
