"""An LMS's own list of a course's people, over its API → their places in the course.

Launches and LTI rosters know better what somebody is; this list knows their sections and groups,
and whoever never launched. Nobody is ever deleted.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tutorai.lmsdm import cache, schema
from tutorai.lmsdm.models import CourseGroup, Enrolment
from tutorai.lmsdm.settling import differs, lock, too_many

# Who came by launch within as long stays, though no list names them.
GRACE = timedelta(days=1)
KINDS = {False: CourseGroup.Kind.SECTION, True: CourseGroup.Kind.GROUP}
COLUMNS = ("role", "sections", "groups", "active", "left_at", "seen_from", "seen_at")

Members = Mapping[UUID, schema.Enrolment]  # by person


@transaction.atomic
def save_parts(*, course_id: UUID, source: str, parts: Iterable[schema.Part]) -> int:
    """Make the course's sections and groups say exactly `parts`; return how many are different."""
    lock(course_id)
    told = {(KINDS[part.is_group].value, part.part_id): part.name for part in parts}
    rows = CourseGroup.objects.filter(course=course_id, source=source)
    held = {(row.kind, row.external_id): row for row in rows}
    fresh = [
        CourseGroup(course_id=course_id, source=source, kind=kind, external_id=name, name=called)
        for (kind, name), called in told.items()
        if (kind, name) not in held
    ]
    renamed = [
        row for key, row in held.items() if key in told and differs(row, {"name": told[key]})
    ]
    gone = [row.pk for key, row in held.items() if key not in told]
    CourseGroup.objects.bulk_create(fresh)
    if renamed:
        CourseGroup.objects.bulk_update(renamed, ["name"])
    if gone:
        rows.filter(pk__in=gone).delete()
    return _said(course_id, len(fresh) + len(renamed) + len(gone))


@transaction.atomic
def save_places(*, course_id: UUID, members: Members, at: datetime | None = None) -> int:
    """Give everybody on the list their place in the course; return how many are different.

    What a launch or an LTI roster said of somebody's role stays.
    """
    now = at or timezone.now()
    lock(course_id)
    there = Enrolment.objects.filter(course=course_id, user__in=list(members)).order_by("pk")
    held = {row.user_id: row for row in there.select_for_update(no_key=True)}
    fresh = [
        _place(course_id, user, told, now) for user, told in members.items() if user not in held
    ]
    changed = [row for user, row in held.items() if _learns(row, members[user], now)]
    Enrolment.objects.bulk_create(fresh, ignore_conflicts=True)
    if changed:
        Enrolment.objects.bulk_update(changed, COLUMNS)
    return _said(course_id, len(fresh) + len(changed))


def _place(course_id: UUID, user: UUID, told: schema.Enrolment, now: datetime) -> Enrolment:
    return Enrolment(
        course_id=course_id,
        user_id=user,
        role=told.role.value,
        active=told.active,
        seen_from=Enrolment.From.REST,
        seen_at=now,
        sections=sorted(told.sections or ()),
        groups=sorted(told.groups or ()),
    )


def _learns(row: Enrolment, told: schema.Enrolment, now: datetime) -> bool:
    """Make a place say what the list knows of it, unsaved; return whether it said anything else."""
    fields: dict[str, object] = {}
    if told.sections is not None:
        fields["sections"] = sorted(told.sections)
    if told.groups is not None:
        fields["groups"] = sorted(told.groups)
    if row.seen_from == Enrolment.From.REST:
        fields |= {"role": told.role.value, "active": told.active}
        fields["left_at"] = None if told.active else row.left_at or now
    elif row.seen_from == Enrolment.From.LAUNCH and told.active:
        fields |= {"active": True, "left_at": None}
    return differs(row, fields)


@transaction.atomic
def retire_places(
    *, course_id: UUID, known: Collection[UUID], told: Collection[UUID], anyway: bool = False
) -> int | None:
    """Mark as having left who is not on a complete list any more; return how many, None: too many.

    Only of those `known` from that list: who came by launch alone is none of its business, and who
    is on an LTI roster leaves by that one.
    """
    lock(course_id)
    now = timezone.now()
    active = Enrolment.objects.filter(course=course_id, user__in=list(known), active=True)
    ours = [
        row
        for row in active.exclude(seen_from=Enrolment.From.NRPS).order_by("pk")
        if row.seen_from == Enrolment.From.REST or row.seen_at < now - GRACE
    ]
    gone = [row for row in ours if row.user_id not in told]
    if too_many(len(gone), len(ours)) and not anyway:
        return None
    for row in gone:
        row.active, row.left_at = False, now
    if gone:
        Enrolment.objects.bulk_update(gone, ["active", "left_at"])
    return _said(course_id, len(gone))


def _said(course_id: UUID, changed: int) -> int:
    if changed:
        cache.changed(course_id)
    return changed
