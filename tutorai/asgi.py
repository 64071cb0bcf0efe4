"""The ASGI application: Django, behind a lifespan that Django itself does not speak."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorai.settings")
django = get_asgi_application()


async def lifespan(receive: Any, send: Any) -> None:
    """Answer uvicorn's start-up and shutdown."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Dispatch one connection."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    else:
        await django(scope, receive, send)
