"""The grades page: a teacher enters points and a comment for each student, and sees what became
of them. Nothing leaves before it was approved and held.

Fragments for the shell: every one needs the session's bearer token, and the role of a grader.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tutorai import flows, gradebook
from tutorai.access import graders
from tutorai.errors import BadRequest, NotFound, TutorError
from tutorai.gradebook import Entry, Hold
from tutorai.ledger import audit, grades
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import GradeIntent, Job
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import LineItem
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread
from tutorai.web import marks
from tutorai.web.teacher import page

HOLDS = (0, 5, 15, 60, 24 * 60)  # minutes to choose from; a course's own is listed too
MOST_MINUTES = 7 * 24 * 60
ACTS: dict[str, Callable[[Actor, Iterable[UUID]], list[GradeIntent]]] = {
    "undo": flows.undo,
    "release": flows.release,
    "overwrite": flows.overwrite,
    "retry": flows.retry,
}


def _columns(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All that can be graded, and how each class stands."""
    flows.look_at_gradebook(actor)
    course = scope.graded_course(actor, actor.course_id or "")
    lines = []
    for assignment in scope.columns(actor):
        line_item = gradebook.column(actor, assignment.pk)
        counted = marks.counts(marks.of(actor, line_item))
        lines.append((assignment, line_item, counted))
    told = {"course": course, "actor": actor, "lines": lines, "reading": _reading(actor)}
    told |= _holding(actor)
    return render(request, "teacher/grades.html", told)


def _reading(actor: Actor) -> bool:
    """Whether the people of the course are being asked for right now."""
    live = Job.objects.filter(kind=flows.ROSTER, state__in=grades.LIVE, error="")
    return live.filter(course_id=actor.course_id).exists()


def _holding(actor: Actor) -> dict[str, Any]:
    """What the choice of a hold shows."""
    course = scope.graded_course(actor, actor.course_id or "")
    usual = gradebook.usual(course).minutes or 0
    return {"usual": usual, "holds": sorted({*HOLDS, usual})}


def _column(request: HttpRequest, actor: Actor, assignment: UUID, **more: Any) -> HttpResponse:
    """One assignment: a row for each student."""
    flows.look_at_gradebook(actor)
    line_item = gradebook.column(actor, assignment)
    audit.record(verb=Verb.GRADES_READ, actor=actor, object_kind="column", object_id=line_item.pk)
    told = _facts(actor, line_item, more.get("typed", marks.NOTHING))
    return render(request, "teacher/column.html", {**told, **more})


def _facts(
    actor: Actor, line_item: LineItem, typed: Mapping[str, tuple[str, str]] = marks.NOTHING
) -> dict[str, Any]:
    rows = marks.of(actor, line_item, typed)
    facts = {
        "actor": actor,
        "course": line_item.course,
        "assignment": line_item.assignment,
        "line_item": line_item,
        "maximum": marks.plain(line_item.maximum) if line_item.maximum else "",
        "lms": marks.lms(line_item) or _("your learning platform"),
        "marks": rows,
        "counts": marks.counts(rows),
        "moving": marks.moving(rows),
        "reading": _reading(actor),
        "held": [mark.intent.pk for mark in rows if mark.intent and mark.words is marks.HELD],
    }
    return {**facts, **_holding(actor)}


def _standing(request: HttpRequest, actor: Actor, assignment: UUID) -> HttpResponse:
    """The parts of the page that change by themselves."""
    line_item = gradebook.column(actor, assignment)
    return render(request, "teacher/_standing.html", _facts(actor, line_item))


def _approve(request: HttpRequest, actor: Actor, assignment: UUID) -> HttpResponse:
    """Approve what was entered: drafts and their approval, in one step, for it is the same person."""
    line_item = gradebook.column(actor, assignment)
    try:
        entries, hold = _entries(request), _hold(request)
        drafts = gradebook.draft(actor, line_item, entries)
        made = flows.approve(actor, [draft.pk for draft in drafts], hold)
    except TutorError as error:
        return _column(request, actor, assignment, refusal=str(error), typed=_typed(request))
    words = ngettext("%(n)s grade approved.", "%(n)s grades approved.", len(made))
    return _column(request, actor, assignment, said=words % {"n": len(made)})


def _entries(request: HttpRequest) -> list[Entry]:
    """Return what was changed; raise BadRequest for points that are no number."""
    found = []
    for user_id in request.POST.getlist("user"):
        points = request.POST.get(f"points-{user_id}", "")
        if points.strip():
            comment = request.POST.get(f"comment-{user_id}", "")
            found.append(Entry(_id(user_id), gradebook.number(points), comment))
    if not found:
        raise BadRequest(why=_("nothing was changed"))
    return found


def _typed(request: HttpRequest) -> dict[str, tuple[str, str]]:
    """Return what was typed, to show it again: points and comment by the person's id."""
    told = request.POST
    return {
        one: (told.get(f"points-{one}", ""), told.get(f"comment-{one}", ""))
        for one in told.getlist("user")
    }


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound() from error


def _hold(request: HttpRequest) -> Hold:
    """Return how long it is to be held: minutes, "at" a moment, or until it is released."""
    chosen = request.POST.get("hold", "")
    if chosen == "manual":
        return Hold()
    if chosen == "at":
        return Hold(at=_moment(request.POST.get("at", "")))
    if chosen.isdecimal() and int(chosen) <= MOST_MINUTES:
        return Hold(minutes=int(chosen))
    raise BadRequest(why=_("choose how long the grades are held"))


def _moment(text: str) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadRequest(why=_("choose the day and time of the release"))
    return at


def _act(request: HttpRequest, actor: Actor, assignment: UUID, act: str) -> HttpResponse:
    """Undo, release, overwrite or try again what is named."""
    line_item = gradebook.column(actor, assignment)
    if act not in ACTS:
        raise NotFound()
    named = [_id(one) for one in request.POST.getlist("grade")]
    mine = gradebook.given(actor, line_item).filter(pk__in=named)
    done = ACTS[act](actor, list(mine.values_list("pk", flat=True)))
    late = _("It was too late for this: look at how it stands now.") if not done else ""
    return _column(request, actor, assignment, refusal=late)


def _usual(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Choose how long this course's grades are held when nobody says otherwise."""
    course = scope.graded_course(actor, actor.course_id or "")
    chosen = request.POST.get("minutes", "")
    if not chosen.isdecimal() or int(chosen) > MOST_MINUTES:
        raise BadRequest(why=_("choose how long the grades are held"))
    course.hold_minutes = int(chosen)
    course.save(update_fields=["hold_minutes"])
    return _columns(request, actor)


columns = page(_columns, thread=in_slow_thread, roles=graders)
column = page(_column, thread=in_slow_thread, roles=graders)
standing = page(_standing, thread=in_slow_thread, roles=graders)
approve = page(_approve, require_POST, thread=in_slow_thread, roles=graders)
act = page(_act, require_POST, thread=in_slow_thread, roles=graders)
usual = page(_usual, require_POST, thread=in_slow_thread, roles=graders)
