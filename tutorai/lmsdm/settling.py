"""Records' columns → rows of one source, in batches: what says the same already is not written.

Large columns are not read back unless they are told: a course of ten thousand pages is settled in
the memory of five hundred.
"""

from collections.abc import Collection, Iterator
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from tutorai.lmsdm import cache
from tutorai.lmsdm.models import Assignment, ContentItem, Course, Quiz, TocNode

R = TypeVar("R", ContentItem, TocNode, Assignment, Quiz)
M = TypeVar("M", ContentItem, Assignment, Quiz)

BATCH = 500  # rows in memory, or in one statement
SPARED = 5  # things that may always go at once
SHARE = 0.2  # of what there is, beyond that

# Read along with what is told: whoever changes an item looks whether anything of it is indexed.
EXTRA: dict[type[Model], tuple[str, ...]] = {ContentItem: ("sha256",)}

Told = dict[str, dict[str, Any]]  # columns by source id; all have the same


def lock(course_id: UUID) -> None:
    """Let two who write a course write one after the other, until the transaction ends."""
    Course.objects.select_for_update(no_key=True).get(pk=course_id)


def settle(model: type[R], course_id: UUID, source: str, told: Told) -> list[R]:
    """Create what is new, update what differs; return exactly those rows, in a transaction."""
    lock(course_id)
    changed: list[R] = []
    for batch in batches(told):
        changed += _batch(model, course_id, source, batch)
    if changed:
        cache.changed(course_id)
    return changed


def batches(told: Told) -> Iterator[Told]:
    """Yield the same in batches."""
    names = list(told)
    for at in range(0, len(names), BATCH):
        yield {name: told[name] for name in names[at : at + BATCH]}


def _batch(model: type[R], course_id: UUID, source: str, told: Told) -> list[R]:
    columns = list(next(iter(told.values())))
    rows = model._default_manager.filter(
        course=course_id, source=source, source_id__in=list(told)
    ).only("source_id", "course", *EXTRA.get(model, ()), *columns)
    held = {row.source_id: row for row in rows}
    fresh = [
        model(course_id=course_id, source=source, source_id=source_id, **fields)
        for source_id, fields in told.items()
        if source_id not in held
    ]
    changed = [row for name, row in held.items() if differs(row, told[name])]
    model._default_manager.bulk_create(fresh)
    if changed:
        model._default_manager.bulk_update(changed, columns)
    return fresh + changed


def differs(row: Model, fields: dict[str, Any]) -> bool:
    """Make the row say this, unsaved; return whether it said anything else."""
    other = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in other:
        setattr(row, name, fields[name])
    return bool(other)


def too_many(gone: int, of: int) -> bool:
    """Whether so much is missing from an answer that it is more likely half an answer."""
    return gone > max(SPARED, SHARE * of)


@transaction.atomic
def retire(
    model: type[M], course_id: UUID, source: str, told: Collection[str], *, anyway: bool = False
) -> list[M] | None:
    """Mark as gone what a complete list no longer has; return those rows.

    Returns None, and marks none, when too many are missing at once (`anyway`: a person said that
    it is right). Rows stay: conversations cite them, grades hang on them.
    """
    lock(course_id)
    alive = model._default_manager.filter(course=course_id, source=source, deleted_at=None)
    there: dict[str, UUID] = dict(alive.values_list("source_id", "pk"))
    names = {*there} - {*told}
    if too_many(len(names), len(there)) and not anyway:
        return None
    if not names:
        return []
    gone = model._default_manager.filter(pk__in=[there[name] for name in names])
    gone.update(deleted_at=timezone.now())
    cache.changed(course_id)
    return list(gone.only("source_id", "source", *EXTRA.get(model, ())))
