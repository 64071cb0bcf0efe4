"""A call: set aside what it may cost, ask one endpoint after the other, settle what it did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents import switches
from agents.llm import forms, places, streaming, wire
from agents.llm.places import Place
from agents.llm.said import Asks, Said, Text, Usage, Wanted
from agents.models.money import Charge
from agents.spend import ledger
from agents.spend.who import For
from tutorai.errors import (
    BudgetSpent,
    CannotSee,
    ModelError,
    ModelUnavailable,
    SwitchedOff,
)
from tutorai.idle import release
from tutorai.threads import in_thread

M = TypeVar("M", bound=BaseModel)
Thread = Callable[[Callable[..., Any]], Callable[..., Any]]

ROOM = 600  # tokens of an answer that is JSON, unless told otherwise
_settling: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references


@dataclass(frozen=True)
class Needs:
    """What a call needs of a model; tokens at most."""

    tokens_in: int
    most_out: int
    small: bool = False
    tools: bool = False
    vision: bool = False


def available(
    who: For,
    *,
    small: bool = False,
    vision: bool = False,
    among: Sequence[Place] | None = None,
) -> bool:
    """Whether a model can be asked: there is one, it is on, and there is money. Blocking."""
    if switches.off(who):
        return False
    found = _fit(_places(who, among), Needs(0, 0, small=small, vision=vision))
    return bool(found) and _within(found, ledger.standing(who).left)


def _within(found: list[Place], left: int) -> bool:
    return any(place.cost(1, 1) <= left for place in found)


def _places(who: For, among: Sequence[Place] | None) -> list[Place]:
    """What may be asked: those named, else those of the institution."""
    return places.of(who.institution_id) if among is None else list(among)


def opened(
    who: For, needs: Needs, among: Sequence[Place] | None = None
) -> tuple[list[Place], Charge, bool]:
    """Choose endpoints and set money aside; tell whether they are smaller than was asked for.

    Blocking. Raises SwitchedOff, ModelUnavailable, CannotSee and BudgetSpent.
    """
    if switches.off(who):
        raise SwitchedOff()
    found = _places(who, among)
    usual = _fit(found, needs)
    if not usual:
        raise CannotSee() if needs.vision and found else ModelUnavailable()
    smaller = _cheaper(found, needs, usual)
    if smaller and ledger.standing(who).soft:
        return smaller, _reserved(who, needs, smaller), True
    try:
        return usual, _reserved(who, needs, usual), False
    except BudgetSpent:
        if not smaller:
            raise
    return smaller, _reserved(who, needs, smaller), True


def _fit(found: list[Place], needs: Needs) -> list[Place]:
    return places.speaking(
        found,
        small=needs.small,
        tools=needs.tools,
        vision=needs.vision,
        tokens=needs.tokens_in + needs.most_out,
    )


def _cheaper(found: list[Place], needs: Needs, usual: list[Place]) -> list[Place]:
    """What is asked where money is short, if there is anything cheaper."""
    order = _fit(found, replace(needs, small=True))
    return order if _worst(order, needs) < _worst(usual, needs) else []


def _worst(order: list[Place], needs: Needs) -> int:
    return order[0].cost(needs.tokens_in, needs.most_out)


def _reserved(who: For, needs: Needs, order: list[Place]) -> Charge:
    return ledger.reserve(who, _worst(order, needs))


class Call:
    """Requests of one call. `spent` is in millionths of a dollar; `degraded`: money is short, so
    a smaller model answers.
    """

    def __init__(
        self, order: list[Place], charge: Charge, needs: Needs, thread: Thread, *, degraded: bool
    ) -> None:
        self.degraded = degraded
        self.model = order[0].model
        self.place = order[0]
        self._order, self._charge, self._needs = order, charge, needs
        self._thread = thread
        self._reserved: int = charge.reserved
        self._used: list[tuple[Place, Usage]] = []

    @property
    def usage(self) -> Usage:
        """What all requests used together."""
        used = [usage for _place, usage in self._used]
        return Usage(
            sum(one.tokens_in for one in used),
            sum(one.tokens_out for one in used),
            all(one.counted for one in used),
        )

    @property
    def spent(self) -> int:
        """What they cost, so far."""
        return sum(place.cost(used.tokens_in, used.tokens_out) for place, used in self._used)

    async def stream(
        self, messages: Sequence[Said], tools: Sequence[Mapping[str, Any]] | None = None
    ) -> AsyncGenerator[Text | Asks, None]:
        """Yield the answer as it comes, and the tools that it asks for. Raises ModelError."""
        wanted = Wanted(messages, self._needs.most_out, tools or (), self._needs.tools)
        async with aclosing(self._said(wanted)) as pieces:
            async for piece in pieces:
                yield piece

    async def parse(self, messages: Sequence[Said], kind: type[M]) -> M:
        """Return the answer as an object; one wrong answer may be put right. Raises ModelError."""
        text = await self._whole(messages, kind)
        try:
            return forms.read(text, kind)
        except ValidationError as error:
            again = [*messages, *forms.repair(text, error, kind)]
        try:
            return forms.read(await self._whole(again, kind), kind)
        except ValidationError as error:
            raise ModelUnavailable() from error

    async def _whole(self, messages: Sequence[Said], kind: type[BaseModel]) -> str:
        wanted = Wanted(messages, self._needs.most_out, schema=forms.schema(kind))
        async with aclosing(self._said(wanted)) as pieces:
            return "".join([piece.text async for piece in pieces if isinstance(piece, Text)])

    async def _said(self, wanted: Wanted) -> AsyncGenerator[Text | Asks, None]:
        """Ask one endpoint after the other, until one begins to answer."""
        failed: ModelError | None = None
        for place in self._order:
            usage, begun = Usage(), False
            try:
                await self._afford(place, wanted)
                self._used.append((place, usage))
                async with aclosing(streaming.answer(place, wanted, usage)) as pieces:
                    async for piece in pieces:
                        if not begun:
                            begun = True
                            self._stay(place)
                        yield piece
            except ModelError as error:
                if begun:
                    raise
                failed = failed or error
                if not isinstance(error, BudgetSpent):
                    await self._thread(places.mark)(place, error)
            else:
                return
        raise failed or ModelUnavailable()

    def _stay(self, place: Place) -> None:
        """One call speaks with one model, as long as that answers."""
        self.place, self.model = place, place.model
        self._order = [place, *(one for one in self._order if one is not place)]

    async def _afford(self, place: Place, wanted: Wanted) -> None:
        """Set aside what one more request may cost, beyond what is. Raises BudgetSpent."""
        worst = self.spent + place.cost(wanted.tokens(), wanted.most_out)
        lacking = max(0, worst - self._reserved)
        if lacking or self._used:
            await self._thread(ledger.more)(self._charge.pk, lacking)
            self._reserved += lacking

    def used(self) -> ledger.Used:
        """What is written down at the end."""
        usage = self.usage
        told = self.place.name, self.model
        return ledger.Used(self.spent, usage.tokens_in, usage.tokens_out, *told)


@asynccontextmanager
async def call(
    who: For,
    messages_estimate: int,
    most_out: int,
    *,
    small: bool = False,
    needs_tools: bool = False,
    needs_vision: bool = False,
    among: Sequence[Place] | None = None,
    thread: Thread = in_thread,
) -> AsyncIterator[Call]:
    """Open a call of at most so many tokens, for whatever requests it takes.

    `among`: the places that may be asked, where they are not the institution's (an evaluation).

    Raises SwitchedOff, and ModelError: BudgetSpent, CannotSee, ModelUnavailable … What the caller
    leaves, or is made to leave, is charged by what was used until then.
    """
    needs = Needs(messages_estimate, most_out, small, needs_tools, needs_vision)
    order, charge, degraded = await _opened(thread, who, needs, among)
    made = Call(order, charge, needs, thread, degraded=degraded)
    try:
        yield made
    finally:
        await _settled(thread, charge, made.used())


async def _opened(
    thread: Thread, who: For, needs: Needs, among: Sequence[Place] | None
) -> tuple[list[Place], Charge, bool]:
    """`opened` in a thread; whoever goes away meanwhile gives back what was set aside."""
    task = asyncio.ensure_future(thread(opened)(who, needs, among))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(lambda done: _given_back(thread, done))
        raise


def _given_back(thread: Thread, done: asyncio.Future[tuple[list[Place], Charge, bool]]) -> None:
    if not done.cancelled() and done.exception() is None:
        _begin(thread, done.result()[1], ledger.Used())


async def _settled(thread: Thread, charge: Charge, used: ledger.Used) -> None:
    await asyncio.shield(_begin(thread, charge, used))


def _begin(thread: Thread, charge: Charge, used: ledger.Used) -> asyncio.Task[None]:
    async def settle() -> None:
        await thread(ledger.settle)(charge.pk, used)

    task = asyncio.ensure_future(settle())
    _settling.add(task)
    task.add_done_callback(_settling.discard)
    return task


def ask_now(
    who: For, messages: Sequence[Said], kind: type[M], *, small: bool = True, room: int = ROOM
) -> M:
    """`call` and `parse` for a job that may wait; an answer has at most `room` tokens.

    Blocking. Raises as they do.
    """
    release()
    with ThreadPoolExecutor(1, thread_name_prefix="ask-now") as pool:
        asked = _asked(who, messages, kind, small, room, lambda work: in_thread(work, pool))
        return wire.run(asked)


async def _asked(
    who: For, messages: Sequence[Said], kind: type[M], small: bool, room: int, thread: Thread
) -> M:
    tokens = Wanted(messages, room, schema=forms.schema(kind)).tokens()
    async with call(who, tokens, room, small=small, thread=thread) as opened:
        return await opened.parse(messages, kind)
