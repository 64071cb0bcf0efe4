"""A turn in the database: begun before the model is asked, ended after. All of it blocking."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents import llm, retrieve, spend, words
from agents.models.talk import Conversation, Message
from agents.tutor import endings, speak
from tutorai.errors import BadRequest, Conflict, InFlight, ModelError, NotFound, NotOpen, NotYours
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course, Institution, User
from tutorai.lmsdm.schema import Actor

LONGEST = 4000  # characters of a question
BEFORE = 6  # earlier messages that the model is told
TITLE = 80  # characters
LOOK_AGAIN = 2.0  # seconds until an answer under way is worth asking for
BROKEN = frozenset({Message.State.INTERRUPTED, Message.State.ERROR})
FOLLOW_UP = 60  # characters; a longer question stands alone
# Words that point back to what was said before, in the languages of our pages.
POINTING = """
it its that this these those they them he she him her one ones there then example
eso esto esa ese esos esas ello ellos ellas ahí ejemplo
"""
POINTERS = frozenset(POINTING.split())
CONNECTED = ("and ", "but ", "so ", "or ", "y ", "pero ", "entonces ", "o ")
# "What is heat?" names a subject of its own, "what is the unit?" does not.
SUBJECT = re.compile(
    r"\W*(?:(?:what|who) (?:is|are|was|were) (?!the\b)\w|(?:qué|que) (?:es|son) \w)"
)


@dataclass(frozen=True)
class Question:
    """What a client sends. `turn` is its own id of this question, for asking again safely.

    `keyed`: it came with an Idempotency-Key. Then a repetition does not wait for an answer under
    way, and one that broke off is begun again.
    """

    course_id: UUID
    text: str
    conversation_id: UUID | None = None
    turn: str = ""
    keyed: bool = False


@dataclass
class Turn:
    """All that is needed to answer without the database."""

    actor: Actor
    question: str
    conversation_id: UUID
    message_id: UUID
    passages: Sequence[retrieve.Passage] = ()
    floor_passed: bool = False
    messages: list[llm.Said] = field(default_factory=list)
    endpoint: llm.Endpoint | None = None
    reserved: int = 0  # millionths of a dollar
    notice: str = ""
    replayed: bool = False
    sought: str = ""  # the question, with the one before where it points back to that


def begin(actor: Actor, asked: Question) -> Turn:
    """Check and store the question, find passages, reserve money. Raises TutorError."""
    with translation.override(actor.locale):
        text = asked.text.replace("\x00", "").strip()
        if not text or len(text) > LONGEST:
            raise BadRequest(why=_("a question has 1 to %(most)s characters") % {"most": LONGEST})
        course = open_course(actor, asked.course_id)
        if actor.acted_by:
            raise NotYours()
        turn, earlier = _stored(actor, course, asked, text)
        if not turn.replayed:
            _prepare(turn, earlier)
        return turn


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
def _stored(actor: Actor, course: Course, asked: Question, text: str) -> tuple[Turn, list[Message]]:
    """Write question and empty answer; an answer still under way ends here."""
    _lock(actor)
    again = _again(actor, asked, course)
    if again is not None and asked.keyed and _broke_off(again):
        asked, again = replace(asked, conversation_id=again.conversation_id), None
    if again is not None:
        return Turn(actor, text, again.conversation_id, again.pk, replayed=True), []
    endings.end(Message.objects.filter(user_id=actor.user_id), actor.institution_id)
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
    talk.messages.create(user_id=actor.user_id, role="user", text=text)
    answer = talk.messages.create(
        user_id=actor.user_id, role="tutor", state=Message.State.STREAMING, turn=asked.turn
    )
    return Turn(actor, text, talk.pk, answer.pk), earlier


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


def _prepare(turn: Turn, earlier: list[Message]) -> None:
    reader = turn.actor.as_student
    turn.sought = _sought(turn.question, earlier)
    found = retrieve.search(reader, turn.sought, near=scope.place(reader))
    turn.passages, turn.floor_passed = found.passages, found.floor_passed
    if not turn.floor_passed or not turn.passages:
        return
    institution = Institution.objects.get(pk=turn.actor.institution_id)
    turn.endpoint = llm.endpoint(institution)
    if turn.endpoint is None:
        turn.notice = _("These places in your course fit best.")
        if turn.actor.is_staff:  # students can do nothing about it
            turn.notice = _("No language model is set up.") + " " + turn.notice
        return
    told = [said for said in earlier if said.text and _still_readable(turn.actor, said)]
    before = [{"role": _role(said), "content": said.text} for said in told]
    turn.messages = speak.messages(turn.question, turn.passages, before)
    tokens = sum(llm.estimate(said["content"]) for said in turn.messages)
    amount = spend.cost(tokens, llm.MAX_TOKENS)
    try:
        _set_aside(turn, institution, amount)
    except ModelError as error:
        turn.endpoint, turn.notice = None, because(error)


@transaction.atomic
def _set_aside(turn: Turn, institution: Institution, amount: int) -> None:
    """Reserve money for the answer. Raises BudgetSpent, and Conflict where it ended meanwhile."""
    running = Message.objects.filter(pk=turn.message_id, state=Message.State.STREAMING)
    if not running.update(reserved=amount):
        raise Conflict()
    spend.reserve(institution, amount)
    turn.reserved = amount


def _still_readable(actor: Actor, said: Message) -> bool:
    """May the actor still read all that an earlier answer cites?"""
    cited = {one["item_id"] for one in said.citations}
    return not cited or scope.items(actor).filter(pk__in=cited).count() == len(cited)


def _role(said: Message) -> str:
    return "user" if said.role == "user" else "assistant"


def _sought(question: str, earlier: list[Message]) -> str:
    """A short "and why?" is about what was asked before; a new subject is not."""
    asked = [said.text for said in earlier if said.role == "user"]
    return f"{asked[-1]} {question}" if asked and follows(question) else question


def follows(question: str) -> bool:
    """Whether a question makes no sense without the one before."""
    said = question.casefold()
    pointing = said.startswith(CONNECTED) or POINTERS.intersection(re.findall(r"\w+", said))
    about = len(words.terms(said)) + bool(SUBJECT.match(said))
    return len(said) < FOLLOW_UP and bool(pointing or about < 2)


def because(error: ModelError) -> str:
    """Why passages are shown in place of an answer."""
    return f"{error} " + _("These places in your course fit best.")


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


def finish(turn: Turn, spent: int, **fields: Any) -> None:
    """Store the answer, and settle what was reserved unless someone stopped it and did so."""
    with transaction.atomic():
        running = Message.objects.filter(pk=turn.message_id, state=Message.State.STREAMING)
        if running.update(reserved=0, **fields):
            held = turn.reserved
        else:
            Message.objects.filter(pk=turn.message_id).update(
                text=fields["text"], citations=fields["citations"], mode=fields["mode"]
            )
            held = 0
        if turn.reserved:
            spend.settle(turn.actor.institution_id, held, spent)


def fail(turn: Turn) -> None:
    """End an answer that broke on the way; what was set aside for it counts as spent."""
    with transaction.atomic():
        running = Message.objects.filter(pk=turn.message_id, state=Message.State.STREAMING)
        if running.update(state=Message.State.ERROR, reserved=0) and turn.reserved:
            spend.settle(turn.actor.institution_id, turn.reserved, turn.reserved)


def stop(actor: Actor, message_id: UUID) -> None:
    """End an answer under way; what was said stays."""
    answer(actor, message_id)
    with transaction.atomic():
        endings.end(Message.objects.filter(pk=message_id), actor.institution_id)


@transaction.atomic
def delete(actor: Actor, conversation_id: UUID) -> None:
    """Delete a conversation and all that was said in it; an answer under way ends."""
    _lock(actor)
    talk = conversation(actor, conversation_id)
    endings.end(talk.messages.all(), actor.institution_id)
    talk.delete()


def state(message: Message) -> str:
    """The answer's state now: one that nobody writes any more was interrupted."""
    if message.state == Message.State.STREAMING and endings.silent(message):
        return Message.State.INTERRUPTED
    return message.state
