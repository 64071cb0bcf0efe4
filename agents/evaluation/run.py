"""Scenario sets through the whole turn: what a student would meet, said turn by turn.

`run` blocks; several conversations go on at once, each of a student of its own.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents import policy
from agents.evaluation import place
from agents.evaluation.heard import Heard, Tried
from agents.evaluation.place import Room
from agents.evaluation.scenarios import Scenario, Set, Turn
from agents.models import Charge, Message
from agents.tutor import ask, turns
from agents.tutor.gate import Gate
from agents.tutor.holdback import Holdback
from tutorai.errors import TutorError
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_thread

logger = logging.getLogger(__name__)
AT_ONCE = 4  # conversations
CENTS = 500  # a whole run may cost, unless told otherwise


@dataclass(frozen=True)
class Seams:
    """What stands between model and student. Others than the product's own are for tests alone:
    with gates that let all pass, the sets have to fail.
    """

    holdback: Callable[..., Any] = Holdback
    gate: Callable[..., Any] = Gate


@dataclass(frozen=True)
class Ran:
    """A whole run: each set with its conversations, and what they cost together."""

    tried: Sequence[tuple[Set, Sequence[Tried]]]
    charges: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def run(
    sets: Sequence[Set],
    door: turns.Door,
    *,
    persona: str = "",
    cents: int = CENTS,
    at_once: int = AT_ONCE,
    seams: Seams | None = None,
) -> Ran:
    """Try every scenario against the models behind `door`; leave nothing behind. Blocking."""
    start = time.monotonic()
    with place.scratch(sets, persona=persona, cents=cents) as held:
        talks = [
            (one, room, scenario)
            for one, room in zip(sets, held.rooms, strict=True)
            for scenario in one.scenarios
        ]
        made = asyncio.run(_all(talks, held.institution_id, door, at_once, seams or Seams()))
        charges = place.charges(held.institution_id)
    by_set = iter(made)
    tried = [(one, [next(by_set) for _scenario in one.scenarios]) for one in sets]
    return Ran(tried, charges, time.monotonic() - start)


async def _all(
    talks: Sequence[tuple[Set, Room, Scenario]],
    institution_id: Any,
    door: turns.Door,
    at_once: int,
    seams: Seams,
) -> list[Tried]:
    few = asyncio.Semaphore(at_once)

    async def one(room: Room, scenario: Scenario) -> Tried:
        async with few:
            actor = await in_thread(place.student)(room, scenario, institution_id)
            return await talk(actor, room, scenario, door, seams)

    return await asyncio.gather(*(one(room, scenario) for _set, room, scenario in talks))


async def talk(
    actor: Actor, room: Room, scenario: Scenario, door: turns.Door, seams: Seams
) -> Tried:
    """Have one conversation."""
    heard: list[Heard] = []
    broken = ""
    conversation = None
    hints = (await in_thread(policy.of)(actor)).hints
    for turn in scenario.turns:
        asked = turns.Question(room.course_id, turn.say, conversation)
        try:
            begun = await in_thread(turns.begin)(actor, asked, door)
        except TutorError as error:
            heard.append(Heard(turn, error=error.code, told=str(error)))
            continue
        except Exception as error:
            # Whatever else goes wrong is what the run is there to find.
            logger.exception("Scenario %s broke off", scenario.name)
            broken = type(error).__name__
            break
        conversation = begun.conversation_id
        heard.append(await _heard(begun, turn, seams))
    effects = await in_thread(place.effects)(actor)
    return Tried(scenario, heard, room.texts, hints, effects, broken)


async def _heard(begun: turns.Turn, turn: Turn, seams: Seams) -> Heard:
    start, first = time.monotonic(), None
    shown, told, done = "", [], {}
    error = ""
    async for name, data in ask.events(begun, holdback=seams.holdback, gate=seams.gate):
        match name:
            case "delta":
                shown += data["text"]
                first = first or time.monotonic() - start
            case "cite":
                pass  # they stand in `done` once more
            case "done":
                done = data
            case "error":
                error = str(data["code"])
                told += texts(data)
            case _:
                told += texts(data)
    held = await in_thread(_kept)(begun)
    return Heard(
        turn,
        error=error,
        shown=shown,
        answer=str(done.get("answer", "")),
        told="\n".join([*told, *texts({**done, "answer": "", "citations": ()})]),
        mode=str(done.get("mode", "")),
        citations=tuple(done.get("citations", ())),
        seconds=time.monotonic() - start,
        first=first,
        **held,
    )


def _kept(begun: turns.Turn) -> dict[str, Any]:
    """What was written down of the answer."""
    row = Message.objects.get(pk=begun.message_id)
    calls = Charge.objects.filter(message=begun.message_id).count()
    return {
        "way": row.way,
        "intent": row.intent,
        "hint": row.hint_level,
        "held": row.held_back,
        "tools": tuple(row.tools),
        "calls": calls,
    }


def texts(data: Any) -> list[str]:
    """Return every text in what was sent."""
    match data:
        case str():
            return [data]
        case dict():
            return [text for one in data.values() for text in texts(one)]
        case list() | tuple():
            return [text for one in data for text in texts(one)]
    return []
