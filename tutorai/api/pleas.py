"""A student's wish for a person, and what became of it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import translation
from ninja import Field, Router, Schema

from agents import care
from agents.care import pleas
from agents.models import Plea
from agents.tutor import turns
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_thread

router = Router(tags=["ai"])


class Wish(Schema):
    """`share_talk` lets the course's teachers read the conversation as it stands now."""

    note: str = Field("", max_length=100_000)  # a limit that is told in words comes later
    conversation_id: UUID | None = None
    share_talk: bool = False


@router.post("/pleas")
async def plead(request: HttpRequest, body: Wish) -> dict[str, Any]:
    """Ask the teachers of this course for a person.

    `care`, Markdown, is there where the note sounds like distress: it comes before all else.
    """

    def work(actor: Actor) -> dict[str, Any]:
        turns.open_course(actor)
        made = care.plead(actor, Plea.Kind.PERSON, body.conversation_id, body.note, body.share_talk)
        assert made is not None  # a wish is always written down
        if not care.distress(body.note):
            return _shown(made)
        with translation.override(actor.locale):
            return _shown(made) | {"care": care.answer(actor, body.conversation_id)}

    return await in_thread(work)(request.auth)  # type: ignore[attr-defined]


@router.get("/pleas")
async def mine(request: HttpRequest) -> list[dict[str, Any]]:
    """The caller's own wishes in this course: when each was read, by whom, and the reply."""

    def work(actor: Actor) -> list[dict[str, Any]]:
        return [_shown(one) for one in pleas.mine(actor)]

    return await in_thread(work)(request.auth)  # type: ignore[attr-defined]


@router.delete("/pleas/{uuid:plea_id}/talk")
async def unshare(request: HttpRequest, plea_id: UUID) -> dict[str, Any]:
    """Close the conversation to the teachers again."""

    def work(actor: Actor) -> dict[str, Any]:
        return _shown(pleas.unshare(actor, plea_id))

    return await in_thread(work)(request.auth)  # type: ignore[attr-defined]


def _shown(one: Plea) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "note": one.note,
        "share_talk": one.share_talk and one.conversation_id is not None,
        "created_at": one.created_at.isoformat(),
        "read_at": one.read_at.isoformat() if one.read_at else None,
        "read_by": one.read_by.name if one.read_by else "",
        "reply": one.reply,
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
    }
