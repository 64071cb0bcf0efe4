"""What a launch says: the claims of an id_token, in the manner of Canvas."""

from __future__ import annotations

import time
from typing import Any

from connectors.sandbox import dialects, settings
from connectors.sandbox.models import Course, Enrolment, Launch, LineItem, Person, World

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
NRPS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
AGS_SCOPES = [
    f"https://purl.imsglobal.org/spec/lti-ags/scope/{name}"
    for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")
]
SCOPES = [NRPS_SCOPE, *AGS_SCOPES]
LIFETIME = 3600  # seconds an id_token is good for, as Canvas gives

# Canvas sends the plain Instructor role along with a sub-role, and its own system role.
ROLES: dict[str, list[str]] = {
    "TeacherEnrollment": [f"{INSTITUTION}#Instructor", f"{MEMBERSHIP}#Instructor"],
    "TaEnrollment": [
        f"{INSTITUTION}#Instructor",
        f"{MEMBERSHIP}#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
    ],
    "DesignerEnrollment": [f"{MEMBERSHIP}#ContentDeveloper"],
    "StudentEnrollment": [f"{INSTITUTION}#Student", f"{MEMBERSHIP}#Learner"],
    "ObserverEnrollment": [f"{INSTITUTION}#Observer", f"{MEMBERSHIP}#Mentor"],
    "StudentViewEnrollment": [
        f"{MEMBERSHIP}#Learner",
        "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    ],
}
SYSTEM_USER = "http://purl.imsglobal.org/vocab/lis/v2/system/person#User"


def roles_of(person: Person, course: Course | None) -> list[str]:
    """Return the role URIs a launch or a roster carries for this person."""
    types = Enrolment.objects.filter(person=person, course=course, state="active")
    uris = [uri for kind in types.values_list("type", flat=True) for uri in ROLES[kind]]
    return [*dict.fromkeys(uris), SYSTEM_USER]


def launch_claims(launch: Launch, nonce: str) -> dict[str, Any]:
    """Return the claims of one launch; the options of the launch switch parts off.

    Options: `locale`, `pii` (names and e-mail), `context` (a course), `roles` (a list that
    replaces the real ones), `custom` (adds to the custom claim), `claims` (replaces any
    claim; null removes it).
    """
    person, course, options = launch.person, launch.course, launch.options
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": settings.SANDBOX_URL,
        "aud": launch.deployment.tool.client_id,
        "azp": launch.deployment.tool.client_id,
        "sub": person.uuid,
        "iat": now,
        "exp": now + LIFETIME,
        "nonce": nonce,
        "locale": options.get("locale") or person.locale,
        "errors": {"errors": {}},
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": launch.deployment.deployment_id,
        f"{LTI}target_link_uri": options.get("target_link_uri")
        or launch.deployment.tool.launch_url,
        f"{LTI}roles": options.get("roles") or roles_of(person, course),
        f"{LTI}tool_platform": _platform(person.world),
        f"{LTI}launch_presentation": _presentation(launch),
        f"{LTI}custom": {**_custom(launch), **options.get("custom", {})},
        f"{LTI}resource_link": _resource_link(launch),
        f"{LTI}lti1p1": {"user_id": person.uuid.replace("-", "")},
    }
    if options.get("pii", True):
        claims |= _who(person)
    if course is not None and options.get("context", True):
        claims |= _course_claims(launch, course)
    claims |= options.get("claims", {})
    return {name: value for name, value in claims.items() if value is not None}


def _who(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "picture": f"{settings.SANDBOX_URL}/avatars/{person.id}.svg",
    }


def _platform(world: World) -> dict[str, str]:
    return {
        "guid": f"sandbox.tutor-ai.example:{world.dialect}-lms",
        "name": "Sandbox College",
        "version": "cloud",
        "product_family_code": dialects.of(world).product,
    }


def _presentation(launch: Launch) -> dict[str, Any]:
    place = f"/courses/{launch.course.id}" if launch.course else ""
    return {
        "document_target": "window" if launch.options.get("window") else "iframe",
        "locale": launch.options.get("locale") or launch.person.locale,
        "return_url": f"{settings.SANDBOX_URL}{place}/external_content/success/external_tool_redirect",
        "height": launch.options.get("height") or 800,
        "width": 800,
    }


def _resource_link(launch: Launch) -> dict[str, str]:
    """Return the link; course navigation has the course itself as its link, as in Canvas."""
    link = launch.options.get("resource_link") or {}
    uuid = launch.course.uuid if launch.course else launch.deployment.deployment_id
    return {
        "id": str(link.get("id") or uuid),
        "title": str(link.get("title") or "Tutor.AI"),
    }


def _course_claims(launch: Launch, course: Course) -> dict[str, Any]:
    tool, dialect = launch.deployment.tool, dialects.of(launch.person.world)
    return {
        f"{LTI}context": {
            "id": course.uuid,
            "label": course.code,
            "title": course.name,
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
        },
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
            "context_memberships_url": dialect.roster_url(course, tool),
            "service_versions": ["2.0"],
        },
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
            "scope": AGS_SCOPES,
            "lineitems": dialect.items_url(course, tool),
            **_own_column(launch, course),
        },
    }


def _own_column(launch: Launch, course: Course) -> dict[str, str]:
    """Name the column of the activity somebody launched from, where it has one."""
    link = _resource_link(launch)["id"]
    columns = LineItem.objects.filter(course=course, coupled=True, resource_link_id=link)
    column = columns.select_related("course", "tool").first()
    return {"lineitem": dialects.of(launch.person.world).item_url(column)} if column else {}


def _custom(launch: Launch) -> dict[str, str]:
    """Fill in the custom fields of the tool's developer key.

    What has no value in this launch stays literally as it was written, as in Canvas.
    Canvas API: LTI Variable Substitutions.
    """
    if not dialects.of(launch.person.world).canvas:
        return {}
    fields = custom_fields(launch.person, launch.course)
    if item := launch.options.get("module_item_id"):
        fields["canvas_module_item_id"] = str(item)
    if locale := launch.options.get("locale"):
        fields["message_locale"] = locale
    return fields


def custom_fields(person: Person, course: Course | None) -> dict[str, str]:
    """Return the custom fields of a person in a course, for launches and for rosters."""
    return {
        "canvas_user_id": str(person.id),
        "canvas_course_id": str(course.id) if course else "$Canvas.course.id",
        "canvas_api_domain": settings.SANDBOX_URL.partition("://")[2],
        "canvas_api_base_url": settings.SANDBOX_URL,
        "canvas_course_workflow_state": course.state if course else "$Canvas.course.workflowState",
        "canvas_course_section_ids": _sections(person, course),
        "canvas_assignment_id": "$Canvas.assignment.id",
        "canvas_module_item_id": "$Canvas.moduleItem.id",
        "context_id_history": "",
        "person_timezone": person.time_zone,
        "message_locale": person.locale,
    }


def _sections(person: Person, course: Course | None) -> str:
    mine = Enrolment.objects.filter(person=person, course=course).order_by("section_id")
    return ",".join(str(pk) for pk in mine.values_list("section_id", flat=True).distinct())
