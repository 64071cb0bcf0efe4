"""What a launch finds: the school, the person, the course, the link. One query reads all of it."""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from lti import claims, inbox, joins, offered, roles
from lti.claims import Launch
from lti.errors import SwitchedOff
from lti.models import Deployment, Registration
from tutorai.lmsdm import schema
from tutorai.lmsdm.models import Enrolment
from tutorai.prepared import rows

SEEN = timedelta(hours=1)  # a visit is written down again after as long

# What this launch names by outside ids, as far as it is known.
KNOWN = """
SELECT d.id, d.status, i.id, i.admins_may_read,
       u.id, u.name, u.email, u.locale, u.is_test,
       c.id, c.title, c.code,
       e.role, e.active, e.sections, e.seen_from, e.seen_at,
       l.id, l.course_id, l.title, l.placed_id, q.id, r.id, c.state, d.notices_url,
       ARRAY(SELECT j.kind || j.external_id FROM lmsdm_identity j
              WHERE j.institution_id = i.id AND j.source = %(lms)s || d.id::text
                AND j.external_id = ANY(%(asserted)s::text[])),
       s.deployment_id = d.id AND s.trouble = '' AND %(line_items)s::text IN ('', s.line_items_url)
        AND %(scopes)s::jsonb IN ('[]', s.scopes) AND %(members)s::text IN ('', s.members_url)
        AND %(groups)s::text IN ('', s.groups_url),
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
  LEFT JOIN (lti_placement q JOIN courses r ON r.id = q.course_id)
         ON q.id = %(placed)s::uuid AND r.institution_id = i.id
 WHERE d.registration_id = %(registration)s AND d.deployment_id = %(deployment)s
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
    link_placed: UUID | None  # what a teacher placed there
    placed: UUID | None  # what this launch names as placed, in a course of this institution
    placed_course: UUID | None  # and where that was: a copied course names what it was copied from
    state: str | None  # of the course
    notices_url: str
    joined: list[str]
    service: bool | None  # the course's services are known as this launch tells them
    column: UUID | None
    column_known: bool | None


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
    """Look a launch up; raise DeploymentPending, with a new deployment written down, SwitchedOff."""
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
        "groups": told.groups_url,
        "line_item": told.line_item_url,
        "placed": told.placed or None,
    }
    found = _known(asked)
    if found is None:
        inbox.record(registration, told)
        found = _known(asked)
    assert found is not None  # deployments are never deleted
    if found.status == Deployment.Status.DISABLED:
        raise SwitchedOff()
    if found.status != Deployment.Status.ACTIVE or found.institution is None:
        raise inbox.refusal(registration, claimed=found.institution is not None)
    own = registration.roles_in(found.institution)
    role = roles.effective(told.roles, overrides=own, admins=bool(found.admins))
    return Visit(told, registration, found, found.institution, role, asserted)


def _known(asked: dict[str, Any]) -> Found | None:
    row = next(iter(rows(KNOWN, asked)), None)
    return Found(*row) if row else None


def nothing_new(visit: Visit) -> bool:
    """Whether our rows say it all. Without a course a role stands in sessions alone."""
    return (
        bool(visit.told.context_id)
        and same_person(visit)
        and same_course(visit)
        and same_place(visit)
        and same_link(visit)
        and same_offer(visit)
        and same_notices(visit)
        and visit.role is not schema.Role.OBSERVER  # whose list of students is written each time
        and not new_joins(visit)
    )


def same_person(visit: Visit) -> bool:
    """Whether our row of the person says what the launch tells."""
    told, found = visit.told, visit.found
    return (
        found.user is not None
        and found.is_test == (roles.TEST_USER in told.roles)
        and told.name in {"", found.name}
        and told.email in {"", found.email}
        and told.locale in {"", found.locale}
    )


def same_course(visit: Visit) -> bool:
    """Whether our row of the course does."""
    told, found = visit.told, visit.found
    return (
        found.course is not None
        and told.course_title in {"", found.title}
        and told.course_code in {"", found.code}
        and told.course_state in {"", found.state}
    )


def same_place(visit: Visit) -> bool:
    """Whether the person's place in the course is known so, and was seen lately."""
    found = visit.found
    return (
        bool(found.active)
        and found.role == visit.role
        and found.seen_from == Enrolment.From.LAUNCH
        and (visit.sections is None or visit.sections == json.loads(found.sections or "[]"))
        and found.seen_at is not None
        and found.seen_at > timezone.now() - SEEN
    )


def same_link(visit: Visit) -> bool:
    """Whether our row of the link says what the launch tells."""
    told, found = visit.told, visit.found
    return not visit.link_id or (
        found.link is not None
        and found.link_course == found.course
        and told.link_title in {"", found.link_title}
        and same_placed(found)
    )


def same_placed(found: Found) -> bool:
    """Whether the link's row has what the launch names as placed, if there is such a thing.

    A copied link goes on naming what it was copied from; its row has the course's own copy.
    """
    if found.placed is None or found.placed == found.link_placed:
        return True
    return found.link_placed is not None and found.placed_course != found.course


def same_notices(visit: Visit) -> bool:
    """Whether it is known where the platform's notices are asked for."""
    return visit.told.notices_url in {"", visit.found.notices_url}


def same_offer(visit: Visit) -> bool:
    """Whether what the platform offers is known so."""
    return offer(visit).covers(visit.told)


def offer(visit: Visit) -> offered.Known:
    """Return how much of the offer our rows say already."""
    found = visit.found
    return offered.Known(found.service, found.column is not None, found.column_known)


def new_joins(visit: Visit) -> list[joins.Join]:
    """Return what the LMS asserts that no row says yet."""
    held = set(visit.found.joined)
    return [join for join in visit.asserted if join.kind + join.external_id not in held]
