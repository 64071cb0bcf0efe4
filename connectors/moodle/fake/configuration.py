"""What Moodle says of itself to a tool that registers.

Source: Moodle 4.5 recordings, lti_openid_configuration
"""

from __future__ import annotations

from typing import Any

from connectors.sandbox.claims import DEEP, NRPS_SCOPE, RESOURCE
from connectors.sandbox.registering import PLATFORM

BASIC_OUTCOME = "https://purl.imsglobal.org/spec/lti-bo/scope/basicoutcome"
SCOPES = [
    BASIC_OUTCOME,
    *(
        f"https://purl.imsglobal.org/spec/lti-ags/scope/{name}"
        for name in ("lineitem.readonly", "result.readonly", "score", "lineitem")
    ),
    NRPS_SCOPE,
    "https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting",
    "openid",
]
OFFERED = {
    "": ("basic-lti-launch-request", "ContentItemSelectionRequest", "ToolProxyRegistrationRequest"),
    "Context.": (
        "id",
        "title",
        "label",
        "id.history",
        "sourcedId",
        "longDescription",
        "timeFrame.begin",
    ),
    "CourseSection.": (
        "title",
        "label",
        "sourcedId",
        "longDescription",
        "timeFrame.begin",
        "timeFrame.end",
    ),
    "ResourceLink.": ("id", "title", "description"),
    "User.": ("id", "username"),
    "Person.": (
        "name.full",
        "name.given",
        "name.family",
        "email.primary",
        "sourcedId",
        "name.middle",
        "address.street1",
        "address.locality",
        "address.country",
        "address.timezone",
        "phone.primary",
        "phone.mobile",
        "webaddress",
    ),
    "Membership.": ("role",),
    "Result.": ("sourcedId", "autocreate"),
    "BasicOutcome.": ("sourcedId", "url"),
    "Moodle.": ("Person.userGroupIds",),
}
VARIABLES = [f"{prefix}{name}" for prefix, names in OFFERED.items() for name in names]


def described(issuer: str) -> dict[str, Any]:
    """Return Moodle's openid configuration."""
    here = f"{issuer}/mod/lti"
    return {
        "issuer": issuer,
        "token_endpoint": f"{here}/token.php",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": f"{here}/certs.php",
        "authorization_endpoint": f"{here}/auth.php",
        "registration_endpoint": f"{here}/openid-registration.php",
        "scopes_supported": SCOPES,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM: {
            "product_family_code": "moodle",
            "version": "4.5.6 (Build: 20250811)",
            "messages_supported": [
                {"type": RESOURCE},
                {"type": DEEP, "placements": ["ContentArea"]},
            ],
            "variables": VARIABLES,
        },
    }
