"""Django's own middleware: at work where people sign in with an account, passed by elsewhere.

That is the staff site, the institutions' pages and the sign-in (`SESSION_PATHS`). Each of these
would cost every launch and every question a thread hop, for a session and a CSRF token that no
page inside an LMS has. So they are one middleware to Django.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import markcoroutinefunction, sync_to_async
from auditlog.context import set_extra_data
from auditlog.middleware import AuditlogMiddleware
from axes.helpers import get_lockout_response
from axes.middleware import AxesMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.deprecation import MiddlewareMixin

NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"


class Axes(AxesMiddleware):  # type: ignore[misc]  # axes has no types
    async def __acall__(self, request: HttpRequest) -> Any:
        response = await self.get_response(request)
        if not getattr(request, "axes_locked_out", False):
            return response
        # axes's own asynchronous path forgets an argument (8.3.1).
        credentials = getattr(request, "axes_credentials", None)
        return await sync_to_async(get_lockout_response)(request, response, credentials)


class Auditlog(MiddlewareMixin):
    """Remember who changed a configuration record (django-auditlog's own class is sync only)."""

    async def __acall__(self, request: HttpRequest) -> Any:
        respond: Any = self.get_response
        request.user = await request.auser()  # else auditlog asks the database, from async code
        data = AuditlogMiddleware(self.get_response).get_extra_data(request)
        with set_extra_data(context_data=data):
            return await respond(request)


CHAIN = (
    SecurityMiddleware,
    SessionMiddleware,
    CsrfViewMiddleware,
    AuthenticationMiddleware,
    MessageMiddleware,
    XFrameOptionsMiddleware,
    Auditlog,
    Axes,
)


class Staff:
    """Send a request with a session through the chain, and every other straight on."""

    async_capable, sync_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[Any]]) -> None:
        self.beside = get_response
        chain: Any = get_response
        for kind in reversed(CHAIN):
            chain = kind(chain)
        self.chain: Callable[[HttpRequest], Awaitable[Any]] = chain
        self.csrf = CsrfViewMiddleware(get_response)
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> Any:
        """Answer a request."""
        if not request.path_info.startswith(settings.SESSION_PATHS):
            return await self.beside(request)
        request.csp["frame-ancestors"] = ["'none'"]  # type: ignore[attr-defined]
        response = await self.chain(request)
        response.headers.setdefault("Cache-Control", NEVER)
        return response

    async def process_view(self, request: HttpRequest, *view: Any) -> Any:
        """Check the form's token; Django calls this for the outermost middleware alone."""
        if not request.path_info.startswith(settings.SESSION_PATHS):
            return None
        return await sync_to_async(self.csrf.process_view)(request, *view)
