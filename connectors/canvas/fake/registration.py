"""Registrations as Canvas takes them. Canvas API: Registering an LTI Tool.

Both calls need the registration token as a bearer; a member that Canvas does not know is a 422;
the answer has a client id and no deployment (lti.md §11.2): an administrator confirms first.
"""

from __future__ import annotations

from typing import Any

from connectors.sandbox.claims import DEEP, PNS_SCOPE, RESOURCE, SCOPES
from connectors.sandbox.registering import TOOL

Told = dict[str, Any]
CANVAS = "https://canvas.instructure.com/lti"
PRIVACY = f"{CANVAS}/privacy_level"
LEVELS = ("public", "name_only", "email_only", "anonymous")
OFFERED = [
    *SCOPES,
    PNS_SCOPE,
    f"{CANVAS}/public_jwk/scope/update",
    f"{CANVAS}/account_lookup/scope/show",
    "https://canvas.instructure.com/lti-ags/progress/scope/show",
]
# Canvas API: Placements Overview. Only these deep link (deep_linking_request.rb).
DEEP_PLACES = [
    "assignment_selection",
    "course_assignments_menu",
    "editor_button",
    "link_selection",
    "module_index_menu_modal",
    "module_menu_modal",
]
RESOURCE_PLACES = ["account_navigation", "course_navigation", "user_navigation", *DEEP_PLACES]
PLACES = {RESOURCE: RESOURCE_PLACES, DEEP: DEEP_PLACES}
REQUIRED = {
    "application_type": "web",
    "token_endpoint_auth_method": "private_key_jwt",
}
MEMBERS = {
    "application_type",
    "grant_types",
    "response_types",
    "redirect_uris",
    "initiate_login_uri",
    "client_name",
    "jwks_uri",
    "scope",
    "token_endpoint_auth_method",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    TOOL,
}
NEEDED = MEMBERS - {"client_uri", "logo_uri", "tos_uri", "policy_uri"}
TOOL_MEMBERS = {
    "domain",
    "secondary_domains",
    "target_link_uri",
    "custom_parameters",
    "description",
    "messages",
    "claims",
    PRIVACY,
    f"{CANVAS}/tool_id",
    f"{CANVAS}/vendor",
}
TOOL_NEEDED = {"domain", "target_link_uri", "messages", "claims"}
MESSAGE_MEMBERS = {
    "type",
    "target_link_uri",
    "label",
    "icon_uri",
    "custom_parameters",
    "roles",
    "placements",
    f"{CANVAS}/course_navigation/default_enabled",
    f"{CANVAS}/visibility",
}


def faults(body: Any) -> list[str]:
    """Return what is wrong with a registration; nothing is wrong with a good one."""
    if not isinstance(body, dict) or not isinstance(body.get(TOOL), dict):
        return ["the registration and its tool configuration must be objects"]
    told = body[TOOL]
    return [
        *_members("", body, MEMBERS, NEEDED),
        *(f"{name} must be {value}" for name, value in REQUIRED.items() if body.get(name) != value),
        *_lists(body),
        *(f"unknown scope {one}" for one in scopes(body) if one not in OFFERED),
        *_members("tool configuration: ", told, TOOL_MEMBERS, TOOL_NEEDED),
        *_tool(told),
    ]


def scopes(body: Told) -> list[str]:
    """Return the scopes a registration asks for."""
    return str(body.get("scope") or "").split()


def _members(where: str, told: Told, known: set[str], needed: set[str]) -> list[str]:
    unknown = [f"{where}unknown member {name}" for name in sorted(set(told) - known)]
    return unknown + [f"{where}{name} is required" for name in sorted(needed - set(told))]


def _lists(body: Told) -> list[str]:
    needed = {
        "grant_types": {"client_credentials", "implicit"},
        "response_types": {"id_token"},
    }
    wrong = []
    for name, members in needed.items():
        given = body.get(name)
        if not isinstance(given, list) or set(given) != members:
            wrong.append(f"{name} must be {sorted(members)}")
    uris = body.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(isinstance(one, str) for one in uris):
        wrong.append("redirect_uris must be a list of addresses")
    return wrong


def _tool(told: Told) -> list[str]:
    wrong = []
    if told.get(PRIVACY, "anonymous") not in LEVELS:
        wrong.append(f"{PRIVACY} must be one of {', '.join(LEVELS)}")
    custom = told.get("custom_parameters", {})
    if not isinstance(custom, dict) or not all(isinstance(one, str) for one in custom.values()):
        wrong.append("custom_parameters must be an object of strings")
    messages = told.get("messages")
    if not isinstance(messages, list):
        return [*wrong, "messages must be a list"]
    return wrong + [words for one in messages for words in _message(one)]


def _message(told: Any) -> list[str]:
    if not isinstance(told, dict) or told.get("type") not in PLACES:
        return ["a message must be of a type that is supported"]
    unknown = _members("message: ", told, MESSAGE_MEMBERS, {"type"})
    places = told.get("placements", [])
    known = PLACES[told["type"]]
    return unknown + [f"{told['type']} cannot stand at {one}" for one in places if one not in known]
