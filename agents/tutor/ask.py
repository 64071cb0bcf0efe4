"""One question answered, as events. The turn goes on when nobody listens any more."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from agents import embed, ground, llm, spend
from agents.models.talk import Message
from agents.tutor import passages, reading, speak, turns
from agents.tutor.gate import Gate
from agents.tutor.turns import Turn
from tutorai.errors import ModelError, ModelUnavailable, TutorError
from tutorai.threads import in_slow_thread, in_thread

log = logging.getLogger(__name__)
BEAT = 1.0  # seconds between two looks whether to go on
PATIENCE = 0.5  # seconds between two looks at an answer that another request writes

Event = tuple[str, dict[str, Any]]
_running: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references


async def events(turn: Turn) -> AsyncIterator[Event]:
    """Yield status, delta, cite and at last done (or error)."""
    ids = {"conversation_id": str(turn.conversation_id), "message_id": str(turn.message_id)}
    yield "status", {"code": "speak", **ids}
    if turn.replayed:
        yield await _replay(turn)
        return
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.create_task(_run(turn, queue))
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


async def _run(turn: Turn, queue: "asyncio.Queue[Event | None]") -> None:
    try:
        await _answer(turn, queue)
    except Exception as error:
        # The last place that can tell: a task's exception is seen by nobody.
        told = error if isinstance(error, TutorError) else TutorError()
        if told is not error:
            log.exception("answer failed")
        with translation.override(turn.actor.locale):
            queue.put_nowait(("error", {"code": told.code, "detail": str(told)}))
        await in_thread(turns.fail)(turn)
    finally:
        queue.put_nowait(None)


async def _answer(turn: Turn, queue: "asyncio.Queue[Event | None]") -> None:
    usage, gate = llm.Usage(), Gate(turn.passages)
    state: str = Message.State.DONE
    notice, mode = turn.notice, "model"
    if turn.endpoint is not None:
        try:
            if not await _spoken(turn, gate, usage, queue):
                state = Message.State.STOPPED
            elif not gate.text.strip():
                raise ModelUnavailable()  # it may have asked for tools that nobody offered
        except ModelError as error:
            with translation.override(turn.actor.locale):
                notice = turns.because(error)
    if state == Message.State.DONE:
        mode, notice = await _settled(turn, gate, notice, queue)
    text, cited = gate.text.strip(), [one.as_json() for one in gate.citations.made]
    spent = spend.cost(usage.tokens_in, usage.tokens_out) if turn.reserved else 0
    fields: dict[str, Any] = {"text": text, "mode": mode, "notice": notice, "citations": cited}
    fields |= {"state": state, "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out}
    if turn.endpoint is not None:
        fields |= {"model": turn.endpoint.model, "prompt_hash": speak.prompt_hash()}
    await in_thread(turns.finish)(turn, spent, **fields)
    told = reading.told(turn.conversation_id, turn.message_id, text, mode, notice, cited)
    queue.put_nowait(("done", told))


async def _settled(
    turn: Turn, gate: Gate, notice: str, queue: "asyncio.Queue[Event | None]"
) -> tuple[str, str]:
    """Bring the answer to its end: by the model, by passages, or by saying that there is none."""
    with translation.override(turn.actor.locale):
        if not turn.floor_passed or not turn.passages:
            return "refused", _put(gate, queue, _("I could not find this in your course material."))
        if notice:
            # What the model said before it fell silent stays; the passages follow it.
            said, cited = await in_slow_thread(passages.answer)(
                turn.sought, turn.passages, gate.citations, embed.likeness
            )
            _put(gate, queue, f"\n\n{said}" if gate.text else said)
            for one in cited:
                queue.put_nowait(("cite", one.as_json()))
            return "passages", notice
        supported = ground.check(gate.text, turn.question, turn.passages).supported
        if not supported or not gate.citations.made:
            notice = _("This answer is not backed by your course material. Check it with care.")
        return "model", notice


def _put(gate: Gate, queue: "asyncio.Queue[Event | None]", text: str) -> str:
    gate.text += text
    queue.put_nowait(("delta", {"text": text}))
    return ""


async def _spoken(
    turn: Turn, gate: Gate, usage: llm.Usage, queue: "asyncio.Queue[Event | None]"
) -> bool:
    """Let the model speak through the gate; False when the person stopped it."""
    assert turn.endpoint is not None
    loop = asyncio.get_running_loop()
    next_beat = loop.time() + BEAT
    async with aclosing(llm.stream(turn.endpoint, turn.messages, usage)) as pieces:
        async for piece in pieces:
            _show(gate.feed(piece), queue)
            if loop.time() >= next_beat:
                if not await in_thread(turns.beat)(turn.message_id, gate.text):
                    return False
                next_beat = loop.time() + BEAT
    _show(gate.close(), queue)
    return True


def _show(out: Any, queue: "asyncio.Queue[Event | None]") -> None:
    text, cited = out
    for one in cited:  # before the text that carries their marks
        queue.put_nowait(("cite", one.as_json()))
    if text:
        queue.put_nowait(("delta", {"text": text}))
