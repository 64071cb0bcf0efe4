"""Gradebook columns → rows, each with an assignment: the product knows one noun.

Storing the same columns twice, or at once, changes nothing.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from tutorai.lmsdm import schema
from tutorai.lmsdm.models import Assignment, Course, LineItem
from tutorai.lmsdm.store import CENTS


@transaction.atomic
def save_line_items(
    *, course_id: UUID, source: str, items: Iterable[schema.LineItem], container: str = ""
) -> list[LineItem]:
    """Make a course's columns say what `items` say; return the rows that are new or different.

    `container` is the address whose complete list they are: what it had before is gone then.
    A column that has moved (the same resource or link, another address) keeps its row.
    """
    Course.objects.select_for_update(no_key=True).get(pk=course_id)
    told = {item.url: item for item in items}
    held = list(LineItem.objects.filter(course_id=course_id).select_related("assignment"))
    rows = {row.url: row for row in held}
    changed = []
    for url, item in told.items():
        left = [row for row in held if row.source == source and row.url not in told]
        row = rows.get(url) or _moved(item, left) or LineItem(course_id=course_id)
        if _save(row, source, item):
            changed.append(row)
    if container:
        ours = [row for row in held if row.source == source and row.url not in told]
        _retire(source, [row for row in ours if not row.gone_at and _within(row.url, container)])
    return changed


def _moved(item: schema.LineItem, rows: list[LineItem]) -> LineItem | None:
    """Return the one row that is this column under its old address."""
    name = (item.resource_id, item.tag, item.resource_link_id)
    if (item.resource_id, item.resource_link_id) == ("", ""):
        return None
    same = [row for row in rows if (row.resource_id, row.tag, row.resource_link_id) == name]
    return same[0] if len(same) == 1 else None


def _save(row: LineItem, source: str, item: schema.LineItem) -> bool:
    """Write what differs, in the column and in its assignment; return whether any did."""
    told = item.model_dump(exclude_unset=True, exclude={"assignment_id"})
    if item.maximum is not None:
        told["maximum"] = item.maximum.quantize(CENTS)
    work, new = _assignment(row, source, item)
    shown = {"title": told.get("label"), "max_points": told.get("maximum")}
    fields = {name: value for name, value in shown.items() if value is not None}
    if work.source == source:
        new |= _write(work, fields | {"source_id": item.assignment_id or item.url} | ALIVE)
    return new | _write(row, {**told, "source": source, "gone_at": None, "assignment_id": work.pk})


ALIVE: dict[str, Any] = {"deleted_at": None}


def _assignment(row: LineItem, source: str, item: schema.LineItem) -> tuple[Assignment, bool]:
    """Return the column's assignment, and whether it is new; one of another source stays."""
    if row.assignment is not None:
        return row.assignment, False
    return Assignment.objects.get_or_create(
        course_id=row.course_id, source=source, source_id=item.assignment_id or item.url
    )


def _write(row: Model, fields: dict[str, Any]) -> bool:
    """Set what differs; a new row is written whole."""
    different = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, fields[name])
    if row._state.adding:
        row.save()
        return True
    if different:
        row.save(update_fields=different)
    return bool(different)


def _within(url: str, container: str) -> bool:
    """Whether a column's address is below its container's, whatever their hosts and queries."""
    return urlsplit(url).path.startswith(urlsplit(container).path.rstrip("/") + "/")


def retire(row: LineItem) -> None:
    """Mark one column as gone."""
    _retire(row.source, [row])


def _retire(source: str, rows: list[LineItem]) -> None:
    """Mark columns as gone, and their assignments where nobody else tells of them."""
    now = timezone.now()
    LineItem.objects.filter(pk__in=[row.pk for row in rows]).update(gone_at=now)
    theirs = [row.assignment_id for row in rows if row.assignment_id]
    Assignment.objects.filter(pk__in=theirs, source=source).update(deleted_at=now)
