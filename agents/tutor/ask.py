"""One question answered, as events. The turn goes on when nobody listens any more."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from agents import embed, ground, llm
from agents.models.talk import Message
from agents.spend import Capability
from agents.tutor import after, assess, fence, loop, passages, reading, ready, speak, turns
from agents.tutor.gate import Gate
from agents.tutor.holdback import Holdback
from agents.tutor.mouth import MOST_WORDS, Event, Gates, Holdbacks, Mouth
from agents.tutor.records import Assessment, Intent, Way
from agents.tutor.turn import Turn
from tutorai.errors import ModelError, SwitchedOff, TutorError
from tutorai.threads import in_slow_thread, in_thread

log = logging.getLogger(__name__)
PATIENCE = 0.5  # seconds between two looks at an answer that another request writes
# What is said from the course's material: then it has to bear it out.
CLAIMS = frozenset({Intent.EXPLAIN})

_running: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references
Queue = asyncio.Queue["Event | None"]


async def events(
    turn: Turn, *, holdback: Holdbacks = Holdback, gate: Gates = Gate
) -> AsyncGenerator[Event, None]:
    """Yield status, delta, cite, tool and at last done (or error)."""
    ids = {"conversation_id": str(turn.conversation_id), "message_id": str(turn.message_id)}
    code = "assess" if turn.unsure else "speak"
    yield "status", {"code": code, **ids}
    if turn.replayed:
        yield await _replay(turn)
        return
    queue: Queue = asyncio.Queue()
    task = asyncio.create_task(_run(turn, queue, holdback, gate))
    _running.add(task)
    task.add_done_callback(_running.discard)
    while (event := await queue.get()) is not None:
        yield event


async def _replay(turn: Turn) -> Event:
    """The answer to a question that was asked before, once it is there."""
    while True:
        told, state = await in_thread(reading.replay)(turn)
        if state != Message.State.STREAMING:
            return "done", told
        await asyncio.sleep(PATIENCE)


async def _run(turn: Turn, queue: Queue, holdback: Holdbacks, gate: Gates) -> None:
    try:
        with translation.override(turn.actor.locale):
            await _answer(turn, queue, holdback, gate)
    except Exception as error:
        # The last place that can tell: a task's exception is seen by nobody.
        told = error if isinstance(error, TutorError) else TutorError()
        if told is not error:
            log.exception("answer failed")
        with translation.override(turn.actor.locale):
            queue.put_nowait(("error", {"code": told.code, "detail": str(told)}))
        await in_thread(ready.undone)(turn)  # nobody can tell whether its hint was read
        await in_thread(turns.fail)(turn)
    finally:
        queue.put_nowait(None)


async def _answer(turn: Turn, queue: Queue, holdback: Holdbacks, gate: Gates) -> None:
    if not turn.words:
        await in_thread(ready.decided)(turn, await _judged(turn, holdback))
    if turn.unsure:
        queue.put_nowait(("status", {"code": "speak"}))
    answer = _Answer(turn, queue, holdback, gate)
    await answer.give()
    kept = await in_thread(answer.keep)()
    queue.put_nowait(("done", reading.told(turn.conversation_id, turn.message_id, kept)))


async def _judged(turn: Turn, holdback: Holdbacks) -> Assessment:
    """How the turn is taken: by the rules, or by a small model where they are not sure."""
    if not turn.unsure:
        return turn.assessment
    said = "\n\n".join(one for one in (turn.question, turn.attached) if one)
    told = turn.cover.hidden(assess.messages(said, turn.setting))
    who = replace(turn.who, capability=Capability.ASSESS)
    tokens = sum(map(llm.tokens, told))
    try:
        async with turn.door.call(who, tokens, assess.MOST_OUT, small=True) as call:
            try:
                judged = await call.parse(told, assess.Judged)
            finally:
                turn.bill.add(call)
    except (ModelError, SwitchedOff):
        return turn.assessment  # the rules' word is better than none
    written = turn.cover.shown(judged.model_dump(include=assess.WRITTEN))
    # It was told the answers; what it writes is kept, and people may read that.
    safe = {name: text if _clean(turn, holdback, text) else "" for name, text in written.items()}
    return assess.joined(turn.assessment, judged.model_copy(update=safe), turn.setting)


def _clean(turn: Turn, holdback: Holdbacks, text: str) -> bool:
    """Whether a text gives nothing away that the teacher keeps back."""
    if not text:
        return True
    held = holdback(turn.vault, said=[turn.question, *turn.own])
    held.feed(text)
    held.close()
    return not held.hit


class _Answer:
    """What becomes of one turn: a model's words, the course's, or ours."""

    def __init__(self, turn: Turn, queue: Queue, holdback: Holdbacks, gate: Gates) -> None:
        self.turn = turn
        self.mode, self.notice = "model", turn.notice
        self.state: str = Message.State.DONE
        guided = turn.decision.way is Way.GUIDE
        self.gate = gate(turn.passages if turn.floor_passed else ())
        self.gate.citations.allowed = self._clean
        self._holdback, self._canary = holdback, fence.canary()
        most = MOST_WORDS if guided else 0
        self.mouth = Mouth(turn.cover, self._held, self.gate, queue.put_nowait, most)

    def _held(self) -> Any:
        """A gate that also knows what the tutor said last: a solution may go on from there."""
        turn = self.turn
        return self._holdback(
            turn.vault,
            self._canary,
            said=[turn.question, *turn.own],
            known=turn.known,
            never=speak.kept(),
            before=turn.last,
        )

    def _clean(self, text: str) -> bool:
        return _clean(self.turn, self._holdback, text)

    async def give(self) -> None:
        """Answer, one way or the other."""
        turn = self.turn
        if turn.words:
            self.mode = "refused"
            self.mouth.say(turn.words)
            return
        try:
            spoke = await loop.spoken(turn, self.mouth, self._canary)
        except ModelError as error:
            await self._without(error)
            return
        if turn.held_back >= loop.DRAFTS:
            await in_thread(ready.undone)(turn)
        if not spoke:
            self.state = Message.State.STOPPED
        self._noticed()

    def _noticed(self) -> None:
        """Say what the reader should know beside a model's answer."""
        turn, told = self.turn, []
        if turn.bill.degraded:
            told.append(_("The budget is nearly used up: a smaller model answered."))
        if turn.decision.intent in CLAIMS and self.state == Message.State.DONE:
            said = self.mouth.text
            supported = ground.check(said, turn.question, turn.passages).supported
            if turn.policy.general and not self.mouth.cited:
                told.append(_("This is not from your course material. Check it with care."))
            elif not supported or not self.mouth.cited:
                told.append(
                    _("This answer is not backed by your course material. Check it with care.")
                )
        self._add(*told)

    def _add(self, *told: str) -> None:
        self.notice = "\n\n".join(one for one in (self.notice, *told) if one)

    async def _without(self, error: ModelError) -> None:
        """No model answers: what the course says stands in, and why."""
        turn = self.turn
        await in_thread(ready.undone)(turn)
        self._add(await in_thread(turns.because)(turn, error))
        if not (turn.floor_passed and turn.passages):
            self.mode = "refused"
            self.mouth.say(_("I cannot answer that now. Try again in a little while."))
            return
        self.mode = "passages"
        said, cited = await in_slow_thread(passages.answer)(
            turn.sought, turn.passages, self.gate.citations, embed.likeness
        )
        if self._clean(said):
            self.mouth.quote(said, cited)
        else:
            self.mouth.say(loop.safe())

    def keep(self) -> dict[str, Any]:
        """Store it, and return what was stored. Blocking."""
        turn, bill = self.turn, self.turn.bill
        text = self.mouth.text.strip()
        if not text:
            ready.undone(turn)
        fields: dict[str, Any] = {
            "text": text,
            "mode": self.mode,
            "notice": self.notice,
            "citations": self.mouth.cited,
            "state": self.state,
            "tokens_in": bill.tokens_in,
            "tokens_out": bill.tokens_out,
            "cost": bill.cost,
            "way": turn.decision.way.value,
            "assessment": turn.assessment.model_dump(mode="json")
            | {"of": turn.policy.hints, **after.check(turn)},
            "intent": turn.decision.intent.value,
            "hint_level": turn.decision.level if turn.key else None,
            "held_back": turn.held_back,
            "tools": turn.tools,
        }
        if bill.model:
            fields |= {"model": bill.model, "prompt_hash": speak.prompt_hash()}
        turns.finish(turn, **fields)
        return fields | after.contacts(turn.actor, turn.decision.intent)
