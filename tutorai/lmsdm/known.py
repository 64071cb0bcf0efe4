"""What is known of a course's people, for its LMS's conditions: where they are in, who they are.

Sections and groups are known where who tells of the course's own knows the person: else somebody
who is in none could as well be in all.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from tutorai.lmsdm.conditions import Facts
from tutorai.lmsdm.models import CourseGroup, Enrolment, Identity

Told = tuple[str, str, str]  # kind, source, external id


def of(
    institution_id: UUID,
    course_id: UUID | None,
    users: Collection[UUID],
    now: datetime,
    sections: Mapping[UUID, Collection[str]] | None = None,
) -> dict[UUID, Facts]:
    """Return what is known of each; `sections`: what their own launches said besides."""
    places = {
        row.user_id: row for row in Enrolment.objects.filter(course=course_id, user__in=users)
    }
    ids: dict[UUID, list[Told]] = defaultdict(list)
    wanted = [*users, course_id] if course_id else [*users]
    rows = Identity.objects.filter(institution=institution_id, row__in=wanted)
    for row, *told in rows.values_list("row", "kind", "source", "external_id"):
        ids[row].append((told[0], told[1], told[2]))
    parts = list(
        CourseGroup.objects.filter(course=course_id).values_list("kind", "source").distinct()
    )
    here = ids.get(course_id, []) if course_id else []
    # Where we know which LMS tells of the course, ids of another one say nothing: all count from 1.
    theirs = {source.partition(":")[0] for kind, source, _own in here if kind == Identity.Of.COURSE}
    theirs -= {"lti"}
    return {
        user: _facts(
            now, places.get(user), (sections or {}).get(user, ()), ids.get(user, []), parts, theirs
        )
        for user in users
    }


def _facts(
    now: datetime,
    place: Enrolment | None,
    said: Collection[str],
    told: Collection[Told],
    parts: Collection[tuple[str, str]],
    theirs: Collection[str],
) -> Facts:
    mine = [(source, own) for kind, source, own in told if kind == Identity.Of.USER]
    lists = {source for source, _own in mine}
    rostered = bool(place and place.roster_role)
    kinds = {
        kind
        for kind, source in parts
        if source in lists or (rostered and source.startswith("lti:"))
    }
    sections = frozenset(said) | frozenset(place.sections if place else ())
    groups = frozenset(place.groups if place else ())
    people = frozenset(
        own.rpartition("/")[2]
        for source, own in mine
        if not source.startswith("lti:") and (not theirs or source.partition(":")[0] in theirs)
    )
    return Facts(
        now=now,
        sections=sections if sections or CourseGroup.Kind.SECTION in kinds else None,
        groups=groups if groups or CourseGroup.Kind.GROUP in kinds else None,
        people=people or None,
    )


def nobody(now: datetime) -> Facts:
    """Somebody of whom nothing is known."""
    return Facts(now=now)
