"""The ASGI application: Django, behind a lifespan that Django itself does not speak."""

import os
from typing import Any

import django
from django.core.handlers.asgi import ASGIHandler

from tutorai.apps import refusals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorai.settings")
django.setup(set_prefix=False)
STAFF = "/admin/"


class Handler(ASGIHandler):
    """Django's handler, which gives each request a thread of its own: only the staff site needs one.

    All else runs on the shared threads of `tutorai.threads`.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not scope["path"].startswith(STAFF):
            await self.handle(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


handler = Handler()


async def lifespan(receive: Any, send: Any) -> None:
    """Answer uvicorn's start-up and shutdown; a laptop's settings start no server."""
    if found := refusals():
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "\n".join(found)})
        return
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Dispatch one connection."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    else:
        await handler(scope, receive, send)
