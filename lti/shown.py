"""A launch's claims as the diagnose page may show them: nothing that tells of a person. Pure."""

import time
from typing import Any

from lti.claims import LTI

# Claims whose values name nobody, or that an administrator needs to see as they are.
OPEN = frozenset(
    {"iss", "aud", "azp", "iat", "exp", "locale"}
    | {
        LTI + name
        for name in (
            "message_type",
            "version",
            "deployment_id",
            "target_link_uri",
            "roles",
            "context",
            "resource_link",
            "tool_platform",
        )
    }
    | {
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice",
    }
)


def masked(claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims with the values of all others replaced by what kind of value it is."""
    return {name: value if name in OPEN else _kind(value) for name, value in claims.items()}


def _kind(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _kind(one) for name, one in value.items()}
    if isinstance(value, str) and value.startswith("$"):
        return value  # a variable the platform did not fill in
    return f"({type(value).__name__})" if value not in ("", None) else value


def ahead(claims: dict[str, Any]) -> float:
    """Return by how many seconds the platform's clock is ahead of ours; the way here counts too."""
    return round(float(claims["iat"]) - time.time(), 1)
