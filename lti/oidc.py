"""The first hop: somebody clicked in the LMS; send the browser to prove who."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from lti.claims import origin, within
from lti.errors import BadClaim, UnknownPlatform
from lti.models import LaunchState, Registration

AGAIN = (
    "iss",
    "login_hint",
    "client_id",
    "lti_deployment_id",
    "lti_message_hint",
    "target_link_uri",
)
LIFETIME = 600  # seconds between login and launch


@dataclass(frozen=True)
class Login:
    """Where to go, and what the browser keeps until it comes back."""

    url: str
    state: str
    binder: str
    storage_target: str
    storage_origin: str


def digest(secret: str) -> str:
    """Return what we keep of a secret."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def begin(given: Mapping[str, str], *, tool_url: str, slug: str = "") -> Login:
    """Write the login down; raise UnknownPlatform or BadClaim."""
    if any("\x00" in value or len(value) > 8192 for value in given.values()):
        raise BadClaim(claim="login")
    registration = _registration(given, slug)
    if not given.get("login_hint"):
        raise BadClaim(claim="login_hint")
    target = given.get("target_link_uri", "")
    if not within(target, tool_url):
        raise BadClaim(claim="target_link_uri")
    state, nonce, binder = (secrets.token_urlsafe(32) for _ in range(3))
    storage = given.get("lti_storage_target", "")[:200]
    LaunchState.objects.create(
        registration=registration,
        state_hash=digest(state),
        binder_hash=digest(binder),
        nonce=nonce,
        storage_target=storage,
        login={name: given[name] for name in AGAIN if name in given},
    )
    return Login(
        _auth_url(registration, given, state, nonce, tool_url),
        state,
        binder,
        storage,
        origin(registration.auth_url),
    )


def _registration(given: Mapping[str, str], slug: str) -> Registration:
    fitting = Registration.objects.filter(active=True, issuer=given.get("iss", ""))
    if slug:
        fitting = fitting.filter(login_slug=slug)
    if given.get("client_id"):
        fitting = fitting.filter(client_id=given["client_id"])
    found = list(fitting[:2])
    if len(found) != 1:
        raise UnknownPlatform()
    return found[0]


def _auth_url(
    registration: Registration, given: Mapping[str, str], state: str, nonce: str, tool_url: str
) -> str:
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": f"{tool_url}/lti/launch",
        "login_hint": given["login_hint"],
        "state": state,
        "nonce": nonce,
    }
    if "lti_message_hint" in given:
        asked["lti_message_hint"] = given["lti_message_hint"]
    url = registration.auth_url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"
