"""What a tool asks for when it registers, and what of that Moodle grants and says back.

Scopes turn services on, claims decide what is shared of people.
Source: Moodle 4.5 recordings, dynreg_3_registration
"""

from __future__ import annotations

from typing import Any

from connectors.moodle.fake.claims import SETTINGS_SCOPE
from connectors.sandbox.claims import DEEP, NRPS_SCOPE
from connectors.sandbox.models import Tool
from connectors.sandbox.registering import TOOL

Told = dict[str, Any]
AREA = "ContentArea"  # where Moodle puts what is deep-linked
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM = f"{AGS}lineitem"
READING = [f"{AGS}score", f"{AGS}result.readonly", f"{AGS}lineitem.readonly"]
NAMES = {"name", "given_name", "family_name"}
LEVELS = {
    (True, True): "public",
    (True, False): "name_only",
    (False, True): "email_only",
    (False, False): "anonymous",
}


def scopes(told: Told) -> list[str]:
    """Return what the services that a registration turns on allow; one of AGS brings three."""
    asked = set(str(told.get("scope") or "").split())
    granted = list(READING) if asked & {*READING, LINE_ITEM} else []
    granted += [one for one in (LINE_ITEM, NRPS_SCOPE, SETTINGS_SCOPE) if one in asked]
    return granted


def privacy(configuration: Told) -> str:
    """Return what is shared: names for any name that was claimed, the address for `email`."""
    claimed = set(configuration.get("claims") or [])
    return LEVELS[bool(claimed & NAMES), "email" in claimed]


def kept(told: Told) -> Told:
    """Return what else Moodle keeps of a registration."""
    configuration = told[TOOL]
    return {
        "site_id": True,
        "domain": configuration["domain"],
        "description": str(configuration.get("description") or ""),
        "logo_uri": str(told.get("logo_uri") or ""),
        "accept_grades": "delegate",
        "messages": _messages(configuration),
    }


def _messages(configuration: Told) -> list[Told]:
    """Return the picker's address: labels, placements and other messages are dropped."""
    given = configuration.get("messages") or []
    picks = [one for one in given if isinstance(one, dict) and one.get("type") == DEEP]
    return [
        {
            "type": DEEP,
            "target_link_uri": str(one.get("target_link_uri") or ""),
            "placements": [AREA],
        }
        for one in picks
    ][-1:]


def answer(tool: Tool, told: Told, deployment_id: str) -> Told:
    """Return the registration as Moodle understood it."""
    configuration = told[TOOL]
    shared = (
        ["name", "family_name", "given_name"] if tool.privacy in ("public", "name_only") else []
    )
    shared += ["email"] if tool.privacy in ("public", "email_only") else []
    granted: Told = {
        "version": "1.3.0",
        "deployment_id": deployment_id,
        "target_link_uri": tool.target_uri,
        "domain": configuration["domain"],
        "description": tool.told["description"],
    }
    if messages := tool.told["messages"]:
        apart = {"placements"}
        granted["messages"] = [{n: one[n] for n in one if n not in apart} for one in messages]
    if tool.custom:
        granted["custom_parameters"] = tool.custom
    granted["claims"] = ["sub", "iss", *shared]
    return {
        "client_id": tool.client_id,
        "response_types": ["id_token"],
        "jwks_uri": tool.jwks_uri,
        "initiate_login_uri": tool.login_uri,
        "grant_types": ["client_credentials", "implicit"],
        "redirect_uris": tool.redirect_uris,
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_name": tool.name,
        "logo_uri": tool.told["logo_uri"],
        "scope": " ".join(tool.scopes or []),
        TOOL: granted,
    }
