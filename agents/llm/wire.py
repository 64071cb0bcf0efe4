"""The wire to a model: a client for one use, to the address that was checked, within its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpcore2
import httpx2
from django.conf import settings

from agents.llm.places import Place
from tutorai import http
from tutorai.errors import (
    ModelError,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    TutorError,
)

if TYPE_CHECKING or settings.OPENAI_API_KEY:
    import openai

CONNECT = 5.0  # seconds
LARGEST = 32 * 1024 * 1024  # bytes of an answer; many vectors are a few million
ODD = (AttributeError, IndexError, TypeError, ValueError)  # what an answer of another shape raises

T = TypeVar("T")


def client(at: Place, *, seconds: float = 0, tries: int = 1) -> openai.AsyncOpenAI:
    """A client for one use. One try: a person waits, and passages at once serve better."""
    import openai

    limits = httpx2.Timeout(seconds or settings.MODEL_TOTAL_SECONDS, connect=CONNECT)
    secure = at.base_url.startswith("https:")
    proxy = settings.HTTPS_PROXY if secure and settings.HTTPS_PROXY else None
    transport = httpx2.AsyncHTTPTransport(verify=http.tls(), proxy=proxy)
    if not at.trusted and proxy is None:
        transport._pool = httpcore2.AsyncConnectionPool(
            ssl_context=http.tls(), network_backend=_Pinned()
        )
    return openai.AsyncOpenAI(
        api_key=at.key,
        base_url=at.base_url,
        max_retries=tries - 1,
        http_client=httpx2.AsyncClient(
            transport=_Capped(transport), timeout=limits, follow_redirects=False
        ),
    )


class _Capped(httpx2.AsyncBaseTransport):
    """Takes no answer beyond LARGEST, and none that is packed: nobody knows how it would grow."""

    def __init__(self, real: httpx2.AsyncBaseTransport) -> None:
        self._real = real

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        answer = await self._real.handle_async_request(request)
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            await answer.aclose()
            raise httpx2.DecodingError("The answer is packed.")
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        answer.stream = _Cut(answer.stream)
        return answer

    async def aclose(self) -> None:
        await self._real.aclose()


class _Cut(httpx2.AsyncByteStream):
    """A body that ends with an error where it grows too large."""

    def __init__(self, real: httpx2.AsyncByteStream) -> None:
        self._real, self._left = real, LARGEST

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._real:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx2.RemoteProtocolError("The answer is too large.")
            yield piece

    async def aclose(self) -> None:
        await self._real.aclose()


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to the address that was checked, not to a second look-up's answer."""

    def __init__(self) -> None:
        self._real = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        *others, last = await asyncio.to_thread(http.addresses, host, port)
        for address in others:
            # IPv6 first may lead nowhere here.
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return await self._real.connect_tcp(address, port, timeout)
        return await self._real.connect_tcp(last, port, timeout)


def guard(at: Place) -> None:
    """Refuse an address that a school gave and that is not on the open internet.

    Behind a proxy that one resolves names, and so decides; the address's form is ours to check.
    """
    if at.trusted:
        return
    try:
        parts = urlsplit(http.check_url(at.base_url))
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if not settings.HTTPS_PROXY or parts.scheme != "https":
            http.resolve(parts.hostname or "", port)
    except TutorError as error:
        raise ModelRefused() from error


def failures() -> tuple[type[Exception], ...]:
    """What a call may raise, for `in_words` to put into ours."""
    import openai

    return (TimeoutError, httpx2.HTTPError, openai.OpenAIError, *ODD)


def in_words(error: Exception) -> ModelError:
    """Say in our words what went wrong."""
    import openai

    if isinstance(error, openai.RateLimitError):
        return ModelThrottled(retry_after=_pause(error.response.headers.get("retry-after", "")))
    if isinstance(error, openai.APIStatusError) and error.status_code < 500:
        return ModelRefused()
    return ModelUnavailable()


def _pause(header: str) -> float | None:
    return float(header) if header.isdecimal() else None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Bring it to its end; asyncio.run would also wait for a look-up that hangs in its thread."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
