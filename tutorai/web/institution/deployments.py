"""The inbox: installations that wait for this institution's decision, and what was decided."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lti import inbox
from lti.inbox import Claimed
from lti.models import Deployment
from tutorai.access import CHANGERS, Officer, officer
from tutorai.errors import NotFound
from tutorai.web.institution import pages

LONGEST = 255  # characters of a deployment's id; LTI 1.3 core 5.3.3


@require_safe
@officer(*CHANGERS)
def inbox_page(request: HttpRequest, who: Officer) -> HttpResponse:
    """What waits, what was decided, and the way to claim where schools share a registration."""
    return _page(request, who)


def _page(
    request: HttpRequest, who: Officer, *, typed: str = "", status: int = 200
) -> HttpResponse:
    waiting, decided = inbox.waiting(who.institution), inbox.decided(who.institution)
    tries = inbox.tries([*waiting, *decided])
    facts: dict[str, Any] = {
        "waiting": [{"row": row, "tries": tries.get(row.pk)} for row in waiting],
        "opened": [row for row in decided if row.status == Deployment.Status.ACTIVE],
        "closed": [
            {"row": row, "tries": tries.get(row.pk)}
            for row in decided
            if row.status == Deployment.Status.DISABLED
        ],
        "typed": typed,
    }
    return pages.show(request, who, "institution/inbox.html", facts, status=status)


@require_POST
@officer(*CHANGERS)
def approve(request: HttpRequest, who: Officer, deployment: UUID) -> HttpResponse:
    """Open an installation: launches from there work from now on."""
    inbox.approve(who.institution, deployment, by=who.account_id)
    messages.success(request, _("The installation is open: it can be launched right away."))
    return redirect("institution_inbox", slug=who.institution.slug)


@require_POST
@officer(*CHANGERS)
def refuse(request: HttpRequest, who: Officer, deployment: UUID) -> HttpResponse:
    """Close an installation; nothing of it is lost, and it can be opened again."""
    inbox.refuse(who.institution, deployment, by=who.account_id)
    messages.success(request, _("The installation is closed. You can open it again here."))
    return redirect("institution_inbox", slug=who.institution.slug)


@require_POST
@officer(*CHANGERS)
def claim(request: HttpRequest, who: Officer) -> HttpResponse:
    """Say that an installation of a shared registration is ours, and show that we were there."""
    typed = request.POST.get("deployment_id", "")[: LONGEST + 1]
    support_id = request.POST.get("support_id", "")[:LONGEST]
    try:
        became = inbox.claim(who.institution, typed, support_id, by=who.account_id)
    except NotFound:
        words = _(
            "This does not fit. Somebody who teaches or administrates there has to open Tutor.AI "
            "from a course, today, and give you the number that the page shows. Enter the "
            "Deployment ID exactly as your platform shows it: every character counts."
        )
        messages.error(request, words)
        return _page(request, who, typed=typed, status=404)
    messages.success(request, _became(became))
    return redirect("institution_inbox", slug=who.institution.slug)


def _became(how: Claimed) -> str:
    return {
        Claimed.YOURS: _("The installation is yours and open: it can be launched right away."),
        Claimed.ASKED: _(
            "The installation waits for an operator of Tutor.AI, who was told and makes sure that "
            "it is yours."
        ),
        Claimed.DISPUTED: _(
            "Another institution has claimed this installation before. An operator of Tutor.AI was "
            "told and decides."
        ),
    }[how]
