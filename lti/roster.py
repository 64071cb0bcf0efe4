"""A platform's roster → people and their places in a course. Nobody is ever deleted."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lti import joins, nrps, platforms
from lti.claims import RESOURCE, Launch, sections
from lti.models import CourseService
from lti.nrps import Member
from lti.services import of
from tutorai.errors import NotFound
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Course, Enrolment, Identity, User

# Who came by launch within as long stays, though no roster names them: a guest, an administrator.
GRACE = timedelta(days=1)


class Known(NamedTuple):
    """What our rows say of a person, before the roster is written down."""

    user: User
    place: Enrolment | None


def read(course: Course) -> int:
    """Make our rows say what the platform's roster says; return how many people are on it.

    Raises LMSError, and NotFound when the platform offers no roster of this course.
    """
    service = of(course)
    if not service.members_url:
        raise NotFound()
    began = timezone.now()
    members = nrps.members(service)
    save(service, members, at=began)
    return len(members)


@transaction.atomic
def save(service: CourseService, members: list[Member], *, at: datetime) -> None:
    """Write a complete roster down, as it stood `at`; what says the same already stays."""
    Course.objects.select_for_update(no_key=True).get(pk=service.course_id)
    known = _known(service, members)
    told = service.deployment.registration
    # Its roster calls an assistant Learner whose launches say Instructor: a launch knows better.
    by_launch = platforms.of(told.family, told.issuer, told.token_url).name == "moodle"
    rows = {
        member.user.user_id: _person(service, member, known.get(member.user.user_id))
        for member in members
    }
    for member in members:
        user_id = rows[member.user.user_id]
        _place(service, member, user_id, known.get(member.user.user_id), by_launch, at)
    _join(service, members, rows)
    _leave(service, rows.values(), at)
    CourseService.objects.filter(pk=service.pk).update(members_at=at)


def _known(service: CourseService, members: list[Member]) -> dict[str, Known]:
    """Return what we know of these people, by the platform's id: three queries for all."""
    identities = dict(
        Identity.objects.filter(
            institution_id=service.course.institution_id,
            source=_people(service),
            kind=Identity.Of.USER,
            external_id__in=[member.user.user_id for member in members],
        ).values_list("external_id", "row")
    )
    users = User.objects.in_bulk(list(identities.values()))
    places = Enrolment.objects.filter(course_id=service.course_id, user_id__in=list(users))
    held = {place.user_id: place for place in places}
    return {
        external_id: Known(users[row], held.get(row))
        for external_id, row in identities.items()
        if row in users
    }


def _people(service: CourseService) -> str:
    return f"lti:{service.deployment.registration_id}"


def _person(service: CourseService, member: Member, known: Known | None) -> UUID:
    told = member.user
    if (
        known
        and told.name in {"", known.user.name}
        and told.email in {"", known.user.email}
        and told.is_test == known.user.is_test
    ):
        return known.user.pk
    return store.save_user(
        institution_id=service.course.institution_id, source=_people(service), user=told
    )


def _place(
    service: CourseService,
    member: Member,
    user_id: UUID,
    known: Known | None,
    by_launch: bool,
    at: datetime,
) -> None:
    """Write the person's place, unless it says so already; or their launch came meanwhile."""
    place = known.place if known else None
    role, listed = member.user.role, sections(member.custom)
    if place:
        if place.seen_from == Enrolment.From.LAUNCH and place.seen_at > at:
            return
        if by_launch and place.seen_from == Enrolment.From.LAUNCH:
            role = schema.Role(place.role)
        same = (place.role, place.active) == (role.value, member.active)
        if same and listed in (None, place.sections):
            return
    store.save_enrolment(
        user_id=user_id,
        course_id=service.course_id,
        role=role,
        seen_from=Enrolment.From.NRPS,
        sections=listed,
        active=member.active,
        at=at,
    )


def _join(service: CourseService, members: list[Member], rows: dict[str, UUID]) -> None:
    """Keep what the platform asserts of its own user ids, as launches do."""
    registration = service.deployment.registration
    made = []
    for member in members:
        launch = Launch(
            deployment_id=service.deployment.deployment_id,
            message_type=RESOURCE,
            roles=(),
            sub=member.user.user_id,
            custom=member.custom,
        )
        asserted = joins.asserted(launch, family=registration.family, issuer=registration.issuer)
        made += [
            Identity(
                institution_id=service.course.institution_id,
                source=f"{join.lms}:{service.deployment_id}",
                kind=join.kind,
                external_id=join.external_id,
                row=rows[member.user.user_id],
            )
            for join in asserted
            if join.kind == Identity.Of.USER
        ]
    Identity.objects.bulk_create(made, ignore_conflicts=True)


def _leave(service: CourseService, there: Iterable[UUID], at: datetime) -> None:
    """Mark as inactive who is on the roster no more."""
    places = Enrolment.objects.filter(course_id=service.course_id, active=True)
    old = Q(seen_from=Enrolment.From.NRPS) | Q(
        seen_from=Enrolment.From.LAUNCH, seen_at__lt=at - GRACE
    )
    places.filter(old).exclude(user_id__in=list(there)).update(active=False)
