"""Programs that work for a teacher in their course: what they were granted, tokens, a code.

Fragments for the shell, for who may grant. What is secret is shown once, in the answer to the form
that made it.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tutorai.access import staff
from tutorai.agency import delegations, places, scopes, tickets
from tutorai.agency.models import Delegation
from tutorai.errors import BadRequest, TooMany
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor
from tutorai.web.teacher import page
from tutorai.web.words import roles


def _page(request: HttpRequest, actor: Actor, **more: Any) -> HttpResponse:
    course = scope.course(actor, actor.course_id or UUID(int=0))
    facts = {
        "actor": actor,
        "course": course,
        "role": roles()[actor.role],
        "granted": list(delegations.of_person(actor)),
        "days": delegations.DAYS,
        "usual": 90,
        "address": scopes.RESOURCE,
        "may_propose": actor.may_grade or actor.is_author,
        **more,
    }
    return render(request, "teacher/programs.html", facts)


def _code(request: HttpRequest, actor: Actor) -> HttpResponse:
    minutes = int(tickets.LASTS.total_seconds() // 60)
    return _quiet(_page(request, actor, code=tickets.make(actor), minutes=minutes))


def _make(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        token = made(request, places.of_session(actor), by=actor)
    except (BadRequest, TooMany) as error:
        return _page(request, actor, refusal=str(error), name=request.POST.get("name", ""))
    return _quiet(_page(request, actor, token=token))


def made(request: HttpRequest, place: places.Place, *, by: Actor | UUID) -> str:
    """Make a token as the form says; raise BadRequest, TooMany."""
    told = request.POST.get("days", "")
    days = int(told) if told in map(str, delegations.DAYS) else 0
    wanted = [scopes.PROPOSE] if request.POST.get("propose") == "on" else []
    name = request.POST.get("name", "")
    _held, token = delegations.make_token(place, name, scopes.chosen(wanted), days, by=by)
    return token


def _end(request: HttpRequest, actor: Actor, program: UUID) -> HttpResponse:
    delegations.end(delegations.of_person(actor), program, Delegation.Ended.PERSON, by=actor)
    return _page(request, actor, said=_("It can do nothing any more."))


def _quiet(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


show = page(_page, roles=staff)
code = page(_code, require_POST, roles=staff)
make = page(_make, require_POST, roles=staff)
end = page(_end, require_POST, roles=staff)
