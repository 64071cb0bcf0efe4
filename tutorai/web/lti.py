"""LTI's addresses: login, launch, keys. A launch hops to a thread once, twice for new keys."""

import dataclasses
import logging
from collections.abc import Callable, Coroutine
from functools import cache, wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lti import cookies, keys, launch, oidc, sessions, strays
from lti import jwks as platform_keys
from lti.claims import origin
from lti.errors import Refusal
from lti.models import LaunchState
from tutorai.access import public
from tutorai.threads import in_thread
from tutorai.web import errors
from tutorai.web.middleware import supported
from tutorai.web.shell import begun_response

logger = logging.getLogger(__name__)
BINDER = "bind"  # a kind of cookie
NEW_TAB = "new_tab"  # the form of lti/confirm.html says so
NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"
View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def kindly(view: View) -> View:
    """Show a refusal as a page: never cached, in the launch's language, without data of anyone."""

    @wraps(view)
    async def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            response = await view(request, *args, **kwargs)
        except Refusal as error:
            response = _refused(request, error)
        response.headers["Cache-Control"] = NEVER
        return response

    return public(guarded)


def posted(view: View) -> View:
    """Only a form's POST comes here by right; whoever asks for the address is sent back."""

    @wraps(view)
    async def guarded(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            return await view(request)
        response = errors.page(
            request,
            title=_("Please open Tutor.AI again"),
            words=_("This page opens from your course only. Go there and open Tutor.AI again."),
            status=405,
        )
        response["Allow"] = "POST"
        return response

    return guarded


@require_http_methods(["GET", "POST"])
@kindly
async def login(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Answer a third-party initiated login: keep a binder wherever we can, go to the platform."""
    asked = request.GET.dict() if request.META["QUERY_STRING"] else {}
    given = {**asked, **request.POST.dict()}
    texts = {key: str(value) for key, value in given.items()}
    began = await in_thread(strays.begin)(
        texts, tool_url=settings.PUBLIC_URL, slug=slug, support_id=_support_id(request)
    )
    response: HttpResponse
    if NEW_TAB in texts or _framed(request):
        # Cookies may not hold here; our script keeps the binder in other places as well. And where
        # our own form began, a redirect would have to be one that its page's policy names.
        response = _login_page(began)
    else:
        response = HttpResponseRedirect(began.url)
    cookies.put(response, BINDER, began.state[:12], began.binder, seconds=oidc.LIFETIME)
    return response


def _login_page(began: oidc.Login) -> HttpResponse:
    """Put this login into the page, which is the same for everybody."""
    text = _waiting(translation.get_language())
    for name, value in vars(began).items():
        text = text.replace(f"{{{name}}}", escape(value))
    return HttpResponse(text)


@cache
def _waiting(code: str) -> str:
    """The page in one language, with marks where a login's own parts go."""
    marks = {one.name: f"{{{one.name}}}" for one in dataclasses.fields(oidc.Login)}
    return render_to_string("lti/login.html", {"login": marks})


def _framed(request: HttpRequest) -> bool:
    """Whether a browser shows us inside another page. Safari before 16.4 does not say: it may."""
    place = request.META.get("HTTP_SEC_FETCH_DEST")
    if place is None:
        return "Mozilla/" in str(request.META.get("HTTP_USER_AGENT", ""))
    return str(place) != "document"


@kindly
@posted
async def arrive(request: HttpRequest) -> HttpResponse:
    """Take the platform's form post."""
    given = {key: str(value) for key, value in request.POST.items()}
    state, support_id = given.get("state", ""), _support_id(request)
    binder = cookies.get(request, BINDER, state[:12])
    try:
        came = await in_thread(launch.arrive)(given, binder, support_id)
    except launch.Wanted as wanted:
        row = wanted.row
        await platform_keys.fetch(row.registration.jwks_url, wanted.head, anew=wanted.anew)
        came = await in_thread(launch.admit)(
            row, given.get("id_token", ""), binder, support_id, fetched=True
        )
    if not isinstance(came, LaunchState):
        return _open(request, came, state)
    facts = {
        "state": state,
        "login": came.login,
        "slug": came.registration.login_slug,
        "target": came.storage_target,
        "origin": origin(came.registration.auth_url),
    }
    return render(request, "lti/confirm.html", facts)


@kindly
@posted
async def confirm(request: HttpRequest) -> HttpResponse:
    """Take the binder that the browser kept in another place than a cookie."""
    state, binder = (str(request.POST.get(key, "")) for key in ("state", "binder"))
    begun = await in_thread(launch.confirm)(state, binder, _support_id(request))
    return _open(request, begun, state)


@public
async def jwks(request: HttpRequest) -> HttpResponse:
    """Publish our public keys."""
    response = JsonResponse(await in_thread(keys.jwks)())
    response["Cache-Control"] = f"public, max-age={int(keys.CACHED.total_seconds())}"
    return response


def _open(request: HttpRequest, begun: sessions.Begun, state: str) -> HttpResponse:
    row = begun.session
    if row.frame_origins:
        request.csp["frame-ancestors"] = [  # type: ignore[attr-defined]
            "'self'",
            *row.frame_origins,
        ]
    request.csp["form-action"] += sessions.form_origins(row)  # type: ignore[attr-defined]
    response = begun_response(request, begun)
    cookies.drop(response, BINDER, state[:12])
    return response


def _refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    logger.warning(
        "Refused %s: %s (support id %s)", request.path, error.reason, _support_id(request)
    )
    with translation.override(supported(error.locale) or translation.get_language()):
        response = errors.page(
            request,
            title=_("Tutor.AI could not be opened"),
            words=str(error),
            advice=str(error.advice),
            whom=str(error.whom),
            reason=error.reason,
            status=error.status,
            return_url=_way_back(error),
        )
        response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    if error.retry_after is not None:
        response["Retry-After"] = str(round(error.retry_after))
    return response


def _way_back(error: Refusal) -> str:
    """The launch's return_url, with what the platform may show there (LTI 1.3 core 5.4.4)."""
    if not error.return_url:
        return ""
    told = urlencode({"lti_errormsg": str(error)})
    return f"{error.return_url}{'&' if '?' in error.return_url else '?'}{told}"


def _support_id(request: HttpRequest) -> str:
    return str(getattr(request, "support_id", ""))
