"""Canvas as the platform of LTI 1.3. Canvas API: LTI Launch Overview; Registering an LTI Tool.

What is its own: every hosted Canvas has one issuer, client ids are numbers of developer keys, a
deployment is a tool in an account or in a course, the storage frame and the region are named at
login, `$Variables` without a value arrive as they were written (connectors.md §1.8), names follow
the privacy level, the course's navigation has the course itself as its resource link.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse

from connectors.canvas.fake import registration
from connectors.sandbox import keys, settings
from connectors.sandbox import registering as registrations
from connectors.sandbox.claims import COURSE_TYPE, DEEP, LTI, PNS, PNS_SCOPE, enrolments
from connectors.sandbox.models import (
    Course,
    Deployment,
    Launch,
    Person,
    Registering,
    Tool,
    World,
)
from connectors.sandbox.platforms import NotTaken, Place, Platform, Told
from connectors.sandbox.rows import next_id

COPY_NOTICE = "LtiContextCopyNotice"
CLAIMS = ["sub", "name", "given_name", "family_name", "picture", "email", "locale"]
VARIABLES = [
    "Canvas.api.baseUrl",
    "Canvas.api.domain",
    "Canvas.assignment.id",
    "Canvas.course.id",
    "Canvas.course.previousCourseIds",
    "Canvas.course.sectionIds",
    "Canvas.course.workflowState",
    "Canvas.masqueradingUser.id",
    "Canvas.moduleItem.id",
    "Canvas.user.id",
    "Context.id.history",
    "Message.locale",
    "Person.address.timezone",
    "ResourceLink.id",
    "com.instructure.User.observees",
]


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
    reviews = False
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
        Place("assignment_selection", "Add an assignment", multiple=False, graded=True),
        Place("link_selection", "Add to a module"),
        Place("module_index_menu_modal", "Add to the modules at once", confirmed=False),
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
        told = {**super().core(launch), "locale": locale}
        if launch.deployment.tool.granted([PNS_SCOPE]):
            told[PNS] = self.notices(launch.deployment)
        return told

    def notices(self, deployment: Deployment) -> Told:
        """Return where the tool asks for notices. Canvas API: Platform Notification Service."""
        return {
            "service_versions": ["1.0"],
            "platform_notification_service_url": self.at(
                f"api/lti/notice-handlers/{deployment.id}"
            ),
            "scope": [PNS_SCOPE],
            "notice_types_supported": [COPY_NOTICE],
        }

    def person(self, launch: Launch) -> Told:
        told = super().person(launch)
        if "sub" in told:
            told[f"{LTI}lti1p1"] = {"user_id": launch.person.uuid.replace("-", "")}
        return told

    def presentation(self, launch: Launch) -> Told:
        size = {"height": launch.options.get("height") or 800, "width": 800}
        return {**super().presentation(launch), **size}

    def member(self, person: Person, course: Course, tool: Tool, *, groups: bool) -> Told:
        """Add the id of LTI 1.1 (connectors.md §1.10)."""
        told = super().member(person, course, tool, groups=groups)
        return {**told, "lti11_legacy_user_id": person.uuid.replace("-", "")}

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return what this launch has of Canvas API: LTI Variable Substitutions."""
        options = launch.options
        values = self.known(launch.person, launch.course)
        if item := options.get("module_item_id"):
            values["Canvas.moduleItem.id"] = str(item)
        if locale := options.get("locale"):
            values["Message.locale"] = locale
        if link := launch.link:
            values["ResourceLink.id"] = link.uuid
            if link.line_item_id:  # the assignment that it is
                values["Canvas.assignment.id"] = str(link.line_item_id)
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
            before = Course.objects.filter(uuid__in=course.history).order_by("-id")
            values["Canvas.course.previousCourseIds"] = ",".join(str(one.pk) for one in before)
            values["com.instructure.User.observees"] = _observed(person, course)
        return values

    def deploy(self, tool: Tool, name: str = "", course: Course | None = None) -> Deployment:
        """Install in the account, or in one course; the id is `<tool's number>:<a hash>`."""
        number = next_id()
        mark = hashlib.sha256(f"{tool.id}/{number}".encode()).hexdigest()[:40]
        return Deployment.objects.create(
            id=number, tool=tool, deployment_id=f"{number}:{mark}", name=name, course=course
        )

    # --- registration ---------------------------------------------------------------------

    def configuration(self, request: HttpRequest) -> HttpResponse:
        registering = self.registering(request)
        if registering is None:
            return _no_token()
        endpoint = self.at(self.registration_path)
        if not self.registration_token(registering):
            endpoint += f"?{urlencode({'registration': registering.value})}"
        return JsonResponse(self.described(registering.world, endpoint))

    def registration_token(self, registering: Registering) -> str:
        """Send a token, unless this registration is to go without, as D2L's do (lti.md §11.5)."""
        return registering.value if registering.claims.get("token", True) else ""

    def registering(self, request: HttpRequest) -> Registering | None:
        """Return the registration of the call's token, which counts until it is used."""
        found = registrations.of(request, self.family)
        if found is None or found.used_at is not None:
            return None
        by_token = bool(request.headers.get("Authorization"))
        return found if by_token == bool(self.registration_token(found)) else None

    def described(self, world: World, endpoint: str) -> dict[str, Any]:
        """Return what Canvas says of itself. Canvas API: Registering an LTI Tool."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.at(self.auth_path),
            "registration_endpoint": endpoint,
            "token_endpoint": self.dialect.token_url,
            "jwks_uri": self.at(self.jwks_path),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "scopes_supported": registration.OFFERED,
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": CLAIMS,
            "subject_types_supported": ["public"],
            "authorization_server": settings.SANDBOX_URL.partition("://")[2],
            registrations.PLATFORM: {
                "product_family_code": "canvas",
                "version": "vCloud",
                "messages_supported": [
                    {"type": kind, "placements": places}
                    for kind, places in registration.PLACES.items()
                ],
                "notice_types_supported": [COPY_NOTICE],
                "variables": VARIABLES,
                f"{registration.CANVAS}/account_name": "Sandbox College",
                f"{registration.CANVAS}/account_lti_guid": f"{world.id}:canvas-lms",
            },
        }

    def register(self, request: HttpRequest) -> HttpResponse:
        """Take a registration. Source: canvas-lms, dynamic_registration_controller.rb."""
        registering = self.registering(request)
        if registering is None:
            return _no_token()
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        if wrong := registration.faults(body):
            return JsonResponse({"errors": wrong}, status=422)
        told = body[registrations.TOOL]
        tool = registrations.install(
            self,
            registering,
            body,
            registration.scopes(body),
            privacy=told.get(registration.PRIVACY, "anonymous"),
            placements=[place for one in told["messages"] for place in one.get("placements") or []],
        )
        config = f"{registration.CANVAS}/registration_config_url"
        where = self.at(f"{self.registration_path}/{tool.id}/view")
        return JsonResponse(
            {**body, "client_id": tool.client_id, registrations.TOOL: {**told, config: where}}
        )

    # --- deep linking ---------------------------------------------------------------------

    def deep_linking(self, launch: Launch) -> Told:
        """Return the settings of a place. Source: canvas-lms, deep_linking_request.rb.

        What Canvas has to remember stands in the return address; there is no `data`.
        """
        where = self.place(launch)
        place = f"courses/{launch.course_id}/deep_linking_response"
        data = urlencode({"data": launch.hint, "placement": where.key, "modal": "true"})
        return {
            "deep_link_return_url": self.at(f"{place}?{data}"),
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
            "auto_create": not where.confirmed,
            "accept_multiple": where.multiple,
        }

    def answered(self, request: HttpRequest, unread: Told) -> Launch | None:
        """Find the launch by the return address: its `data` counts once."""
        rows = Launch.objects.select_related("person__world", "course", "deployment__tool__world")
        launch = rows.filter(hint=request.GET.get("data", ""), message=DEEP).first()
        mine = launch is not None and launch.deployment.tool.client_id == unread.get("iss")
        return launch if launch and mine and "answer" not in launch.options else None

    def read_answer(self, launch: Launch, token: str) -> Told:
        """Check an answer. Source: canvas-lms, concerns/deep_linking_services.rb.

        `aud` is Canvas's issuer, and there is a nonce; the deployment is not looked at.
        """
        need = ["iss", "aud", "iat", "exp", "nonce"]
        tool = launch.deployment.tool
        return keys.read_message(token, tool=tool, audience=self.issuer, require=need)

    def not_taken(self, request: HttpRequest, wrong: NotTaken) -> HttpResponse:
        """Canvas shows its teacher the errors as JSON."""
        return JsonResponse({"errors": {"jwt": [wrong.description]}}, status=400)


def _no_token() -> HttpResponse:
    return JsonResponse({"errorMessage": "JWT did not include expected contents"}, status=401)


def _sections(person: Person, course: Course | None) -> str:
    mine = enrolments(person, course) if course else []
    return ",".join(str(number) for number in sorted({row.section_id for row in mine}))


def _observed(person: Person, course: Course) -> str:
    rows = [row for row in enrolments(person, course) if row.state == "active"]
    return ",".join(dict.fromkeys(row.observed.uuid for row in rows if row.observed))
