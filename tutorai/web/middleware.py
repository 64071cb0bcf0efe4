"""What every answer gets: security headers, and a language."""

from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Next = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


def security(get_response: Next) -> Next:
    """Set the headers that hold for every page."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    return markcoroutinefunction(middleware)


security.async_capable = True  # type: ignore[attr-defined]
security.sync_capable = False  # type: ignore[attr-defined]


def language(get_response: Next) -> Next:
    """Let the view choose; English until it does."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        return await get_response(request)

    return markcoroutinefunction(middleware)


language.async_capable = True  # type: ignore[attr-defined]
language.sync_capable = False  # type: ignore[attr-defined]
