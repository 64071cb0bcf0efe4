"""The one door to language models: any OpenAI-compatible endpoint, by Chat Completions.

Every wait has a limit, every failure becomes a ModelError, and what a call used is counted here.
A chat call is not tried again: a person waits, and passages can be shown at once.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import openai
from django.conf import settings
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from tutorai import crypto, http
from tutorai.errors import (
    ModelError,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    SecretUnreadable,
    TutorError,
)
from tutorai.lmsdm.models import Institution

CONNECT = 5.0  # seconds
TRIES = 2  # of an embedding call
MAX_TOKENS = 900  # of an answer
LETTERS = 3  # a token has at least about this many; for endpoints that do not count

Said = Mapping[str, str]  # {"role", "content"}


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


def configured(institution: Institution) -> bool:
    """Whether a model can be asked at all."""
    return endpoint(institution) is not None


def estimate(text: str) -> int:
    """Return about how many tokens a text is, rather too many than too few."""
    return len(text) // LETTERS + 4


async def stream(at: Endpoint, messages: Sequence[Said], usage: Usage) -> AsyncGenerator[str, None]:
    """Yield the answer's text as it comes; fill `usage`. Raises ModelError."""
    usage.tokens_in = sum(estimate(said["content"]) for said in messages)
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
        answer = await client.chat.completions.create(
            model=at.model,
            messages=[_param(said) for said in messages],
            stream=True,
            stream_options={"include_usage": True},
            max_tokens=MAX_TOKENS,
        )
    finished, chunks = False, aiter(answer)
    limit = settings.MODEL_FIRST_SECONDS
    try:
        while (chunk := await _next(chunks, limit)) is not None:
            limit = settings.MODEL_BETWEEN_SECONDS
            if chunk.usage is not None:
                usage.tokens_in = chunk.usage.prompt_tokens
                usage.tokens_out, usage.counted = chunk.usage.completion_tokens, True
            for choice in chunk.choices:
                finished = finished or choice.finish_reason is not None
                if choice.delta.content:
                    if not usage.counted:
                        usage.tokens_out += estimate(choice.delta.content) - 3
                    yield choice.delta.content
    finally:
        await answer.close()
    if not finished:
        raise TimeoutError  # the connection ended in the middle of the answer


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


def _client(at: Endpoint) -> openai.AsyncOpenAI:
    limits = httpx2.Timeout(settings.MODEL_TOTAL_SECONDS, connect=CONNECT)
    return openai.AsyncOpenAI(
        api_key=at.key,
        base_url=at.base_url,
        max_retries=0,  # a person waits: passages at once serve better than a second try
        http_client=httpx2.AsyncClient(timeout=limits, follow_redirects=False),
    )


def _guard(at: Endpoint) -> None:
    """Refuse an address that a school gave and that is not on the open internet."""
    if at.trusted:
        return
    try:
        parts = urlsplit(http.check_url(at.base_url))
        port = parts.port or (443 if parts.scheme == "https" else 80)
        http.resolve(parts.hostname or "", port)
    except TutorError as error:
        raise ModelRefused() from error


def _told(error: Exception) -> ModelError:
    """Say in our words what went wrong."""
    if isinstance(error, openai.RateLimitError):
        return ModelThrottled(retry_after=_pause(error.response.headers.get("retry-after", "")))
    if isinstance(error, openai.APIStatusError) and error.status_code < 500:
        return ModelRefused()
    return ModelUnavailable()


def _pause(header: str) -> float | None:
    return float(header) if header.isdecimal() else None


def embed(texts: Sequence[str], *, institution_id: UUID) -> list[list[float]]:
    """Return one vector a text, in order. Blocking. Raises ModelError."""
    at = endpoint(Institution.objects.get(pk=institution_id))
    if at is None:
        raise ModelUnavailable()
    _guard(at)
    limits = httpx2.Timeout(settings.MODEL_FIRST_SECONDS, connect=CONNECT)
    try:
        with openai.OpenAI(
            api_key=at.key,
            base_url=at.base_url,
            max_retries=TRIES - 1,
            http_client=httpx2.Client(timeout=limits, follow_redirects=False),
        ) as client:
            made = client.embeddings.create(
                model=settings.OPENAI_EMBEDDING_MODEL, input=list(texts), encoding_format="float"
            )
    except (httpx2.HTTPError, openai.OpenAIError, ValueError) as error:
        raise _told(error) from error
    vectors = [one.embedding for one in sorted(made.data, key=lambda one: one.index)]
    if len(vectors) != len(texts):
        raise ModelUnavailable()
    return vectors
