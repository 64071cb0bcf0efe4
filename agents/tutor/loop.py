"""The model speaks: in rounds, where it asks for tools; in a second draft, where the gate stopped it.

When that is stopped, too, words of our own stand in: nothing of a solution ever leaves.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from django.utils.translation import gettext as _

from agents import llm, policy
from agents.spend import Capability
from agents.tutor import speak, tools, turns
from agents.tutor.mouth import Mouth
from agents.tutor.records import Way
from agents.tutor.tools import Bench
from agents.tutor.turn import Speaking, Turn
from tutorai.errors import ModelUnavailable
from tutorai.threads import in_thread

BEAT = 1.0  # seconds between two looks whether to go on
SWITCHED = 20.0  # likewise whether the tutor was switched off: an answer may take minutes
DRAFTS = 2
GUIDED, EXPLAINED = 500, 900  # tokens of an answer, at most


def safe() -> str:
    """What is said where the model's own words had to be held back."""
    return _(
        "I will not take this step for you. Look again at what is given and at what is asked. Which "
        "idea of the course connects the two, and what would be your next step?"
    )


async def spoken(turn: Turn, mouth: Mouth, canary: str) -> bool:
    """Let a model answer through `mouth`; False when the person stopped it. Raises ModelError."""
    offered, told = await in_thread(_ready)(turn, canary)
    most = GUIDED if turn.decision.way is Way.GUIDE else EXPLAINED
    tokens = sum(map(llm.tokens, told)) + llm.estimate(str(offered))
    speech = _Speech(turn, mouth)
    async with turn.door.call(turn.who, tokens, most, needs_vision=turn.pictured) as call:
        try:
            if offered and call.place.tools is not True:
                offered, told = [], speak.toolless(told)
            return await speech.drafts(call, told, offered)
        finally:
            turn.bill.add(call, speaks=True)
            turn.tools = speech.bench.made


def _ready(turn: Turn, canary: str) -> tuple[list[dict[str, Any]], list[llm.Said]]:
    """The tools that may be called, and what the model is told. Blocking."""
    offered = _offered(turn)
    return offered, speak.messages(_told(turn, canary, bool(offered)))


def _offered(turn: Turn) -> list[dict[str, Any]]:
    if policy.off(turn.actor, Capability.TOOLS):
        return []
    return tools.offered(turn.actor)


def _told(turn: Turn, canary: str, offered: bool) -> speak.Told:
    return speak.Told(
        question=turn.question,
        decision=turn.decision,
        assessment=turn.assessment,
        policy=turn.policy,
        cover=turn.cover,
        canary=canary,
        passages=turn.passages if turn.floor_passed else (),
        before=turn.before,
        vault=turn.vault,
        problem=turn.problem,
        parts=turn.parts,
        locale=turn.actor.locale,
        tools=offered,
    )


class _Speech:
    """One answer under way."""

    def __init__(self, turn: Turn, mouth: Mouth) -> None:
        self.turn, self.mouth = turn, mouth
        self.bench = Bench(turn.actor, turn.cover, mouth.tell, turn.known.append)
        now = asyncio.get_running_loop().time()
        self._next, self._on = now + BEAT, now + SWITCHED

    async def drafts(
        self, call: Speaking, told: Sequence[llm.Said], offered: Sequence[Any]
    ) -> bool:
        """Speak; where the gate stops it, once more and stricter; then in words of our own."""
        mouth = self.mouth
        for draft in range(DRAFTS):
            if not await self._draft(call, told, offered):
                return False
            if not mouth.hit:
                break
            self.turn.held_back += 1
            if draft + 1 < DRAFTS:
                told = speak.stricter(told, mouth.text)
                mouth.again()
        if mouth.hit or (mouth.full and not mouth.text.strip()):
            mouth.say(safe())
        elif mouth.full and not mouth.text.rstrip().endswith("?"):
            mouth.say(_("What would you do next?"))
        if not mouth.text.strip():
            raise ModelUnavailable()  # it may have asked for tools that nobody offered
        return True

    async def _draft(
        self, call: Speaking, told: Sequence[llm.Said], offered: Sequence[Any]
    ) -> bool:
        talk = list(told)
        before = _Before()
        for turned in range(tools.ROUNDS + 1):
            use = offered if turned < tools.ROUNDS and not self.bench.spent else ()
            asks: list[llm.Asks] = []
            said = ""
            async with aclosing(call.stream(talk, use or None)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, llm.Asks):
                        asks.append(piece)
                        continue
                    said += piece.text
                    self.mouth.feed(before.fresh(piece.text))
                    if self.mouth.hit or self.mouth.full:
                        return True
                    if not await self._goes_on():
                        return False
            if not asks or not use:
                break
            before.ended(said)
            talk += await self.bench.answer(asks, said)
        self.mouth.close()
        return True

    async def _goes_on(self) -> bool:
        """Keep what was said so far, now and then; False when it was stopped meanwhile.

        Raises SwitchedOff when the tutor was.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._on:
            self._on = now + SWITCHED
            await in_thread(policy.check)(self.turn.actor, Capability.ASK)
        if now < self._next:
            return True
        self._next = now + BEAT
        return await in_thread(turns.beat)(self.turn.message_id, self.mouth.text)


class _Before:
    """What was said before the model asked for tools: it is read already, and not said again."""

    def __init__(self) -> None:
        self._said = ""
        self._held: str | None = None  # of the round, as long as it only repeats; None: it does not
        self._apart = ""

    def ended(self, said: str) -> None:
        """A round ends with calls of tools; the next one stands apart from it."""
        if said.strip():
            self._said, self._apart = said.strip(), "\n\n"
        self._held = "" if self._said else None

    def fresh(self, piece: str) -> str:
        """Take a piece; return what of it is new."""
        if self._held is None:
            return piece
        self._held = (self._held + piece).lstrip()
        if self._said.startswith(self._held):
            return ""
        new, self._held = self._held.removeprefix(self._said).lstrip(), None
        return self._apart + new
