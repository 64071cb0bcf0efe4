"""What an endpoint can do, found out by a few small calls to it. Blocking.

A capability is what the model showed, not what its server claims: a tool that was called, an
object of the right form, the colour of a picture.
"""

import asyncio
import base64
import struct
import time
import zlib
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Any

import httpx2
from django.utils import timezone
from pydantic import BaseModel, ValidationError

from agents.llm import forms, places, streaming, vectors, wire
from agents.llm.places import Place, Size
from agents.llm.said import Asks, Said, Text, Usage, Wanted
from agents.models.money import Endpoint
from agents.spend import ledger
from agents.spend.who import For
from tutorai.errors import ModelError, ModelRefused
from tutorai.idle import release

PATIENCE = 60.0  # seconds for all of it
MOST_OUT = 200  # tokens; some models think before they say a word
WORST = 2600, 4 * MOST_OUT  # tokens that a probe may use: in (one picture), out
TOLD = ("max_model_len", "context_length", "context_window", "max_context_length")
ABILITIES = ("tools", "json_schema", "vision", "stream_usage", "context")
NOTE = {
    "type": "function",
    "function": {
        "name": "note",
        "description": "Write a word down.",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}},
            "required": ["word"],
        },
    },
}


class Colour(BaseModel):
    """What a probe asks for in JSON."""

    colour: str


@dataclass
class Probe:
    """What was found; None: not known. `error`: the code of why it did not answer, or ""."""

    tools: bool | None = None
    json_schema: bool | None = None
    vision: bool | None = None
    stream_usage: bool | None = None
    context: int | None = None
    error: str = ""
    seconds: float = 0.0
    spent: int = 0

    def told(self) -> dict[str, Any]:
        """The same for a program to read."""
        return asdict(self)


def probe(place: Place, who: For | None) -> Probe:
    """Find out what the endpoint can do, and write it down at its row.

    It is charged to `who`; an operator's own look is nobody's. Raises BudgetSpent.
    """
    charge = ledger.reserve(who, place.cost(*WORST)) if who is not None else None
    release()
    found, usages, began = Probe(), [Usage()], time.monotonic()
    try:
        wire.run(_looked(place, found, usages))
    finally:
        told = sum(one.tokens_in for one in usages), sum(one.tokens_out for one in usages)
        found.spent, found.seconds = place.cost(*told), round(time.monotonic() - began, 2)
        if charge is not None:
            used = ledger.Used(found.spent, *told, place.name, place.model)
            ledger.settle(charge.pk, used)
    places.unmark(place)
    _written(place, found)
    return found


def _written(place: Place, found: Probe) -> None:
    """Keep what was found; what could not be seen this time stays as it was."""
    if place.id is None:
        return
    seen = {name: getattr(found, name) for name in ABILITIES}
    told = {name: value for name, value in seen.items() if value is not None}
    Endpoint.objects.filter(pk=place.id).update(
        probed_at=timezone.now(), probe_error=found.error[:40], **told
    )


async def _looked(place: Place, found: Probe, usages: list[Usage]) -> None:
    """Fill `found`, as far as there is time."""
    streaming.forget(place)
    # What it could not do when it was looked at last is tried again.
    place = replace(place, tools=None, json_schema=None)
    try:
        async with asyncio.timeout(PATIENCE):
            if place.size == Size.VECTORS:
                await vectors.embedded(place, ["ready"], usages[0], None)
            else:
                await _spoken(place, found, usages)
    except ModelError as error:
        found.error = error.code
    except wire.failures() as error:
        found.error = wire.in_words(error).code


async def _spoken(place: Place, found: Probe, usages: list[Usage]) -> None:
    words: list[Said] = [{"role": "user", "content": "Say the word: ready"}]
    await _said(place, Wanted(words, MOST_OUT), usages)
    found.stream_usage = usages[-1].counted
    found.context = await _context(place)
    found.tools = await _able(place, _calls(place, usages))
    found.json_schema = await _able(place, _forms(place, usages))
    found.vision = await _able(place, _sees(place, usages))


async def _able(place: Place, look: Any) -> bool | None:
    """Whether it can; None where it fell silent, which says nothing."""
    try:
        able: bool = await look
    except ModelRefused:
        return False
    except ModelError:
        return None
    return able


async def _said(place: Place, wanted: Wanted, usages: list[Usage]) -> tuple[str, list[Asks]]:
    usage = Usage()
    usages.append(usage)
    async with aclosing(streaming.answer(place, wanted, usage)) as answer:
        pieces = [piece async for piece in answer]
    text = "".join(piece.text for piece in pieces if isinstance(piece, Text))
    return text, [piece for piece in pieces if isinstance(piece, Asks)]


async def _calls(place: Place, usages: list[Usage]) -> bool:
    words = [{"role": "user", "content": "Call the tool note with the word: ready"}]
    wanted = Wanted(words, MOST_OUT, [NOTE], needs_tools=True)
    _text, asked = await _said(place, wanted, usages)
    return any(one.name == "note" for one in asked)


async def _forms(place: Place, usages: list[Usage]) -> bool:
    words = [{"role": "user", "content": "Which colour has grass? Answer in JSON."}]
    text, _asked = await _said(place, Wanted(words, MOST_OUT, schema=forms.schema(Colour)), usages)
    try:
        Colour.model_validate_json(text)
    except ValidationError:
        return False
    return not streaming.refuses(place, "json_schema")


async def _sees(place: Place, usages: list[Usage]) -> bool:
    words = {"type": "text", "text": "Which colour is this picture? Answer with one word."}
    picture = {"type": "image_url", "image_url": {"url": _red()}}
    messages = [{"role": "user", "content": [words, picture]}]
    text, _asked = await _said(place, Wanted(messages, MOST_OUT), usages)
    return "red" in text.casefold()


def _red() -> str:
    """A red square as a data URL: a PNG of 32 x 32 points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xe0\x10\x10" * 32) * 32)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


async def _context(place: Place) -> int | None:
    """How many tokens it takes, where its server tells: vLLM, OpenRouter, llama.cpp …"""
    async with wire.client(place, seconds=wire.CONNECT) as client:
        try:
            listed = await client.get("/models", cast_to=httpx2.Response)
            rows = listed.json().get("data") or []
            mine = [row for row in rows if row.get("id") == place.model] or rows[:1]
            if told := _length(mine[0] if mine else {}):
                return told
            props = await client.get(
                f"{place.base_url.rstrip('/').removesuffix('/v1')}/props", cast_to=httpx2.Response
            )
            return _length(props.json().get("default_generation_settings") or {})
        except wire.failures():
            return None  # not every server tells


def _length(told: Mapping[str, Any]) -> int | None:
    found = [told.get(name) for name in (*TOLD, "n_ctx")]
    return next((one for one in found if isinstance(one, int) and one > 0), None)
