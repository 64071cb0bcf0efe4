"""Reading a talk again: what may still be shown, what has changed since. All of it blocking."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from agents import attached, locks
from agents.models.index import Chunk
from agents.models.talk import Conversation, Feedback, Message
from agents.tutor import after, cite, turns
from agents.tutor.records import Intent
from agents.tutor.turn import Turn
from tutorai.errors import NotFound
from tutorai.lmsdm.models import ContentItem
from tutorai.lmsdm.schema import Actor

LISTED = 100  # conversations
PERSON = "askForPerson"  # the tool that shows a button
HIDDEN = "…"  # in place of words that are no longer for this reader

Json = dict[str, Any]


def told(conversation_id: UUID, message_id: UUID, said: Mapping[str, Any]) -> Json:
    """The JSON of one answer (design: `POST /v1/ai/ask`)."""
    return {
        "answer": said["text"],
        "mode": said["mode"],
        "notice": said["notice"],
        "citations": list(said["citations"]),
        "conversation_id": str(conversation_id),
        "message_id": str(message_id),
        **_taken(said),
    }


def _taken(said: Mapping[str, Any]) -> Json:
    """How a turn was taken: which way, what for, with which hint of how many; what may follow."""
    level, intent = said["hint_level"], said["intent"]
    most = (said["assessment"] or {}).get("of", level)
    shown = any(one["name"] == PERSON and not one["failed"] for one in said["tools"])
    offered: Json = {"offer": "person"} if shown or intent == Intent.PERSON else {}
    if (check := (said["assessment"] or {}).get("check")) is not None:
        offered["check"] = check
    if "contacts" in said:
        offered["contacts"] = said["contacts"]
    hint = {"level": level, "of": most} if level else None
    return {"way": said["way"], "intent": intent, "hint": hint, **offered}


def replay(turn: Turn) -> tuple[Json, str]:
    """The stored answer of a turn, as it may be shown now, and its state."""
    message = turns.answer(turn.actor, turn.message_id)
    said = {**_row(message), **_said(turn.actor, message)}
    said |= after.contacts(turn.actor, message.intent)
    return told(turn.conversation_id, message.pk, said), turns.state(message)


def _row(message: Message) -> Json:
    names = ("way", "intent", "hint_level", "assessment", "tools")
    return {name: getattr(message, name) for name in names}


def listed(actor: Actor, sought: str) -> list[Json]:
    """The actor's conversations, newest first; `sought` stands in the title or in what was said."""
    mine = turns.conversations(actor)
    if sought:
        mine = mine.filter(title__icontains=sought) | mine.filter(messages__text__icontains=sought)
    found: list[Conversation] = list(mine.distinct().order_by("-updated_at")[:LISTED])
    return [
        {"id": str(talk.pk), "title": talk.title, "updated_at": talk.updated_at.isoformat()}
        for talk in found
    ]


def opened(actor: Actor, conversation_id: UUID) -> Json:
    """One conversation, its citations checked again."""
    talk = turns.conversation(actor, conversation_id)
    held = list(talk.messages.all())
    sent = attached.listed(message.pk for message in held)
    said = [_said(actor, one) | {"attachments": sent.get(one.pk, [])} for one in held]
    return {"id": str(talk.pk), "title": talk.title, "messages": said}


def _said(actor: Actor, message: Message) -> Json:
    citations = _checked(actor, message.citations)
    text = message.text
    shown = {now["title"] for now in citations}
    for before, now in zip(message.citations, citations, strict=True):
        if now["state"] == "hidden":
            # Passages mode quotes line by line, under the page's title; its quotes have no line
            # breaks.
            for form in (before["quote"], before["quote"].replace("\n", " ")):
                text = text.replace(form, HIDDEN)
            if before["title"] not in shown:
                text = text.replace(f"**{before['title']}**", f"**{HIDDEN}**")
    given = Feedback.objects.filter(message=message).first()
    return {
        "id": str(message.pk),
        "role": message.role,
        "text": text,
        "mode": message.mode,
        "notice": message.notice,
        "state": turns.state(message),
        "citations": citations,
        "feedback": {"good": given.good, "reason": given.reason} if given else None,
        **after.waits(actor, _taken(_row(message))),
    }


def _checked(actor: Actor, citations: Sequence[Json]) -> list[Json]:
    ids = {cited["item_id"] for cited in citations}
    held = dict(locks.items(actor).filter(pk__in=ids).values_list("pk", "sha256")) if ids else {}
    return [_state(cited, held.get(UUID(cited["item_id"]))) for cited in citations]


def _state(cited: Json, sha256: str | None) -> Json:
    if sha256 is None:
        return {"n": cited["n"], "title": "", "quote": "", "url": "", "state": "hidden"}
    return cited | {"state": "ok" if sha256 == cited["item_hash"] else "changed"}


def passage(actor: Actor, message_id: UUID, n: int) -> Json:
    """One citation with the text around it, checked now."""
    turns.open_course(actor)
    message = turns.answer(actor, message_id)
    found = [cited for cited in _checked(actor, message.citations) if cited["n"] == n]
    if not found:
        raise NotFound()
    cited = found[0]
    if cited["state"] == "hidden":
        return cited | {"heading_path": [], "passage": ""}
    chunks = Chunk.objects.filter(item_id=cited["item_id"]).order_by("position")
    texts = [chunk.text for chunk in chunks if cite.find(cited["quote"], chunk.text)]
    file = ContentItem.objects.filter(pk=cited["item_id"]).exclude(blob="").exists()
    told = {"passage": texts[0] if texts else cited["quote"]}
    return cited | told | {"item_id": cited["item_id"] if file else ""}  # what there is to open


def download(actor: Actor, conversation_id: UUID) -> str:
    """The conversation as Markdown, with its sources."""
    with translation.override(actor.locale):
        talk = opened(actor, conversation_id)
        lines = [f"# {talk['title']}"]
        for said in talk["messages"]:
            lines.append(f"## {_('You') if said['role'] == 'user' else _('Tutor')}")
            lines += [said["text"], said["notice"]]
            lines += [
                f"[{one['n']}] {one['title']}: “{one['quote']}” {one['url']}"
                for one in said["citations"]
                if one["state"] != "hidden"
            ]
        return "\n\n".join(line for line in lines if line) + "\n"


def judge(actor: Actor, message_id: UUID, good: bool, reason: str) -> None:
    """Keep a thumb and its reason; the last one counts."""
    message = turns.answer(actor, message_id)
    reason = reason.replace("\x00", "")
    Feedback.objects.update_or_create(message=message, defaults={"good": good, "reason": reason})
