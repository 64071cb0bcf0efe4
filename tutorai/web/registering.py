"""Pages a platform opens to register us: in its frame or a window, without a session or a cookie.

The invite's secret in the address is the authority. What the platform gave us to register with
(`registration_token`) passes through the confirm form, and is kept nowhere.
"""

import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lti.platforms.profile import host_of
from lti.registration import body, dynamic
from lti.registration.canvas_json import developer_key
from lti.registration.errors import NotConfirmed, NotRegistered
from lti.registration.ours import Ours
from tutorai.access import public
from tutorai.errors import TutorError, UrlRefused
from tutorai.threads import in_slow_thread
from tutorai.web import errors, scopes
from tutorai.web.lti import NEVER

logger = logging.getLogger(__name__)
LONGEST = 8192  # characters of what a platform says in an address or a form
View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def kindly(view: View) -> View:
    """Show a failure as a page: what happened and what to do. Nothing of it is cached."""

    @wraps(view)
    async def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            response = await view(request, *args, **kwargs)
        except (NotRegistered, UrlRefused) as error:
            response = _refused(request, error)
        response.headers["Cache-Control"] = NEVER
        return response

    return public(guarded)


def _refused(request: HttpRequest, error: TutorError) -> HttpResponse:
    support_id = getattr(request, "support_id", "")
    logger.warning("A registration failed: %s (support id %s)", error.code, support_id)
    return errors.page(
        request,
        title=_("Tutor.AI could not be registered"),
        words=str(error),
        advice=str(getattr(error, "advice", "")),
        reason=error.code,
        status=error.status,
    )


@require_http_methods(["GET", "POST"])
@kindly
async def register(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what would be registered; do it when that is confirmed."""
    given = request.POST if request.method == "POST" else request.GET
    names = ("openid_configuration", "registration_token", "ticket", "shares", "approve")
    told = {name: str(given.get(name, "")) for name in names}
    if any(len(value) > LONGEST for name, value in told.items() if name != "ticket"):
        raise NotConfirmed()
    token = told["registration_token"]
    if request.method == "POST":
        choices = dynamic.Choices(told["shares"], bool(told["approve"]))
        work = in_slow_thread(dynamic.carry_out)
        return _done(request, await work(secret, told["ticket"], token, choices))
    considered = await in_slow_thread(dynamic.consider)(secret, told["openid_configuration"], token)
    return _confirm(request, considered, token)


def _confirm(request: HttpRequest, considered: dynamic.Considered, token: str) -> HttpResponse:
    told = considered.told
    facts = {
        "considered": considered,
        "told": told,
        "host": host_of(told.issuer),
        "title": considered.profile.title,
        "institution": considered.invite.institution,
        "renews": considered.invite.renews,
        "token": token,
        "asked": scopes.words(body.wanted(told)),
        "lacking": scopes.words(body.lacking(told)),
        "shares": scopes.shares(),
    }
    return render(request, "lti/register.html", facts)


def _done(request: HttpRequest, done: dynamic.Done) -> HttpResponse:
    facts = {
        "done": done,
        "registration": done.registration,
        "steps": done.profile.next,
        "withheld": scopes.words(done.withheld),
    }
    return render(request, "lti/registered.html", facts)


@require_safe
@public
async def canvas(request: HttpRequest) -> HttpResponse:
    """Canvas's developer key as JSON; the same for everybody."""
    return JsonResponse(developer_key(Ours(settings.PUBLIC_URL)), json_dumps_params={"indent": 2})
