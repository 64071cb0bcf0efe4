"""Where the teachers of a course find who asks for them: the list, one wish, the talk it shares.

Fragments for the shell, for whoever grades in the course.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.care import pleas
from agents.models import Plea
from tutorai.access import graders
from tutorai.errors import BadRequest
from tutorai.lmsdm import names, scope
from tutorai.lmsdm.schema import Actor
from tutorai.web.teacher import page

LISTED = 100


def _listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    rows = list(pleas.asked(actor)[:LISTED])
    waiting = [(one, _called(actor, one)) for one in rows if one.closed_at is None]
    ended = [(one, _called(actor, one)) for one in rows if one.closed_at is not None]
    facts = {"actor": actor, "course": scope.course(actor, actor.course_id or "")}
    return render(request, "teacher/asked.html", {**facts, "waiting": waiting, "ended": ended})


def _one(request: HttpRequest, actor: Actor, plea: UUID) -> HttpResponse:
    return _shown(request, actor, pleas.opened(actor, plea))


def _talk(request: HttpRequest, actor: Actor, plea: UUID) -> HttpResponse:
    said = pleas.talk(actor, plea)
    return _shown(request, actor, pleas.asked(actor).get(pk=plea), said=said)


def _reply(request: HttpRequest, actor: Actor, plea: UUID) -> HttpResponse:
    text = request.POST.get("reply", "")
    try:
        held = pleas.reply(actor, plea, text)
    except BadRequest as error:
        return _shown(request, actor, pleas.opened(actor, plea), refusal=str(error), typed=text)
    if request.POST.get("close") == "1":
        pleas.close(actor, plea)
        return _listed(request, actor)
    return _shown(request, actor, held, done=_("The student can read your answer now."))


def _close(request: HttpRequest, actor: Actor, plea: UUID) -> HttpResponse:
    pleas.close(actor, plea)
    return _listed(request, actor)


def _shown(request: HttpRequest, actor: Actor, plea: Plea, **more: Any) -> HttpResponse:
    course = scope.course(actor, actor.course_id or "")
    facts = {"actor": actor, "course": course, "plea": plea, "name": _called(actor, plea)}
    facts["shares"] = plea.share_talk and plea.conversation_id is not None
    return render(request, "teacher/asked_one.html", {**facts, **more})


def _called(actor: Actor, plea: Plea) -> str:
    return plea.user.name or names.called(plea.user, actor.course_id)


def _page(view: Callable[..., HttpResponse], **more: Any) -> Callable[..., Any]:
    return page(view, roles=graders, **more)


listed = _page(_listed)
one = _page(_one)
talk = _page(_talk)
reply = _page(_reply, method=require_POST)
close = _page(_close, method=require_POST)
