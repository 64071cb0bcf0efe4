"""The grades page: all that can be graded, and the columns that a teacher makes for it here.

Fragments for the shell. A form that the platform or Tutor.AI did not take comes back as it was
typed, with the reason in words.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tutorai import columns, gradebook
from tutorai.access import graders, teachers
from tutorai.errors import NotFound, NotYours, TutorError
from tutorai.ids import new_id
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Assignment, LineItem
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread
from tutorai.web import grading, marks
from tutorai.web.teacher import page


@dataclass(frozen=True)
class Typed:
    """What stands in the form of a column, and why it was not taken."""

    label: str = ""
    points: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Line:
    """One assignment as it is listed; `own`: the form of a column that was made here."""

    assignment: Assignment
    counted: list[tuple[marks.Words, int]]
    gone: bool = False
    own: Typed | None = None


def _listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The page as it is opened, and again until all is read: forms in it are `kept` as they are."""
    gradebook.look(actor)
    return _page(request, actor, reading=gradebook.looking(actor), kept=True)


def _page(
    request: HttpRequest, actor: Actor, typed: dict[UUID, Typed] | None = None, **more: Any
) -> HttpResponse:
    """All that can be graded, how each class stands, and what was `typed` and not taken."""
    offered = columns.offered(actor) and not actor.ended
    made = columns.ours(actor) if offered else LineItem.objects.none()
    told = {
        "course": scope.graded_course(actor, actor.course_id or ""),
        "actor": actor,
        "lines": _lines(actor, {**_forms(made), **(typed or {})}),
        "trouble": gradebook.trouble(actor),
        "offered": offered,
        "named": new_id(),
        "new": Typed(),
    }
    return render(request, "teacher/grades.html", {**told, **grading.holding(actor), **more})


def _forms(made: Any) -> dict[UUID, Typed]:
    """Return what stands in the form of each of these columns, by its assignment."""
    return {
        one.assignment_id: Typed(one.label, gradebook.plain(one.maximum) if one.maximum else "")
        for one in made
    }


def _lines(actor: Actor, forms: dict[UUID, Typed]) -> list[Line]:
    counted = marks.tallies(actor)
    lines = []
    for assignment in scope.columns(actor).prefetch_related("line_items"):
        live = [one.pk for one in assignment.line_items.all() if one.gone_at is None]
        told = counted.get(min(live), []) if live else []
        lines.append(Line(assignment, told, own=forms.get(assignment.pk)))
    for assignment in gradebook.gone(actor).prefetch_related("line_items"):
        graded = [one.pk for one in assignment.line_items.all() if one.pk in counted]
        lines.append(Line(assignment, counted[min(graded)], gone=True))
    return lines


def _make(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make a column; `named` was made with the form, so that pressing twice makes one."""
    label, points = _said(request)
    named = request.POST.get("named", "")
    try:
        item = columns.make(actor, grading.identified(named), columns.wish(label, points))
    except NotYours:
        raise
    except TutorError as error:
        new = Typed(label, points, str(error))
        return render(request, "teacher/_new_column.html", {"named": named, "new": new})
    words = _("The column “%(label)s” is in the gradebook.")
    return _page(request, actor, told=words % {"label": item.label})


def _change(request: HttpRequest, actor: Actor, assignment: UUID) -> HttpResponse:
    label, points = _said(request)
    try:
        item = columns.change(actor, assignment, columns.wish(label, points))
    except (NotYours, NotFound):
        raise
    except TutorError as error:
        return _page(request, actor, {assignment: Typed(label, points, str(error))})
    words = _("The column is “%(label)s” now, with %(points)s points.")
    worth = gradebook.plain(item.maximum) if item.maximum else "0"
    return _page(request, actor, told=words % {"label": item.label, "points": worth})


def _delete(request: HttpRequest, actor: Actor, assignment: UUID) -> HttpResponse:
    label, points = _said(request)
    try:
        item = columns.delete(actor, assignment)
    except (NotYours, NotFound):
        raise
    except TutorError as error:
        return _page(request, actor, {assignment: Typed(label, points, str(error))})
    words = _("The column “%(label)s” was deleted.")
    return _page(request, actor, told=words % {"label": item.label})


def _said(request: HttpRequest) -> tuple[str, str]:
    return request.POST.get("label", ""), request.POST.get("points", "")


def _usual(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Choose how long this course's grades are held when nobody says otherwise: the teacher's."""
    course = scope.graded_course(actor, actor.course_id or "")
    if not actor.is_author:
        raise NotYours()
    course.hold_minutes = grading.minutes(request.POST.get("minutes", ""))
    course.save(update_fields=["hold_minutes"])
    return _page(request, actor, said=_("Saved."))


listed = page(_listed, thread=in_slow_thread, roles=graders)
usual = page(_usual, require_POST, thread=in_slow_thread, roles=graders)
make = page(_make, require_POST, thread=in_slow_thread, roles=teachers)
change = page(_change, require_POST, thread=in_slow_thread, roles=teachers)
delete = page(_delete, require_POST, thread=in_slow_thread, roles=teachers)
