"""What a launch finds: the school, the person, the course, the link. One query reads all of it.

Most launches bring nothing new, and then write nothing here. What is new or different goes
through LMS-DM's store.
"""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from lti import claims, joins, offered, roles, sessions
from lti.claims import Launch
from lti.errors import DeploymentPending
from lti.models import Deployment, Registration, ResourceLink
from tutorai.ids import new_id
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Course, Enrolment, Identity, User
from tutorai.prepared import rows

SEEN = timedelta(hours=1)  # a visit is written down again after as long

# What this launch names by outside ids, as far as it is known.
KNOWN = """
SELECT d.id, d.status, i.id, i.admins_may_read,
       u.id, u.name, u.email, u.locale, u.is_test,
       c.id, c.title, c.code,
       e.role, e.active, e.sections, e.seen_from, e.seen_at,
       l.id, l.course_id, l.title,
       ARRAY(SELECT j.kind || j.external_id FROM lmsdm_identity j
              WHERE j.institution_id = i.id AND j.source = %(lms)s || d.id::text
                AND j.external_id = ANY(%(asserted)s::text[])),
       s.deployment_id = d.id AND %(line_items)s::text IN ('', s.line_items_url)
        AND %(scopes)s::jsonb IN ('[]', s.scopes) AND %(members)s::text IN ('', s.members_url),
       g.id, g.gone_at IS NULL AND g.assignment_id IS NOT NULL
        AND (g.resource_link_id <> '' OR %(link)s IN ('', %(context)s))
  FROM lti_deployment d
  LEFT JOIN lmsdm_institution i ON i.id = d.institution_id
  LEFT JOIN lmsdm_identity p ON p.institution_id = i.id AND p.source = %(people)s
        AND p.kind = 'user' AND p.external_id = %(sub)s
  LEFT JOIN users u ON u.id = p.row
  LEFT JOIN lmsdm_identity k ON k.institution_id = i.id AND k.source = 'lti:' || d.id::text
        AND k.kind = 'course' AND k.external_id = %(context)s
  LEFT JOIN courses c ON c.id = k.row
  LEFT JOIN lmsdm_enrolment e ON e.user_id = u.id AND e.course_id = c.id
  LEFT JOIN lti_courseservice s ON s.course_id = c.id
  LEFT JOIN lmsdm_lineitem g ON g.course_id = c.id AND g.url = %(line_item)s
  LEFT JOIN lti_resourcelink l ON l.deployment_id = d.id AND l.link_id = %(link)s
 WHERE d.registration_id = %(registration)s AND d.deployment_id = %(deployment)s
"""

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
  INSERT INTO lmsdm_enrolment (id, user_id, course_id, role, sections, active, seen_from, seen_at)
  SELECT %(enrolment)s, row, %(course)s, %(role)s, %(sections)s::jsonb, true, %(seen_from)s, now()
    FROM person
)
SELECT row FROM person
"""


class Found(NamedTuple):
    """One row of `KNOWN`."""

    deployment: UUID
    status: str
    institution: UUID | None
    admins: bool | None
    user: UUID | None
    name: str | None
    email: str | None
    locale: str | None
    is_test: bool | None
    course: UUID | None
    title: str | None
    code: str | None
    role: str | None
    active: bool | None
    sections: str | None  # JSON
    seen_from: str | None
    seen_at: datetime | None
    link: UUID | None
    link_course: UUID | None
    link_title: str | None
    joined: list[str]
    service: bool | None  # the course's services are known as this launch tells them
    column: UUID | None
    column_known: bool | None


class Arrival(NamedTuple):
    """Who came where as what, with our ids."""

    deployment_id: UUID
    user: User
    course: Course | None
    resource_link_id: UUID | None
    role: schema.Role
    sections: list[str]


class Visit(NamedTuple):
    """A launch, read and looked up; `settle` writes it down."""

    told: Launch
    registration: Registration
    found: Found
    institution: UUID
    role: schema.Role
    asserted: list[joins.Join]

    @property
    def link_id(self) -> str:
        """The link's id, "" where it is the course itself: Canvas sends navigation so."""
        return "" if self.told.link_id == self.told.context_id else self.told.link_id

    @property
    def sections(self) -> list[str] | None:
        """The LMS's section ids, None where it told none."""
        return claims.sections(self.told.custom)


def find(registration: Registration, told: Launch) -> Visit:
    """Look a launch up; raise DeploymentPending, with a new deployment written down."""
    asserted = joins.asserted(told, family=registration.family, issuer=registration.issuer)
    asked: dict[str, Any] = {
        "registration": registration.pk,
        "deployment": told.deployment_id,
        "people": f"lti:{registration.pk}",
        "sub": told.sub,
        "context": told.context_id,
        "link": told.link_id,
        "lms": f"{asserted[0].lms}:" if asserted else "",
        "asserted": [join.external_id for join in asserted],
        "line_items": told.line_items_url,
        "scopes": json.dumps(told.scopes),
        "members": told.members_url,
        "line_item": told.line_item_url,
    }
    found = _known(asked)
    if found is None:
        _record(registration, told.deployment_id)
        found = _known(asked)
    assert found is not None  # deployments are never deleted
    if found.status != Deployment.Status.ACTIVE or found.institution is None:
        raise DeploymentPending()
    role = roles.effective(told.roles, overrides=registration.roles, admins=bool(found.admins))
    return Visit(told, registration, found, found.institution, role, asserted)


def _known(asked: dict[str, Any]) -> Found | None:
    row = next(iter(rows(KNOWN, asked)), None)
    return Found(*row) if row else None


def _record(registration: Registration, deployment_id: str) -> None:
    """Write an unknown deployment down. Whose it is, an operator says: schools may share a client."""
    approved = registration.auto_approve_deployments and registration.institution_id
    Deployment.objects.get_or_create(
        registration=registration,
        deployment_id=deployment_id,
        defaults={
            "status": Deployment.Status.ACTIVE if approved else Deployment.Status.PENDING,
            "institution": registration.institution if approved else None,
        },
    )


def settle(visit: Visit) -> Arrival:
    """Make our rows say what the launch tells; return who came where as what."""
    told, found = visit.told, visit.found
    if _nothing_new(visit):
        user, course, link = found.user, found.course, found.link
    else:
        user, course, link = _write(visit)
    return Arrival(
        deployment_id=found.deployment,
        user=User(pk=user, name=told.name or found.name or ""),
        course=Course(pk=course, title=told.course_title or found.title or "") if course else None,
        resource_link_id=link,
        role=visit.role,
        sections=visit.sections or json.loads(found.sections or "[]"),
    )


def _nothing_new(visit: Visit) -> bool:
    """Whether our rows say it all. Without a course a role stands in sessions alone."""
    return (
        bool(visit.told.context_id)
        and _same_person(visit)
        and _same_course(visit)
        and _same_place(visit)
        and _same_link(visit)
        and _same_offer(visit)
        and not _new_joins(visit)
    )


def _same_person(visit: Visit) -> bool:
    told, found = visit.told, visit.found
    return (
        found.user is not None
        and found.is_test == (roles.TEST_USER in told.roles)
        and told.name in {"", found.name}
        and told.email in {"", found.email}
        and told.locale in {"", found.locale}
    )


def _same_course(visit: Visit) -> bool:
    told, found = visit.told, visit.found
    return (
        found.course is not None
        and told.course_title in {"", found.title}
        and told.course_code in {"", found.code}
    )


def _same_place(visit: Visit) -> bool:
    found = visit.found
    return (
        bool(found.active)
        and found.role == visit.role
        and found.seen_from == Enrolment.From.LAUNCH
        and (visit.sections is None or visit.sections == json.loads(found.sections or "[]"))
        and found.seen_at is not None
        and found.seen_at > timezone.now() - SEEN
    )


def _same_link(visit: Visit) -> bool:
    told, found = visit.told, visit.found
    return not visit.link_id or (
        found.link is not None
        and found.link_course == found.course
        and told.link_title in {"", found.link_title}
    )


def _same_offer(visit: Visit) -> bool:
    return _offer(visit).covers(visit.told)


def _offer(visit: Visit) -> offered.Known:
    found = visit.found
    return offered.Known(found.service, found.column is not None, found.column_known)


def _new_joins(visit: Visit) -> list[joins.Join]:
    held = set(visit.found.joined)
    return [join for join in visit.asserted if join.kind + join.external_id not in held]


def _write(visit: Visit) -> tuple[UUID, UUID | None, UUID | None]:
    first = _first_visit(visit)
    if first:
        return first, visit.found.course, visit.found.link
    return _write_all(visit)


def _first_visit(visit: Visit) -> UUID | None:
    """Write down a new person in a course we know; None when there is more to it."""
    told, found = visit.told, visit.found
    new = {join.kind: join.external_id for join in _new_joins(visit)}
    simple = found.user is None and told.sub and told.context_id and _same_course(visit)
    known = _same_link(visit) and _same_offer(visit)
    if not simple or not known or Identity.Of.COURSE in new:
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
def _write_all(visit: Visit) -> tuple[UUID, UUID | None, UUID | None]:
    told, found = visit.told, visit.found
    user = found.user
    if user is None or not _same_person(visit):
        user = _person(visit)
    course = found.course
    if told.context_id and (course is None or not _same_course(visit)):
        course = _course(visit)
    if course and not _same_place(visit):
        _enrol(visit, user, course)
    if course is None or found.role != visit.role:
        sessions.end_other_roles(user, course, visit.role)
    rows = {Identity.Of.USER.value: user, Identity.Of.COURSE.value: course}
    made = [
        Identity(
            institution_id=visit.institution,
            source=f"{join.lms}:{found.deployment}",
            kind=join.kind,
            external_id=join.external_id,
            row=row,
        )
        for join in _new_joins(visit)
        if (row := rows[join.kind])
    ]
    Identity.objects.bulk_create(made, ignore_conflicts=True)
    if course and not _same_offer(visit):
        offered.save(told, _offer(visit), deployment_id=found.deployment, course_id=course)
    return user, course, _link(visit, course)


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
    told = ["role", "active", "seen_from", "seen_at"]
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
            course_id=told.context_id, title=told.course_title, code=told.course_code
        ),
    )


def _link(visit: Visit, course: UUID | None) -> UUID | None:
    if not visit.link_id or _same_link(visit):
        return visit.found.link
    told = visit.told
    row, _new = ResourceLink.objects.update_or_create(
        deployment_id=visit.found.deployment,
        link_id=visit.link_id,
        defaults={"course_id": course, **({"title": told.link_title} if told.link_title else {})},
    )
    return row.pk
