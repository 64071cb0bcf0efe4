"""Tools that register themselves in Moodle: once for a token, and then they wait.

The answer names client and deployment at once; the tool is pending until the administrator
presses Activate. Labels and placements of messages are dropped.
Source: Moodle's mod/lti/openid-registration.php and registration_helper.php; Moodle 4.5
recordings, dynreg_*
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from connectors.moodle.fake import claiming, verifying
from connectors.moodle.fake.answers import UTF8, broken, plain
from connectors.sandbox import keys
from connectors.sandbox.faults import bearer
from connectors.sandbox.models import Deployment, Registering, Tool
from connectors.sandbox.registering import LIFETIME, TOOL, origin
from connectors.sandbox.rows import next_id

Told = dict[str, Any]
REQUIRED = (
    "response_types",
    "initiate_login_uri",
    "redirect_uris",
    "client_name",
    "jwks_uri",
    "token_endpoint_auth_method",
    TOOL,
)
LETTERS = string.ascii_letters + string.digits


class Refused(Exception):
    """There is no registration; the word is Moodle's."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.status = status


def token(begun: Registering) -> str:
    """Return what a tool may register itself with: a JWT that reserves its client id."""
    if "client_id" not in begun.claims:
        client = "".join(secrets.choice(LETTERS) for _ in range(15))
        begun.claims = {"client_id": client, "scope": "reg", **begun.claims}
        begun.save()
    issued = int(begun.created_at.timestamp())
    ends = issued + int(LIFETIME.total_seconds())
    claims = {"sub": begun.claims["client_id"], "scope": begun.claims["scope"]}
    return keys.sign({**claims, "iat": issued, "exp": ends})


def register(request: HttpRequest, deploy: Callable[[Tool], Deployment]) -> HttpResponse:
    """Take a registration; say what is wrong with it in a word."""
    try:
        if not bearer(request):
            raise Refused(401, "missing_registration_token")
        begun = _begun(bearer(request))
        told = _object(request)
        check(told)
    except Refused as wrong:
        return plain(wrong.status, str(wrong))
    except verifying.Refused as wrong:
        return broken(request, f"Exception - {wrong}")
    tool = install(begun, told)
    deployment = tool.deployment_set.first() or deploy(tool)
    answer = claiming.answer(tool, told, deployment.deployment_id)
    return HttpResponse(json.dumps(answer), f"application/json{UTF8}")


def _begun(value: str) -> Registering:
    """Return what the token is for; raise for one that is none, is over, or was used."""
    claims = _signed_by_us(value)
    rows = Registering.objects.select_related("world", "tool").filter(world__dialect="moodle")
    told = {"claims__client_id": claims.get("sub"), "claims__scope": claims.get("scope")}
    begun = rows.filter(**told).order_by("-created_at").first()  # a tool may be updated often
    if begun is None:
        raise verifying.Refused("Signature verification failed")
    if begun.used_at is not None:
        raise Refused(401, "token_already_used")
    return begun


def _signed_by_us(value: str) -> Told:
    try:
        kid = jwt.get_unverified_header(value).get("kid")
    except jwt.PyJWTError:
        kid = None
    if not kid:
        raise verifying.Refused('"kid" empty, unable to lookup correct key')
    return verifying.checked(jwt.PyJWKSet.from_dict(keys.jwks()), str(kid), value)


def _object(request: HttpRequest) -> Told:
    try:
        told = json.loads(request.body)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {}


def check(told: Told) -> None:
    """Raise Refused for the first thing that Moodle does not like."""
    for name in REQUIRED:
        if not told.get(name):
            raise Refused(400, f"missing required attribute {name}")
    tool = told[TOOL] if isinstance(told[TOOL], dict) else {}
    if not tool.get("domain"):
        raise Refused(400, "missing_domain")
    if not tool.get("target_link_uri"):
        raise Refused(400, "missing required attribute target_link_uri")
    place = urlsplit(str(tool["target_link_uri"])).netloc  # with the port, if it has one
    if place != tool["domain"] and not place.endswith(f".{tool['domain']}"):
        raise Refused(400, "domain_targetlinkuri_mismatch")
    if "id_token" not in told["response_types"]:
        raise Refused(400, "invalid_response_types")
    if not isinstance(told["redirect_uris"], list):
        raise Refused(400, "invalid_redirect_uris")
    if told["token_endpoint_auth_method"] != "private_key_jwt":
        raise Refused(400, "invalid_token_endpoint_auth_method")
    if told.get("application_type", "web") != "web":
        raise Refused(400, "invalid_application_type")


@transaction.atomic
def install(begun: Registering, told: Told) -> Tool:
    """Write the tool down, pending; an update keeps its client id, number and state."""
    configuration = told[TOOL]
    given = {
        "name": str(told["client_name"]),
        "url": origin(told["initiate_login_uri"]),
        "login_uri": told["initiate_login_uri"],
        "redirect_uris": told["redirect_uris"],
        "jwks_uri": told["jwks_uri"],
        "target_uri": configuration["target_link_uri"],
        "custom": configuration.get("custom_parameters") or {},
        "scopes": claiming.scopes(told),
        "privacy": claiming.privacy(configuration),
        "told": claiming.kept(told),
    }
    client = begun.claims["client_id"]
    fresh = {"state": "pending", "api_client_id": f"api-{next_id()}"}
    tool, _ = Tool.objects.update_or_create(
        world=begun.world, client_id=client, defaults=given, create_defaults={**given, **fresh}
    )
    Registering.objects.filter(pk=begun.pk).update(tool=tool, used_at=timezone.now())
    return tool
