"""Does the course say this? A drafted answer, or a bare question, weighed against the passages.

A logistic score over a few plain features, no model asked. Fitted on every other question of
three textbooks, some of whose chapters had been taken out of the course; with drafts, the
publishers' answers stood in for them. It tells a chapter that is not taught far worse than a
foreign subject, so a low score is a reason to say less, not a proof.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from typing import TypeVar

from agents import words
from agents.retrieve import Passage

T = TypeVar("T")

SUPPORTED = 0.2  # under this, about 5 in 100 answerable questions are lost

# Feature → weight. Without vectors the share of the question's words takes the cosine's place.
BARE = {"cosine": 6.46, "pairs": 1.23, "focus": 2.52, "": -5.5}
BARE_WORDS = {"coverage": 1.98, "pairs": 0.98, "focus": 3.09, "": -3.02}
DRAFT = {"cosine": 5.13, "focus": 3.32, "draft": 1.36, "new": 2.41, "": -6.59}
DRAFT_WORDS = {"coverage": 1.68, "focus": 3.9, "draft": 1.07, "new": 2.81, "": -4.86}
PASSAGES = 8  # of `focus`: the number the weights were fitted with


@dataclass(frozen=True)
class Grounding:
    """`score` from 0 to 1; `supported` when it is worth answering from these passages."""

    score: float
    supported: bool
    features: Mapping[str, float]


def check(draft: str | None, question: str, passages: Sequence[Passage]) -> Grounding:
    """Judge a draft by the passages it was written from; without one, the question itself.

    Quick (milliseconds, no model, no database).
    """
    if not passages:
        return Grounding(0.0, False, {})
    hybrid = any(passage.cosine for passage in passages)
    features = _of_question(question, passages)
    if draft is None or not draft.strip():
        weights = BARE if hybrid else BARE_WORDS
    else:
        features |= _of_draft(draft, question, passages)
        weights = DRAFT if hybrid else DRAFT_WORDS
    total = sum(weight * features.get(name, 1.0) for name, weight in weights.items())
    score = 1 / (1 + exp(-total))
    return Grounding(score, score >= SUPPORTED, features)


def _of_question(question: str, passages: Sequence[Passage]) -> dict[str, float]:
    items = Counter(passage.item_id for passage in passages)
    best_pairs = 0.0
    for passage in passages:
        asked = _pairs(words.terms(question, passage.language))
        best_pairs = max(best_pairs, _share(asked, _pairs(_terms(passage))))
    return {
        "cosine": max(passage.cosine for passage in passages),
        "coverage": max(passage.coverage for passage in passages),
        "pairs": best_pairs,  # neighbouring words of the question that one passage holds
        "focus": max(items.values()) / PASSAGES,  # do the passages agree on one page?
    }


def _of_draft(draft: str, question: str, passages: Sequence[Passage]) -> dict[str, float]:
    language = passages[0].language
    said = set(words.terms(draft, language))
    new = said - set(words.terms(question, language))
    held = [set(_terms(passage)) for passage in passages]
    return {
        "draft": max(_share(said, one) for one in held),  # of the draft, in one passage
        "new": _share(new, set().union(*held)) if new else 0.5,  # of what it adds, in any
    }


def _terms(passage: Passage) -> list[str]:
    text = " ".join((passage.title, *passage.heading_path, passage.text))
    return words.terms(text, passage.language)


def _pairs(terms: Sequence[str]) -> set[tuple[str, str]]:
    return set(pairwise(terms))


def _share(part: AbstractSet[T], whole: AbstractSet[T]) -> float:
    return len(part & whole) / max(len(part), 1)
