"""Canvas's developer key as one document, for "Enter URL" and "Paste JSON". Pure.

Source: canvas-lms, doc/api/lti_dev_key_config.md.
"""

from typing import Any

from lti.platforms.canvas import EXTENSION, PROFILE
from lti.platforms.profile import DEEP, Message
from lti.registration.body import DESCRIPTION
from lti.registration.ours import NAME, SCOPES, Ours

SIZE = 800  # pixels; Canvas may make it smaller


def developer_key(ours: Ours, *, shares: str = "public") -> dict[str, Any]:
    """Return the whole key; nothing in it is a school's own."""
    placed = [
        _placement(name, message, ours)
        for message in PROFILE.messages
        for name in message.placements
    ]
    return {
        "title": NAME,
        "description": DESCRIPTION,
        "oidc_initiation_url": ours.login,
        "target_link_uri": ours.launch,
        "redirect_uris": [ours.launch],
        "public_jwk_url": ours.keys,
        "scopes": [one for one in SCOPES if one not in PROFILE.lacks],
        "custom_fields": dict(PROFILE.custom),
        "extensions": [
            {
                "domain": ours.domain,
                "tool_id": PROFILE.extras[f"{EXTENSION}tool_id"],
                "platform": "canvas.instructure.com",
                "privacy_level": shares,
                "settings": {
                    "text": NAME,
                    "icon_url": ours.icon,
                    "selection_width": SIZE,
                    "selection_height": SIZE,
                    "placements": placed,
                },
            }
        ],
    }


def _placement(name: str, message: Message, ours: Ours) -> dict[str, Any]:
    told: dict[str, Any] = {
        "placement": name,
        "message_type": message.type,
        "target_link_uri": ours.launch,
        "text": NAME,
        "icon_url": ours.icon,
        "enabled": True,
    }
    if message.type == DEEP:
        return {**told, "selection_width": SIZE, "selection_height": SIZE}
    return {
        **told,
        "default": "enabled",
        "visibility": "members",
        "display_type": "full_width_in_context",
    }
