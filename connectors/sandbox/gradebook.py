"""The gradebook as people see it: a teacher's with every cell to change by hand, a student's own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from connectors.sandbox import cells
from connectors.sandbox.models import Assignment, Enrolment, LineItem, Person, Score, Submission
from connectors.sandbox.visible import Eyes
from connectors.sandbox.visitor import in_course, show


@dataclass(frozen=True)
class Column:
    """A column's head; `tool` when the tool made it or writes to it."""

    id: int
    name: str
    maximum: Decimal
    tool: bool


@dataclass(frozen=True)
class Cell:
    """What one person has in one column."""

    column: Column
    points: Decimal | None = None
    comments: tuple[str, ...] = ()
    overridden: bool = False
    locked: bool = False


@in_course
def gradebook(request: HttpRequest, eyes: Eyes) -> HttpResponseBase:
    """Show the points: all of them to staff, their own to students; staff may change them."""
    if request.method == "POST" and eyes.staff:
        return _change(request, eyes)
    rows = Enrolment.objects.filter(course=eyes.course, type="StudentEnrollment").order_by("id")
    people = [row.person for row in rows.select_related("person")]
    shown = [person for person in people if eyes.staff or person == eyes.person]
    columns = _columns(eyes)
    filled = _filled(columns)
    table = [
        (person, [filled.get((column.id, person.id), Cell(column)) for column in columns])
        for person in shown
    ]
    return show(request, "gradebook", eyes, {"columns": columns, "table": table})


def _columns(eyes: Eyes) -> list[Column]:
    works = Assignment.objects.filter(course=eyes.course).order_by("position")
    items = LineItem.objects.filter(course=eyes.course).order_by("id")
    return [
        *(Column(work.id, work.name, work.points_possible, tool=False) for work in works),
        *(Column(item.id, item.label, item.maximum, tool=True) for item in items),
    ]


def _filled(columns: list[Column]) -> dict[tuple[int, int], Cell]:
    """Return the cells with something in them, by column and person."""
    named = {column.id: column for column in columns}
    cells: dict[tuple[int, int], Cell] = {}
    for row in Submission.objects.filter(assignment__in=named):
        said = tuple(one["comment"] for one in row.comments)
        at = (row.assignment_id, row.person_id)
        cells[at] = Cell(named[row.assignment_id], row.score, said)
    for score in Score.objects.filter(line_item__in=named).select_related("line_item"):
        cells[score.line_item_id, score.person_id] = Cell(
            named[score.line_item_id],
            score.points,
            tuple(score.comments),
            score.overridden,
            score.locked,
        )
    return cells


def _change(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """Enter what a teacher typed; empty points clear the cell, points left alone change none."""
    sent = request.POST
    numbers = [sent.get(name, "") for name in ("column", "person")]
    if not all(number.isdecimal() for number in numbers):
        return show(request, "hidden", eyes, {}, status=404)
    column = cells.column(int(numbers[0]))
    person = get_object_or_404(Person, id=int(numbers[1]), enrolment__course=eyes.course)
    given: dict[str, Any] = {"locked": "locked" in sent}
    if sent.get("comment") or sent.get("points") != sent.get("was"):
        given |= {"points": _typed(sent.get("points", "")), "comment": sent.get("comment", "")}
    if column.course == eyes.course:
        cells.enter(column, person, given)
    return HttpResponseRedirect(request.path)


def _typed(points: str) -> Decimal | None:
    try:
        return Decimal(points)
    except InvalidOperation:
        return None
