"""Whose place a program can take: which course and role somebody may grant, and whether it stands.

A teacher grants what a launch shows them to be. An account of an institution grants what its
office opens: courses that were made here, as their teacher; and any course of the school as a
reader, where the school lets its administrators read. Students grant nothing.
"""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from lti.models import Deployment, LaunchSession
from tutorai.access import CHANGERS, TEACHERS, Officer
from tutorai.agency.models import Delegation
from tutorai.errors import NotFound, NotYours
from tutorai.lmsdm.models import OWN, Course, Enrolment
from tutorai.lmsdm.schema import Actor, Role
from tutorai.models import Office, OwnCourse
from tutorai.standalone import courses

GRANTING = frozenset({Role.TEACHER, Role.TA, Role.DESIGNER})
SHOWN = 200  # courses to choose from


@dataclass(frozen=True)
class Place:
    """A course and a role in it that somebody may grant, and how they came by it."""

    course: Course
    user_id: UUID
    role: Role
    deployment_id: UUID | None = None
    account_id: UUID | None = None
    sections: tuple[str, ...] = ()
    locale: str = ""
    time_zone: str = ""

    @property
    def institution_id(self) -> UUID:
        """Whose course it is."""
        return self.course.institution_id


def of_session(actor: Actor) -> Place:
    """Return what a teacher's session may grant; raise NotYours, NotFound."""
    if actor.role not in GRANTING or actor.acted_by or actor.is_test:
        raise NotYours()
    held = LaunchSession.objects.select_related("course").filter(user=actor.user_id)
    row = held.filter(pk=actor.session_id or UUID(int=0)).first()
    if row is None or row.course is None:
        raise NotFound()
    return Place(
        course=row.course,
        user_id=actor.user_id,
        role=actor.role,
        deployment_id=row.deployment_id,
        account_id=row.account_id,
        sections=actor.sections,
        locale=actor.locale,
        time_zone=actor.time_zone,
    )


def choices(who: Officer) -> list[tuple[Course, Role]]:
    """Return which courses an office may grant, and in which role; newest first."""
    mine = list(courses.seen(who).exclude(moved_to__isnull=False)[:SHOWN])
    found = [(course, Role.TEACHER) for course in mine]
    if who.may(CHANGERS) and who.institution.admins_may_read:
        others = Course.objects.filter(institution=who.institution).exclude(source=OWN)
        found += [(course, Role.ADMIN) for course in others.order_by("-created_at")[:SHOWN]]
    return found


def of_office(who: Officer, course_id: UUID, role: Role, *, locale: str = "") -> Place:
    """Return the place that an office chose; raise NotFound for what it does not open."""
    offered = {(course.pk, as_role): course for course, as_role in choices(who)}
    if (course_id, role) not in offered:
        raise NotFound()
    course = offered[course_id, role]
    return Place(
        course=course,
        user_id=courses.person(who, course).pk,
        role=role,
        account_id=who.account_id,
        locale=locale,
        time_zone=course.time_zone,
    )


def stands(held: Delegation) -> tuple[str, ...] | None:
    """Return the person's sections today; None where the place is not theirs any more.

    Asked at every call: the role in the course, the installation, the office.
    """
    now = timezone.now()
    if held.ended_at is not None or held.expires_at <= now:
        return None
    if held.account_id is not None:
        return tuple(held.sections) if _office(held) else None
    if held.deployment is None or not _installed(held.deployment):
        return None
    place = Enrolment.objects.filter(user=held.user_id, course=held.course_id, active=True).first()
    if place is None or place.role != held.role or held.role not in GRANTING:
        return None
    return tuple(place.sections)


def _installed(deployment: Deployment) -> bool:
    active = deployment.status == Deployment.Status.ACTIVE
    return active and deployment.registration.active


def _office(held: Delegation) -> bool:
    """Whether an account still holds what it granted."""
    office = Office.objects.filter(
        account=held.account_id, institution=held.institution_id, account__is_active=True
    ).first()
    if office is None:
        return False
    if held.role == Role.ADMIN:
        return office.role in CHANGERS and held.institution.admins_may_read
    made = OwnCourse.objects.filter(course=held.course_id)
    if office.role not in CHANGERS:
        made = made.filter(made_by=held.account_id)
    return held.role == Role.TEACHER and office.role in TEACHERS and made.exists()
