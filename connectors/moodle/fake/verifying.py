"""How Moodle checks what a tool has signed, and the words it has for each fault.

It keeps a tool's keys and asks for them anew only when they do not check. aud, iss, jti and
nonce it does not look at.
Source: Moodle's mod/lti/locallib.php; Moodle 4.5 recordings, lti_token_err_* and lti_deeplink_err_*
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Any

import jwt

from connectors.sandbox.faults import STATE
from connectors.sandbox.models import Tool

LEEWAY = 60  # seconds
ALGORITHMS = ["RS256", "RS384", "RS512"]
NO_KID = "error/Error: kid must be provided in JWT header."
NO_SUCH_KID = '"kid" invalid, unable to lookup correct key'
NO_KEYS = (
    "mod_lti\\local\\ltiopenid\\jwks_helper::fix_jwks_alg(): Argument #1 ($jwks) must be of type"
    " array, null given, called in [dirroot]/mod/lti/locallib.php on line 1336"
)


class Refused(Exception):
    """What was signed does not hold; the words are Moodle's."""


class NoKeys(Exception):
    """The tool's keys cannot be had, which is an error inside of Moodle."""


def verified(tool: Tool, signed: str) -> dict[str, Any]:
    """Return the claims of what the tool signed; raise Refused or NoKeys."""
    kid = unread_header(signed).get("kid")
    if not kid:
        raise Refused(NO_KID)
    kept = STATE.kept.get(("moodle keys", tool.jwks_url))
    if kept is not None:
        try:
            return checked(kept, str(kid), signed)
        except Refused:
            pass  # perhaps the keys are new
    return checked(_fetched(tool), str(kid), signed)


def unread_header(signed: str) -> dict[str, Any]:
    """Return the header without believing it; raise Refused for what is no JWT."""
    try:
        return jwt.get_unverified_header(signed)
    except jwt.PyJWTError as wrong:
        raise Refused("Wrong number of segments") from wrong


def _fetched(tool: Tool) -> jwt.PyJWKSet:
    client = jwt.PyJWKClient(tool.jwks_url, timeout=5, ssl_context=ssl.create_default_context())
    try:
        found = client.get_jwk_set(refresh=True)
    except jwt.PyJWTError as wrong:
        raise NoKeys(NO_KEYS) from wrong
    STATE.kept["moodle keys", tool.jwks_url] = found
    return found


def checked(keys: jwt.PyJWKSet, kid: str, signed: str) -> dict[str, Any]:
    try:
        key = keys[kid]
    except KeyError as wrong:
        raise Refused(NO_SUCH_KID) from wrong
    try:
        return jwt.decode(signed, key.key, ALGORITHMS, options={"verify_aud": False}, leeway=LEEWAY)
    except jwt.ImmatureSignatureError as wrong:
        raise Refused(f"Cannot handle token with iat prior to {_issued(signed)}") from wrong
    except jwt.ExpiredSignatureError as wrong:
        raise Refused("Expired token") from wrong
    except jwt.PyJWTError as wrong:
        raise Refused("Signature verification failed") from wrong


def _issued(signed: str) -> str:
    claims = jwt.decode(signed, options={"verify_signature": False})
    return datetime.fromtimestamp(int(claims["iat"]), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
