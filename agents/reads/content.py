"""One thing to read: a page's HTML, or a file's text in blocks; and passages about a topic."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from agents import locks, retrieve
from agents.models.index import Chunk
from agents.reads import reader, records
from agents.reads.records import Part
from tutorai.errors import NotFound
from tutorai.lmsdm import models, scope
from tutorai.lmsdm.cache import Shelf
from tutorai.lmsdm.eyes import Eyes, window
from tutorai.lmsdm.record import Record
from tutorai.lmsdm.schema import Actor, Kind, Window


class Kept(Record):
    """A thing as everybody is told it, with who may see it."""

    kind: Kind
    title: str
    html: str
    is_file: bool
    waiting: bool
    unreadable: str
    url: str
    mime: str
    size: int | None
    updated_at: datetime | None
    window: Window


SHELF = Shelf("item", TypeAdapter(Kept))
BLOCKS = Shelf("blocks", TypeAdapter(list[records.Block]))


def of(actor: Actor, course_id: UUID, content_id: UUID, part: Part) -> records.Content:
    """Return what it says; `part` is of a file's blocks.

    `download` is left out: who serves files fills it in for what `is_file`.
    """
    course = reader.course(actor, course_id)
    kept = SHELF.of(
        course.institution_id, course.pk, lambda: _read(course, content_id), str(content_id)
    )
    if not Eyes(actor).see(kept.window):
        raise NotFound()
    if kept.is_file and content_id in locks.hidden(actor):  # a teacher's own, of an exam
        raise NotFound()
    told: dict[str, Any] = kept.model_dump(exclude={"window", "is_file"})
    blocks = _blocks(course, content_id, part) if kept.is_file else []
    shown = part.of(blocks)
    return records.Content(
        **told,
        content_id=content_id,
        course_id=course.pk,
        blocks=list(shown.rows),
        after=shown.after,
        download="" if kept.is_file else None,
    )


def _read(course: models.Course, content_id: UUID) -> Kept:
    row = course.items.filter(pk=content_id, deleted_at=None).first()
    if row is None:
        raise NotFound()
    return Kept(
        kind=Kind(row.kind),
        title=row.title,
        html="" if row.blob else row.body,
        is_file=bool(row.blob),
        waiting=not row.unreadable and row.indexed_sha256 != row.sha256,
        unreadable=row.unreadable,
        url=row.url,
        mime=row.mime,
        size=row.size,
        updated_at=row.updated_at,
        window=window(row),
    )


def _blocks(course: models.Course, content_id: UUID, part: Part) -> list[records.Block]:
    """Return a file's text as it was read, one block more than asked for."""

    def read() -> list[records.Block]:
        rows = Chunk.objects.filter(item=content_id, course=course).order_by("position")
        return [
            records.Block(text=text, headings=headings, anchor=anchor)
            for text, headings, anchor in rows.values_list("text", "headings", "anchor")[part.slice]
        ]

    named = f"{content_id}:{part.offset}:{part.limit}"
    return BLOCKS.of(course.institution_id, course.pk, read, named)


def about(actor: Actor, course_id: UUID, topic: str, most: int) -> records.Passages:
    """Return passages about a topic; what stands near the reader's place comes a little sooner.

    Staff are shown what students are, as the tutor answers them. Blocking: it may call a model.
    """
    reader.course(actor, course_id)
    eyes = actor.as_student
    found = retrieve.search(eyes, topic, near=scope.place(eyes), k=most)
    return records.Passages(
        passages=[
            records.Passage(
                content_id=each.item_id,
                title=each.title,
                headings=list(each.heading_path),
                text=each.text,
                url=each.url,
                score=round(each.score, 3),
            )
            for each in found.passages
        ],
        about_the_course=found.floor_passed,
    )
