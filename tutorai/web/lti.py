"""LTI's three addresses: login, launch, keys. Each hops to a thread once."""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_POST

from lti import cookies, keys, launch, oidc, sessions
from lti.errors import BadClaim
from lti.models import LaunchState
from tutorai.access import public
from tutorai.errors import LaunchError
from tutorai.threads import in_thread
from tutorai.web.shell import launch_response

logger = logging.getLogger(__name__)
BINDER, KEEP = "bind", "keep"  # kinds of cookies
KEPT = int(sessions.LONGEST.total_seconds())


@public
@require_http_methods(["GET", "POST"])
async def login(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Answer a third-party initiated login: keep a binder wherever we can, go to the platform."""
    given = {**request.GET.dict(), **request.POST.dict()}
    texts = {key: str(value) for key, value in given.items()}
    began = await in_thread(oidc.begin)(texts, tool_url=settings.PUBLIC_URL, slug=slug)
    # Inside a frame cookies may not hold; our script keeps the binder in other places as well.
    # A client that does not say where it shows us runs no script of ours.
    response: HttpResponse
    if request.headers.get("Sec-Fetch-Dest", "document") == "document":
        response = HttpResponseRedirect(began.url)
        response.allowed_schemes = ["http", "https"]
    else:
        response = render(request, "lti/login.html", {"login": began})
    cookies.put(response, BINDER, began.state[:12], began.binder, seconds=oidc.LIFETIME)
    add_never_cache_headers(response)
    return response


@public
@require_POST
async def arrive(request: HttpRequest) -> HttpResponse:
    """Take the platform's form post."""
    given = {key: str(value) for key, value in request.POST.items()}
    state = given.get("state", "")
    binder = cookies.get(request, BINDER, state[:12])
    try:
        came = await in_thread(launch.arrive)(given, binder)
    except LaunchError as error:
        logger.warning("Launch refused: %s", error.code)
        raise
    if isinstance(came, LaunchState):
        facts = {
            "state": state,
            "login": came.login,
            "target": came.storage_target,
            "origin": _origin(came.registration.auth_url),
        }
        response = render(request, "lti/confirm.html", facts)
        add_never_cache_headers(response)
        return response
    return _open(request, came, state)


@public
@require_POST
async def confirm(request: HttpRequest) -> HttpResponse:
    """Take the binder that the browser kept in another place than a cookie."""
    state, binder = (str(request.POST.get(key, "")) for key in ("state", "binder"))
    if not state.isascii() or not binder.isascii():
        raise BadClaim(claim="state")
    return _open(request, await in_thread(launch.confirm)(state, binder), state)


@public
async def jwks(request: HttpRequest) -> HttpResponse:
    """Publish our public keys."""
    response = JsonResponse(await in_thread(keys.jwks)())
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _open(request: HttpRequest, begun: sessions.Begun, state: str) -> HttpResponse:
    row = begun.session
    if row.frame_origins:
        request.csp["frame-ancestors"] = [  # type: ignore[attr-defined]
            "'self'",
            *row.frame_origins,
        ]
    response = launch_response(
        request,
        launch_id=row.pk,
        access_token=begun.access_token,
        refresh_secret=begun.refresh_secret,
        expires_in=sessions.ACCESS,
        facts=sessions.facts(row),
    )
    cookies.drop(response, BINDER, state[:12])
    cookies.put(response, KEEP, row.pk.hex, begun.refresh_secret, seconds=KEPT)
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
