"""The LTI 1.3 platform: from "somebody clicked" to a signed id_token in a form.

Addresses are those of Canvas (Canvas API: LTI Launch Overview). Everything the tool sends
is checked, and what is wrong goes back to the tool as an OpenID error, unless the redirect
URI itself is not the registered one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from connectors.sandbox import dialects, keys, settings
from connectors.sandbox.claims import launch_claims
from connectors.sandbox.models import (
    Course,
    Deployment,
    Launch,
    Person,
    SeenNonce,
    Tool,
)

LAUNCH_LIFETIME = timedelta(minutes=10)
# Canvas names a frame that answers lti.put_data; a tool posts to it by this name.
STORAGE_FRAME = "post_message_forwarding"


class Refused(Exception):
    """An authorisation request that gets no id_token.

    `tell` says whether the tool hears of it: never when its redirect URI is not ours to trust.
    """

    def __init__(self, error: str, description: str, *, tell: bool = True) -> None:
        super().__init__(description)
        self.error, self.description, self.tell = error, description, tell


@dataclass(frozen=True)
class Asked:
    """One authorisation request, with the registration it belongs to."""

    tool: Tool
    redirect_uri: str
    state: str
    nonce: str


def begin(*, person: Person, course: Course | None, options: dict[str, Any]) -> Launch:
    """Write down that somebody clicked; the tool gets only the hint of it."""
    deployment = Deployment.objects.get(tool__world=person.world)
    return Launch.objects.create(
        deployment=deployment, person=person, course=course, options=options
    )


def login_parameters(launch: Launch) -> dict[str, str]:
    """Return what the platform sends to the tool's login URL.

    Source: https://www.imsglobal.org/spec/security/v1p0/#openid_connect_launch_flow
    """
    tool = launch.deployment.tool
    parameters = {
        "iss": settings.SANDBOX_URL,
        "login_hint": launch.person.uuid,
        "client_id": tool.client_id,
        "lti_deployment_id": launch.deployment.deployment_id,
        "target_link_uri": launch.options.get("target_link_uri") or tool.launch_url,
        "lti_message_hint": launch.hint,
    }
    if not dialects.of(launch.person.world).canvas:
        return parameters
    parameters |= {"canvas_environment": "prod", "canvas_region": "sandbox"}
    if launch.options.get("storage", True):
        parameters["lti_storage_target"] = STORAGE_FRAME
    return parameters


def jwks(request: HttpRequest) -> JsonResponse:
    """Publish the keys that check our id_tokens."""
    answer = JsonResponse(keys.jwks())
    answer["Cache-Control"] = "max-age=864000, public"
    return answer


def openid_configuration(request: HttpRequest) -> JsonResponse:
    """Describe the platform, as dynamic registration expects it."""
    url = settings.SANDBOX_URL
    return JsonResponse(
        {
            "issuer": url,
            "authorization_endpoint": f"{url}/api/lti/authorize_redirect",
            "token_endpoint": f"{url}/login/oauth2/token",
            "jwks_uri": f"{url}/api/lti/security/jwks",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
        }
    )


def authorize(request: HttpRequest) -> HttpResponseBase:
    """Answer the tool's authorisation request with a form that posts itself."""
    given = request.POST if request.method == "POST" else request.GET
    wanted = {name: str(value) for name, value in given.items()}
    try:
        asked = _asked(wanted)
        launch = _launch_of(asked, wanted)
        _spend_nonce(asked)
    except Refused as refusal:
        return _refuse(request, refusal, wanted)
    fields = {
        "state": asked.state,
        "id_token": keys.sign(launch_claims(launch, asked.nonce)),
    }
    return form_post(request, asked.redirect_uri, fields)


def _asked(wanted: dict[str, str]) -> Asked:
    tool = Tool.objects.filter(client_id=wanted.get("client_id", "")).first()
    if tool is None:
        raise Refused("invalid_client", "No tool has this client_id.", tell=False)
    if wanted.get("redirect_uri") != tool.launch_url:
        raise Refused("invalid_request", "This redirect_uri is not registered.", tell=False)
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
    return Asked(tool, tool.launch_url, wanted.get("state", ""), wanted["nonce"])


def _launch_of(asked: Asked, wanted: dict[str, str]) -> Launch:
    launch = (
        Launch.objects.select_related("person__world", "course", "deployment__tool")
        .filter(hint=wanted.get("lti_message_hint", ""), deployment__tool=asked.tool)
        .first()
    )
    if launch is None or launch.created_at < timezone.now() - LAUNCH_LIFETIME:
        raise Refused("launch_no_longer_valid", "This launch is over; open the tool again.")
    if launch.person.uuid != wanted.get("login_hint"):
        raise Refused("login_required", "login_hint names somebody else.")
    return launch


def _spend_nonce(asked: Asked) -> None:
    try:
        with transaction.atomic():
            SeenNonce.objects.create(tool=asked.tool, nonce=asked.nonce)
    except IntegrityError as twice:
        raise Refused("invalid_request", "This nonce was used before.") from twice


def _refuse(request: HttpRequest, refusal: Refused, wanted: dict[str, str]) -> HttpResponse:
    if not refusal.tell:
        return render(request, "sandbox/refused.html", {"refusal": refusal}, status=400)
    fields = {
        "error": refusal.error,
        "error_description": refusal.description,
        "state": wanted.get("state", ""),
    }
    return form_post(request, wanted["redirect_uri"], fields)


def form_post(request: HttpRequest, url: str, fields: dict[str, str]) -> HttpResponse:
    """Return a page that posts `fields` to `url`: by itself, or by its button."""
    return render(request, "sandbox/form_post.html", {"url": url, "fields": fields})
