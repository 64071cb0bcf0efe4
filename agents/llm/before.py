"""The one door to language models: any OpenAI-compatible endpoint, by Chat Completions.

Every wait has a limit, every failure becomes a ModelError, and what a call used is counted here.
A chat call is not tried again: a person waits, and passages can be shown at once. The client takes
half a second to import, so it comes with the first call, or at once where the installation has a
model of its own.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpcore2
import httpx2
from django.conf import settings

from tutorai import crypto, http
from tutorai.errors import (
    ModelError,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    SecretUnreadable,
    TutorError,
)
from tutorai.idle import release
from tutorai.lmsdm.models import Institution

if TYPE_CHECKING or settings.OPENAI_API_KEY:
    import openai
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

CONNECT = 5.0  # seconds
TRIES = 2  # of an embedding call that no person waits for
QUESTION = 2.0  # seconds for a question's vector, all in all: words can answer alone
MAX_TOKENS = 900  # of an answer
OPTIONS = ("max_tokens", "stream_options")  # that not every endpoint takes
LETTERS = 3  # a token has at least about this many; for endpoints that do not count

Said = Mapping[str, str]  # {"role", "content"}
T = TypeVar("T")
ODD = (AttributeError, TypeError, ValueError)  # what an answer of another shape raises


# What a model refused, by address and name: it is not asked for that again in this process.
_refused: defaultdict[tuple[str, str], set[str]] = defaultdict(set)


@dataclass(frozen=True)
class Endpoint:
    """Where a model is. `trusted`: the operator named it, not someone at a school."""

    base_url: str
    key: str = field(repr=False)
    model: str
    trusted: bool = True


@dataclass
class Usage:
    """Tokens of one call; `counted` when the endpoint told them itself."""

    tokens_in: int = 0
    tokens_out: int = 0
    counted: bool = False


def endpoint(institution: Institution) -> Endpoint | None:
    """Return the institution's endpoint, else the installation's, else None: no key.

    Without a key of its own a school cannot point ours at an address of its choice.
    """
    if institution.model_key:
        try:
            key = crypto.decrypt(institution.model_key, purpose="model-key")
        except SecretUnreadable:
            return None
        own = institution.model_base_url
        name = institution.model_name or settings.OPENAI_MODEL
        return Endpoint(own or settings.OPENAI_BASE_URL, key, name, trusted=not own)
    if not settings.OPENAI_API_KEY:
        return None
    name = institution.model_name or settings.OPENAI_MODEL
    return Endpoint(settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY, name)


def base_url(institution: Institution) -> str:
    """Where the institution's texts are embedded."""
    at = endpoint(institution)
    return at.base_url if at else settings.OPENAI_BASE_URL


def configured(institution: Institution) -> bool:
    """Whether a model can be asked at all."""
    return endpoint(institution) is not None


def estimate(text: str) -> int:
    """Return about how many tokens a text is, rather too many than too few."""
    return len(text) // LETTERS + 4


async def stream(at: Endpoint, messages: Sequence[Said], usage: Usage) -> AsyncGenerator[str, None]:
    """Yield the answer's text as it comes; fill `usage`. Raises ModelError.

    A call that the model never took up (refused, no connection) uses nothing.
    """
    import openai

    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(settings.MODEL_TOTAL_SECONDS):
                if not at.trusted:
                    await asyncio.to_thread(_guard, at)
                client = await stack.enter_async_context(_client(at))
                async for text in _spoken(client, at, messages, usage):
                    yield text
        except (TimeoutError, httpx2.HTTPError, openai.OpenAIError, ValueError) as error:
            raise _told(error) from error


async def _spoken(
    client: openai.AsyncOpenAI, at: Endpoint, messages: Sequence[Said], usage: Usage
) -> AsyncIterator[str]:
    async with asyncio.timeout(settings.MODEL_FIRST_SECONDS):
        answer = await _opened(client, at, messages)
    usage.tokens_in = sum(estimate(said["content"]) for said in messages)
    finished, chunks = False, aiter(answer)
    limit = settings.MODEL_FIRST_SECONDS
    try:
        while (chunk := await _next(chunks, limit)) is not None:
            limit = settings.MODEL_BETWEEN_SECONDS
            _count(chunk, usage)
            for text, ended in _pieces(chunk):
                finished = finished or ended
                if text:
                    if not usage.counted:
                        usage.tokens_out += estimate(text) - 3
                    yield text
    finally:
        await answer.close()
    if not finished:
        raise TimeoutError  # the connection ended in the middle of the answer


async def _opened(
    client: openai.AsyncOpenAI, at: Endpoint, messages: Sequence[Said]
) -> openai.AsyncStream[ChatCompletionChunk]:
    """Begin a streamed answer, without the options that this model is known not to take."""
    import openai

    refused = _refused[at.base_url, at.model]
    while True:
        named = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
        bare = "stream_options" in refused
        try:
            return await client.chat.completions.create(
                model=at.model,
                messages=[_param(said) for said in messages],
                stream=True,
                stream_options=openai.omit if bare else {"include_usage": True},
                max_tokens=MAX_TOKENS if named == "max_tokens" else openai.omit,
                max_completion_tokens=openai.omit if named == "max_tokens" else MAX_TOKENS,
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            told = {option for option in OPTIONS if option in error.response.text} - refused
            if not told:
                raise
            refused |= told


def _count(chunk: ChatCompletionChunk, usage: Usage) -> None:
    """Note what the endpoint says it used; some send the numbers as null."""
    told = chunk.usage
    if told is not None and told.completion_tokens:
        usage.tokens_in = told.prompt_tokens or usage.tokens_in
        usage.tokens_out, usage.counted = told.completion_tokens, True


def _pieces(chunk: ChatCompletionChunk) -> Iterator[tuple[str, bool]]:
    """Yield each choice's text, and whether it ends there; some servers send nulls for lists."""
    for choice in chunk.choices or []:
        yield getattr(choice.delta, "content", None) or "", choice.finish_reason is not None


def _param(said: Said) -> ChatCompletionMessageParam:
    """The same in the client's types."""
    if said["role"] == "system":
        return {"role": "system", "content": said["content"]}
    if said["role"] == "assistant":
        return {"role": "assistant", "content": said["content"]}
    return {"role": "user", "content": said["content"]}


async def _next(
    chunks: AsyncIterator[ChatCompletionChunk], limit: float
) -> ChatCompletionChunk | None:
    async with asyncio.timeout(limit):
        return await anext(chunks, None)


def _client(at: Endpoint, *, seconds: float = 0, tries: int = 1) -> openai.AsyncOpenAI:
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
        http_client=httpx2.AsyncClient(transport=transport, timeout=limits, follow_redirects=False),
    )


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


def _guard(at: Endpoint) -> None:
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


def _told(error: Exception) -> ModelError:
    """Say in our words what went wrong."""
    import openai

    if isinstance(error, openai.RateLimitError):
        return ModelThrottled(retry_after=_pause(error.response.headers.get("retry-after", "")))
    if isinstance(error, openai.APIStatusError) and error.status_code < 500:
        return ModelRefused()
    return ModelUnavailable()


def _pause(header: str) -> float | None:
    return float(header) if header.isdecimal() else None


def embed(
    institution: Institution, texts: Sequence[str], usage: Usage, *, hurry: bool = False
) -> list[list[float]]:
    """Return one vector a text, in order; fill `usage`. Blocking. Raises ModelError.

    `hurry`: a person waits, so there is one try, and little time for all of it.
    """
    import openai

    at = endpoint(institution)
    if at is None:
        raise ModelUnavailable()
    release()
    try:
        return _run(_embedded(at, list(texts), usage, hurry=hurry))
    except (TimeoutError, httpx2.HTTPError, openai.OpenAIError, *ODD) as error:
        raise _told(error) from error


async def _embedded(
    at: Endpoint, texts: list[str], usage: Usage, *, hurry: bool
) -> list[list[float]]:
    tries = 1 if hurry else TRIES
    async with asyncio.timeout(QUESTION if hurry else None):
        if not at.trusted:
            await asyncio.to_thread(_guard, at)
        async with _client(at, seconds=settings.MODEL_FIRST_SECONDS, tries=tries) as client:
            made = await client.embeddings.create(
                model=settings.OPENAI_EMBEDDING_MODEL, input=texts, encoding_format="float"
            )
    ordered = sorted(made.data, key=lambda one: one.index)
    vectors = [[float(number) for number in one.embedding] for one in ordered]
    if len(vectors) != len(texts) or not all(vectors):
        raise ValueError
    told = getattr(made.usage, "prompt_tokens", 0)
    usage.tokens_in, usage.counted = told or sum(map(estimate, texts)), bool(told)
    return vectors


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Bring it to its end; asyncio.run would also wait for a look-up that hangs in its thread."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
