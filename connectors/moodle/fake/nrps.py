"""Names and Roles, as Moodle offers them: short roles, escaped names, nobody who is suspended.

Source: Moodle's mod/lti/service/memberships; Moodle 4.5 recordings, nrps_*
"""

from __future__ import annotations

import html
import unicodedata
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from connectors.moodle.fake import naming, outcomes, paging
from connectors.moodle.fake.handlers import OLD_ROSTER_TYPE, ROSTER_TYPE
from connectors.sandbox import settings
from connectors.sandbox.claims import LTI, MEMBERSHIP, NRPS_SCOPE
from connectors.sandbox.models import Course, Enrolment, Person, PlacedLink, Tool
from connectors.sandbox.services import Wrong, need

# Who may arrange activities is an instructor here; in a launch, who may grade (`claims`).
INSTRUCTORS = {"TeacherEnrollment", "DesignerEnrollment"}
Member = dict[str, Any]


def memberships(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, tool_id: int
) -> HttpResponse:
    """Return who is in the course, by last name.

    `role` is a URI or its last word; `rlid` a resource link's id, which adds what a launch from
    there would carry. Any course of the site can be asked for.
    """
    if tool_id != tool.id:
        raise Wrong(401, "Unauthorized")
    need(scopes, {NRPS_SCOPE})
    link = _link(tool, course, request.GET.get("rlid", ""))
    wanted = request.GET.get("role", "").removeprefix(f"{MEMBERSHIP}#")
    everyone = [(person, _role(kinds)) for person, kinds in people(course)]
    found = [one for one in everyone if wanted in ("", one[1])]
    page, headers = paging.members(request, found)
    members = [_member(tool, person, role, link) for person, role in page]
    if request.headers.get("Accept") == OLD_ROSTER_TYPE:
        body, kind = _old(request, course, members), OLD_ROSTER_TYPE
    else:
        body, kind = _container(request, course, members), ROSTER_TYPE
    return JsonResponse(body, content_type=kind, headers=headers)


def people(course: Course) -> list[tuple[Person, set[str]]]:
    """Return who is active in a course with what they are there, as Moodle sorts them."""
    rows = Enrolment.objects.filter(course=course, state="active").select_related("person")
    found: dict[Person, set[str]] = {}
    for row in rows.order_by("id"):
        found.setdefault(row.person, set()).add(row.type)
    return sorted(found.items(), key=lambda one: _sorting(one[0]))


def _sorting(person: Person) -> tuple[str, str]:
    """Sort as MariaDB does: letters of a kind together, whatever is on them."""
    names = (person.family_name, person.given_name)
    # NFKD leaves the bar of Ł on, MariaDB does not.
    plain = [unicodedata.normalize("NFKD", name.translate({321: "L", 322: "l"})) for name in names]
    first, second = ("".join(c for c in n if not unicodedata.combining(c)) for n in plain)
    return first.casefold(), second.casefold()


def _role(kinds: set[str]) -> str:
    return "Instructor" if kinds & INSTRUCTORS else "Learner"


def _link(tool: Tool, course: Course, link: str) -> PlacedLink | None:
    """Return the activity whose id that is; None for the course as a whole."""
    if link in ("", course.uuid):
        return None
    rows = PlacedLink.objects.filter(deployment__tool=tool, course=course, uuid=link)
    found = rows.select_related("line_item").first()
    if found is None:
        raise Wrong(404, f"Not Found: Resource link {link} doesn't exist")
    return found


def _member(tool: Tool, person: Person, role: str, link: PlacedLink | None) -> Member:
    told: Member = {"status": "Active", "roles": [role]}
    if link is not None:
        message: Member = {f"{LTI}message_type": "LtiResourceLinkRequest"}
        message |= outcomes.claims(tool, person, link)
        told["message"] = [message]
    told |= {"user_id": person.uuid, "lis_person_sourcedid": person.sis_id}
    if naming.shares_name(tool):
        told |= {name: html.escape(value, quote=False) for name, value in naming.names(person)}
    if naming.shares_email(tool):
        told["email"] = person.email
    if naming.shares_name(tool):
        told["ext_user_username"] = person.login_id
    return told


def _container(request: HttpRequest, course: Course, members: list[Member]) -> Member:
    return {
        "id": f"{settings.SANDBOX_URL}{request.path}",
        "context": {"id": course.uuid, "label": course.code, "title": naming.title(course)},
        "members": members,
    }


# What the older container calls a member's parts.
OLD_NAMES = {
    "user_id": "userId",
    "lis_person_sourcedid": "sourcedId",
    "given_name": "givenName",
    "family_name": "familyName",
}


def _old(request: HttpRequest, course: Course, members: list[Member]) -> Member:
    """Write the container of LIS 2. Moodle 4.5 recordings, nrps_get_accept_v1_jsonld."""
    return {
        "@context": "http://purl.imsglobal.org/ctx/lis/v2/MembershipContainer",
        "@type": "Page",
        "@id": f"{settings.SANDBOX_URL}{request.path}",
        "pageOf": {
            "@type": "LISMembershipContainer",
            "membershipSubject": {
                "@type": "Context",
                "contextId": course.uuid,
                "membership": [_old_member(member) for member in members],
            },
        },
    }


def _old_member(member: Member) -> Member:
    apart = {"status", "roles", "message"}
    rest = {OLD_NAMES.get(name, name): member[name] for name in member if name not in apart}
    told: Member = {"status": member["status"], "role": member["roles"]}
    if "message" in member:
        told["message"] = member["message"]
    return {**told, "member": {"@type": "LISPerson", **rest}}
