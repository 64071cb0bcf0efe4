"""How django-oauth-toolkit is set up: one grant, PKCE, digests. Read by the settings."""

from collections.abc import Iterable
from typing import Any

STRICT = (  # its gates of RFC 9700, which it leaves open unless told
    "IMPLICIT_GRANT",
    "PASSWORD_GRANT",
    "PKCE_METHOD",
    "ACCESS_TOKEN_TRANSPORT",
    "AUTHZ_RESPONSE_ISS",
    "TOKEN_STORAGE",
    "REFRESH_TOKEN",
    "REDIRECT_URI_MATCHING",
    "PKCE_REQUIRED",
)


def provider(issuer: str, schemes: Iterable[str]) -> dict[str, Any]:
    """Return its settings; `schemes` are those of addresses beside https and loopback."""
    return {
        "SCOPES": {"read": "read", "propose": "propose"},  # their words: tutorai.agency.scopes
        "DEFAULT_SCOPES": ["read"],
        "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.WebApplicationServer",  # no grant but the code
        "OAUTH2_VALIDATOR_CLASS": "tutorai.agency.validator.Validator",
        "ACCESS_TOKEN_GENERATOR": "tutorai.agency.secrets.access",
        "REFRESH_TOKEN_GENERATOR": "tutorai.agency.secrets.refresh",
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
        "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * 86400,  # without use
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http", *schemes],
        "ALLOW_LOCALHOST_LOOPBACK": True,
        "OIDC_ISS_ENDPOINT": issuer,
        "PKCE_REQUIRED": True,
        **{f"COMPLIANT_BCP_RFC9700_{name}": True for name in STRICT},
    }
