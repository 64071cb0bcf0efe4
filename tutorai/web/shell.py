"""The shell: the one page a browser loads, with or without a launch in it.

It carries no data of the course. Answering a launch it hands its script the session's secrets in
a JSON island; opened again (F5) it is empty, and the script asks for the session it kept.
"""

from functools import cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import json_script

from lti import cookies, sessions
from tutorai.access import public
from tutorai.threads import in_thread
from tutorai.web.middleware import supported
from tutorai.web.words import words

MODULES = (
    "dom",
    "session",
    "draft",
    "frame",
    "lti/keep",
    "attach",
    "chat",
    "markdown",
    "math",
    "person",
    "sources",
    "stream",
    "talks",
)


KEEP = "keep"  # the kind of cookie
NONCE, ISLAND = "~nonce~", "~island~"
NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"


def launch_response(
    request: HttpRequest,
    *,
    launch_id: UUID,
    access_token: str,
    refresh_secret: str,
    expires_in: int,
    facts: dict[str, Any],
) -> HttpResponse:
    """Answer a validated launch with the shell.

    `facts` is what `GET /v1/me` tells of the session (role, course, user, …); `expires_in` the
    seconds the access token lives.
    """
    island = {
        **facts,
        "launch_id": str(launch_id),
        "access_token": access_token,
        "refresh_secret": refresh_secret,
        "expires_in": expires_in,
    }
    code = supported(str(facts.get("locale") or "")) or translation.get_language()
    with translation.override(code):
        return _shell(request, island)


def begun_response(request: HttpRequest, begun: sessions.Begun) -> HttpResponse:
    """Answer with the shell of a session that has just begun, and keep its secret in a cookie."""
    row = begun.session
    response = launch_response(
        request,
        launch_id=row.pk,
        access_token=begun.access_token,
        refresh_secret=begun.refresh_secret,
        expires_in=sessions.ACCESS,
        facts=sessions.facts(row),
    )
    seconds = int(sessions.LONGEST.total_seconds())
    cookies.put(response, KEEP, row.pk.hex, begun.refresh_secret, seconds=seconds)
    return response


@public
async def shell(request: HttpRequest, launch: UUID) -> HttpResponse:
    """The empty shell of a launch, framed by whom that launch's registration names."""
    framers, forms = await in_thread(sessions.page_origins)(launch)
    if framers:
        request.csp["frame-ancestors"] = framers  # type: ignore[attr-defined]
    request.csp["form-action"] += forms  # type: ignore[attr-defined]
    return _shell(request, None)


def _shell(request: HttpRequest, island: dict[str, Any] | None) -> HttpResponse:
    page = _page(translation.get_language())
    page = page.replace(NONCE, request.csp_nonce)  # type: ignore[attr-defined]
    # Last: what a launch tells is never looked through for the other mark.
    told = json_script(island, "launch") if island else ""
    response = HttpResponse(page.replace(ISLAND, told, 1))
    response.headers["Cache-Control"] = NEVER
    return response


@cache
def _page(code: str) -> str:
    """The shell in one language, with marks where each answer differs."""
    facts = {
        "island": ISLAND,
        "words": words(),
        "modules": [f"js/{name}.js" for name in MODULES],
        "nonce": NONCE,
    }
    return render_to_string("app.html", facts)
