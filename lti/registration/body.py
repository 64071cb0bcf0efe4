"""What we ask a platform to register. Pure.

Source: https://www.imsglobal.org/spec/lti-dr/v1p0#tool-configuration; Canvas API: Registering an
LTI Tool (which refuses members that it does not list).
"""

from typing import Any

from lti.platforms.profile import DEEP, RESOURCE, Message
from lti.registration.configuration import Configuration
from lti.registration.ours import NAME, NEEDED, SCOPES, SHARES, Ours

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
DESCRIPTION = "An AI tutor that answers from the course's own pages, and says where it read it."
ALWAYS = (RESOURCE, DEEP)  # asked for even where a platform does not say what it sends


def wanted(told: Configuration) -> tuple[str, ...]:
    """Return the scopes to ask for: ours, as far as the platform has them."""
    return tuple(
        one
        for one in SCOPES
        if (one in told.scopes if told.scopes else one not in told.profile.lacks)
    )


def lacking(told: Configuration) -> tuple[str, ...]:
    """Return the scopes that are missed, where the platform says which it has."""
    return tuple(one for one in NEEDED if told.scopes and one not in told.scopes)


def request(told: Configuration, ours: Ours, *, shares: str) -> dict[str, Any]:
    """Return the registration; `shares` is one of `ours.SHARES`."""
    profile = told.profile
    tool: dict[str, Any] = {
        "domain": ours.domain,
        "description": DESCRIPTION,
        "target_link_uri": ours.launch,
        "custom_parameters": dict(profile.custom),
        "claims": list(SHARES[shares]),
        "messages": [_message(one, told, ours) for one in profile.messages if _sent(one, told)],
        **profile.extras,
    }
    if profile.privacy:
        tool[profile.privacy] = shares
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": ours.login,
        "redirect_uris": [ours.launch],
        "client_name": NAME,
        "client_uri": ours.url,
        "jwks_uri": ours.keys,
        "logo_uri": ours.icon,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(wanted(told)),
        TOOL: tool,
    }


def _sent(message: Message, told: Configuration) -> bool:
    """Whether the platform sends such a message at all, as far as it says."""
    return message.type in (told.messages or ALWAYS)


def _message(message: Message, told: Configuration, ours: Ours) -> dict[str, Any]:
    offered = told.messages.get(message.type, ())
    fitting = [place for place in message.placements if place in offered]
    if told.profile.strict and not offered:
        fitting = list(message.placements)
    return {
        "type": message.type,
        "target_link_uri": ours.launch,
        "label": NAME,
        **({"placements": fitting} if fitting else {}),
        **message.extras,
    }
