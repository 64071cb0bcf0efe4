"""What every answer gets: a content security policy, quiet headers, a language, kind errors.

The policy allows nothing by default; our own files, and the one inline script that carries the
page's nonce. Pages inside an LMS say who may frame them (`frame-ancestors`) and never
`X-Frame-Options`, which knows no list. A view may widen its own page's policy:

    request.csp["frame-ancestors"] = ["https://school.instructure.com"]
    request.csp["form-action"].append("https://sso.canvaslms.com")
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

from asgiref.sync import markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from tutorai.errors import TutorError
from tutorai.web.errors import in_form, told

Next = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
Policy = dict[str, list[str]]

# Before a launch is validated nothing says which LMS frames us; such pages carry no data.
ANY_LMS = ["https:"]
LOOPBACK = ["http://127.0.0.1:*", "http://localhost:*"]  # development: the sandbox LMS
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
# The staff site is Django's and unfold's: scripts of its own, inline styles, never framed.
STAFF_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def policy(nonce: str) -> Policy:
    """Return the policy of one page, by directive."""
    return {
        "default-src": ["'none'"],
        "script-src": ["'self'", f"'nonce-{nonce}'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": [*ANY_LMS, *(LOOPBACK if settings.DEVELOPMENT else [])],
    }


def _written(parts: Policy) -> str:
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in parts.items())


def security(get_response: Next) -> Next:
    """Set the headers that hold for every page, and turn our errors into pages."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.encoding not in {None, "utf-8", "UTF-8"}:
            request.encoding = "utf-8"  # a caller may name codecs that are none of text
        chance = secrets.token_hex(20)  # asked for once: the system's randomness costs a call
        request.support_id = chance[:8]  # type: ignore[attr-defined]
        request.csp_nonce = chance[8:]  # type: ignore[attr-defined]
        request.csp = policy(request.csp_nonce)  # type: ignore[attr-defined]
        response = await get_response(request)
        staff = request.path_info.startswith("/admin/")
        written = STAFF_POLICY if staff else _written(request.csp)  # type: ignore[attr-defined]
        response.headers.setdefault("Content-Security-Policy", written)
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return markcoroutinefunction(middleware)


security.async_capable = True  # type: ignore[attr-defined]
security.sync_capable = False  # type: ignore[attr-defined]


def chosen(request: HttpRequest) -> str:
    """Return the language of a request: `?lang=`, else the best of Accept-Language, else ours.

    Pages send the launch's locale as Accept-Language; no cookie and no session is asked.
    """
    wanted = [request.GET.get("lang", "")] if request.META["QUERY_STRING"] else []
    accepted = parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    wanted += [code for code, _weight in accepted]
    return next((found for code in wanted if (found := supported(code))), settings.LANGUAGE_CODE)


def supported(code: str) -> str:
    """Return the language of ours that serves `code` ("es-MX" → "es"), or ""."""
    try:
        return translation.get_supported_language_variant(code.lower().replace("_", "-"))
    except LookupError:
        return ""


def language(get_response: Next) -> Next:
    """Answer in the reader's language, and tell of our errors in it."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        code = chosen(request)
        with translation.override(code):
            response = in_form(request, await get_response(request))
            response.headers.setdefault("Content-Language", translation.get_language() or code)
        if isinstance(response, StreamingHttpResponse) and response.is_async:
            parts = cast("AsyncIterator[bytes]", response.streaming_content)
            response.streaming_content = _spoken(code, parts)
        return response

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        return told(request, error) if isinstance(error, TutorError) else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return markcoroutinefunction(middleware)


async def _spoken(code: str, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream is read when the middleware is long gone: its language goes with it."""
    translation.activate(code)
    async for part in parts:
        yield part


language.async_capable = True  # type: ignore[attr-defined]
language.sync_capable = False  # type: ignore[attr-defined]
