"""Names and Roles (NRPS 2), as Canvas offers it. Canvas API: Names and Role."""

from __future__ import annotations

from typing import Any

from django.db.models import Min, Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from connectors.sandbox import dialects, settings
from connectors.sandbox.claims import LTI, MEMBERSHIP, NRPS_SCOPE, RESOURCE
from connectors.sandbox.guard import service
from connectors.sandbox.models import Course, Enrolment, Launch, Person, PlacedLink, Tool
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
    own = dialects.at(request.path).roster(request, tool, scopes, course, tool_id)
    if own is not None:
        return own
    need(scopes, {NRPS_SCOPE})
    link = _link(request.GET.get("rlid", ""), tool, course)
    platform, groups = dialects.platform_of(course.world), request.GET.get("groups") == "true"
    people, headers = paged(request, _people(request, course), MOST)
    _fetch(people, course)
    page = [platform.member(person, course, tool, groups=groups) for person in people]
    if link is not None:
        for member, person in zip(page, people, strict=True):
            member["message"] = [_message(person, course, link)]
    body = {
        "id": f"{settings.SANDBOX_URL}{request.path}",
        "context": {"id": course.uuid, "label": course.code, "title": course.name},
        "members": page,
    }
    return JsonResponse(body, content_type=ROSTER_TYPE, headers=headers)


def _people(request: HttpRequest, course: Course) -> list[Person]:
    """Return who is in the course, of one role where that is asked for."""
    rows = Person.objects.filter(enrolment__course=course).annotate(came=Min("enrolment__id"))
    people: list[Person] = list(rows.order_by("came"))
    wanted = request.GET.get("role", "")
    if not wanted:
        return people
    _fetch(people, course)
    meant, platform = {wanted, f"{MEMBERSHIP}#{wanted}"}, dialects.platform_of(course.world)
    return [person for person in people if meant & set(platform.roles(person, course))]


def _fetch(people: list[Person], course: Course) -> None:
    """Have everybody's enrolments at hand (`claims.enrolments`), in one query."""
    here = Enrolment.objects.filter(course=course).select_related("observed")
    prefetch_related_objects(people, Prefetch("enrolment_set", here))


def _link(rlid: str, tool: Tool, course: Course) -> PlacedLink | None:
    """Return the link that the roster is asked for; unsaved where it is the course itself."""
    if not rlid:
        return None
    deployments = tool.deployment_set.all()
    if rlid == course.uuid:
        return PlacedLink(deployment=deployments.order_by("id")[0], course=course, uuid=rlid)
    found = PlacedLink.objects.filter(deployment__in=deployments, course=course, uuid=rlid).first()
    if found is None:
        raise Wrong(400, "Tool does not have access to rlid " + rlid)
    return found


def _message(person: Person, course: Course, link: PlacedLink) -> dict[str, Any]:
    """Return what a launch of that link would carry of its own for this person."""
    launch = Launch(
        deployment=link.deployment,
        person=person,
        course=course,
        link=None if link._state.adding else link,
    )
    return {
        f"{LTI}message_type": RESOURCE,
        "locale": person.locale,
        f"{LTI}custom": dialects.platform_of(course.world).custom(launch),
    }
