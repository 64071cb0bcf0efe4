"""A course as large as it gets, made in seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np
from django.db import connections
from markdown_it import MarkdownIt

from agents import embed, index, retrieve, search_sql, words
from agents.models.index import Chunk, Posting, Vector
from tutorai import rights
from tutorai.lmsdm import store
from tutorai.lmsdm.models import ContentItem, Course
from tutorai.lmsdm.schema import Actor

PAGES = Path(__file__).resolve().parents[2] / "connectors/sandbox/world/physics/pages"
ITEMS = 400
LENGTH = 90  # words a chunk
VOCABULARY = 30_000
SHARE = 500  # rows stored at once


@dataclass(frozen=True)
class Filled:
    """The course, as its student sees it."""

    actor: Actor
    course_id: UUID

    def ask(self, count: int) -> tuple[list[float], dict[str, list[float]]]:
        """Ask `count` questions of ten words; return milliseconds, whole and by part."""
        chance = np.random.default_rng(1)
        embedder = embed.current(self.actor.institution_id)
        generation = embedder.generation
        whole: list[float] = []
        parts: dict[str, list[float]] = {"embed": [], "words": [], "vectors": []}
        for _ in range(count + 1):
            question = text(chance, 10)
            terms = {"en": words.terms(question, "en")}
            vector = embedder.embed([question])[0]
            mine = (self.actor, self.course_id)
            whole.append(_timed(partial(retrieve.search, self.actor, question)))
            parts["embed"].append(_timed(partial(embedder.embed, [question])))
            parts["words"].append(_timed(partial(search_sql.by_words, *mine, terms, 200)))
            near = partial(search_sql.by_vector, *mine, vector, generation, 200)
            parts["vectors"].append(_timed(near))
        # The first question loads the model.
        return whole[1:], {name: took[1:] for name, took in parts.items()}


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def text(chance: np.random.Generator, length: int) -> str:
    """Words by Zipf's law."""
    ranks = np.minimum(chance.zipf(1.15, length), VOCABULARY)
    return " ".join(f"word{rank}" for rank in ranks)


def pages() -> list[str]:
    """The sandbox's physics course: real text, as HTML."""
    markdown = MarkdownIt()
    return [markdown.render(path.read_text()) for path in sorted(PAGES.glob("*.md"))]


def fill(row: Course, chunks: int) -> None:
    """Bring real pages into the index of a course, and made-up chunks beside them."""
    row.language = "en"
    row.save(update_fields=["language"])
    for number, html in enumerate(pages()):
        item = ContentItem.objects.create(
            course=row, source="bench", source_id=f"page-{number}", kind="page", title="Physics"
        )
        store.save_body(item, html=html)
        index.index_item(item.pk)
    index.embed_pending(row.pk)
    _fill(row, chunks)
    with connections[rights.owner()].cursor() as cursor:
        cursor.execute("vacuum analyze")  # what autovacuum does within a minute


def _fill(row: Course, chunks: int) -> None:
    chance = np.random.default_rng(0)
    items = [
        ContentItem(course=row, source="bench", source_id=str(number), kind="page")
        for number in range(ITEMS)
    ]
    ContentItem.objects.bulk_create(items)
    generation = embed.current(row.institution_id).generation
    for start in range(0, chunks, SHARE):
        made = [_chunk(chance, row, items, number) for number in range(start, start + SHARE)]
        Chunk.objects.bulk_create(made)
        Posting.objects.bulk_create(posting for chunk in made for posting in _postings(chunk))
        vectors = chance.normal(size=(len(made), 384))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        Vector.objects.bulk_create(
            Vector(
                chunk_id=chunk.pk,
                generation=generation,
                course_id=row.pk,
                item_id=chunk.item_id,
                embedding=vector.tolist(),
            )
            for chunk, vector in zip(made, vectors, strict=True)
        )


def _chunk(
    chance: np.random.Generator, row: Course, items: list[ContentItem], number: int
) -> Chunk:
    return Chunk(
        institution_id=row.institution_id,
        course=row,
        item=items[number % ITEMS],
        position=number // ITEMS,
        text=text(chance, LENGTH),
        sha256=f"{number:064}",
        language="en",
        length=LENGTH,
    )


def _postings(chunk: Chunk) -> list[Posting]:
    return [
        Posting(
            chunk_id=chunk.pk,
            term=term,
            course_id=chunk.course_id,
            item_id=chunk.item_id,
            weight=float(count),
            length=chunk.length,
        )
        for term, count in words.counted(chunk.text, "en").items()
    ]
