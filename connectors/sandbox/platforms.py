"""How one LMS plays the platform of LTI 1.3: its addresses, its launches, its registration.

Each LMS's own is in its folder (`connectors.<lms>.fake.platform`); `oidc`, `registering` and
`deep_linking` ask it. What stands here is what most of them do alike. Real Canvas and Blackboard
have one issuer for all schools; here every issuer is the sandbox itself, since a tool checks that
an issuer is a place that can be reached. Worlds differ in their client ids.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils import timezone

from connectors.sandbox import messages, settings
from connectors.sandbox.claims import LTI, roles_of
from connectors.sandbox.dialect import Dialect
from connectors.sandbox.exchanges import Asked, NotTaken, Place, Refused
from connectors.sandbox.models import (
    Course,
    Deployment,
    Launch,
    Person,
    PlacedLink,
    Registering,
    SeenNonce,
    Tool,
    World,
)

__all__ = ["Asked", "NotTaken", "Place", "Platform", "Refused", "Told", "form_post"]

Told = dict[str, Any]
LAUNCH_LIFETIME = timedelta(minutes=10)  # from the click to the authorization request


class Platform(ABC):
    """One LMS. What is abstract here is each LMS's own."""

    title = ""  # for people
    version = ""
    auth_path = ""
    jwks_path = ""
    config_path = ""
    registration_path = ""  # empty: no dynamic registration
    return_route = ""  # where deep linking answers go, as a route of `urls`
    storage = ""  # the frame that answers lti.put_data; empty: it keeps nothing for tools
    frame_may = "clipboard-write *; storage-access *"  # what a tool's frame is let do
    reviews = True  # a student's work opens by LtiSubmissionReviewRequest
    lifetime = 3600  # seconds an id_token is good for
    context_type: Sequence[str] = ()
    usual_custom: Mapping[str, str] = {}  # of a tool whose registration does not say its own
    places: tuple[Place, ...] = ()

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.family = dialect.family

    # --- addresses ------------------------------------------------------------------------

    @property
    def issuer(self) -> str:
        """Who signs: `iss`."""
        return settings.SANDBOX_URL

    def at(self, path: str) -> str:
        """Return the address of a path."""
        return f"{settings.SANDBOX_URL}/{path}"

    def furnish(self, world: World, number: int) -> None:
        """Add what every world of this LMS has besides; `number` is an id to use."""
        return

    def routes(self) -> list[URLPattern]:
        """Return the addresses that only this LMS has, or answers in a way of its own."""
        return []

    def jwks_url(self, client_id: str) -> str:
        """Return where the keys are that sign this client's id_tokens."""
        return self.at(self.jwks_path)

    # --- a click --------------------------------------------------------------------------

    def login_parameters(self, launch: Launch) -> dict[str, str]:
        """Return what the platform sends to the tool's login URL.

        Source: https://www.imsglobal.org/spec/security/v1p0/#openid_connect_launch_flow
        """
        return {
            "iss": self.issuer,
            "target_link_uri": messages.target(launch),
            "login_hint": self.login_hint(launch),
            "lti_message_hint": self.message_hint(launch),
            "client_id": launch.deployment.tool.client_id,
            "lti_deployment_id": launch.deployment.deployment_id,
        }

    def login_hint(self, launch: Launch) -> str:
        """Return who launches."""
        return launch.person.uuid

    def message_hint(self, launch: Launch) -> str:
        """Return what names the launch; it comes back unchanged."""
        return launch.hint

    # --- the authorization request --------------------------------------------------------

    def asked(self, request: HttpRequest, wanted: Told) -> Asked:
        """Check an authorization request, and spend what counts once; raise Refused."""
        tool = self.client(wanted)
        self.check(tool, wanted)
        launch = self.launch_of(tool, wanted)
        if launch.created_at < timezone.now() - LAUNCH_LIFETIME:
            raise Refused("launch_no_longer_valid", "This launch is over; open the tool again.")
        if self.login_hint(launch) != wanted.get("login_hint"):
            raise Refused("login_required", "login_hint names somebody else.")
        self.spend(tool, wanted["nonce"])
        return Asked(launch, wanted["redirect_uri"], wanted.get("state", ""), wanted["nonce"])

    def client(self, wanted: Told) -> Tool:
        """Return who asks, and at an address that is theirs."""
        tools = Tool.objects.filter(
            client_id=wanted.get("client_id", ""), world__dialect=self.family
        )
        tool = tools.first()
        if tool is None:
            raise Refused("invalid_client", "No tool has this client_id.", tell=False)
        if not tool.redirects_to(wanted.get("redirect_uri", "")):
            raise Refused("invalid_request", "This redirect_uri is not registered.", tell=False)
        return tool

    def check(self, tool: Tool, wanted: Told) -> None:
        """Check what OpenID Connect and LTI fix. Source: security framework 1.0, 5.1.1.2."""
        fixed = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
        }
        for name, value in fixed.items():
            if wanted.get(name) != value:
                raise Refused("invalid_request", f"{name} must be {value}.")
        if not wanted.get("nonce"):
            raise Refused("invalid_request", "nonce is missing.")

    def launch_of(self, tool: Tool, wanted: Told) -> Launch:
        """Return the launch that a request goes on with."""
        rows = Launch.objects.select_related(
            "person__world", "course__world", "link__line_item", "deployment__tool__world"
        )
        launch = rows.filter(
            hint=wanted.get("lti_message_hint", ""), deployment__tool__client_id=tool.client_id
        ).first()
        if launch is None or launch.deployment.tool.world.dialect != self.family:
            raise Refused("launch_no_longer_valid", "This launch is over; open the tool again.")
        return launch

    def spend(self, tool: Tool, nonce: str) -> None:
        """Take a nonce once."""
        try:
            with transaction.atomic():
                SeenNonce.objects.create(tool=tool, nonce=nonce)
        except IntegrityError as twice:
            raise Refused("invalid_request", "This nonce was used before.") from twice

    def refuse(self, request: HttpRequest, refusal: Refused, wanted: Told) -> HttpResponse:
        """Say that there is no id_token: to the tool, or to the person alone."""
        if not refusal.tell:
            page = "sandbox/refused.html"
            return render(request, page, {"refusal": refusal}, status=refusal.status)
        fields = {
            "error": refusal.error,
            "error_description": refusal.description,
            "state": wanted.get("state", ""),
        }
        return self.post(request, wanted["redirect_uri"], fields)

    def post(self, request: HttpRequest, url: str, fields: dict[str, str]) -> HttpResponse:
        """Have the browser post an answer to the tool."""
        return form_post(request, url, fields)

    # --- the id_token ---------------------------------------------------------------------

    def claims(self, launch: Launch, nonce: str) -> Told:
        """Return the claims of one launch; its options switch parts off (see `oidc.begin`)."""
        told = {
            **self.security(launch, nonce),
            **self.core(launch),
            **self.person(launch),
            **self.course(launch),
            **messages.own_claims(self, launch),
            **launch.options.get("claims", {}),
        }
        return {name: value for name, value in told.items() if value is not None}

    def security(self, launch: Launch, nonce: str) -> Told:
        """Return who says it to whom, and when."""
        now = int(time.time())
        client = launch.deployment.tool.client_id
        issued = {"iss": self.issuer, "aud": client, "iat": now, "exp": now + self.lifetime}
        return {**issued, "nonce": nonce}

    def core(self, launch: Launch) -> Told:
        """Return what every message of this LMS says, whatever it is about."""
        options = launch.options
        return {
            f"{LTI}message_type": launch.message,
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": launch.deployment.deployment_id,
            f"{LTI}target_link_uri": messages.target(launch),
            f"{LTI}roles": self.launch_roles(launch),
            f"{LTI}tool_platform": self.instance(launch),
            f"{LTI}launch_presentation": self.presentation(launch),
            f"{LTI}custom": {**self.custom(launch), **options.get("custom", {})},
        }

    def launch_roles(self, launch: Launch) -> list[str]:
        """Return the roles of a launch: the real ones, unless its options say others."""
        given: list[str] | None = launch.options.get("roles")
        return self.roles(launch.person, launch.course) if given is None else given

    def roles(self, person: Person, course: Course | None) -> list[str]:
        """Return the role URIs that a launch carries for somebody."""
        return roles_of(person, course)

    def instance(self, launch: Launch) -> Told:
        """Return what the LMS calls itself."""
        return {
            "guid": f"sandbox.tutor-ai.example:{self.family}-lms",
            "name": "Sandbox College",
            "version": self.version,
            "product_family_code": self.dialect.product,
        }

    def presentation(self, launch: Launch) -> Told:
        """Return how the launch is shown, and the way back."""
        options = launch.options
        return {
            "document_target": "window" if options.get("window") else "iframe",
            "locale": options.get("locale") or launch.person.locale,
            "return_url": self.way_back(launch),
        }

    def way_back(self, launch: Launch) -> str:
        """Return where the tool sends somebody who is done."""
        place = f"courses/{launch.course.id}/" if launch.course else ""
        return self.at(f"{place}external_content/success/external_tool_redirect")

    def person(self, launch: Launch) -> Told:
        """Return who launches; an anonymous launch says nothing of anybody."""
        if launch.options.get("anonymous"):
            return {}
        named = self.named(launch) if launch.options.get("pii", True) else {}
        return {"sub": launch.person.uuid, **named}

    def named(self, launch: Launch) -> Told:
        """Return the names and the mail address that the tool may know."""
        return messages.names(launch.person, launch.deployment.tool.privacy)

    def course(self, launch: Launch) -> Told:
        """Return the course and its services."""
        course = launch.course
        if course is None or not launch.options.get("context", True):
            return {}
        return {f"{LTI}context": self.context(course), **messages.services(self, launch, course)}

    def context(self, course: Course) -> Told:
        """Return what names the course."""
        return {
            "id": course.uuid,
            "label": course.code,
            "title": course.name,
            "type": list(self.context_type),
        }

    def resource_link(self, launch: Launch) -> Told:
        """Return the link somebody launched."""
        return messages.link_of(launch)

    def custom(self, launch: Launch) -> dict[str, str]:
        """Fill in the custom fields of the tool, and of the link.

        What has no value in this launch stays literally as it was written, as everywhere
        (connectors.md §1.8, §3.5; moodle/NOTES.md 12).
        """
        own = launch.link.custom if launch.link else {}
        values = self.variables(launch)
        return fill({**self.custom_fields(launch.deployment.tool), **own}, values)

    def custom_fields(self, tool: Tool) -> dict[str, str]:
        """Return the tool's custom fields as they were registered, still with their $Variables."""
        return dict(self.usual_custom if tool.custom is None else tool.custom)

    @abstractmethod
    def variables(self, launch: Launch) -> dict[str, str]:
        """Return the values of the $Variables that this LMS knows in a launch."""

    def member(self, person: Person, course: Course, tool: Tool, *, groups: bool) -> Told:
        """Describe somebody in a roster (NRPS); `groups` asks for theirs too."""
        return {
            "status": messages.status(person, course),
            **messages.names(person, tool.privacy),
            "user_id": person.uuid,
            "roles": self.roles(person, course),
        }

    # --- tools and links ------------------------------------------------------------------

    @abstractmethod
    def deploy(self, tool: Tool, name: str = "", course: Course | None = None) -> Deployment:
        """Install a tool: for the whole school, or in one course where the LMS has that."""

    def client_id(self, world_id: int) -> str:
        """Return a client id for a tool that is about to be registered."""
        return str(10**13 + world_id)

    def number(self, link: PlacedLink) -> str:
        """Return the resource link id that this LMS gives to a placed link (saved already)."""
        return link.uuid

    def question(self, registering: Registering) -> str:
        """Return the page that asks something before a registration begins; empty: none does."""
        return ""

    def registration_token(self, registering: Registering) -> str:
        """Return the token that a registration is made with; empty where the LMS sends none."""
        return registering.value

    @abstractmethod
    def configuration(self, request: HttpRequest) -> HttpResponse:
        """Describe the platform to a tool that registers, or refuse to."""

    def register(self, request: HttpRequest) -> HttpResponse:
        """Take a tool's registration, and answer with its client id; or say what is wrong."""
        return HttpResponse(status=404)

    # --- deep linking ---------------------------------------------------------------------

    @abstractmethod
    def deep_linking(self, launch: Launch) -> Told:
        """Return the deep_linking_settings of a launch."""

    def place(self, launch: Launch) -> Place:
        """Return where the teacher who launched wants to put links."""
        key = launch.options.get("placement", "")
        return next((one for one in self.places if one.key == key), self.places[0])

    @abstractmethod
    def answered(self, request: HttpRequest, unread: Told) -> Launch | None:
        """Return the launch that an answer (its claims not yet checked) belongs to."""

    @abstractmethod
    def read_answer(self, launch: Launch, token: str) -> Told:
        """Return the claims of an answer that is good; raise NotTaken or jwt.PyJWTError."""

    def not_taken(self, request: HttpRequest, wrong: NotTaken) -> HttpResponse:
        """Tell the teacher that what the tool sent cannot be taken."""
        context = {"refusal": wrong}
        return render(request, "sandbox/refused.html", context, status=wrong.status)

    def column(self, item: Told, place: Place) -> Told | None:
        """Return the column that a content item asks for: `label`, `maximum`, ids; or None."""
        line = item.get("lineItem")
        if not isinstance(line, dict) or not line.get("scoreMaximum"):
            return None
        return {
            "label": str(line.get("label") or item.get("title") or ""),
            "maximum": line["scoreMaximum"],
            "resource_id": str(line.get("resourceId") or ""),
            "tag": str(line.get("tag") or ""),
            "told": line,
        }


def fill(fields: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Replace `$Name` by its value; what has none stays as it was written."""
    return {name: values.get(text.removeprefix("$"), text) if text.startswith("$") else text
            for name, text in fields.items()}  # fmt: skip


def form_post(request: HttpRequest, url: str, fields: dict[str, str]) -> HttpResponse:
    """Return a page that posts `fields` to `url`: by itself, or by its button."""
    return render(request, "sandbox/form_post.html", {"url": url, "fields": fields})
