"""Ask the tutor; read the talks again."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Field, Router, Schema

from agents.tutor import ask as asking
from agents.tutor import reading, suggest, turns
from agents.tutor.mouth import Event
from agents.tutor.records import Way
from tutorai.errors import NotYours
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread, in_thread

router = Router(tags=["ai"])


class Asked(Schema):
    """`turn` is the client's own id of this question: asked again, the answer is replayed.

    So it is under an `Idempotency-Key`; but there an answer under way is a 409, not waited for.
    `way`: how the student wants to be helped, as far as the teacher allows it.
    """

    course_id: UUID
    question: str = Field(max_length=100_000)  # a limit that is told in words comes later
    conversation_id: UUID | None = None
    user_id: UUID | None = None
    turn: str = Field("", max_length=64)
    way: Way | None = None
    attachments: list[UUID] = Field(default_factory=list, max_length=20)


class Title(Schema):
    title: str = Field(min_length=1, max_length=200)


class Thumb(Schema):
    good: bool
    reason: str = Field("", max_length=2000)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


@router.post("/ask")
async def ask(request: HttpRequest, body: Asked) -> Any:
    """Answer a question: as JSON, or as events where the client accepts `text/event-stream`."""
    actor = _actor(request)
    if body.user_id is not None and body.user_id != actor.user_id:
        raise NotYours()
    call: UUID | None = getattr(request, "call", None)  # under an Idempotency-Key
    name = body.turn.replace("\x00", "") or str(call or "")
    asked = turns.Question(
        body.course_id,
        body.question,
        body.conversation_id,
        name,
        keyed=call is not None,
        way=body.way,
        attachments=tuple(body.attachments),
    )
    turn = await in_slow_thread(turns.begin)(actor, asked)
    events = asking.events(turn)
    if "text/event-stream" in request.headers.get("Accept", ""):
        response = StreamingHttpResponse(_framed(events), content_type="text/event-stream")
        response["Cache-Control"] = "no-cache, no-store"
        response["X-Accel-Buffering"] = "no"
        response["Content-Encoding"] = "identity"
        return response
    last = [event async for event in events][-1]
    return HttpResponse(
        json.dumps(last[1]),
        content_type="application/json",
        status=200 if last[0] == "done" else 502,
    )


async def _framed(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for name, data in events:
        yield f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


@router.post("/messages/{uuid:message_id}/stop")
async def stop(request: HttpRequest, message_id: UUID) -> dict[str, str]:
    """End an answer under way; what was said stays."""
    await in_thread(turns.stop)(_actor(request), message_id)
    return {"state": "stopped"}


@router.get("/suggestions")
async def suggestions(request: HttpRequest) -> dict[str, list[str]]:
    """First questions, drawn from this course."""
    return {"questions": await in_slow_thread(suggest.questions)(_actor(request))}


@router.get("/conversations")
async def conversations(request: HttpRequest, q: str = "") -> list[dict[str, Any]]:
    """The caller's conversations in this course, newest first."""
    return await in_thread(reading.listed)(_actor(request), q.replace("\x00", "").strip()[:200])


@router.get("/conversations/{uuid:conversation_id}")
async def conversation(request: HttpRequest, conversation_id: UUID) -> dict[str, Any]:
    """One conversation; its citations are checked again."""
    return await in_thread(reading.opened)(_actor(request), conversation_id)


@router.patch("/conversations/{uuid:conversation_id}")
async def rename(request: HttpRequest, conversation_id: UUID, body: Title) -> dict[str, str]:
    """Give a conversation another title."""

    def work(actor: Actor) -> None:
        talk = turns.conversation(actor, conversation_id)
        talk.title = body.title.replace("\x00", "") or talk.title
        talk.save(update_fields=["title"])

    await in_thread(work)(_actor(request))
    return {"title": body.title}


@router.delete("/conversations/{uuid:conversation_id}")
async def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Delete a conversation and all that was said in it."""
    await in_thread(turns.delete)(_actor(request), conversation_id)
    return HttpResponse(status=204)


@router.get("/conversations/{uuid:conversation_id}/download")
async def download(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The conversation as a Markdown file."""
    text = await in_thread(reading.download)(_actor(request), conversation_id)
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="tutor.md"'
    return response


@router.post("/messages/{uuid:message_id}/feedback")
async def feedback(request: HttpRequest, message_id: UUID, body: Thumb) -> dict[str, bool]:
    """Keep a thumb, and why."""
    await in_thread(reading.judge)(_actor(request), message_id, body.good, body.reason)
    return {"good": body.good}


@router.get("/messages/{uuid:message_id}/citations/{int:n}")
async def citation(request: HttpRequest, message_id: UUID, n: int) -> dict[str, Any]:
    """The passage behind a citation, checked now."""
    return await in_thread(reading.passage)(_actor(request), message_id, n)
