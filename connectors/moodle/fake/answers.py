"""How Moodle answers: what its pages and services carry in their headers, and how it refuses."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from connectors.sandbox.models import Course, Person
from connectors.sandbox.reasons import with_reason
from connectors.sandbox.services import Wrong
from connectors.sandbox.visible import Eyes
from connectors.sandbox.visitor import show

# Moodle 4.5 recordings, oidc_auth_err_scope: every page of its theme …
PAGE = {
    "Cache-Control": "private, pre-check=0, post-check=0, max-age=0, no-transform",
    "Pragma": "no-cache",
    "Expires": "",
    "Accept-Ranges": "none",
    "X-Frame-Options": "sameorigin",
}
# … and lti_student_launch_1_launch_php: its bare forms, which any frame may show.
FORM = {
    "Expires": "Thu, 19 Nov 1981 08:52:00 GMT",
    "Cache-Control": "no-store, no-cache, must-revalidate",
    "Pragma": "no-cache",
}
UTF8 = "; charset=utf-8"
SITE = "Sandbox College"


class Silent(Wrong):
    """Refused by the handler of scores: the body is `[]`, the reason phrase says why."""


class Crashed(Wrong):
    """Something broke inside: a page in HTML."""


def silent(wrong: Silent, kind: str) -> HttpResponse:
    """Say why in the reason phrase; PHP refuses one with a line break, and 200 remains."""
    lost = "\n" in wrong.message
    answer = HttpResponse(b"[]", f"{kind}{UTF8}", status=200 if lost else wrong.status)
    return answer if lost else with_reason(answer, wrong.message)


def described(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    """Say why, and what was asked."""
    body = {
        "status": status,
        "reason": reason,
        "request": {
            "method": request.method,
            "url": request.get_full_path(),
            "accept": request.headers.get("Accept", ""),
            "contentType": request.headers.get("Content-Type", ""),
        },
    }
    kind = f"application/json{UTF8}"
    return with_reason(JsonResponse(body, status=status, content_type=kind), reason.strip())


def plain(status: int, words: str) -> HttpResponse:
    """Say one word and call it HTML, as registration does."""
    return HttpResponse(words, f"text/html{UTF8}", status=status)


def themed(
    request: HttpRequest, name: str, told: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Fill one of Moodle's pages in, with the headers all of them have."""
    answer = render(request, f"sandbox/moodle/{name}.html", {"site": SITE, **told}, status=status)
    for header, value in PAGE.items():
        answer[header] = value
    return answer


def in_course(
    request: HttpRequest, name: str, person: Person, course: Course, told: dict[str, Any]
) -> HttpResponse:
    """Fill one of Moodle's pages in that stands in a course."""
    answer = show(request, f"moodle/{name}", Eyes(person, course), {"site": SITE, **told})
    for header, value in PAGE.items():
        answer[header] = value
    return answer


def reposted(request: HttpRequest) -> HttpResponse:
    """Have the browser say it again from a page of ours: then it does not keep its cookie back.

    Moodle 4.5 recordings, oidc_auth_no_session_cookie_repost.
    """
    told = {"url": request.get_full_path(), "fields": request.POST.dict()}
    return themed(request, "repost", told)


def broken(request: HttpRequest, message: str, course_id: int | None = None) -> HttpResponse:
    """Return the page of an exception: 404, whatever it was. Continue leads to the course."""
    return themed(request, "error", {"message": message, "course_id": course_id}, 404)
