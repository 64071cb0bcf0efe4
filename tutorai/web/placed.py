"""What a placed link opens: the tutor about a part of the course, a practice set, a study plan.

Fragments for the shell. What the link was about may be gone, or not be for this reader: then it
says so, and the tutor of the whole course is there.
"""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from agents import plan as planning
from agents import practice as practising
from agents.spend import Capability
from lti.models import Placement
from tutorai.access import signed_in
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread
from tutorai.web import sitting
from tutorai.web.teacher import page

Kind = Placement.Kind
Parts = list[tuple[str, UUID]]
PARTS = frozenset({Kind.ITEM, Kind.MODULE, Kind.ASSIGNMENT})  # kinds that are about a part


def first_page(request: HttpRequest, actor: Actor) -> HttpResponse | None:
    """Return the page that the actor's link opens; None where that is the tutor."""
    row = _row(actor)
    if row is None:
        return None
    if row.kind == Kind.PLAN:
        return _plan(request, actor)
    if row.kind == Kind.PRACTICE and not _gone(actor, row):
        return _practice(request, actor)
    return None


def heading(actor: Actor) -> dict[str, Any]:
    """Return what stands above the talk: what it is about, or that this is gone."""
    row = _row(actor)
    if row is None:
        return {}
    if _gone(actor, row):
        return {"lost": True}
    found = scope.thing(actor, actor.about, actor.about_id) if actor.about_id else None
    return {"about": found.title} if found else {}


def _row(actor: Actor) -> Placement | None:
    if actor.placed_id is None:
        return None
    held = Placement.objects.filter(course__in=scope.courses(actor), pk=actor.placed_id)
    return held.first()


def _gone(actor: Actor, row: Placement) -> bool:
    """Whether the actor sees nothing of what the link is about; a whole course is always there.

    A copied course may not have it at all: then the link was about something, and is about nothing.
    """
    bound = row.kind in PARTS or bool(row.target_kind) or "parts" in row.options
    return bound and not any(scope.thing(actor, about, pk) for about, pk in _parts(row))


def _parts(row: Placement) -> Parts:
    """What a placement is about, as (kind, id); nothing: the whole course."""
    if row.target is not None:
        return [(row.about, row.target)]
    return [(about, UUID(pk)) for about, pk in row.options.get("parts", [])]


def _items(actor: Actor) -> list[UUID] | None:
    """The items a practice set is made from; None: the whole course."""
    row = _row(actor)
    parts = _parts(row) if row and row.kind == Kind.PRACTICE else []
    if not parts:
        return None
    reader = actor.as_student
    found = [scope.thing(reader, about, pk) for about, pk in parts]
    held = [item for one in found if one for item in scope.within(reader, one)]
    return list(dict.fromkeys(held))


def _practice(request: HttpRequest, actor: Actor) -> HttpResponse:
    written = request.GET.get("set", "")
    number = int(written) if written.isdecimal() and len(written) < 5 else 0
    if shut := sitting.page(request, actor, Capability.PRACTICE):
        return shut
    made, sets = practising.exercises(actor, _items(actor), number)
    row = _row(actor)
    facts = {
        **_frame(actor),
        "title": row.title if row and row.kind == Kind.PRACTICE else "",
        "exercises": made,
        "next": (number + 1) % sets if sets > 1 else None,
    }
    return render(request, "student/practice.html", facts)


def _check(request: HttpRequest, actor: Actor) -> HttpResponse:
    said = "" if request.POST.get("show") else request.POST.get("said", "")
    verdict = practising.check(actor, request.POST.get("token", ""), said)
    return render(request, "student/_verdict.html", {"verdict": verdict, "tried": bool(said)})


def _plan(request: HttpRequest, actor: Actor) -> HttpResponse:
    facts = _frame(actor)
    zone = _zone(actor, facts["course"])
    made = planning.plan(actor)
    with timezone.override(zone):
        return render(
            request,
            "student/plan.html",
            {**facts, "plan": made, "zone": zone, "now": timezone.now()},
        )


def _zone(actor: Actor, course: Course) -> ZoneInfo | None:
    """The reader's time zone as the LMS told it, else the course's; None: the browser's."""
    for name in (actor.time_zone, course.time_zone):
        try:
            if name:
                return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    return None


def _frame(actor: Actor) -> dict[str, Any]:
    course = scope.course(actor, actor.course_id or "")
    return {"actor": actor, "course": course, "language": translation.get_language()}


practice = page(_practice, thread=in_slow_thread, roles=signed_in)
check = page(_check, require_POST, roles=signed_in)
