"""What a launch leaves behind: rows of the person, the course, the place in it, and the link.

Most launches bring nothing new, and then write nothing here. What is new or different goes
through LMS-DM's store.
"""

import json
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from lti import lineage, notices, observers, offered, roles, sessions, visits
from lti.models import ResourceLink
from lti.visits import Visit
from tutorai.ids import new_id
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Course, Enrolment, Identity, User

Written = tuple[UUID, UUID | None, UUID | None, UUID | None]  # person, course, link, what is placed


class Arrival(NamedTuple):
    """Who came where as what, with our ids."""

    deployment_id: UUID
    user: User
    course: Course | None
    resource_link_id: UUID | None
    role: schema.Role
    sections: list[str]
    placed_id: UUID | None  # what a teacher placed where the launch came from


# A person's first visit to a course that we know. Whoever else writes the same person at the same
# moment wins, and then nothing is written here.
FIRST = """
WITH person AS (
  INSERT INTO lmsdm_identity (id, institution_id, source, kind, external_id, row)
  VALUES (%(identity)s, %(institution)s, %(people)s, 'user', %(sub)s, %(user)s)
  ON CONFLICT DO NOTHING RETURNING row
), written AS (
  INSERT INTO users (id, institution_id, name, email, locale, is_test, created_at)
  SELECT row, %(institution)s, %(name)s, %(email)s, %(locale)s, %(is_test)s, now() FROM person
), joined AS (
  INSERT INTO lmsdm_identity (id, institution_id, source, kind, external_id, row)
  SELECT %(join)s, %(institution)s, %(lms)s, 'user', %(joined)s, row FROM person
   WHERE %(joined)s <> '' ON CONFLICT DO NOTHING
), placed AS (
  INSERT INTO lmsdm_enrolment
         (id, user_id, course_id, role, roster_role, sections, groups, active, seen_from, seen_at)
  SELECT %(enrolment)s, row, %(course)s, %(role)s, '', %(sections)s::jsonb, '[]', true,
         %(seen_from)s, now()
    FROM person
)
SELECT row FROM person
"""


# With these roles a first visit brings more than a person: files of a copied course, students.
MORE = schema.AUTHORS | {schema.Role.OBSERVER}


def settle(visit: Visit) -> Arrival:
    """Make our rows say what the launch tells; return who came where as what."""
    told, found = visit.told, visit.found
    if visits.nothing_new(visit):
        user, course, link = found.user, found.course, found.link
        placed = found.link_placed
    else:
        user, course, link, placed = _write(visit)
    return Arrival(
        deployment_id=found.deployment,
        user=User(
            pk=user, name=told.name or found.name or "", is_test=roles.TEST_USER in told.roles
        ),
        course=_named(visit, course) if course else None,
        resource_link_id=link,
        role=visit.role,
        sections=visit.sections or json.loads(found.sections or "[]"),
        placed_id=placed,
    )


def _named(visit: Visit, course: UUID) -> Course:
    told, found = visit.told, visit.found
    return Course(
        pk=course,
        title=told.course_title or found.title or "",
        state=told.course_state or found.state or "available",
    )


def _write(visit: Visit) -> Written:
    first = _first_visit(visit)
    if first:
        return first, visit.found.course, visit.found.link, visit.found.link_placed
    return _write_all(visit)


def _first_visit(visit: Visit) -> UUID | None:
    """Write down a new person in a course we know; None when there is more to it."""
    told, found = visit.told, visit.found
    new = {join.kind: join.external_id for join in visits.new_joins(visit)}
    simple = found.user is None and told.sub and told.context_id and visits.same_course(visit)
    known = visits.same_link(visit) and visits.same_offer(visit) and visits.same_notices(visit)
    alone = visit.role not in MORE and Identity.Of.COURSE not in new
    if not simple or not known or not alone:
        return None
    written = {
        "institution": visit.institution,
        "people": f"lti:{visit.registration.pk}",
        "sub": told.sub,
        "lms": f"{visit.asserted[0].lms}:{found.deployment}" if new else "",
        "joined": new.get(Identity.Of.USER, ""),
        "name": told.name,
        "email": told.email,
        "locale": told.locale,
        "is_test": roles.TEST_USER in told.roles,
        "course": found.course,
        "role": visit.role.value,
        "sections": json.dumps(visit.sections or []),
        "seen_from": Enrolment.From.LAUNCH.value,
        **{name: new_id() for name in ("user", "identity", "join", "enrolment")},
    }
    with connection.cursor() as cursor:
        cursor.execute(FIRST, written)
        row = cursor.fetchone()
    return row[0] if row else None


@transaction.atomic
def _write_all(visit: Visit) -> Written:
    told, found = visit.told, visit.found
    user = found.user
    if user is None or not visits.same_person(visit):
        user = _person(visit)
    course = found.course
    if told.context_id and (course is None or not visits.same_course(visit)):
        course = _course(visit)
    if course and not visits.same_place(visit):
        _enrol(visit, user, course)
    if course is None or found.role != visit.role:
        sessions.end_other_roles(user, course, visit.role)
    if course:
        _tell_of_place(visit, user, course)
    rows = {Identity.Of.USER.value: user, Identity.Of.COURSE.value: course}
    made = [
        Identity(
            institution_id=visit.institution,
            source=f"{join.lms}:{found.deployment}",
            kind=join.kind,
            external_id=join.external_id,
            row=row,
        )
        for join in visits.new_joins(visit)
        if (row := rows[join.kind])
    ]
    Identity.objects.bulk_create(made, ignore_conflicts=True)
    if not visits.same_notices(visit):
        notices.found(found.deployment, visit.institution, told)
    if course and not visits.same_offer(visit):
        offered.save(told, visits.offer(visit), deployment_id=found.deployment, course_id=course)
    return user, course, *_link(visit, course)


def _tell_of_place(visit: Visit, user: UUID, course: UUID) -> None:
    """Do what hangs on a course being new, and on somebody's being new in a role."""
    role, before = visit.role, visit.found.role
    if visit.found.course is None and lineage.told(visit):
        lineage.begin(visit, course)
    elif role in schema.AUTHORS and before != role:
        lineage.author_came(course)
    if schema.Role.OBSERVER in {role, before}:
        observers.note(visit, observer=user, course_id=course)


def _enrol(visit: Visit, user: UUID, course: UUID) -> None:
    """Make the person's place say what the launch says, in one statement."""
    place = Enrolment(
        user_id=user,
        course_id=course,
        role=visit.role.value,
        sections=visit.sections or [],
        active=True,
        seen_from=Enrolment.From.LAUNCH,
        seen_at=timezone.now(),
    )
    told = ["role", "active", "left_at", "seen_from", "seen_at"]
    told += [] if visit.sections is None else ["sections"]
    Enrolment.objects.bulk_create(
        [place],
        update_conflicts=True,
        unique_fields=["user", "course"],
        update_fields=told,
    )


def _person(visit: Visit) -> UUID:
    told = visit.told
    return store.save_user(
        institution_id=visit.institution,
        source=f"lti:{visit.registration.pk}",
        user=schema.User(
            user_id=told.sub or f"anonymous:{new_id()}",
            name=told.name,
            email=told.email,
            locale=told.locale,
            is_test=roles.TEST_USER in told.roles,
        ),
    )


def _course(visit: Visit) -> UUID:
    told = visit.told
    return store.save_course(
        institution_id=visit.institution,
        source=f"lti:{visit.found.deployment}",
        course=schema.Course(
            course_id=told.context_id,
            title=told.course_title,
            code=told.course_code,
            **({"state": told.course_state} if told.course_state else {}),
        ),
    )


def _link(visit: Visit, course: UUID | None) -> tuple[UUID | None, UUID | None]:
    """Return the link, and what was placed there."""
    told, found = visit.told, visit.found
    if not visit.link_id or visits.same_link(visit):
        return found.link, found.link_placed
    held = found.link_placed if found.link_course == course else None
    placed = found.placed if course and found.placed_course == course else held
    if course and found.placed and not placed:
        placed = lineage.adopt(visit, course)
    fields: dict[str, Any] = {"course_id": course, "placed_id": placed}
    fields |= {"title": told.link_title} if told.link_title else {}
    row, _new = ResourceLink.objects.update_or_create(
        deployment_id=found.deployment, link_id=visit.link_id, defaults=fields
    )
    return row.pk, row.placed_id
