"""Names and Roles (NRPS 2), as Canvas offers it. Canvas API: Names and Role."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from connectors.sandbox import settings
from connectors.sandbox.claims import LTI, MEMBERSHIP, NRPS_SCOPE, custom_fields, roles_of
from connectors.sandbox.guard import service
from connectors.sandbox.models import Course, Enrolment, Person, Tool
from connectors.sandbox.services import Wrong, need, paged

ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MOST = 50  # members on a page


@service
def memberships(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, tool_id: int = 0
) -> HttpResponseBase:
    """Return who is in the course.

    `role` is a role's URI, or its last word for a role in the course ("Learner"). With `rlid`,
    the id of a resource link, each member carries the custom fields of a launch: the cheap
    way from `sub` to Canvas's own user ids.
    Source: https://www.imsglobal.org/spec/lti-nrps/v2p0
    """
    need(scopes, {NRPS_SCOPE})
    link = request.GET.get("rlid", "")
    if link not in ("", course.uuid):
        raise Wrong(400, "Tool does not have access to rlid " + link)
    rows = Enrolment.objects.filter(course=course).select_related("person").order_by("id")
    people = list(dict.fromkeys(row.person for row in rows))
    members = [_member(person, course, message=bool(link)) for person in people]
    wanted = request.GET.get("role", "")
    meant = {wanted, f"{MEMBERSHIP}#{wanted}"}
    found = [one for one in members if not wanted or meant & set(one["roles"])]
    page, headers = paged(request, found, MOST)
    body = {
        "id": f"{settings.SANDBOX_URL}{request.path}",
        "context": {"id": course.uuid, "label": course.code, "title": course.name},
        "members": page,
    }
    return JsonResponse(body, content_type=ROSTER_TYPE, headers=headers)


def _member(person: Person, course: Course, *, message: bool) -> dict[str, Any]:
    active = Enrolment.objects.filter(person=person, course=course, state="active").exists()
    member: dict[str, Any] = {
        "status": "Active" if active else "Inactive",
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "picture": f"{settings.SANDBOX_URL}/avatars/{person.id}.svg",
        "user_id": person.uuid,
        "lti11_legacy_user_id": person.uuid.replace("-", ""),
        "roles": roles_of(person, course),
    }
    if message:
        member["message"] = [
            {
                f"{LTI}message_type": "LtiResourceLinkRequest",
                "locale": person.locale,
                f"{LTI}custom": custom_fields(person, course),
            }
        ]
    return member
