"""Texts turned into vectors by an endpoint, charged like any other call. Blocking."""

import asyncio
import time
from collections.abc import Sequence

from django.conf import settings

from agents import switches
from agents.llm import places, wire
from agents.llm.places import Place
from agents.llm.said import Usage, counted, estimate
from agents.spend import ledger
from agents.spend.who import For
from tutorai.errors import ModelError, ModelUnavailable
from tutorai.idle import release

TRIES = 2  # of a call that no person waits for
QUESTION = 2.0  # seconds for a question's vector, all in all: words can answer alone


def embed(who: For, texts: Sequence[str], *, hurry: bool = False) -> list[list[float]]:
    """Return one vector a text, in order. Raises ModelError.

    `hurry`: a person waits, so there is one try, and little time for all of it.
    """
    order = places.vectors(who.institution_id)
    if not order:
        raise ModelUnavailable()
    if switches.off(who):
        raise ModelUnavailable(retry_after=ledger.PAUSE)
    charge = ledger.reserve(who, order[0].cost(sum(map(estimate, texts)), 0))
    used = ledger.Used(endpoint=order[0].name, model=order[0].model)
    release()
    try:
        vectors, used = _first(order, list(texts), hurry=hurry)
    finally:
        ledger.settle(charge.pk, used)
    return vectors


def _first(
    order: list[Place], texts: list[str], *, hurry: bool
) -> tuple[list[list[float]], ledger.Used]:
    """Ask one endpoint after the other, as long as there is time."""
    end, failed = time.monotonic() + QUESTION, ModelError()
    for place in order:
        usage, left = Usage(), max(0.0, end - time.monotonic()) if hurry else None
        try:
            vectors = _asked(place, texts, usage, left)
        except ModelError as error:
            failed = error
        else:
            spent = place.cost(usage.tokens_in, 0)
            told = ledger.Used(spent, usage.tokens_in, 0, place.name, place.model)
            return vectors, told
    raise failed


def _asked(at: Place, texts: list[str], usage: Usage, left: float | None) -> list[list[float]]:
    try:
        return wire.run(embedded(at, texts, usage, left))
    except wire.failures() as error:
        raise wire.in_words(error) from error


async def embedded(
    at: Place, texts: list[str], usage: Usage, left: float | None
) -> list[list[float]]:
    """Ask once; `left` seconds for all of it, or None. Raises what `wire.failures` names."""
    tries = TRIES if left is None else 1
    async with asyncio.timeout(left):
        if not at.trusted:
            await asyncio.to_thread(wire.guard, at)
        async with wire.client(at, seconds=settings.MODEL_FIRST_SECONDS, tries=tries) as client:
            made = await client.embeddings.create(
                model=at.model, input=texts, encoding_format="float"
            )
    ordered = sorted(made.data, key=lambda one: one.index)
    vectors = [[float(number) for number in one.embedding] for one in ordered]
    if len(vectors) != len(texts) or not all(vectors):
        raise ValueError
    told = counted(getattr(made.usage, "prompt_tokens", 0))
    usage.tokens_in, usage.counted = told or sum(map(estimate, texts)), bool(told)
    return vectors
