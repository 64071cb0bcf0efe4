"""An assignment's page: a teacher enters points and a comment for each student, and sees what became
of them. Nothing leaves before it was approved and held.

Fragments for the shell: every one needs the session's bearer token, and the role of a grader.
What is done on an assignment's page is answered by how its rows stand now; static/js/grades.js
takes over what changed, so that nothing somebody is typing is lost.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
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
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import GradeIntent
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import LineItem
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread
from tutorai.web import marks
from tutorai.web.teacher import page

HOLDS = (0, 5, 15, 60, 24 * 60)  # minutes to choose from; a course's own is listed too
ACTS: dict[str, Callable[[Actor, Iterable[UUID]], list[GradeIntent]]] = {
    "undo": gradebook.undo,
    "release": gradebook.release,
    "overwrite": flows.overwrite,
    "retry": gradebook.retry,
}


def holding(actor: Actor) -> dict[str, Any]:
    """What the choice of a hold shows."""
    course = scope.graded_course(actor, actor.course_id or "")
    usual = gradebook.usual(course).minutes or 0
    return {"usual": usual, "holds": sorted({*HOLDS, usual})}


def _column(request: HttpRequest, actor: Actor, assignment: UUID) -> HttpResponse:
    """One assignment: a row for each student."""
    gradebook.look(actor)
    line_item = gradebook.column(actor, assignment)
    audit.record(verb=Verb.GRADES_READ, actor=actor, object_kind="column", object_id=line_item.pk)
    return render(request, "teacher/column.html", {**_facts(actor, line_item), **holding(actor)})


def _facts(
    actor: Actor, line_item: LineItem, faults: Mapping[UUID, str] = marks.NOTHING
) -> dict[str, Any]:
    rows = marks.of(actor, line_item, faults)
    # Neither who is in the course nor how much a column is worth may be known before it is read.
    reading = gradebook.looking(actor) and not (rows and line_item.maximum)
    facts = {
        "actor": actor,
        "course": line_item.course,
        "assignment": line_item.assignment,
        "line_item": line_item,
        "gone": line_item.gone_at is not None,
        "maximum": gradebook.plain(line_item.maximum) if line_item.maximum else "",
        "lms": marks.lms(line_item) or _("your learning platform"),
        "marks": rows,
        "counts": marks.counts(rows),
        "reading": reading,
        "soon": reading or any(mark.soon for mark in rows),
        "held": [mark.intent.pk for mark in rows if mark.intent and mark.words is marks.HELD],
    }
    told = "".join(mark.key for mark in rows)
    key = marks.digest(f"{told}{facts['soon']}{facts['maximum']}")
    return {**facts, "key": key}


def _standing(request: HttpRequest, actor: Actor, assignment: UUID) -> HttpResponse:
    """The parts of the page that change by themselves; nothing when they are as `known`."""
    facts = _facts(actor, gradebook.column(actor, assignment))
    if request.GET.get("known") == facts["key"]:
        return HttpResponse(status=204)
    return render(request, "teacher/_standing.html", facts)


def _told(
    request: HttpRequest,
    actor: Actor,
    line_item: LineItem,
    faults: Mapping[UUID, str] = marks.NOTHING,
    **words: str,
) -> HttpResponse:
    """How the rows stand now, and what was just done (`said`) or why not (`refusal`)."""
    facts = _facts(actor, line_item, faults)
    return render(request, "teacher/_standing.html", {**facts, **words})


def _approve(request: HttpRequest, actor: Actor, assignment: UUID) -> HttpResponse:
    """Approve what was entered: drafts and their approval, in one step, for it is the same person."""
    line_item = gradebook.column(actor, assignment)
    entries, faults = _entries(request)
    faults |= gradebook.faults(actor, line_item, entries)
    if faults:
        words = ngettext(
            "Nothing was approved: one entry needs another look.",
            "Nothing was approved: %(n)s entries need another look.",
            len(faults),
        )
        return _told(request, actor, line_item, faults, refusal=words % {"n": len(faults)})
    try:
        made = _approved(actor, line_item, entries, _hold(request))
    except TutorError as error:
        return _told(request, actor, line_item, refusal=str(error))
    words = ngettext("%(n)s grade approved.", "%(n)s grades approved.", len(made))
    return _told(request, actor, line_item, said=words % {"n": len(made)})


@transaction.atomic
def _approved(
    actor: Actor, line_item: LineItem, entries: list[Entry], hold: Hold
) -> list[GradeIntent]:
    drafts = gradebook.draft(actor, line_item, entries)
    return flows.approve(actor, [draft.pk for draft in drafts], hold)


def _entries(request: HttpRequest) -> tuple[list[Entry], dict[UUID, str]]:
    """Return what was changed, and why points are no number, by person; raise BadRequest."""
    found, faults = {}, {}
    for one in request.POST.getlist("user"):
        points, comment = (request.POST.get(f"{name}-{one}", "") for name in ("points", "comment"))
        try:
            found[identified(one)] = Entry(identified(one), gradebook.number(points), comment)
        except BadRequest as error:
            faults[identified(one)] = str(error.facts["why"])
    if not found and not faults:
        raise BadRequest(why=_("nothing was changed"))
    return list(found.values()), faults


def identified(text: str) -> UUID:
    """Return an id that a form tells; raise NotFound."""
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
    return Hold(minutes=minutes(chosen))


def minutes(text: str) -> int:
    """Return for how many minutes grades are to be held; raise BadRequest."""
    if len(text) < 6 and text.isdecimal() and int(text) <= gradebook.MOST_MINUTES:
        return int(text)
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
    named = {identified(one) for one in request.POST.getlist("grade")}
    mine = gradebook.given(actor, line_item).filter(pk__in=named)
    done = len(ACTS[act](actor, list(mine.values_list("pk", flat=True))))
    if not done:
        late = _("It was too late for this: look at how it stands now.")
        return _told(request, actor, line_item, refusal=late)
    said = _done(act, done)
    if left := len(named) - done:
        words = ngettext("%(n)s had left before.", "%(n)s had left before.", left)
        said = f"{said} {words % {'n': left}}"
    return _told(request, actor, line_item, said=said)


def _done(act: str, n: int) -> str:
    """Return in words what was done with so many grades."""
    match act:
        case "undo":
            words = ngettext(
                "One grade taken back: nothing of it was sent.",
                "%(n)s grades taken back: nothing of them was sent.",
                n,
            )
        case "release":
            words = ngettext("One grade released.", "%(n)s grades released.", n)
        case "overwrite":
            words = ngettext("One grade goes out once more.", "%(n)s grades go out once more.", n)
        case _:
            words = ngettext("One grade is tried again.", "%(n)s grades are tried again.", n)
    return words % {"n": n}


column = page(_column, thread=in_slow_thread, roles=graders)
standing = page(_standing, thread=in_slow_thread, roles=graders)
approve = page(_approve, require_POST, thread=in_slow_thread, roles=graders)
act = page(_act, require_POST, thread=in_slow_thread, roles=graders)
