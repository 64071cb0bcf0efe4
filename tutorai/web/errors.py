"""Kind words when something goes wrong: one page for people, `{code, detail}` for our scripts."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from tutorai.errors import (
    BadRequest,
    Bug,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    NotYours,
    TutorError,
)

logger = logging.getLogger(__name__)
SCRIPTS = ("/v1/", "/pages/")  # what nobody opens by hand


def told(request: HttpRequest, error: TutorError) -> HttpResponse:
    """Answer with one of our own errors."""
    answer = _told(request, type(error), title=_title(error), words=str(error))
    if error.retry_after is not None:
        answer["Retry-After"] = str(max(1, round(error.retry_after)))
    return answer


def _told(request: HttpRequest, kind: type[TutorError], *, title: str, words: str) -> HttpResponse:
    if for_script(request):
        return JsonResponse({"code": kind.code, "detail": words}, status=kind.status)
    return page(request, title=title, words=words, status=kind.status)


def in_form(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Give a refused method, which Django and ninja answer by themselves, the form of an error."""
    if response.status_code != 405 or not for_script(request):
        return response
    answer = told(request, MethodNotAllowed())
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


def page(
    request: HttpRequest,
    *,
    title: str,
    words: str,
    status: int,
    advice: str = "",
    whom: str = "",
    reason: str = "",
    return_url: str = "",
) -> HttpResponse:
    """The error page: what happened, what to do, whom to tell. It carries no data of anyone.

    `reason` names the fault for whoever helps; `return_url` leads back to the course.
    """
    support_id = getattr(request, "support_id", "")
    # The route, not the path: an address of a file is a secret.
    route = request.resolver_match.route if request.resolver_match else "nowhere"
    logger.info("Answered %d to %s (support id %s)", status, route, support_id)
    facts: dict[str, Any] = {"title": title, "words": words, "advice": advice, "whom": whom}
    facts |= {"reason": reason, "support_id": support_id, "return_url": return_url}
    return render(request, "error.html", facts, status=status)


def for_script(request: HttpRequest) -> bool:
    """Whether a program asked, or fetch or htmx with a session."""
    asked = "Authorization" in request.headers or "HX-Request" in request.headers
    return asked or request.path_info.startswith(SCRIPTS)


def _title(error: TutorError) -> str:
    match error:
        case NotSignedIn():
            return _("Please open Tutor.AI again")
        case NotYours():
            return _("This is not open to you")
        case NotFound():
            return _("Nothing is here")
        case _:
            return _("This did not work")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    words = _("The request could not be understood. Please go back and try again.")
    return _told(request, BadRequest, title=_("This did not work"), words=words)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    words = _("You may not see this page. Open Tutor.AI from your course.")
    return _told(request, NotYours, title=_("This is not open to you"), words=words)


def no_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form without its token, or with an old one."""
    words = _("This form was open for too long. Please go back, load the page again and retry.")
    return _told(request, NotYours, title=_("This did not work"), words=words)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    words = _("There is no such page. Open Tutor.AI from your course.")
    return _told(request, NotFound, title=_("Nothing is here"), words=words)


def broken(request: HttpRequest) -> HttpResponse:
    """Django's handler500: the fault is ours, and is in the log under the support id."""
    words = _("Something broke on our side. We have a note of it. Please try again in a moment.")
    return _told(request, Bug, title=_("Something went wrong"), words=words)
