"""The teacher's page of solutions and common mistakes: what the tutor knows and does not say.

Fragments for the shell. Authors alone; what was typed and not taken comes back as it was.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.tutor import sealing
from agents.tutor.sealing import Wish
from tutorai.errors import BadRequest
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor
from tutorai.web.teacher import page


def _show(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _page(request, actor)


def _page(request: HttpRequest, actor: Actor, **more: Any) -> HttpResponse:
    told = {
        "actor": actor,
        "course": scope.course(actor, actor.course_id or ""),
        "shelves": sealing.shelves(actor),
        "places": sealing.places(actor),
        "typed": Wish(),
    }
    return render(request, "teacher/vault.html", {**told, **more})


def _said(request: HttpRequest) -> Wish:
    told = {name: request.POST.get(name, "") for name in ("place", "problem", "text", "answers")}
    return Wish(kind=request.POST.get("kind", "solution"), **told)


def _add(request: HttpRequest, actor: Actor) -> HttpResponse:
    wish = _said(request)
    try:
        sealing.put(actor, wish)
    except BadRequest as error:
        return _page(request, actor, typed=wish, refusal=str(error))
    return _page(request, actor, said=_("Kept. The tutor knows it from the next question on."))


def _change(request: HttpRequest, actor: Actor, secret: UUID) -> HttpResponse:
    wish = _said(request)
    try:
        sealing.put(actor, wish, secret)
    except BadRequest as error:
        return _page(request, actor, changing=secret, changed=wish, refusal=str(error))
    return _page(request, actor, said=_("Changed."))


def _remove(request: HttpRequest, actor: Actor, secret: UUID) -> HttpResponse:
    sealing.remove(actor, secret)
    return _page(request, actor, said=_("Taken out."))


show = page(_show)
add = page(_add, require_POST)
change = page(_change, require_POST)
remove = page(_remove, require_POST)
