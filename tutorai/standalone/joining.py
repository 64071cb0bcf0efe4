"""How students come into a course of our own: by a link that its teacher hands out.

Its secret is in the link alone. Whoever has it says a name and is a student of that one course;
the browser keeps a secret of its own, by which the same person comes back. No address is asked.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from lti import sessions
from lti.models import LaunchSession
from lti.sessions import Begun
from tutorai.access import Officer
from tutorai.errors import BadRequest, NotFound, TooMany
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Course, Enrolment, Identity, User
from tutorai.lmsdm.schema import Role
from tutorai.models import JoinLink
from tutorai.standalone.courses import remember

JOINED = "own.join"  # a session's message
DAYS = (1, 7, 30, 120)  # a link may hold
USUAL = 30
LONGEST = 80  # characters of a name
MOST = 2000  # people one link lets in
AT_ONCE = 300  # sessions a minute that begin by a course's link: a lecture hall, not a script


@dataclass(frozen=True)
class Joined:
    """A student's session, and the secret by which their browser is known next time."""

    begun: Begun
    known_by: str


@transaction.atomic
def renew(who: Officer, course: Course, days: int) -> str:
    """Close the link there is, make another and return its secret, which exists nowhere else."""
    _close(course)
    secret = secrets.token_urlsafe(24)
    row = JoinLink.objects.create(
        course=course,
        secret_hash=_digest(secret),
        made_by_id=who.account_id,
        expires_at=timezone.now() + timedelta(days=days),
    )
    remember(Verb.JOIN_OPEN, who, course.pk, object_kind="join_link", object_id=row.pk)
    return secret


@transaction.atomic
def close(who: Officer, course: Course) -> None:
    """Let nobody in any more; who is in stays. Raises NotFound where nothing is open."""
    if not _close(course):
        raise NotFound()
    remember(Verb.JOIN_CLOSE, who, course.pk)


def _close(course: Course) -> int:
    held = JoinLink.objects.filter(course=course, closed_at=None)
    return held.update(closed_at=timezone.now())


def address(secret: str) -> str:
    """Return the link to hand out."""
    return f"{settings.PUBLIC_URL}/join/{secret}"


def standing(course: Course) -> JoinLink | None:
    """Return the link that lets students in now, if there is one."""
    held = JoinLink.objects.filter(course=course, closed_at=None, expires_at__gt=timezone.now())
    return held.first()


def find(secret: str) -> JoinLink:
    """Return the link that has this secret, while it lets anybody in; raise NotFound."""
    held = JoinLink.objects.select_related("course__institution")
    live = held.filter(closed_at=None, expires_at__gt=timezone.now(), course__moved_to=None)
    found = live.filter(secret_hash=_digest(secret)).first()
    if found is None or found.course.ended:
        raise NotFound()
    return found


def known(course: Course, known_by: str) -> User | None:
    """Return whom the browser with this secret belongs to, among a course's students."""
    if not known_by:
        return None
    held = Identity.objects.filter(
        institution=course.institution_id,
        source=_source(course),
        kind=Identity.Of.USER,
        external_id=_digest(known_by),
    )
    return User.objects.filter(pk__in=held.values("row"), enrolments__course=course).first()


def named(told: str) -> str:
    """Return a name as it is stored; raise BadRequest for none."""
    name = " ".join(schema.no_nul(told).split())[:LONGEST]
    if not any(sign.isalnum() for sign in name):
        raise BadRequest(why=_("say what you are called"))
    return name


def come(secret: str, *, name: str, known_by: str, locale: str) -> Joined:
    """Begin a session of a student who has the link.

    `known_by` the browser's secret, of who came before; "" begins somebody new, who is called
    `name`. Raises NotFound, BadRequest (no name) and TooMany.
    """
    link = find(secret)
    course = link.course
    _slowly(course)
    with transaction.atomic():
        person = known(course, known_by)
        if person is None:
            known_by = secrets.token_urlsafe(32)
            person = _somebody_new(link, named(name), known_by, locale)
        _enrol(person, course)
        begun = sessions.begin(
            user=person,
            course=course,
            role=Role.STUDENT.value,
            message_type=JOINED,
            locale=locale,
            time_zone=course.time_zone,
        )
    return Joined(begun, known_by)


def _slowly(course: Course) -> None:
    since = timezone.now() - timedelta(minutes=1)
    lately = LaunchSession.objects.filter(course=course, created_at__gt=since)
    if lately.count() >= AT_ONCE:
        raise TooMany(retry_after=60)


def _somebody_new(link: JoinLink, name: str, known_by: str, locale: str) -> User:
    """Make the person. Raises TooMany for a link that has let enough in."""
    came = JoinLink.objects.filter(pk=link.pk, came__lt=MOST).update(came=F("came") + 1)
    if not came:
        raise TooMany()
    told = schema.User(user_id=_digest(known_by), name=name, locale=locale)
    course = link.course
    source = _source(course)
    pk = store.save_user(institution_id=course.institution_id, source=source, user=told)
    return User.objects.get(pk=pk)


def _enrol(person: User, course: Course) -> None:
    """Make them a student. Who was taken out of the course stays out: NotFound."""
    held = Enrolment.objects.filter(user=person, course=course).first()
    if held is not None and not held.active:
        raise NotFound()
    store.save_enrolment(
        user_id=person.pk, course_id=course.pk, role=Role.STUDENT, seen_from="launch"
    )


def _source(course: Course) -> str:
    return f"join:{course.pk}"


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()
