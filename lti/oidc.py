"""The first hop: somebody clicked in the LMS; send the browser to prove who."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lti.claims import origin, within
from lti.errors import BadClaim, Refusal, SwitchedOff, UnknownPlatform
from lti.models import Registration
from tutorai.ids import new_id
from tutorai.prepared import rows

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


# One statement: a login costs one trip to the database, and never goes by what was true before.
BEGIN = """
WITH fitting AS (
  SELECT id, client_id, auth_url FROM lti_registration
   WHERE active AND issuer = %(iss)s
     AND (%(client_id)s = '' OR client_id = %(client_id)s)
     AND (%(slug)s = '' OR login_slug = %(slug)s)
   LIMIT 2
), written AS (
  INSERT INTO lti_launchstate (id, registration_id, state_hash, binder_hash, nonce,
                               storage_target, login, created_at, failure, support_id)
  SELECT %(id)s, id, %(state)s, %(binder)s, %(nonce)s, %(storage)s, %(login)s::jsonb, now(), '', ''
    FROM fitting WHERE (SELECT count(*) FROM fitting) = 1
)
SELECT client_id, auth_url FROM fitting
"""


def begin(given: Mapping[str, str], *, tool_url: str, slug: str = "") -> Login:
    """Write the login down; raise UnknownPlatform or BadClaim."""
    if any("\x00" in value or len(value) > 8192 for value in given.values()):
        raise BadClaim(claim="login")
    if not given.get("login_hint"):
        raise BadClaim(claim="login_hint")
    if not within(given.get("target_link_uri", ""), tool_url):
        raise BadClaim(claim="target_link_uri")
    chance = secrets.token_urlsafe(96)  # asked for once: three secrets of 31 bytes and more
    state, nonce, binder = chance[:43], chance[43:86], chance[86:128]
    storage = given.get("lti_storage_target", "")[:200]
    written: dict[str, Any] = {
        "iss": given.get("iss", ""),
        "client_id": given.get("client_id", ""),
        "slug": slug,
        "id": new_id(),
        "state": digest(state),
        "binder": digest(binder),
        "nonce": nonce,
        "storage": storage,
        "login": json.dumps({name: given[name] for name in AGAIN if name in given}),
    }
    fitting = rows(BEGIN, written)
    if len(fitting) != 1:
        raise _nowhere(written) if not fitting else UnknownPlatform()
    client_id, auth_url = fitting[0]
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": client_id,
        "redirect_uri": f"{tool_url}/lti/launch",
        "login_hint": given["login_hint"],
        "state": state,
        "nonce": nonce,
    }
    if "lti_message_hint" in given:
        asked["lti_message_hint"] = given["lti_message_hint"]
    url = f"{auth_url}{'&' if '?' in auth_url else '?'}{urlencode(asked)}"
    return Login(url, state, binder, storage, origin(auth_url))


def _nowhere(written: Mapping[str, Any]) -> Refusal:
    """Why a login fits no registration that is active."""
    named = {
        "issuer": written["iss"],
        "client_id": written["client_id"],
        "login_slug": written["slug"],
    }
    asked = {field: value for field, value in named.items() if value}
    off = Registration.objects.filter(active=False, **asked)
    return SwitchedOff() if written["iss"] and off.exists() else UnknownPlatform()
