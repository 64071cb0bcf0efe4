"""Question → passages of the asker's own course, best first.

Word search (BM25 over the postings) and vector search run inside one course and inside what the
actor may see; then they are fused. Fusion adds what both say of a chunk, each relative to its
best; an item counts for its best chunks together, because a page that keeps to the subject beats
one that mentions it. Reciprocal ranks (RRF) find a little less in the same courses: a rank forgets
by how much it is better. Weights: measured (`eval_retrieval`), on half of the questions; the floor
on all of two courses, and a third agreed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from agents import embed, search_sql, words
from agents.models.index import Chunk, Vector
from agents.search_sql import Found
from tutorai.errors import ModelError
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course, TocNode
from tutorai.lmsdm.schema import Actor, Kind

WORDS_WEIGHT = 0.5  # against 1 for the vectors
NEXT = (1.0, 0.5, 0.25)  # what an item's best chunks add to it
NEAR_ITEM, NEAR_MODULE = (
    1.10,
    1.05,
)  # a question mostly is about where the student stands
CANDIDATES = 200  # chunks from each search
TERMS = 64  # of a question; a pasted essay is not a query
# Under these a question is not about the course: cosine, with a part of the share of the
# question's information (idf) that the chunk holds; or that share alone.
SHARED = 0.2
FLOOR = 0.42
WORDS_FLOOR = 0.35


@dataclass(frozen=True)
class Passage:
    """A chunk as an answer may quote it. `url` opens its place in the LMS."""

    chunk_id: UUID
    item_id: UUID
    title: str
    heading_path: tuple[str, ...]
    anchor: str
    text: str
    score: float
    url: str
    item_hash: str
    cosine: float = 0.0  # likeness to the question, -1 to 1; 0 when no vector said
    coverage: float = 0.0  # share of the question's information it holds, 0 to 1
    language: str = ""
    position: int = 0  # among the chunks of its item


@dataclass(frozen=True)
class Retrieval:
    """What was found. `score` is compared with the floor; `mode` words: no vectors took part."""

    passages: tuple[Passage, ...]
    floor_passed: bool
    score: float
    mode: Literal["hybrid", "words"]


def search(actor: Actor, question: str, *, near: UUID | None = None, k: int = 8) -> Retrieval:
    """Return the `k` best passages the actor may read, of the actor's course only.

    `near` is the item or module the student stands on. Blocking: from async code, call it in a
    thread of those that wait for other servers.
    """
    course = scope.courses(actor).first()
    if course is None:
        return Retrieval((), False, 0.0, "words")
    embedder = embed.current(course.institution_id, course.pk, actor.user_id)
    vector = _vector(course, embedder, question)
    found = _both(actor, course, question, vector, embedder.generation)
    hybrid = any(hit.cosine is not None for hit in found)
    bare = _bare(found, embedder.generation) if hybrid else set()
    ranked = _ranked(found, _prior(course, near), bare)[:k]
    score = max((_strength(hit, hybrid) for hit in found), default=0.0)
    passages = _passages(ranked)
    return Retrieval(
        passages, _passed(found, score, bare, hybrid), score, "hybrid" if hybrid else "words"
    )


def _vector(course: Course, embedder: embed.Embedder, question: str) -> list[float] | None:
    """The question's vector; None where word search has to do alone."""
    if not question.strip() or not embed.knows(embedder, course.language):
        return None
    if not Vector.objects.filter(course_id=course.pk, generation=embedder.generation).exists():
        return None
    try:
        return embedder.embed_question(question)
    except ModelError:
        return None  # the endpoint is away, or the budget spent; words are not


def _both(
    actor: Actor,
    course: Course,
    question: str,
    vector: list[float] | None,
    generation: str,
) -> list[Found]:
    """Search by words and by vector, and join what they found."""
    found = {hit.chunk_id: hit for hit in _by_words(actor, course, question)}
    if vector is not None:
        for hit in search_sql.by_vector(actor, course.pk, vector, generation, CANDIDATES):
            known = found.get(hit.chunk_id)
            found[hit.chunk_id] = replace(known, cosine=hit.cosine) if known else hit
    return list(found.values())


def _by_words(actor: Actor, course: Course, question: str) -> list[Found]:
    """Each language of the course stems the question its own way."""
    languages = Chunk.objects.filter(course=course).values_list("language", flat=True).distinct()
    asked = {code: list(dict.fromkeys(words.terms(question, code)))[:TERMS] for code in languages}
    return search_sql.by_words(actor, course.pk, asked, CANDIDATES)


def _passed(found: list[Found], score: float, bare: AbstractSet[UUID], hybrid: bool) -> bool:
    """Whether the question is about the course; of chunks without a vector the words decide."""
    said = any(hit.coverage >= WORDS_FLOOR for hit in found if hit.chunk_id in bare)
    return said or score >= (FLOOR if hybrid else WORDS_FLOOR)


def _strength(hit: Found, hybrid: bool) -> float:
    return (hit.cosine or 0.0) + SHARED * hit.coverage if hybrid else hit.coverage


def _bare(found: list[Found], generation: str) -> set[UUID]:
    """The chunks found that have no vector of this generation.

    Their page changed just now, or is in a language that the embedder does not know.
    """
    asked = {hit.chunk_id for hit in found if hit.cosine is None}
    held = Vector.objects.filter(chunk__in=asked, generation=generation)
    return asked - set(held.values_list("chunk_id", flat=True))


def _ranked(
    found: list[Found], prior: Mapping[UUID, float], bare: AbstractSet[UUID]
) -> list[tuple[float, Found]]:
    """Fuse: (score, chunk), best first."""
    best_words = max((hit.words for hit in found), default=0.0) or 1.0
    cosines = [hit.cosine for hit in found if hit.cosine is not None]
    best, worst = max(cosines, default=1.0), min(cosines, default=0.0)
    items: dict[UUID, list[tuple[float, Found]]] = defaultdict(list)
    for hit in found:
        by_words = hit.words / best_words
        # A chunk beyond the vector search's reach is taken to be as far as its last; of one that
        # has no vector, the words decide alone.
        cosine = worst if hit.cosine is None else hit.cosine
        by_vector = by_words if hit.chunk_id in bare else cosine / max(best, FLOOR)
        score = WORDS_WEIGHT * by_words + by_vector
        items[hit.item_id].append((score * prior.get(hit.item_id, 1.0), hit))
    ranked = [pair for hits in items.values() for pair in _of_item(hits)]
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1].chunk_id))


def _of_item(hits: list[tuple[float, Found]]) -> Iterable[tuple[float, Found]]:
    """Give an item's best chunk the item's score, and the others their share of it."""
    hits.sort(key=lambda pair: -pair[0])
    total = sum(weight * score for weight, (score, _) in zip(NEXT, hits, strict=False))
    best = hits[0][0] or 1.0
    return [(total * score / best, hit) for score, hit in hits]


def _prior(course: Course, near: UUID | None) -> dict[UUID, float]:
    """How much likelier each item is, given where the student stands.

    Who stands on a module (for a link was bound to it) stands on all that is in it.
    """
    if near is None:
        return {}
    lines = list(TocNode.objects.filter(course=course).only("pk", "parent", "item", "kind"))
    stands = [line for line in lines if near in (line.item_id, line.pk)]
    modules = {line.pk for line in stands if line.kind == Kind.HEADING and line.item_id is None}
    below = _below(modules, lines)
    beside = {line.parent_id for line in stands} - {None}
    prior = {line.item_id: NEAR_MODULE for line in lines if line.parent_id in beside}
    prior |= {line.item_id: NEAR_ITEM for line in lines if line.pk in below}
    return {item: weight for item, weight in prior.items() if item} | {near: NEAR_ITEM}


def _below(modules: set[UUID], lines: list[TocNode]) -> set[UUID]:
    """The lines in these modules, however deep."""
    inside, grown = set(modules), 0
    while len(inside) > grown:
        grown = len(inside)
        inside |= {line.pk for line in lines if line.parent_id in inside}
    return inside - modules


def _passages(ranked: list[tuple[float, Found]]) -> tuple[Passage, ...]:
    held = Chunk.objects.select_related("item").in_bulk([hit.chunk_id for _, hit in ranked])
    # A chunk may have been replaced since it was found.
    return tuple(
        _passage(held[hit.chunk_id], score, hit) for score, hit in ranked if hit.chunk_id in held
    )


def _passage(chunk: Chunk, score: float, hit: Found) -> Passage:
    return Passage(
        chunk_id=chunk.pk,
        item_id=chunk.item_id,
        title=chunk.title,
        heading_path=tuple(chunk.headings),
        anchor=chunk.anchor,
        text=chunk.text,
        score=score,
        url=f"{chunk.item.url}{chunk.anchor}" if chunk.item.url else "",
        item_hash=chunk.item.sha256,
        cosine=hit.cosine or 0.0,
        coverage=hit.coverage,
        language=chunk.language,
        position=chunk.position,
    )
