"""Canvas as the platform of LTI 1.3. Canvas API: LTI Launch Overview; Registering an LTI Tool.

What is its own: every hosted Canvas has one issuer, client ids are numbers of developer keys, a
deployment is a tool in an account or in a course, the storage frame and the region are named at
login, `$Variables` without a value arrive as they were written (connectors.md §1.8), names follow
the privacy level, the course's navigation has the course itself as its resource link.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from connectors.sandbox import settings
from connectors.sandbox.claims import COURSE_TYPE, LTI
from connectors.sandbox.models import Course, Deployment, Enrolment, Launch, Person, Tool
from connectors.sandbox.platforms import Place, Platform, Told
from connectors.sandbox.rows import next_id


class CanvasPlatform(Platform):
    """A Canvas in the cloud."""

    title = "Canvas"
    version = "cloud"
    auth_path = "api/lti/authorize_redirect"
    jwks_path = "api/lti/security/jwks"
    config_path = "api/lti/security/openid-configuration"
    registration_path = "api/lti/registrations"
    return_route = "courses/<int:course_id>/deep_linking_response"
    storage = "post_message_forwarding"  # Canvas API: LTI postMessage
    context_type = (COURSE_TYPE,)
    usual_custom = {
        "canvas_user_id": "$Canvas.user.id",
        "canvas_course_id": "$Canvas.course.id",
        "canvas_api_domain": "$Canvas.api.domain",
        "canvas_api_base_url": "$Canvas.api.baseUrl",
        "canvas_course_workflow_state": "$Canvas.course.workflowState",
        "canvas_course_section_ids": "$Canvas.course.sectionIds",
        "canvas_assignment_id": "$Canvas.assignment.id",
        "canvas_module_item_id": "$Canvas.moduleItem.id",
        "canvas_masquerading_user_id": "$Canvas.masqueradingUser.id",
        "canvas_user_observees": "$com.instructure.User.observees",
        "context_id_history": "$Context.id.history",
        "person_timezone": "$Person.address.timezone",
        "message_locale": "$Message.locale",
    }
    places = (
        Place("assignment_selection", "Add an assignment", multiple=False),
        Place("link_selection", "Add to a module"),
        Place("module_index_menu_modal", "Add to the modules, at once"),
    )

    def login_parameters(self, launch: Launch) -> dict[str, str]:
        """Add what Canvas alone sends (lti.md §11.1)."""
        told = super().login_parameters(launch)
        told |= {"canvas_environment": "prod", "canvas_region": "sandbox"}
        if launch.options.get("storage", True):
            told["lti_storage_target"] = self.storage
        return told

    def security(self, launch: Launch, nonce: str) -> Told:
        told = super().security(launch, nonce)
        return {**told, "azp": told["aud"], "errors": {"errors": {}}}

    def core(self, launch: Launch) -> Told:
        locale = launch.options.get("locale") or launch.person.locale
        return {**super().core(launch), "locale": locale}

    def person(self, launch: Launch) -> Told:
        told = super().person(launch)
        if "sub" in told:
            told[f"{LTI}lti1p1"] = {"user_id": launch.person.uuid.replace("-", "")}
        return told

    def presentation(self, launch: Launch) -> Told:
        size = {"height": launch.options.get("height") or 800, "width": 800}
        return {**super().presentation(launch), **size}

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return what this launch has of Canvas API: LTI Variable Substitutions."""
        options = launch.options
        values = self.known(launch.person, launch.course)
        if item := options.get("module_item_id"):
            values["Canvas.moduleItem.id"] = str(item)
        if locale := options.get("locale"):
            values["Message.locale"] = locale
        if acting := options.get("masquerade"):
            values["Canvas.masqueradingUser.id"] = str(acting)
        return values

    def known(self, person: Person, course: Course | None) -> dict[str, str]:
        """Return the values that a person in a course has, for launches and for rosters."""
        values = {
            "Canvas.user.id": str(person.id),
            "Canvas.api.domain": settings.SANDBOX_URL.partition("://")[2],
            "Canvas.api.baseUrl": settings.SANDBOX_URL,
            "Canvas.course.sectionIds": _sections(person, course),
            "Context.id.history": ",".join(course.history) if course else "",
            "Person.address.timezone": person.time_zone,
            "Message.locale": person.locale,
        }
        if course is not None:
            values["Canvas.course.id"] = str(course.id)
            values["Canvas.course.workflowState"] = course.state
            values["com.instructure.User.observees"] = _observed(person, course)
        return values

    def deploy(self, tool: Tool, name: str = "", course: Course | None = None) -> Deployment:
        """Install in the account, or in one course; the id is `<tool's number>:<a hash>`."""
        number = next_id()
        mark = hashlib.sha256(f"{tool.id}/{number}".encode()).hexdigest()[:40]
        return Deployment.objects.create(
            id=number, tool=tool, deployment_id=f"{number}:{mark}", name=name, course=course
        )

    def configuration(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(self.described())

    def described(self) -> dict[str, Any]:
        """Return what Canvas says of itself. Canvas API: Registering an LTI Tool."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.at(self.auth_path),
            "registration_endpoint": self.at(self.registration_path),
            "token_endpoint": self.dialect.token_url,
            "jwks_uri": self.at(self.jwks_path),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
        }

    def deep_linking(self, launch: Launch) -> Told:
        return {}


def _sections(person: Person, course: Course | None) -> str:
    mine = Enrolment.objects.filter(person=person, course=course).order_by("section_id")
    return ",".join(str(pk) for pk in mine.values_list("section_id", flat=True).distinct())


def _observed(person: Person, course: Course) -> str:
    rows = Enrolment.objects.filter(person=person, course=course, state="active")
    seen = rows.exclude(observed=None).order_by("id").values_list("observed__uuid", flat=True)
    return ",".join(dict.fromkeys(seen))
