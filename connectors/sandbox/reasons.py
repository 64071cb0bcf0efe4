"""What HTTP servers do not let an application say: a reason phrase of its own, or nothing at all.

Both are orders in a header, which `Spoken` (around the whole application) carries out on the
connection itself; the connection ends with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from django.http import HttpResponseBase

REASON, HANG_UP = "sandbox-reason", "sandbox-hang-up"

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
Answer = TypeVar("Answer", bound=HttpResponseBase)


def with_reason(answer: Answer, reason: str) -> Answer:
    """Have an answer's status line end in these words."""
    # Headers are bytes; Django writes them as latin-1.
    answer[REASON] = reason.encode().decode("latin-1")
    return answer


def unanswered(answer: Answer) -> Answer:
    """Have the connection close without this answer."""
    answer[HANG_UP] = "1"
    return answer


class Spoken:
    """The application, with those orders carried out."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        line = Line(send)
        await self.application(scope, receive, line.send)
        while line.ours and (await receive())["type"] != "http.disconnect":
            continue  # what is left of the request's body


class Line:
    """One answer on its way, on the server's own terms or on ours."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.ours = False

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, or write it ourselves."""
        if message["type"] == "http.response.start":
            orders = {name.decode(): value for name, value in message["headers"]}
            self.ours = REASON in orders or HANG_UP in orders
            if HANG_UP in orders:
                self._transport.close()
            elif self.ours:
                self._transport.write(head(message, orders[REASON]))
        elif self.ours and not self._transport.is_closing():
            self._transport.write(message.get("body", b""))
            if not message.get("more_body"):
                self._transport.close()
        if not self.ours:
            await self._send(message)

    @property
    def _transport(self) -> Any:
        # uvicorn hands over the method of an object that holds the connection.
        return self._send.__self__.transport  # type: ignore[attr-defined]


def head(message: Message, reason: bytes) -> bytes:
    """Return the status line and the headers."""
    lines = [name + b": " + value for name, value in message["headers"] if name != REASON.encode()]
    status = f"HTTP/1.1 {message['status']} ".encode() + reason
    return b"\r\n".join([status, *lines, b"connection: close", b"", b""])
