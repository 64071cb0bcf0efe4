"""Pleas: a student's wish for a person, and a sign of distress that somebody is told of. Blocking.

Nothing of what was said is copied. Whoever is told hears of it by a job (`tutorai.caring`).
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.care import plan, words
from agents.models import CarePlan, Conversation, Message, Plea
from tutorai.errors import BadRequest, NotFound, NotYours
from tutorai.ledger import audit, jobs
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import User
from tutorai.lmsdm.schema import Actor

TELL = "tell_of_plea"  # the kind of job
QUEUE = "interactive"
LONGEST = 2000  # characters of a note, and of a reply
WAITING = 3  # pleas of one student in a course that nobody has read
AGAIN = timedelta(hours=1)  # signs of distress within it are one plea, until it is read
SHOWN = timedelta(days=120)  # a student sees what became of a plea as long

Kind = Plea.Kind


def plead(
    actor: Actor,
    kind: str,
    conversation_id: UUID | None = None,
    note: str = "",
    share_talk: bool = False,
) -> Plea | None:
    """Write down that a person is wanted, and have them told. Raises BadRequest, NotYours, NotFound.

    Distress is written down where somebody is told of it; else the student hears that nobody is,
    and None is returned. So it is with the LMS's test student, of whom nobody is told.
    """
    if actor.acted_by or not actor.may_ask or actor.course_id is None:
        raise NotYours()
    talk = _talk(actor, conversation_id)
    if kind == Kind.DISTRESS:
        return _distress(actor, talk)
    return _wish(actor, talk, note.replace("\x00", "").strip(), share_talk)


def _talk(actor: Actor, conversation_id: UUID | None) -> Conversation | None:
    if conversation_id is None:
        return None
    found = Conversation.objects.filter(
        pk=conversation_id, user_id=actor.user_id, course__in=scope.courses(actor)
    ).first()
    if found is None:
        raise NotFound()
    return found


@transaction.atomic
def _distress(actor: Actor, talk: Conversation | None) -> Plea | None:
    _lock(actor)
    if actor.is_test or not plan.contacts(actor.institution_id).recipients:
        return None
    since = timezone.now() - AGAIN
    held = of(actor, Kind.DISTRESS).filter(created_at__gt=since, read_at=None).first()
    return held or _written(actor, Kind.DISTRESS, conversation=talk)


@transaction.atomic
def _wish(actor: Actor, talk: Conversation | None, note: str, share: bool) -> Plea:
    if len(note) > LONGEST:
        raise BadRequest(why=_("a message has at most %(most)s characters") % {"most": LONGEST})
    if share and talk is None:
        raise BadRequest(why=_("there is no conversation to share yet"))
    _lock(actor)
    if of(actor, Kind.PERSON).filter(read_at=None, closed_at=None).count() >= WAITING:
        raise BadRequest(
            why=_("you have asked %(n)s times already, and it was not read yet") % {"n": WAITING}
        )
    return _written(actor, Kind.PERSON, conversation=talk, note=note, share_talk=share)


def _lock(actor: Actor) -> None:
    """One plea of a person at a time, so that they are counted."""
    User.objects.select_for_update(no_key=True).get(
        pk=actor.user_id, institution_id=actor.institution_id
    )


def _written(
    actor: Actor,
    kind: str,
    *,
    conversation: Conversation | None,
    note: str = "",
    share_talk: bool = False,
) -> Plea:
    made = Plea.objects.create(
        institution_id=actor.institution_id,
        course=scope.course(actor, actor.course_id or ""),
        user_id=actor.user_id,
        kind=kind,
        conversation=conversation,
        note=note,
        share_talk=share_talk,
    )
    audit.record(
        verb=Verb.PLEA_MAKE,
        actor=actor,
        object_kind="plea",
        object_id=made.pk,
        subject=actor.user_id,
    )
    if kind == Kind.DISTRESS or (_mails_teachers(actor.institution_id) and not actor.is_test):
        jobs.add(
            TELL,
            {"plea": str(made.pk)},
            queue=QUEUE,
            key=str(made.pk),
            institution_id=actor.institution_id,
            course_id=actor.course_id,
        )
    return made


def _mails_teachers(institution_id: UUID) -> bool:
    return CarePlan.objects.filter(pk=institution_id, mail_teachers=True).exists()


def answer(actor: Actor, conversation_id: UUID | None) -> str:
    """Return what a student in distress reads at once, and have the recipients told."""
    known = plan.contacts(actor.institution_id)
    made = plead(actor, Kind.DISTRESS, conversation_id)
    return words.distress(known, told=made is not None)


def of(actor: Actor, kind: str) -> QuerySet[Plea]:
    """The actor's own pleas in this course, newest first."""
    own = Plea.objects.filter(user_id=actor.user_id, course__in=scope.courses(actor), kind=kind)
    return own.order_by("-created_at")


def mine(actor: Actor) -> list[Plea]:
    """What became of the actor's own wishes for a person; none to who acts as them."""
    if actor.acted_by:
        return []
    since = timezone.now() - SHOWN
    shown = of(actor, Kind.PERSON).filter(created_at__gt=since).select_related("read_by")
    return list(shown[:20])


def unshare(actor: Actor, plea_id: UUID) -> Plea:
    """Close the talk to the teachers again. Raises NotFound."""
    if actor.acted_by:
        raise NotFound()
    held = of(actor, Kind.PERSON).filter(pk=plea_id).first()
    if held is None:
        raise NotFound()
    if held.share_talk:
        held.share_talk = False
        held.save(update_fields=["share_talk"])
    return held


# --- the teachers' side ---


def asked(actor: Actor) -> QuerySet[Plea]:
    """Wishes for a person in the actor's course, for its teachers. Raises NotYours."""
    course = scope.graded_course(actor, actor.course_id or "")
    wishes = Plea.objects.filter(course=course, kind=Kind.PERSON).select_related("user", "read_by")
    return wishes.order_by("-created_at")


def waiting(actor: Actor) -> int:
    """How many of them nobody has read; 0 for who may not read them."""
    if not actor.may_grade or actor.course_id is None:
        return 0
    return asked(actor).filter(read_at=None, closed_at=None).count()


@transaction.atomic
def opened(actor: Actor, plea_id: UUID) -> Plea:
    """Return one, which its student then sees as read. Raises NotFound, NotYours."""
    held = asked(actor).select_for_update(of=("self",)).filter(pk=plea_id).first()
    if held is None:
        raise NotFound()
    if held.read_at is None:
        held.read_at, held.read_by_id = timezone.now(), actor.user_id
        held.save(update_fields=["read_at", "read_by"])
    _note(Verb.PLEA_READ, actor, held)
    return held


def talk(actor: Actor, plea_id: UUID) -> list[Message]:
    """Return what was said until the student asked, where they share it. Raises NotFound."""
    held = opened(actor, plea_id)
    if not held.share_talk or held.conversation_id is None:
        raise NotFound()
    _note(Verb.TALK_READ, actor, held, "conversation", held.conversation_id)
    said = Message.objects.filter(
        conversation_id=held.conversation_id, created_at__lte=held.created_at
    )
    return list(said)


@transaction.atomic
def reply(actor: Actor, plea_id: UUID, text: str) -> Plea:
    """Answer it; the student reads the answer where they asked. Raises BadRequest, NotFound."""
    said = text.replace("\x00", "").strip()
    if not said or len(said) > LONGEST:
        raise BadRequest(why=_("a reply has 1 to %(most)s characters") % {"most": LONGEST})
    held = opened(actor, plea_id)
    held.reply = said
    held.save(update_fields=["reply"])
    _note(Verb.PLEA_REPLY, actor, held)
    return held


@transaction.atomic
def close(actor: Actor, plea_id: UUID) -> Plea:
    """Take it off the list of what waits. Raises NotFound."""
    held = opened(actor, plea_id)
    if held.closed_at is None:
        held.closed_at = timezone.now()
        held.save(update_fields=["closed_at"])
        _note(Verb.PLEA_CLOSE, actor, held)
    return held


def _note(verb: Verb, actor: Actor, held: Plea, kind: str = "plea", pk: UUID | None = None) -> None:
    audit.record(
        verb=verb,
        actor=actor,
        object_kind=kind,
        object_id=pk or held.pk,
        subject=held.user_id,
    )
