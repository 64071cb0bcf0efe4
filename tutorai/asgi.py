"""The ASGI application: Django, behind a lifespan that Django itself does not speak."""

import asyncio
import gc
import logging
import os
import re
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.urls import reverse

from tutorai.apps import refusals
from tutorai.errors import TooBig
from tutorai.logs import Masked

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorai.settings")
django.setup(set_prefix=False)

from agents import words  # noqa: E402
from tutorai.api import mcp  # noqa: E402  # it reads the settings, and models

logging.getLogger("uvicorn.access").addFilter(Masked())  # it has a handler of its own
MB = 1024**2
UPLOAD = reverse("page_upload")
ATTACH = "/v1/ai/attachments"
# The largest body an address takes, and what a form may add to that (bytes).
UPLOADED = settings.UPLOAD_LIMIT, MB
FILLED = re.compile(r"/institution/[^/]+/courses/[^/]+/(?:files|package)")  # several at once
SENT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, MB // 16
CUT = "cut"  # in a request's scope: the limit its body went beyond


def taken(path: str) -> tuple[int, int]:
    """Return the largest body an address takes, and what a form may add to that."""
    if FILLED.fullmatch(path):
        return settings.CARTRIDGE_LIMIT, MB
    if path == ATTACH:
        return settings.ATTACHMENT_LIMIT, MB
    return UPLOADED if path == UPLOAD else SENT


class Body:
    """What a request brings, cut off where it grows larger than its address takes.

    Django would write all of it to disk before it looks at the address.
    """

    def __init__(self, scope: Any, receive: Any) -> None:
        self.scope, self.receive = scope, receive
        limit, beside = taken(scope["path"])
        self.limit: int = limit
        self.left: int = limit + beside
        self.over = int(dict(scope["headers"]).get(b"content-length", 0)) > self.left

    async def __call__(self) -> Any:
        """Return the next message; the rest of what is too large goes nowhere."""
        if not self.over:
            message = await self.receive()
            self.left -= len(message.get("body", b""))
            self.over = self.left < 0
            if not self.over:
                return message
        if CUT not in self.scope:
            self.scope[CUT] = self.limit
            return {"type": "http.request"}  # that was all, as far as Django knows
        while (message := await self.receive())["type"] == "http.request":
            pass
        return message


async def refused(request: HttpRequest, limit: int) -> None:
    """Stand in for the view of a request whose body was cut off."""
    raise TooBig(limit=f"{limit // MB} MB")


refused.csrf_exempt = True  # type: ignore[attr-defined]  # half a form has no token


class Staff(ASGIHandler):
    """Django's handler, which gives each request a thread of its own: sessions need one."""

    def resolve_request(self, request: Any) -> Any:
        """Find the view."""
        if CUT in request.scope:
            return refused, (request.scope[CUT],), {}
        return super().resolve_request(request)


class Handler(Staff):
    """The same for all else, which runs on the shared threads of `tutorai.threads`."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        await self.handle(scope, receive, send)

    async def send_response(self, response: Any, send: Any) -> None:
        """Send an answer. One that is whole is closed here: Django would hop to a thread for it."""
        if response.streaming:
            await super().send_response(response, send)
            return
        headers = [(name.encode("ascii"), told.encode("latin1")) for name, told in response.items()]
        cookies = response.cookies.values()
        headers += [(b"Set-Cookie", one.output(header="").strip().encode()) for one in cookies]
        start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": response.content})
        response.close()


handler, staff = Handler(), Staff()
gc.freeze()  # the views are loaded by now, too


async def lifespan(receive: Any, send: Any) -> None:
    """Answer uvicorn's start-up and shutdown; a laptop's settings start no server."""
    if found := refusals():
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "\n".join(found)})
        return
    loading = asyncio.get_running_loop().run_in_executor(None, words.load)
    async with mcp.opened():
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
    await loading
    await send({"type": "lifespan.shutdown.complete"})


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Dispatch one connection."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    if scope["type"] == "http" and scope["path"] in mcp.PATHS:
        await mcp.application(scope, receive, send)  # it has its own limit of what it takes
        return
    with_session = scope["type"] != "http" or scope["path"].startswith(settings.SESSION_PATHS)
    await (staff if with_session else handler)(scope, Body(scope, receive), send)
