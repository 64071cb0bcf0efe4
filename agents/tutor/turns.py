"""A turn in the database: begun before the model is asked, ended after. All of it blocking."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents import attached, care, llm, locks, policy
from agents.care import words as caring
from agents.llm import places
from agents.models.talk import Conversation, Message
from agents.spend import Capability, For
from agents.tutor import endings, ready, roster
from agents.tutor.records import Assessment, Move
from agents.tutor.turn import Door, Question, Turn
from tutorai.errors import (
    BadRequest,
    Conflict,
    InFlight,
    ModelError,
    ModelUnavailable,
    NotFound,
    NotOpen,
    NotYours,
)
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course, Institution, User
from tutorai.lmsdm.schema import Actor

__all__ = ["Door", "Question", "Turn", "begin"]

LONGEST = 4000  # characters of a question
BEFORE = 6  # earlier messages that the model is told
OWN = 60  # of the student's own that count as found by themselves
TITLE = 80  # characters
LOOK_AGAIN = 2.0  # seconds until an answer under way is worth asking for
BROKEN = frozenset({Message.State.INTERRUPTED, Message.State.ERROR})


def begin(actor: Actor, asked: Question, door: Door = llm) -> Turn:
    """Check and store the question, and make the turn ready. Raises TutorError.

    Who may be in distress is answered first: also in an exam, and where the tutor is off.
    """
    with translation.override(actor.locale):
        text = asked.text.replace("\x00", "").strip()
        if not text or len(text) > LONGEST:
            raise BadRequest(why=_("a question has 1 to %(most)s characters") % {"most": LONGEST})
        course = open_course(actor, asked.course_id)
        if actor.acted_by:
            raise NotYours()
        alarm = care.heard(text)
        verdict = _allowed(actor, text, alarm)
        turn, earlier = _stored(actor, course, asked, text, door)
        if turn.replayed:
            return turn
        if alarm is care.Sign.DISTRESS or verdict.distress:
            turn.assessment = Assessment(move=Move.UNCLEAR, distress=True)
        elif verdict.stopped:
            turn.words = caring.flagged()
        else:
            ready.prepare(turn, earlier, asked)
            told = caring.strain() if alarm is care.Sign.STRAIN else ""
            turn.notice = "\n\n".join(one for one in (told, turn.notice) if one)
        return turn


def _allowed(actor: Actor, text: str, alarm: care.Sign) -> care.Verdict:
    """Whether the tutor may answer; what the moderation says. Raises SwitchedOff and Locked."""
    if alarm is care.Sign.DISTRESS:
        return care.Verdict()
    policy.check(actor, Capability.ASK)
    verdict = _looked_at(actor, text)
    if not verdict.distress:
        locks.check(actor)
    return verdict


def _looked_at(actor: Actor, text: str) -> care.Verdict:
    """What the moderation says, where the school has it; it sees nobody's name."""
    if policy.off(actor, Capability.MODERATE):
        return care.Verdict()
    return care.moderate(text, lambda said: roster.cover(actor).hide(said))


def open_course(actor: Actor, course_id: UUID | None = None) -> Course:
    """Return the course, when the actor may talk with the tutor in it; raise TutorError."""
    own = course_id or actor.course_id
    if own is None:
        raise NotFound()
    course = scope.course(actor, own)
    if not actor.may_ask:
        raise NotYours()
    if course.opened_at is None and not actor.is_staff:
        raise NotOpen()
    return course


@transaction.atomic
def _stored(
    actor: Actor, course: Course, asked: Question, text: str, door: Door
) -> tuple[Turn, list[Message]]:
    """Write question and empty answer; an answer still under way ends here."""
    _lock(actor)
    again = _again(actor, asked, course)
    if again is not None and asked.keyed and _broke_off(again):
        asked, again = replace(asked, conversation_id=again.conversation_id), None
    if again is not None:
        who = _who(actor, again.pk)
        return Turn(actor, text, again.conversation_id, again.pk, who, door, replayed=True), []
    endings.end(Message.objects.filter(user_id=actor.user_id))
    if asked.conversation_id:
        talk = conversation(actor, asked.conversation_id)
    else:
        talk = Conversation(
            institution_id=actor.institution_id,
            course=course,
            user_id=actor.user_id,
            title=" ".join(text.split())[:TITLE],
        )
    talk.save()
    earlier = list(talk.messages.order_by("-created_at", "-id")[:BEFORE])[::-1]
    question = talk.messages.create(user_id=actor.user_id, role="user", text=text)
    if asked.attachments:
        attached.bind(actor, asked.attachments, question)
    answer = talk.messages.create(
        user_id=actor.user_id, role="tutor", state=Message.State.STREAMING, turn=asked.turn
    )
    turn = Turn(actor, text, talk.pk, answer.pk, _who(actor, answer.pk), door)
    turn.course = course.title
    own = talk.messages.filter(role=Message.Who.USER).order_by("-created_at", "-id")
    turn.own = list(own.values_list("text", flat=True)[:OWN])
    return turn, earlier


def _who(actor: Actor, message_id: UUID) -> For:
    return For(
        actor.institution_id, actor.course_id, actor.user_id, Capability.ASK, message_id=message_id
    )


def _lock(actor: Actor) -> None:
    """The person's row is the lock: one answer at a time, and none in a talk that is deleted."""
    User.objects.select_for_update(no_key=True).get(
        pk=actor.user_id, institution_id=actor.institution_id
    )


def _again(actor: Actor, asked: Question, course: Course) -> Message | None:
    """Return the answer that this turn has already; raise Conflict when that was elsewhere."""
    if not asked.turn:
        return None
    held = Message.objects.select_related("conversation").filter(
        user_id=actor.user_id, turn=asked.turn, role="tutor"
    )
    answer = held.first()
    if answer is not None and answer.conversation.course_id != course.pk:
        raise Conflict()
    return answer


def _broke_off(answer: Message) -> bool:
    """Whether the answer came to no end; then its turn is free. Raises InFlight."""
    now = state(answer)
    if now == Message.State.STREAMING:
        raise InFlight(retry_after=LOOK_AGAIN)
    if now not in BROKEN:
        return False
    answer.turn = ""
    answer.save(update_fields=["turn"])
    return True


def because(turn: Turn, error: ModelError) -> str:
    """Why passages are shown in place of an answer."""
    shown = _("These places in your course fit best.")
    if not isinstance(error, ModelUnavailable) or places.every(_school(turn)):
        return f"{error} {shown}"
    if turn.actor.is_staff:  # students can do nothing about it
        return _("No language model is set up.") + " " + shown
    return shown


def _school(turn: Turn) -> Institution:
    return Institution.objects.get(pk=turn.actor.institution_id)


def conversation(actor: Actor, conversation_id: UUID) -> Conversation:
    """Return the actor's own conversation of this course, or raise NotFound."""
    found = conversations(actor).filter(pk=conversation_id).first()
    if found is None:
        raise NotFound()
    return found


def conversations(actor: Actor) -> QuerySet[Conversation]:
    """The actor's own conversations of this course; none to whoever only acts as that person."""
    if actor.acted_by:
        return Conversation.objects.none()
    return Conversation.objects.filter(
        institution_id=actor.institution_id,
        course__in=scope.courses(actor),
        user_id=actor.user_id,
    )


def answer(actor: Actor, message_id: UUID) -> Message:
    """Return an answer given to the actor, or raise NotFound."""
    mine = Message.objects.filter(conversation__in=conversations(actor), role="tutor")
    found = mine.filter(pk=message_id).first()
    if found is None:
        raise NotFound()
    return found


def beat(message_id: UUID, text: str) -> bool:
    """Keep the answer so far; False when it was stopped meanwhile."""
    running = Message.objects.filter(pk=message_id, state=Message.State.STREAMING)
    return bool(running.update(text=text, beat_at=timezone.now()))


def finish(turn: Turn, **fields: Any) -> None:
    """Store the answer; one that was stopped meanwhile stays so."""
    with transaction.atomic():
        held = Message.objects.filter(pk=turn.message_id)
        if not held.filter(state=Message.State.STREAMING).update(**fields):
            held.update(**{name: one for name, one in fields.items() if name != "state"})


def fail(turn: Turn) -> None:
    """End an answer that broke on the way."""
    running = Message.objects.filter(pk=turn.message_id, state=Message.State.STREAMING)
    running.update(state=Message.State.ERROR)


def stop(actor: Actor, message_id: UUID) -> None:
    """End an answer under way; what was said stays."""
    answer(actor, message_id)
    with transaction.atomic():
        endings.end(Message.objects.filter(pk=message_id))


@transaction.atomic
def delete(actor: Actor, conversation_id: UUID) -> None:
    """Delete a conversation and all that was said in it; an answer under way ends."""
    _lock(actor)
    talk = conversation(actor, conversation_id)
    endings.end(talk.messages.all())
    attached.drop(conversation_id)
    talk.delete()


def state(message: Message) -> str:
    """The answer's state now: one that nobody writes any more was interrupted."""
    if message.state == Message.State.STREAMING and endings.silent(message):
        return Message.State.INTERRUPTED
    return message.state
