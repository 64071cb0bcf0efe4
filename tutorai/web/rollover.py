"""The roll-over page: what a copied course has from its former term, what it has not, what is broken.

Fragments for the shell, for authors.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connectors.models import Connector
from tutorai import gradebook, rollover
from tutorai.errors import BadRequest
from tutorai.ledger.models import Job
from tutorai.lmsdm.schema import Actor
from tutorai.web.teacher import page


def _page(request: HttpRequest, actor: Actor, **more: str) -> HttpResponse:
    told = rollover.standing(actor)
    connected = Connector.objects.filter(course=told.course).exclude(status=Connector.Status.PAUSED)
    bringing = Job.objects.filter(
        kind=rollover.KIND, course=told.course, state__in=Job.LIVE, error=""
    )
    facts = {
        "actor": actor,
        "course": told.course,
        "told": told,
        "hold": gradebook.usual(told.course).minutes,
        "connected": connected.exists(),
        "bringing": bringing.exists(),
        "origins": rollover.origins(actor)[: rollover.MOST],
        **more,
    }
    return render(request, "teacher/rollover.html", facts)


def _copy(request: HttpRequest, actor: Actor) -> HttpResponse:
    origin = rollover.copy(actor, _id(request.POST.get("origin", "")))
    said = _("Taken over from “%(title)s”. What was here stays as it was.")
    return _page(request, actor, said=said % {"title": origin.title or _("Untitled")})


def _mend(request: HttpRequest, actor: Actor, placement: UUID) -> HttpResponse:
    rollover.mend(actor, placement, request.POST.get("target", ""))
    return _page(request, actor, said=_("The link opens this now."))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequest(why=_("choose a course")) from error


show = page(_page)
copy = page(_copy, require_POST)
mend = page(_mend, require_POST)
