"""What a placed link opens: the tutor about a part of the course, a practice set, a study plan.

Fragments for the shell. What the link was about may be gone, or not be for this reader: then it
says so, and the tutor of the whole course is there.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agents import practice as practising
from agents.spend import Capability
from lti.models import Placement
from tutorai.access import signed_in
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread
from tutorai.web import sitting, studying
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
        return studying.plan(request, actor)
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
    """The set that a link was placed for; without one, what is best for the actor now."""
    row = _row(actor)
    placed = row is not None and row.kind == Kind.PRACTICE
    if not placed or request.GET.get("skill") or request.GET.get("check"):
        return studying.practice(request, actor)
    if shut := sitting.page(request, actor, Capability.PRACTICE):
        return shut
    written = request.GET.get("set", "")
    number = int(written) if written.isdecimal() and len(written) < 5 else 0
    made, sets = practising.exercises(actor, _items(actor), number)
    facts = {
        **studying.frame(actor),
        "title": row.title if row else "",
        "exercises": made,
        "next": (number + 1) % sets if sets > 1 else None,
        "placed": True,
    }
    return render(request, "student/practice.html", facts)


practice = page(_practice, thread=in_slow_thread, roles=signed_in)
