"""The cells of a gradebook: held by one writer at a time, changed by hand, told to a test.

A column is the tool's own (`LineItem`) or an assignment of the course (`Assignment`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import Http404

from connectors.sandbox import dialects
from connectors.sandbox.editing import now
from connectors.sandbox.models import Assignment, LineItem, Person, Score, Submission

Told = dict[str, Any]


def column(column_id: int) -> LineItem | Assignment:
    """Return the column of that id; raise Http404."""
    rows = LineItem.objects.select_related("course__world", "tool")
    if item := rows.filter(id=column_id).first():
        return item
    work = Assignment.objects.select_related("course__world").filter(id=column_id).first()
    if work is None:
        raise Http404
    return work


def held(item: LineItem, person: Person) -> Score:
    """Return a person's cell, made if missing, which nobody else changes until the commit."""
    rows = Score.objects.select_for_update()
    cell, _ = rows.get_or_create(line_item=item, person=person)
    cell.line_item, cell.person = item, person
    return cell


@transaction.atomic
def enter(where: LineItem | Assignment, person: Person, given: Told) -> Told:
    """Change a cell as a teacher does by hand: `points` (null clears), `comment`, `locked`."""
    if isinstance(where, Assignment):
        return told_submission(_enter_submission(where, person, given))
    cell = held(where, person)
    if "points" in given:
        world = where.course.world
        points, comment = _points(given["points"]), str(given.get("comment", ""))
        dialects.of(world).edit(cell, points, comment, now(world.name))
    cell.locked = bool(given.get("locked", cell.locked))
    cell.save()
    return told_score(cell)


def _enter_submission(work: Assignment, person: Person, given: Told) -> Submission:
    rows = Submission.objects.select_for_update()
    row, _ = rows.get_or_create(assignment=work, person=person)
    if "points" in given:
        row.score, row.graded_at = _points(given["points"]), now(work.course.world.name)
    if given.get("comment"):
        row.say(str(given["comment"]), None, now(work.course.world.name))
    row.save()
    return row


def _points(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def told_score(cell: Score) -> Told:
    """Return what a test asks of a cell of a tool's column; `posts` counts accepted scores."""
    return {
        **_who(cell.person),
        "points": None if cell.points is None else _plain(cell.points),
        "maximum": _plain(cell.line_item.maximum),
        "comments": cell.comments,
        "timestamp": cell.timestamp and cell.timestamp.isoformat(),
        "posts": cell.posts,
        "overridden": cell.overridden,
        "locked": cell.locked,
    }


def told_submission(row: Submission) -> Told:
    """Return the same of a cell of an assignment's column; `posts` counts accepted PUTs."""
    return {
        **_who(row.person),
        "points": None if row.score is None else _plain(row.score),
        "maximum": _plain(row.assignment.points_possible),
        "comments": [one["comment"] for one in row.comments],
        "timestamp": row.graded_at and row.graded_at.isoformat(),
        "posts": row.posts,
    }


def _who(person: Person) -> Told:
    return {"person": str(person.id), "sub": person.uuid, "key": person.key}


def _plain(points: Decimal) -> str:
    """Write points without the zeros behind them: 16, 7.5."""
    return format(points.normalize(), "f")


def listed(where: LineItem | Assignment) -> list[Told]:
    """Return every cell of a column that something was written to."""
    if isinstance(where, Assignment):
        works = Submission.objects.filter(assignment=where).order_by("id")
        return [told_submission(row) for row in works.select_related("person", "assignment")]
    scores = Score.objects.filter(line_item=where).order_by("id")
    return [told_score(cell) for cell in scores.select_related("person", "line_item")]
