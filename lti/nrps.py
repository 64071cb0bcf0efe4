"""Names and Roles: who is in a course, as the platform tells.

Sources: https://www.imsglobal.org/spec/lti-nrps/v2p0, https://www.imsglobal.org/spec/lti-gs/v1p0
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Annotated, Any

from pydantic import Field, WrapValidator

from lti import claims, roles
from lti.claims import LONGEST
from lti.models import CourseService
from lti.results import or_none
from lti.services import Payload, beneath, door, facts, understood
from tutorai.errors import LMSMisunderstood, LMSNotFound, LMSRefused
from tutorai.lmsdm import schema
from tutorai.lmsdm.models import Identity

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ROSTER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
GROUPS_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"


@dataclass(frozen=True)
class Member:
    """One person of a course."""

    user: schema.User  # `role` is what the course makes of them
    active: bool
    custom: dict[str, str]  # what a launch would carry
    groups: Mapping[str, str] | None = None  # id → name, "" where none is told; None: not told


class Group(Payload):
    """A group that a member is in."""

    group_id: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    name: str | None = None


class Told(Payload):
    """A member as a platform tells it; names only where it shares them."""

    user_id: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    roles: list[str]
    status: str | None = None  # without one: Active (NRPS 2.0, 2.3)
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    message: list[dict[str, Any]] | None = None  # what their launches carry, when asked by link
    group_enrollments: Annotated[list[Group] | None, WrapValidator(or_none)] = None


class Page(Payload):
    """One page of a roster."""

    members: list[Told]


class Named(Payload):
    """A group of a course, as Course Groups tells it."""

    id: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    name: str = ""


class Groups(Payload):
    """One page of a course's groups."""

    groups: list[Named]


def members(service: CourseService) -> list[Member]:
    """Return everybody in the course, each once; raise LMSError.

    Where a roster asked by the course's own link tells what each member's launch carries (Canvas:
    its own user ids, their sections), it is asked so; any other link tells only of those who may
    open it.
    """
    known = facts(service)
    url = beneath(service.members_url, **known.roster)
    link = _course_link(service) if known.by_course_link else ""
    if link:
        try:
            return _read(service, beneath(url, rlid=link))
        except (LMSRefused, LMSNotFound):  # a Canvas that does not know the course by this link
            return _read(service, url)
    return _read(service, url)


def group_names(service: CourseService) -> dict[str, str]:
    """Return what a course's groups are called, by their ids; raise LMSError."""
    found: dict[str, str] = {}
    pages = door(service, GROUPS_SCOPE).pages(
        service.groups_url, need=frozenset({GROUPS_SCOPE}), accept=GROUPS
    )
    for page in pages:
        found |= {one.id: one.name[: claims.WORDS] for one in understood(Groups, page).groups}
    return found


def _course_link(service: CourseService) -> str:
    """Return the id of the course's own link: on Canvas its context id."""
    known = Identity.objects.filter(
        institution_id=service.course.institution_id,
        source=f"lti:{service.deployment_id}",
        kind=Identity.Of.COURSE,
        row=service.course_id,
    )
    return known.values_list("external_id", flat=True).first() or ""


def _read(service: CourseService, url: str) -> list[Member]:
    """Return a roster once its last page was understood: half of one is none."""
    found: dict[str, Member] = {}
    for page in door(service, SCOPE).pages(url, need=frozenset({SCOPE}), accept=ROSTER):
        for member in _members(service, page):
            if member.active or member.user.user_id not in found:  # told twice: is there if once
                found[member.user.user_id] = member
    if not found:  # whoever launched is a member: half an answer
        raise LMSMisunderstood()
    return list(found.values())


def _members(service: CourseService, page: Any) -> Iterator[Member]:
    said = unescape if facts(service).escapes_names else str
    deployment = service.deployment
    overrides = deployment.registration.roles_in(deployment.institution_id)
    for told in understood(Page, page).members:
        name = told.name or " ".join(filter(None, (told.given_name, told.family_name)))
        user = schema.User(
            user_id=told.user_id,
            name=said(name)[: claims.WORDS],
            email=(told.email or "")[: claims.WORDS],
            role=roles.effective(told.roles, overrides=overrides),
            is_test=roles.TEST_USER in told.roles,
        )
        active = (told.status or "active").strip().lower() == "active"
        yield Member(user, active, _custom(told), _groups(told))


def _custom(told: Told) -> dict[str, str]:
    """Return the custom values of the member's first message that has any."""
    for message in told.message or []:
        if custom := claims.custom_of(message.get(claims.LTI + "custom")):
            return custom
    return {}


def _groups(told: Told) -> dict[str, str] | None:
    """Return the groups that the member is in; None where the platform tells of none at all."""
    listed = told.group_enrollments
    if listed is None:
        return None
    return {group.group_id: (group.name or "")[: claims.WORDS] for group in listed}
