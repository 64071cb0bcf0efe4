"""A platform's roster → people and their places in a course. Nobody is ever deleted."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from lti import joins, nrps, services
from lti.claims import LONGEST, RESOURCE, Launch, sections
from lti.models import CourseService, Deployment
from lti.nrps import Member
from lti.services import of
from tutorai.errors import LMSError, NotFound
from tutorai.lmsdm import people
from tutorai.lmsdm.models import Course, CourseGroup, Enrolment, Identity

logger = logging.getLogger(__name__)

# Who came by launch within as long stays, though no roster names them: a guest, an administrator.
GRACE = timedelta(days=1)
LATELY = timedelta(days=3)  # a course that somebody opened within as long is read by itself
SAID = ("role", "roster_role", "sections", "groups", "active", "left_at")
SEEN = ("seen_from", "seen_at")

Held = Mapping[UUID, Enrolment]  # places in a course, by person


def read(course: Course) -> int:
    """Make our rows say what the platform's roster says; return how many people are on it.

    Nothing is written before its last page was understood. Raises LMSError, and NotFound when the
    platform offers no roster of this course.
    """
    service = of(course)
    if not service.members_url:
        raise NotFound()
    began = timezone.now()
    members = nrps.members(service)
    save(service, members, at=began, named=_group_names(service))
    return len(members)


def _group_names(service: CourseService) -> dict[str, str]:
    """Return what groups are called, where the platform tells: a roster counts without it too."""
    try:
        return nrps.group_names(service) if service.groups_url else {}
    except LMSError as error:
        logger.info("No names of groups for course %s: %s", service.course_id, error.code)
        return {}


def stale(before: datetime) -> QuerySet[CourseService]:
    """Return the courses whose roster was not read since `before`, and that are in use."""
    lately = timezone.now() - LATELY
    seen = Enrolment.objects.filter(seen_from=Enrolment.From.LAUNCH, seen_at__gt=lately)
    rows = CourseService.objects.select_related("course").filter(
        trouble="",
        course__in=seen.values("course"),
        deployment__status=Deployment.Status.ACTIVE,
        deployment__registration__active=True,
    )
    return rows.exclude(members_url="").exclude(members_at__gte=before)


@transaction.atomic
def save(
    service: CourseService,
    members: list[Member],
    *,
    at: datetime,
    named: Mapping[str, str] | None = None,
) -> None:
    """Write a complete roster down, as it stood `at`; what says the same already stays.

    `named` says what groups are called, where the members' own lists do not.
    """
    Course.objects.select_for_update(no_key=True).get(pk=service.course_id)
    rows = people.save_users(
        institution_id=service.course.institution_id,
        source=f"lti:{service.deployment.registration_id}",
        users=[member.user for member in members],
    )
    there = Enrolment.objects.filter(course_id=service.course_id).order_by("pk")
    held = {place.user_id: place for place in there.select_for_update(no_key=True)}
    changed = _come(service, members, rows, held, at) + _gone(held, set(rows.values()), at)
    Enrolment.objects.bulk_update(changed, (*SAID, *SEEN))
    _join(service, members, rows)
    _parts(service, members, named or {})
    rows_of = CourseService.objects.filter(pk=service.pk)
    rows_of.update(members_at=at, trouble="", trouble_at=None)


def _come(
    service: CourseService,
    members: list[Member],
    rows: Mapping[str, UUID],
    held: Held,
    at: datetime,
) -> list[Enrolment]:
    """Give a place to whoever has none; return the places of the others that are different now."""
    understates = services.facts(service).understates
    fresh, changed = {}, []
    for member in members:
        user_id = rows[member.user.user_id]
        place = held.get(user_id)
        if place is None:
            place = Enrolment(user_id=user_id, course_id=service.course_id)
            _write(place, member, at)
            fresh[user_id] = place
        elif _differs(place, member, at, understates=understates):
            changed.append(place)
    Enrolment.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    return changed


def _write(place: Enrolment, member: Member, at: datetime) -> None:
    place.role = member.user.role.value
    place.seen_from, place.seen_at = Enrolment.From.NRPS, at
    _stay(place, member, at)


def _stay(place: Enrolment, member: Member, at: datetime) -> None:
    """Write what a roster knows best; the sections or groups that it does not tell of stay."""
    place.roster_role = member.user.role.value
    place.active = member.active
    place.left_at = None if member.active else place.left_at or at
    listed = sections(member.custom)
    if listed is not None:
        place.sections = listed
    if member.groups is not None:
        place.groups = sorted(member.groups)


def _differs(place: Enrolment, member: Member, at: datetime, *, understates: bool) -> bool:
    """Make a place say what the roster says; return whether it said anything else.

    A launch that came meanwhile knows better. Where rosters understate roles, any launch knows
    better until the roster says something else than it did: an assistant is a learner there all
    the time, but a teacher who becomes one was demoted.
    """
    launched = place.seen_from == Enrolment.From.LAUNCH
    if launched and place.seen_at > at:
        return False
    before, seen = [[getattr(place, name) for name in names] for names in (SAID, SEEN)]
    if launched and understates and place.roster_role in {"", member.user.role}:
        _stay(place, member, at)
    else:
        _write(place, member, at)
    if [getattr(place, name) for name in SAID] == before:
        place.seen_from, place.seen_at = seen
        return False
    return True


def _gone(held: Held, there: set[UUID], at: datetime) -> list[Enrolment]:
    """Mark who is on the roster no more as having left; return their places."""
    known = {Enrolment.From.NRPS.value, Enrolment.From.LAUNCH.value}
    left = []
    for user_id, place in held.items():
        guest = place.seen_from == Enrolment.From.LAUNCH and place.seen_at >= at - GRACE
        if place.active and user_id not in there and place.seen_from in known and not guest:
            place.active, place.left_at = False, at
            left.append(place)
    return left


def _join(service: CourseService, members: list[Member], rows: Mapping[str, UUID]) -> None:
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


def _parts(service: CourseService, members: Iterable[Member], named: Mapping[str, str]) -> None:
    """Keep the sections and groups that members are told to be in, with what they are called."""
    section, group = CourseGroup.Kind.SECTION, CourseGroup.Kind.GROUP
    told: dict[tuple[str, str], str] = {}
    for member in members:
        told |= {(section, one): "" for one in sections(member.custom) or []}
        told |= {
            (group, one): name or named.get(one, "") for one, name in (member.groups or {}).items()
        }
    where = {"course_id": service.course_id, "source": f"lti:{service.deployment_id}"}
    held = {(row.kind, row.external_id): row for row in CourseGroup.objects.filter(**where)}
    CourseGroup.objects.bulk_create(
        CourseGroup(kind=kind, external_id=name, name=called, **where)
        for (kind, name), called in told.items()
        if (kind, name) not in held and len(name) <= LONGEST
    )
    renamed = [row for key, row in held.items() if told.get(key, "") not in {"", row.name}]
    for row in renamed:
        row.name = told[row.kind, row.external_id]
    CourseGroup.objects.bulk_update(renamed, ["name"])
