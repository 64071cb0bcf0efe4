"""Names and Roles: who is in a course, as the platform tells.

Source: https://www.imsglobal.org/spec/lti-nrps/v2p0
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from lti import claims, platforms, roles
from lti.models import CourseService, Registration
from lti.services import Payload, beneath, door, understood
from tutorai.errors import LMSMisunderstood, LMSNotFound, LMSRefused
from tutorai.lmsdm import schema
from tutorai.lmsdm.models import Identity

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ROSTER = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
LIMIT = "50"  # members on a page, where the platform's own are small


@dataclass(frozen=True)
class Member:
    """One person of a course."""

    user: schema.User  # `role` is what the course makes of them
    active: bool
    custom: dict[str, str]  # what a launch would carry


class Told(Payload):
    """A member as a platform tells it; names only where it shares them."""

    user_id: str
    roles: list[str]
    status: str | None = None  # without one: Active (NRPS 2.0, 2.3)
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    message: list[dict[str, Any]] | None = None  # what their launches carry, when asked by link


class Page(Payload):
    """One page of a roster."""

    members: list[Told]


def members(service: CourseService) -> list[Member]:
    """Return everybody in the course, each once; raise LMSError.

    On Canvas each comes with the custom values of a launch, its own user ids among them: asked
    for by the course's own link, for any other link tells only of those who may open it.
    """
    told = service.deployment.registration
    family = platforms.of(told.family, told.issuer, told.token_url).name
    if family != "canvas":
        return _read(service, service.members_url)
    url = beneath(service.members_url, limit=LIMIT)
    link = _course_link(service)
    if link:
        try:
            return _read(service, beneath(url, rlid=link))
        except (LMSRefused, LMSNotFound):  # a Canvas that does not know the course by this link
            return _read(service, url)
    return _read(service, url)


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
    registration = service.deployment.registration
    found = {member.user.user_id: member for member in _members(service, registration, url)}
    if not found:  # whoever launched is a member: half an answer
        raise LMSMisunderstood()
    return list(found.values())


def _members(service: CourseService, registration: Registration, url: str) -> Iterator[Member]:
    pages = door(service, SCOPE).pages(url, need=frozenset({SCOPE}), accept=ROSTER)
    # Moodle escapes names here, though not in its launches.
    family = platforms.of(registration.family, registration.issuer, registration.token_url).name
    said = unescape if family == "moodle" else str
    for page in pages:
        for told in understood(Page, page).members:
            role = roles.effective(told.roles, overrides=registration.roles)
            name = told.name or " ".join(filter(None, (told.given_name, told.family_name)))
            user = schema.User(
                user_id=told.user_id,
                name=said(name)[: claims.WORDS],
                email=(told.email or "")[: claims.WORDS],
                role=role,
                is_test=roles.TEST_USER in told.roles,
            )
            active = (told.status or "Active").lower() == "active"
            yield Member(user, active, _custom(told))


def _custom(told: Told) -> dict[str, str]:
    """Return the custom values of the member's first message that has any."""
    for message in told.message or []:
        if custom := claims.custom_of(message.get(claims.LTI + "custom")):
            return custom
    return {}
