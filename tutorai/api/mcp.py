"""`/mcp`: where programs call, each with a token that a person granted (`tutorai.agency`).

Plain ASGI beside Django: the official package speaks the protocol, here it is decided who asks.
Who that is, is read afresh at every request. Only a page of an origin that MCP_ORIGINS names may
call from within a browser; programs send no Origin.
"""

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import translation

from tutorai.agency import delegations, origins, scopes
from tutorai.agency.delegations import Working
from tutorai.errors import NotSignedIn
from tutorai.threads import in_thread

if TYPE_CHECKING:
    from agents.tools.doors import Doors

logger = logging.getLogger(__name__)
PATHS = frozenset({"/mcp", "/mcp/"})
METADATA = f"{settings.PUBLIC_URL}/.well-known/oauth-protected-resource/mcp"
LONGEST = 512  # characters of a token
ASKED = b"authorization, content-type, accept, mcp-protocol-version, mcp-session-id, last-event-id"

_doors: "Doors | None" = None


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    """Open `/mcp` for as long as the server runs. The package is large, so it is loaded here."""
    global _doors
    from agents.tools.doors import Doors

    _doors = Doors(origins.hosts(), origins.allowed())
    try:
        async with _doors.opened():
            yield
    finally:
        _doors = None


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request."""
    headers = {name.decode("latin1"): told.decode("latin1") for name, told in scope["headers"]}
    origin = headers.get("origin")
    if origin is not None:
        if origin not in origins.allowed():
            await _refuse(send, 403, "This page may not call here.")
            return
        send = _shared(send, origin)
    match scope["method"]:
        case "OPTIONS" if origin is not None:
            told = [(b"access-control-allow-methods", b"POST"), (b"access-control-max-age", b"600")]
            await _send(send, 204, b"", [*told, (b"access-control-allow-headers", ASKED)])
        case "POST":
            await _post(headers, scope, receive, send)
        case _:  # without sessions there is nothing to listen to, and none to end
            await _refuse(send, 405, "POST only.", [(b"allow", b"POST, OPTIONS")])


async def _post(headers: Mapping[str, str], scope: Any, receive: Any, send: Any) -> None:
    if _doors is None:
        await _refuse(send, 503, "This server was begun without its lifespan.")
        return
    kind, _space, token = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not 0 < len(token) <= LONGEST:
        await _ask(send, "")
        return
    try:
        working = await in_thread(delegations.standing)(token.strip())
    except NotSignedIn:
        await _ask(send, "invalid_token")
        return
    except DatabaseError:
        logger.exception("Nobody can be known at /mcp")
        await _refuse(send, 503, "Try again in a moment.", [(b"retry-after", b"5")])
        return
    with translation.override(working.actor.locale):
        await _doors.answer(_caller(working), scope, receive, send)


def _caller(working: Working) -> Any:
    from agents.tools.registry import Caller
    from agents.tools.rules import Surface

    told = partial(delegations.proposed, working)
    return Caller(working.actor, Surface.MCP, working.scopes, told)


async def _ask(send: Any, error: str) -> None:
    """Say where a token is to be had (RFC 9728), and what was wrong with this one."""
    parts = [f'resource_metadata="{METADATA}"', f'scope="{" ".join(scopes.WORDS)}"']
    words = "A token is needed."
    if error:
        words = "This token opens nothing: it is over, was taken back, or its owner's place is."
        parts = [f'error="{error}"', f'error_description="{words}"', *parts]
    told = [(b"www-authenticate", f"Bearer {', '.join(parts)}".encode())]
    await _refuse(send, 401, words, told)


async def _refuse(
    send: Any, status: int, words: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    said = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": words}}
    kind = (b"content-type", b"application/json")
    await _send(send, status, json.dumps(said).encode(), [kind, *(headers or [])])


async def _send(send: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    told = [*headers, (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


def _shared(send: Callable[[Any], Any], origin: str) -> Callable[[Any], Any]:
    """Let a page of this origin read the answer; its cookies play no part."""
    told = [
        (b"access-control-allow-origin", origin.encode("latin1")),
        (b"access-control-expose-headers", b"www-authenticate, mcp-session-id"),
        (b"vary", b"Origin"),
    ]

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *told]}
        await send(message)

    return sent
