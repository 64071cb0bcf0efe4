"""Who makes a course here, who sees it, and how its maker enters it.

A teacher's are those they made; an owner and an administrator see all of their institution.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from lti import sessions
from lti.sessions import Begun
from tutorai.access import CHANGERS, Officer
from tutorai.errors import CourseEnded, NotFound
from tutorai.ids import new_id
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import OWN, Course, User
from tutorai.lmsdm.schema import Role
from tutorai.models import Account, Office, OwnCourse

ACCOUNT = "account"  # the source of people who come from an office
AS_TEACHER = "own.teach"  # a session's message: nobody launched it


@dataclass(frozen=True)
class Told:
    """What a form says of a course."""

    title: str
    instructor: str = ""
    description: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None
    time_zone: str = ""


def sessions_that_stand() -> Q:
    """Return which sessions without a deployment stand: their account still holds the course.

    A student came by the link, and has none; a teacher's ends with the office.
    """
    offices = Office.objects.filter(
        account=OuterRef("account"),
        institution=OuterRef("course__institution"),
        account__is_active=True,
    )
    mine = Q(role=Office.Role.TEACHER, account__courses__course=OuterRef("course"))
    held = offices.filter(Q(role__in=CHANGERS) | mine)
    student = Q(account=None, role=Role.STUDENT.value)
    own = Q(deployment=None, course__source=OWN)
    return own & (student | Q(Exists(held)))


def seen(who: Officer) -> QuerySet[Course]:
    """Return the courses of our own that this office sees, newest first."""
    rows = Course.objects.filter(institution=who.institution, source=OWN).select_related("own")
    if not who.may(CHANGERS):
        rows = rows.filter(own__made_by=who.account_id)
    return rows.order_by("-created_at")


def find(who: Officer, course: UUID) -> Course:
    """Return one of them; raise NotFound."""
    found = seen(who).filter(pk=course).first()
    if found is None:
        raise NotFound()
    return found


def open_one(who: Officer, course: UUID) -> Course:
    """Return one that can be changed; raise NotFound, or CourseEnded where it moved or is over."""
    found = find(who, course)
    if found.ended:
        raise CourseEnded()
    return found


@transaction.atomic
def make(who: Officer, told: Told) -> Course:
    """Make a course."""
    record = schema.Course(course_id=str(new_id()), **vars(told))
    pk = store.save_course(institution_id=who.institution.pk, source=OWN, course=record)
    OwnCourse.objects.create(course_id=pk, made_by_id=who.account_id)
    remember(Verb.OWN_MAKE, who, pk)
    return Course.objects.get(pk=pk)


@transaction.atomic
def change(who: Officer, course: Course, told: Told) -> None:
    """Let a course say what the form says, what is left empty too."""
    fields: dict[str, Any] = {**vars(told), "description": store.clean(told.description)}
    Course.objects.filter(pk=course.pk).update(**fields)
    remember(Verb.OWN_CHANGE, who, course.pk)


@transaction.atomic
def enter(who: Officer, course: Course, *, locale: str) -> Begun:
    """Begin a session of the account as the course's teacher."""
    known = person(who, course)
    store.save_enrolment(
        user_id=known.pk, course_id=course.pk, role=Role.TEACHER, seen_from="launch"
    )
    remember(Verb.OWN_ENTER, who, course.pk)
    return sessions.begin(
        account_id=who.account_id,
        user=known,
        course=course,
        role=Role.TEACHER.value,
        message_type=AS_TEACHER,
        locale=locale,
        time_zone=course.time_zone,
    )


def person(who: Officer, course: Course) -> User:
    """Return who the account is among the institution's people; made where it is nobody yet.

    An account has no name. Whoever made the course is called as its instructor is.
    """
    made = OwnCourse.objects.filter(course=course, made_by=who.account_id).exists()
    account = Account.objects.select_related("person").get(pk=who.account_id)
    if account.person is not None and account.person.institution_id == who.institution.pk:
        return account.person
    name = course.instructor if made else ""
    told = schema.User(user_id=str(account.pk), name=name)
    pk = store.save_user(institution_id=who.institution.pk, source=ACCOUNT, user=told)
    if account.person is None:
        account.person_id = pk
        account.save(update_fields=["person"])
    return User.objects.get(pk=pk)


def remember(verb: Verb, who: Officer, course: UUID, **about: Any) -> None:
    """Write down what an office did with a course."""
    told = {"object_kind": "course", "object_id": course, **about}
    audit.record(
        verb=verb, account=who.account_id, institution=who.institution.pk, course=course, **told
    )
