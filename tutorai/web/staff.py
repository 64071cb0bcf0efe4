"""Django's own middleware for the staff site: at work below /admin/, passed by elsewhere.

Each of these would cost every launch and every question two thread hops, for a session and a
CSRF token that no page inside an LMS has.
"""

from typing import Any

from asgiref.sync import sync_to_async
from auditlog.context import set_extra_data
from auditlog.middleware import AuditlogMiddleware
from axes.helpers import get_lockout_response
from axes.middleware import AxesMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.deprecation import MiddlewareMixin

PATH = "/admin/"


class StaffOnly:
    """Hand every request outside the staff site straight on."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> Any:
        if not request.path_info.startswith(PATH):
            return await self.get_response(request)
        return await super().__acall__(request)  # type: ignore[misc]


class Security(StaffOnly, SecurityMiddleware): ...


class Session(StaffOnly, SessionMiddleware): ...


class Csrf(StaffOnly, CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *view: Any) -> Any:
        if request.path_info.startswith(PATH):
            return super().process_view(request, *view)
        return None


class Authentication(StaffOnly, AuthenticationMiddleware): ...


class Messages(StaffOnly, MessageMiddleware): ...


class Clickjacking(StaffOnly, XFrameOptionsMiddleware): ...


class Axes(StaffOnly, AxesMiddleware):  # type: ignore[misc]  # axes has no types
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
        if not request.path_info.startswith(PATH):
            return await respond(request)
        request.user = await request.auser()  # else auditlog asks the database, from async code
        data = AuditlogMiddleware(self.get_response).get_extra_data(request)
        with set_extra_data(context_data=data):
            return await respond(request)
