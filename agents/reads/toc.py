"""The table of contents, kept whole for everybody, and cut for each reader."""

from uuid import UUID

from pydantic import TypeAdapter

from agents.reads import reader, records
from agents.reads.records import Page, Part
from tutorai.lmsdm import models, scope
from tutorai.lmsdm.cache import Shelf
from tutorai.lmsdm.eyes import Eyes, window
from tutorai.lmsdm.record import Record
from tutorai.lmsdm.schema import Actor, Kind, Window

LONGEST = 1024**2  # bytes: some 4,000 lines
OPEN = Window()
OURS = ("id", "deleted_at", "unreadable", *Window.model_fields)


class Kept(Record):
    """A line as everybody is told it, with who may see it and what it opens."""

    pk: UUID
    parent_id: UUID | None
    item_id: UUID | None
    title: str
    kind: Kind
    url: str
    window: Window
    item: Window | None  # of what it opens
    published: bool
    restricted: bool
    unreadable: str


SHELF = Shelf("toc", TypeAdapter(list[Kept]), most=LONGEST)


def of(actor: Actor, course_id: UUID, part: Part) -> Page[records.Line]:
    """Return the lines this reader sees, in the order one meets them.

    A hidden line hides what is in it, however deep.
    """
    course = reader.course(actor, course_id)
    kept = SHELF.of(course.institution_id, course.pk, lambda: _read(course))
    eyes = Eyes(actor)
    seen = scope.walked(line for line in kept if eyes.see(line.window, line.item or OPEN))
    return part.of([_told(line, depth) for line, depth in seen[part.slice]])


def _read(course: models.Course) -> list[Kept]:
    rows = course.toc.select_related("item").order_by("position")
    only = [f"item__{name}" for name in OURS]
    rows = rows.only(
        "course", "parent", "title", "kind", "url", "item", *Window.model_fields, *only
    )
    return [_kept(row) for row in rows if row.item is None or row.item.deleted_at is None]


def _kept(row: models.TocNode) -> Kept:
    windows = [window(each) for each in (row, row.item) if each is not None]
    return Kept(
        pk=row.pk,
        parent_id=row.parent_id,
        item_id=row.item_id,
        title=row.title,
        kind=Kind(row.kind),
        url=row.url,
        window=windows[0],
        item=windows[1] if row.item else None,
        published=all(each.published for each in windows),
        restricted=any(each.model_copy(update={"published": True}) != OPEN for each in windows),
        unreadable=row.item.unreadable if row.item else "",
    )


def _told(line: Kept, depth: int) -> records.Line:
    return records.Line(
        node_id=line.pk,
        parent_id=line.parent_id,
        depth=depth,
        title=line.title,
        kind=line.kind,
        content_id=line.item_id,
        url=line.url,
        unreadable=line.unreadable,
        published=line.published,
        restricted=line.restricted,
    )
