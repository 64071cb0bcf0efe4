"""Which pages of a course are about a wording: by the words that both have, rare ones counting most.

For links between skills and pages, made when nobody waits; no vectors and no model are needed.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import log
from uuid import UUID

from django.db.models import Sum

from agents import words
from agents.models.index import Posting

COVERED = 0.5  # share of a wording's information that a page must hold
CLOSE = 0.85  # of what the likest page holds
MOST = 3  # pages

Held = Mapping[str, Mapping[UUID, float]]  # term → page → how much of it stands there


def held(course_id: UUID, texts: Collection[str], language: str, items: Collection[UUID]) -> Held:
    """Return where the terms of these texts stand, among these items. One query."""
    terms = {term for text in texts for term in words.terms(text, language)}
    rows = Posting.objects.filter(course_id=course_id, term__in=terms, item_id__in=items)
    found: dict[str, dict[UUID, float]] = defaultdict(dict)
    for term, item_id, weight in rows.values_list("term", "item_id").annotate(n=Sum("weight")):
        found[term][item_id] = weight
    return found


def pages(
    text: str, language: str, stands: Held, among: AbstractSet[UUID], count: int
) -> list[UUID]:
    """Return the pages (of `among`) that are about a text, likest first; `count` pages in all."""
    terms = set(words.terms(text, language))
    worth = {term: log(1 + count / (1 + len(stands.get(term, ())))) for term in terms}
    total = sum(worth.values())
    share: dict[UUID, float] = defaultdict(float)
    weight: dict[UUID, float] = defaultdict(float)
    for term in terms:
        for item_id, much in stands.get(term, {}).items():
            if item_id in among:
                share[item_id] += worth[term] / total
                weight[item_id] += worth[term] * much
    best = max(share.values(), default=0.0)
    near = [pk for pk in share if share[pk] >= max(COVERED, CLOSE * best)]
    return sorted(near, key=lambda pk: (-share[pk], -weight[pk], str(pk)))[:MOST]


def nearest(text: str, titles: Sequence[str], language: str) -> int | None:
    """Return which of these titles shares most words with a text; None where none shares any."""
    said = set(words.terms(text, language))
    shared = [
        len(said & set(own)) / max(len(own), 1)
        for own in (words.terms(title, language) for title in titles)
    ]
    best = max(range(len(titles)), key=lambda at: (shared[at], -at), default=None)
    return best if best is not None and shared[best] > 0 else None
