"""A launch's claims as the diagnose page may show them: nothing that tells of a person. Pure.

What is not named here as open is shown as what it is, not what it says: `HIDDEN` for a value,
names with their values hidden for an object. So a claim nobody knew yet tells nothing.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lti.claims import GRADES, LTI, ROSTER, SETTINGS

HIDDEN = "…"
LONGEST = 500  # characters of one value
MOST = 50  # members of a list, or of an object
DEPTH = 4  # objects in objects

# Claims whose values name nobody.
OPEN = frozenset(
    {"iss", "aud", "azp", "iat", "exp", "nbf", "locale", "zoneinfo"}
    | {LTI + name for name in ("message_type", "version", "deployment_id", "roles")}
)
# Addresses; what their queries say is hidden, but for what services are called by.
ADDRESSES = frozenset({LTI + "target_link_uri"})
ASKED = frozenset({"type_id", "limit", "from", "role", "rlid"})
# Of these objects, what names nobody. A context's or link's title is the LMS's own text of a
# course; a description may be anything.
PARTS: dict[str, frozenset[str]] = {
    LTI + "context": frozenset({"id", "label", "title", "type"}),
    LTI + "resource_link": frozenset({"id", "title"}),
    LTI + "tool_platform": frozenset({"guid", "name", "product_family_code", "url", "version"}),
    LTI + "launch_presentation": frozenset(
        {"document_target", "height", "locale", "return_url", "width"}
    ),
    GRADES: frozenset({"lineitem", "lineitems", "scope"}),
    ROSTER: frozenset({"context_memberships_url", "service_versions"}),
    SETTINGS: frozenset(
        {
            "accept_lineitem",
            "accept_media_types",
            "accept_multiple",
            "accept_presentation_document_targets",
            "accept_types",
            "auto_create",
            "deep_link_return_url",
        }
    ),
}
# Of custom values: ids of courses and places, ours of what was placed; never a person's.
CUSTOM = frozenset(
    {
        "canvas_api_base_url",
        "canvas_api_domain",
        "canvas_assignment_id",
        "canvas_course_id",
        "canvas_course_section_ids",
        "canvas_course_workflow_state",
        "canvas_module_item_id",
        "canvas_previous_course_ids",
        "context_history",
        "context_id_history",
        "person_timezone",
        "tutor_copy",
        "tutor_placement",
    }
)


def masked(claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims with all hidden that could tell of a person."""
    return {name: _claim(name, value) for name, value in list(claims.items())[:MOST]}


def _claim(name: str, value: Any) -> Any:
    if name in OPEN:
        return _short(value)
    if name in ADDRESSES:
        return address(value)
    if name == f"{LTI}custom":
        return _each(value, lambda key, one: _short(one) if key in CUSTOM else _variable(one))
    if parts := PARTS.get(name):
        return _each(value, lambda key, one: _part(one) if key in parts else _hidden(one))
    return _hidden(value)


def _each(value: Any, show: Callable[[str, Any], Any]) -> Any:
    if not isinstance(value, dict):
        return _hidden(value)
    return {key: show(key, one) for key, one in list(value.items())[:MOST]}


def _part(value: Any) -> Any:
    return address(value) if "://" in str(value) and isinstance(value, str) else _short(value)


def _variable(value: Any) -> Any:
    """A variable that the platform did not fill in stands there with its name."""
    return _short(value) if isinstance(value, str) and value.startswith("$") else _hidden(value)


def _hidden(value: Any, depth: int = 0) -> Any:
    """Say what kind of thing it is; whether it is empty is worth knowing."""
    if isinstance(value, dict) and depth < DEPTH:
        return {key: _hidden(one, depth + 1) for key, one in list(value.items())[:MOST]}
    return value if value in ("", None) or isinstance(value, bool) else HIDDEN


def _short(value: Any) -> Any:
    """Return a value, or as much of it as fits a page; what is deeper is hidden."""
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, list):
        return [one[:LONGEST] if isinstance(one, str) else _hidden(one) for one in value[:MOST]]
    return _hidden(value) if isinstance(value, dict) else value


def address(value: Any) -> Any:
    """Return an address without what its query says: Moodle's has the person's session key."""
    if not isinstance(value, str):
        return _hidden(value)
    try:
        parts = urlsplit(value[:LONGEST])
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return HIDDEN
    query = "&".join(f"{key}={one if key in ASKED else HIDDEN}" for key, one in asked)
    netloc = parts.netloc.rpartition("@")[2]  # without a name and a password
    return parts._replace(netloc=netloc, query=query, fragment="").geturl()


def ahead(claims: dict[str, Any]) -> float:
    """Return by how many seconds the platform's clock is ahead of ours; the way here counts too."""
    return round(float(claims["iat"]) - time.time(), 1)
