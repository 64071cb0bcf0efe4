"""One streamed request to one endpoint, by Chat Completions.

What a model says that it does not take (an option, a form of answer) is left out, and not tried
again in this process.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, suppress
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from agents.llm import wire
from agents.llm.places import Place
from agents.llm.said import LETTERS, Asks, Said, Text, Usage, Wanted, counted, estimate

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
    from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

OPTIONS = ("max_tokens", "stream_options", "tools")  # that not every model takes
FORMS = ("json_schema", "json_object")  # in which JSON is asked for, the strictest first
CLOSING = 1.0  # seconds
MOST = 40  # letters a token that was asked for; whoever writes more took no limit
NOT_TAKEN = {400, 404, 415, 422, 501}  # how servers answer what they do not know

# What a model refused, by address and name: it is not asked for that again in this process.
_refused: defaultdict[tuple[str, str], set[str]] = defaultdict(set)


async def answer(at: Place, wanted: Wanted, usage: Usage) -> AsyncGenerator[Text | Asks, None]:
    """Yield the answer as it comes, the tools it asks for last; fill `usage`. Raises ModelError.

    A request that the model never took up (refused, no connection) uses nothing.
    """
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(settings.MODEL_TOTAL_SECONDS):
                if not at.trusted:
                    await asyncio.to_thread(wire.guard, at)
                client = await stack.enter_async_context(wire.client(at))
                spoken = _spoken(client, at, wanted, usage)
                async with aclosing(spoken):  # whoever goes away ends it here, in this task
                    async for piece in spoken:
                        yield piece
        except wire.failures() as error:
            raise wire.in_words(error) from error


def refuses(at: Place, option: str) -> bool:
    """Whether the model said that it does not take this."""
    return option in _refused[at.base_url, at.model]


def forget(at: Place) -> None:
    """Forget what the model does not take: it is looked at anew."""
    _refused.pop((at.base_url, at.model), None)


async def _spoken(
    client: openai.AsyncOpenAI, at: Place, wanted: Wanted, usage: Usage
) -> AsyncGenerator[Text | Asks, None]:
    async with asyncio.timeout(settings.MODEL_FIRST_SECONDS):
        opened = await _opened(client, at, wanted)
    usage.tokens_in = wanted.tokens()
    finished, chunks, calls = False, aiter(opened), Calls()
    letters = 0
    limit = settings.MODEL_FIRST_SECONDS
    try:
        while (chunk := await _next(chunks, limit)) is not None:
            limit = settings.MODEL_BETWEEN_SECONDS
            _count(chunk, usage)
            for choice in chunk.choices or []:
                finished = finished or choice.finish_reason is not None
                calls.take(getattr(choice.delta, "tool_calls", None) or [])
                if text := getattr(choice.delta, "content", None):
                    letters += len(text)
                    if letters > MOST * wanted.most_out:
                        raise ValueError  # it knows no end
                    if not usage.counted:
                        usage.tokens_out += len(text.encode("utf-8", "ignore")) // LETTERS + 1
                    yield Text(text)
    finally:
        await opened.close()
        await _emptied(chunks)
    if not finished:
        raise TimeoutError  # the connection ended in the middle of the answer
    for asks in calls.made():
        if not usage.counted:
            usage.tokens_out += estimate(asks.name + asks.arguments)
        yield asks


async def _opened(
    client: openai.AsyncOpenAI, at: Place, wanted: Wanted
) -> openai.AsyncStream[ChatCompletionChunk]:
    """Begin a streamed answer, step by step without what this model does not take."""
    import openai

    known = _refused[at.base_url, at.model] | _unable(at)
    refused = set(known)
    while True:
        asked = _asked(at, wanted, refused)
        opened: openai.AsyncStream[ChatCompletionChunk]
        try:
            opened = await client.chat.completions.create(**asked)
        except openai.APIStatusError as error:
            if error.status_code not in NOT_TAKEN:
                raise
            told = _not_taken(error.response.text, wanted, refused)
            if not told:
                raise
            refused |= told
        else:
            _refused[at.base_url, at.model] |= refused - known
            return opened


def _unable(at: Place) -> set[str]:
    """What the endpoint is known not to take."""
    known = {"json_schema": at.json_schema, "tools": at.tools}
    return {name for name, able in known.items() if able is False}


def _not_taken(said: str, wanted: Wanted, refused: set[str]) -> set[str]:
    """What to leave out, by what a server says of the request; nothing: it is refused as it is."""
    told = {option for option in OPTIONS if option in said} - refused
    if wanted.needs_tools or not wanted.tools:
        told -= {"tools"}
    form = _form(refused) if wanted.schema is not None else None
    if not told and form is not None:
        told = {form}
    return told


def _form(refused: set[str]) -> str | None:
    return next((form for form in FORMS if form not in refused), None)


def _asked(at: Place, wanted: Wanted, refused: set[str]) -> Any:
    """The request in the client's words."""
    named = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
    asked: dict[str, Any] = {"model": at.model, "stream": True, named: wanted.most_out}
    messages = list(wanted.messages)
    if "stream_options" not in refused:
        asked["stream_options"] = {"include_usage": True}
    if wanted.tools and "tools" not in refused:
        asked["tools"] = [dict(tool) for tool in wanted.tools]
    if wanted.schema is not None:
        form = _form(refused)
        if form == "json_schema":
            strict = {"name": "answer", "strict": True, "schema": wanted.schema}
            asked["response_format"] = {"type": form, "json_schema": strict}
        else:
            messages = [_in_json(wanted), *messages]
        if form == "json_object":
            asked["response_format"] = {"type": form}
    return {**asked, "messages": cast("list[ChatCompletionMessageParam]", messages)}


def _in_json(wanted: Wanted) -> Said:
    """What a model is told that knows no schema."""
    told = json.dumps(wanted.schema, ensure_ascii=False)
    return {"role": "system", "content": f"Answer with one JSON object of this schema:\n{told}"}


def _count(chunk: ChatCompletionChunk, usage: Usage) -> None:
    """Note what the endpoint says it used; some send the numbers as null."""
    told = chunk.usage
    if told is not None and (written := counted(told.completion_tokens)):
        usage.tokens_in = counted(told.prompt_tokens) or usage.tokens_in
        usage.tokens_out, usage.counted = written, True


async def _next(
    chunks: AsyncIterator[ChatCompletionChunk], limit: float
) -> ChatCompletionChunk | None:
    async with asyncio.timeout(limit):
        return await anext(chunks, None)


async def _emptied(chunks: AsyncIterator[ChatCompletionChunk]) -> None:
    """Let the client's iterators end here: else they are collected in any thread, at any time.

    The connection is closed, so nothing comes but what was read already.
    """
    with suppress(RuntimeError, *wire.failures()):  # a closed stream is a RuntimeError
        async with asyncio.timeout(CLOSING):
            async for _chunk in chunks:
                pass


class Calls:
    """Puts together the calls of tools, which come in pieces."""

    def __init__(self) -> None:
        self._ids: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._arguments: defaultdict[int, str] = defaultdict(str)

    def take(self, pieces: list[ChoiceDeltaToolCall]) -> None:
        """Add what came; some servers number no piece, and send each call whole."""
        for piece in pieces:
            new = bool(piece.function and piece.function.name)
            told: int | None = getattr(piece, "index", None)
            at = max(0, len(self._names) - (not new)) if told is None else told
            self._ids[at] = piece.id or self._ids.get(at, "")
            if piece.function is not None:
                self._names[at] = piece.function.name or self._names.get(at, "")
                self._arguments[at] += piece.function.arguments or ""

    def made(self) -> Iterator[Asks]:
        """Yield each whole call, in order."""
        for at in sorted(self._names):
            yield Asks(self._ids[at] or f"call-{at}", self._names[at], self._arguments[at] or "{}")
