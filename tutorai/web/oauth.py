"""OAuth for programs: how one registers, asks, gets its tokens and gives them back.

The page where it asks needs no session: who grants types the code that a page inside their course
shows, or goes on to sign in with an account of an institution. Programs outside browsers send no
Origin; pages may call here when MCP_ORIGINS names them.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import RevokeTokenView, TokenView

from tutorai import limits
from tutorai.access import public
from tutorai.agency import asking, clients, delegations, origins, places, scopes, tickets
from tutorai.agency.asking import Asking, SentBack
from tutorai.errors import BadRequest, MethodNotAllowed, TooMany
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_thread
from tutorai.web.address import client as address
from tutorai.web.words import roles

LARGEST = 16 * 1024  # bytes of what a program says of itself
REGISTERED, ASKED = 30, 120  # of one address a minute: a whole school may come from one
View = Callable[[HttpRequest], HttpResponse]


def _open(*methods: str) -> Callable[[View], Any]:
    """Make a blocking view one that needs no session, for these methods alone."""

    def decorate(view: View) -> Any:
        @wraps(view)
        async def call(request: HttpRequest) -> HttpResponse:
            if request.method not in {*methods, "OPTIONS"}:
                raise MethodNotAllowed()
            if request.method == "OPTIONS":
                return _preflight(request, methods)
            return await in_thread(view)(request)

        return csrf_exempt(public(call))

    return decorate


def _preflight(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    answer = _named(request, HttpResponse(status=204))
    answer["Allow"] = ", ".join((*methods, "OPTIONS"))
    if "Access-Control-Allow-Origin" in answer:
        answer["Access-Control-Allow-Methods"] = ", ".join(methods)
        answer["Access-Control-Allow-Headers"] = "content-type, mcp-protocol-version"
        answer["Access-Control-Max-Age"] = "600"
    return answer


def _shared(view: View) -> View:
    """Let pages of the origins that may call /mcp call here too."""

    @wraps(view)
    def call(request: HttpRequest) -> HttpResponse:
        return _named(request, view(request))

    return call


def _named(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Let the page that asked read the answer, if it is one that may."""
    origin = request.headers.get("Origin", "")
    if origin in origins.allowed():
        answer["Access-Control-Allow-Origin"] = origin
    answer["Vary"] = "Origin"
    return answer


# --- what is told of us -------------------------------------------------------------------------


@_open("GET", "HEAD")
def resource(request: HttpRequest) -> HttpResponse:
    """What /mcp is, and whose tokens it takes (RFC 9728)."""
    return _told(
        {
            "resource": scopes.RESOURCE,
            "resource_name": "Tutor.AI",
            "authorization_servers": [settings.PUBLIC_URL],
            "scopes_supported": list(scopes.WORDS),
            "bearer_methods_supported": ["header"],
        }
    )


@_open("GET", "HEAD")
def server(request: HttpRequest) -> HttpResponse:
    """How a program gets a token (RFC 8414)."""
    base = settings.PUBLIC_URL
    return _told(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "registration_endpoint": f"{base}/oauth/register",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "scopes_supported": list(scopes.WORDS),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": clients.GRANTS,
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": False,
        }
    )


def _told(facts: dict[str, Any]) -> HttpResponse:
    answer = JsonResponse(facts)
    answer["Access-Control-Allow-Origin"] = "*"  # everybody may know
    answer["Cache-Control"] = "public, max-age=300"
    return answer


# --- programs call ------------------------------------------------------------------------------


@_open("POST")
@_shared
def register(request: HttpRequest) -> HttpResponse:
    """Take a program's own words of itself (RFC 7591)."""
    try:
        limits.at_most(REGISTERED, "register", address(request))
    except TooMany as error:
        answer = _wrong("too_many_requests", str(error), 429)
        answer["Retry-After"] = str(round(error.retry_after or 0) + 1)
        return answer
    try:
        if len(request.body) > LARGEST:
            raise clients.Unfit("invalid_client_metadata", "That is too long.")
        made = clients.register(json.loads(request.body))
    except clients.Unfit as error:
        return _wrong(error.error, str(error))
    except (ValueError, RecursionError):
        return _wrong("invalid_client_metadata", "JSON is needed.")
    return _quiet(JsonResponse(made, status=201))


@_open("POST")
@_shared
def token(request: HttpRequest) -> HttpResponse:
    """Give a token for a code, or for a refresh token."""
    return _by_toolkit(request, TokenView.as_view())


@_open("POST")
@_shared
def revoke(request: HttpRequest) -> HttpResponse:
    """Take back what a token stands for (RFC 7009)."""
    return _by_toolkit(request, RevokeTokenView.as_view())


def _by_toolkit(request: HttpRequest, view: Callable[..., HttpResponse]) -> HttpResponse:
    sent = [value for _name, values in request.POST.lists() for value in values]
    if any("\x00" in value for value in sent) or request.GET:
        return _wrong("invalid_request", "That cannot be read.")
    return _quiet(view(request))


def _wrong(error: str, words: str, status: int = 400) -> HttpResponse:
    told = {"error": error, "error_description": words}
    return _quiet(JsonResponse(told, status=status))


def _quiet(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


# --- a person is asked --------------------------------------------------------------------------


@_open("GET", "HEAD", "POST")
def authorize(request: HttpRequest) -> HttpResponse:
    """Ask a person, in the window that the program opened."""
    unframed(request)
    limits.at_most(ASKED, "authorize", address(request))
    try:
        asked = asking.read(request)
    except SentBack as back:
        return _quiet(away(request, back))
    if request.method != "POST":
        return _quiet(_ask(request, asked))
    return _quiet(_answered(request, asked))


def _answered(request: HttpRequest, asked: Asking) -> HttpResponse:
    act, code = request.POST.get("act", ""), request.POST.get("ticket", "")
    if act == "refuse":
        return leave(request, asked, asking.refuse(asked))
    try:
        actor = tickets.holder(code)
        if act != "allow":
            return _confirm(request, asked, actor, code)
        return leave(request, asked, _allowed(asked, actor, code, wished(request, asked)))
    except BadRequest as error:
        return _ask(request, asked, refusal=str(error))


@transaction.atomic
def _allowed(asked: Asking, actor: Actor, code: str, scope: str) -> str:
    tickets.spend(code)
    held = delegations.grant(places.of_session(actor), asked.client, scope, by=actor)
    return asking.allow(asked, held)


def _ask(request: HttpRequest, asked: Asking, **more: str) -> HttpResponse:
    facts = {**known(asked), "query": request.META["QUERY_STRING"], **more}
    return render(request, "oauth/ask.html", facts)


def _confirm(request: HttpRequest, asked: Asking, actor: Actor, code: str) -> HttpResponse:
    place = places.of_session(actor)
    told = {"course": place.course, "role": roles()[place.role], "ticket": code}
    return render(request, "oauth/confirm.html", {**known(asked), **told})


def known(asked: Asking) -> dict[str, Any]:
    """Return what every page says of a program that asks."""
    return {
        "client": asked.client.name or _("A program"),
        "whither": asking.whither(asked.back),
        "at_home": asking.at_home(asked.back),
        "reads": scopes.WORDS[scopes.READ],
        "proposes": scopes.WORDS[scopes.PROPOSE] if scopes.PROPOSE in asked.wanted else "",
    }


def wished(request: HttpRequest, asked: Asking) -> str:
    """Return the scope that the person lets a program have, of what it asked for."""
    proposes = scopes.PROPOSE in asked.wanted and request.POST.get("propose") == "on"
    return scopes.chosen([scopes.PROPOSE] if proposes else [])


def leave(request: HttpRequest, asked: Asking, to: str) -> HttpResponse:
    """Send the browser back to the program: by a page, for a form's policy names no addresses."""
    return render(request, "oauth/leave.html", {**known(asked), "to": to})


def unframed(request: HttpRequest) -> None:
    """Keep a page out of other people's frames."""
    request.csp["frame-ancestors"] = ["'none'"]  # type: ignore[attr-defined]


def away(request: HttpRequest, back: SentBack) -> HttpResponse:
    """Tell a program what is wrong with its request.

    Anybody may register one, with any address: nobody is sent to another host without having
    chosen to go there (RFC 9700, 4.11.2).
    """
    if not asking.at_home(back.to):
        return render(
            request, "oauth/amiss.html", {"to": back.to, "whither": asking.whither(back.to)}
        )
    answer = HttpResponse(status=302)
    answer["Location"] = back.to
    return answer
