"""The claims of an id_token → what a launch says. Pure; raises BadClaim."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from lti.errors import BadClaim

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"  # AGS 2.0, 3.1
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"  # NRPS 2.0, 3.6.1.1
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"  # Course Groups 1.0, 3.1
RESOURCE, DEEP = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
REVIEW = "LtiSubmissionReviewRequest"  # a teacher opens a student's work from the gradebook
PRIVACY = "DataPrivacyLaunchRequest"  # what we hold of a person; 1EdTech's draft, and below
# Written so by Tsugi and others; pylti1p3 and Sakai have the name above.
KINDS = {kind: kind for kind in (RESOURCE, DEEP, REVIEW, PRIVACY)} | {f"Lti{PRIVACY}": PRIVACY}
ABOUT = frozenset({REVIEW, PRIVACY})  # messages about a person, whom `for_user` names
NOTICES = f"{LTI}platformnotificationservice"  # PNS 1.0; Canvas, doc/api/pns
# LTI 1.3 core 5.4.1 (role_scope_mentor); its first print lacks a dot, and libraries copied it.
MENTOR = (f"{LTI}role_scope_mentor", "https://purlimsglobal.org/spec/lti/claim/role_scope_mentor")
SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"  # DL 2.0, 4.4.1
PLACED = "tutor_placement"  # our custom value: what stands behind a link we placed
LINKED = ("ltiResourceLink", "link", "file", "html", "image")  # DL 2.0, 3: kinds of content
SHOWN = ("iframe", "window", "embed")
PERSONAL = ("name", "given_name", "family_name", "email")
LONGEST = 255  # characters of an id; LTI 1.3 core 5.3
WORDS = 1000  # characters of a name or title that we keep
ADDRESS = 2000  # characters of a service's address; a longer one is none
SCOPES = 20  # of one claim
LISTED = 50  # ids of a list: whom an observer sees, what a course was copied from
# Our custom names, and those under which platforms' own documentation has the same variables.
OBSERVED = ("canvas_observees", "canvas_user_observees", "com_instructure_user_observees")
HISTORY = ("context_history", "context_id_history")  # $Context.id.history
PREVIOUS = "canvas_previous_course_ids"  # $Canvas.course.previousCourseIds
STATE = "canvas_course_workflow_state"  # $Canvas.course.workflowState
# canvas-lms app/models/course.rb → LMS-DM, which has the names of Canvas's REST API.
STATES = {
    "available": "available",
    "completed": "completed",
    "deleted": "deleted",
    "created": "unpublished",
    "claimed": "unpublished",
}


@dataclass(frozen=True)
class Launch:
    """What a validated launch tells. `sub` is empty for an anonymous one."""

    deployment_id: str
    message_type: str
    roles: tuple[str, ...]
    sub: str = ""
    name: str = ""
    email: str = ""
    locale: str = ""
    time_zone: str = ""  # IANA name
    platform: str = ""  # product family: "canvas", "moodle", …
    platform_itself: dict[str, str] = field(default_factory=dict)  # as it calls itself
    context_id: str = ""
    course_title: str = ""
    course_code: str = ""
    link_id: str = ""
    link_title: str = ""
    return_url: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    line_items_url: str = ""  # where the course's gradebook columns are listed
    line_item_url: str = ""  # the link's own column
    scopes: tuple[str, ...] = ()  # what we may do with them, in order
    members_url: str = ""  # where the course's roster is
    groups_url: str = ""  # where its groups are named
    deep_link: dict[str, Any] | None = None  # what the platform takes back, and where; checked
    placed: str = ""  # our id of what a teacher placed there
    for_user: str = ""  # the platform's id of the person a review or a privacy launch is about
    course_state: str = ""  # as LMS-DM says it; "" not told
    history: tuple[str, ...] = ()  # context ids this course was copied from, the newest first
    observed: tuple[str, ...] = ()  # `sub`s of the students an observer is there for
    notices_url: str = ""  # where handlers of notices are registered
    notice_kinds: tuple[str, ...] = ()  # that the platform can send


def clean(claims: Any) -> dict[str, Any]:
    """Return `claims` when a database can hold them."""
    try:
        written = json.dumps(claims, ensure_ascii=False, allow_nan=False)
        written.encode()
    except (ValueError, RecursionError) as error:
        raise BadClaim(claim="text") from error
    if "\\u0000" in written or not isinstance(claims, dict):
        raise BadClaim(claim="text")
    return claims


def read(claims: dict[str, Any], *, tool_url: str, anonymous: bool = False) -> Launch:
    """Return what `clean` claims say; `anonymous` accepts a launch without any person."""
    if claims.get(LTI + "version") != "1.3.0":
        raise BadClaim(claim="version")
    kind = KINDS.get(_text(claims, LTI + "message_type"), "")
    if not kind:
        raise BadClaim(claim="message_type")
    uris = claims.get(LTI + "roles")
    if not isinstance(uris, list):
        raise BadClaim(claim="roles")
    _target(claims, kind, tool_url)
    link, context = _object(claims, "resource_link"), _object(claims, "context")
    if kind == PRIVACY:  # is of no course: its roles are not those of a context it may name
        link, context = {}, {}
    custom = custom_of(claims.get(LTI + "custom"))
    grades, roster = _claim(claims, GRADES), _claim(claims, ROSTER)
    notices = _claim(claims, NOTICES)
    return Launch(
        deployment_id=_id(claims, LTI + "deployment_id", "deployment_id"),
        message_type=kind,
        roles=tuple(uri for uri in uris if isinstance(uri, str) and uri),
        sub=_sub(claims, anonymous),
        name=_name(claims)[:WORDS],
        email=_text(claims, "email")[:WORDS],
        locale=locale(claims),
        time_zone=_zone(custom.get("person_timezone", ""), _text(claims, "zoneinfo")),
        platform=_text(_object(claims, "tool_platform"), "product_family_code").lower(),
        platform_itself=_itself(_object(claims, "tool_platform")),
        context_id=_id(context, "id", "context") if _text(context, "id") else "",
        course_title=_text(context, "title")[:WORDS],
        course_code=_text(context, "label")[:WORDS],
        link_id=_id(link, "id", "resource_link") if kind == RESOURCE or link else "",
        link_title=_text(link, "title")[:WORDS],
        return_url=return_url(claims),
        custom=custom,
        line_items_url=_address(grades, "lineitems"),
        line_item_url=_address(grades, "lineitem"),
        scopes=_scopes(grades),
        members_url=_address(roster, "context_memberships_url"),
        groups_url=_address(_claim(claims, GROUPS), "context_groups_url"),
        deep_link=_deep_link(claims) if kind == DEEP else None,
        placed=_uuid(custom.get(PLACED, "")),
        for_user=_for_user(claims) if kind in ABOUT else "",
        course_state=STATES.get(custom.get(STATE, ""), ""),
        history=_history(custom),
        observed=_observed(claims, custom),
        notices_url=_address(notices, "platform_notification_service_url"),
        notice_kinds=_words(notices, "notice_types_supported"),
    )


def _itself(told: dict[str, Any]) -> dict[str, str]:
    """Return what a platform calls itself (LTI 1.3 core 5.3.10); its contact is nobody we write to."""
    named = {"name": "name", "guid": "guid", "url": "url", "product": "product_family_code"}
    found = {ours: _text(told, theirs)[:LONGEST] for ours, theirs in named.items()}
    return {name: value for name, value in found.items() if value}


def locale(claims: dict[str, Any]) -> str:
    """Return the language the platform shows itself in, as it names it."""
    presentation = _object(claims, "launch_presentation")
    return (_text(presentation, "locale") or _text(claims, "locale"))[:35]


def return_url(claims: dict[str, Any]) -> str:
    """Return the way back to the course: a web address, or ""."""
    url = _text(_object(claims, "launch_presentation"), "return_url")
    return url if origin(url) else ""


def within(url: str, tool_url: str) -> bool:
    """Whether a URL is one of ours."""
    return url == tool_url or url.startswith((f"{tool_url}/", f"{tool_url}?"))


def origin(url: str) -> str:
    """Return scheme://host[:port] of a web address, fit for a policy header; else ""."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host.isascii():
        return ""
    if not host.replace(".", "").replace("-", "").isalnum():
        return ""
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _sub(claims: dict[str, Any], anonymous: bool) -> str:
    sub = _text(claims, "sub")
    nobody = "sub" not in claims and not any(name in claims for name in PERSONAL)
    if (sub and len(sub) <= LONGEST) or (anonymous and nobody):
        return sub
    raise BadClaim(claim="sub")


def _name(claims: dict[str, Any]) -> str:
    parts = (_text(claims, "given_name"), _text(claims, "family_name"))
    return _text(claims, "name") or " ".join(part for part in parts if part)


def _target(claims: dict[str, Any], kind: str, tool_url: str) -> None:
    """The link's own address; 1EdTech's suite sends none with a deep linking request."""
    target = _text(claims, LTI + "target_link_uri")
    if not within(target, tool_url) and (target or kind != DEEP):
        raise BadClaim(claim="target_link_uri")


def _for_user(claims: dict[str, Any]) -> str:
    """Return whom a message is about; 1EdTech's draft of the privacy launch writes `id`."""
    told = _object(claims, "for_user")
    return _id({"id": told.get("user_id") or told.get("id")}, "id", "for_user")


def _history(custom: dict[str, str]) -> tuple[str, ...]:
    """Return what the course was copied from; the first of the list is the most recent."""
    return ids(_first(custom, HISTORY))


def _observed(claims: dict[str, Any], custom: dict[str, str]) -> tuple[str, ...]:
    """Return whom an observer is there for. Canvas tells it in a custom value alone."""
    for name in MENTOR:
        if isinstance(listed := claims.get(name), list):
            return ids(",".join(one for one in listed if isinstance(one, str)))
    return ids(_first(custom, OBSERVED))


def _first(custom: dict[str, str], names: tuple[str, ...]) -> str:
    """Return the first of these values that is there; else ""."""
    for name in names:
        if name in custom:
            return custom[name]
    return ""


def ids(listed: str) -> tuple[str, ...]:
    """Return the ids of a comma list, in its order."""
    if not listed:
        return ()
    found = (one.strip() for one in listed.split(","))
    return tuple(dict.fromkeys(one for one in found if 0 < len(one) <= LONGEST))[:LISTED]


def _deep_link(claims: dict[str, Any]) -> dict[str, Any]:
    """Return what a deep linking request accepts; without an address to answer to it is none.

    What is not said: several at once no (as in Content-Item, its forerunner), a column perhaps.
    """
    told = _claim(claims, SETTINGS)
    back, types = _address(told, "deep_link_return_url"), told.get("accept_types")
    if not back or not isinstance(types, list):
        raise BadClaim(claim="deep_linking_settings")
    targets = told.get("accept_presentation_document_targets")
    return {
        "return_url": back,
        "types": [one for one in LINKED if one in types],
        "targets": [one for one in SHOWN if isinstance(targets, list) and one in targets],
        "multiple": told.get("accept_multiple") is True,
        "line_items": told.get("accept_lineitem") is not False,
        "title": _text(told, "title")[:WORDS],  # what the teacher wrote there already
        "text": _text(told, "text")[:WORDS],
        **({"data": told["data"]} if told.get("data") is not None else {}),
    }


def _uuid(text: str) -> str:
    """Return an id of ours as we write it, or ""."""
    try:
        return str(UUID(text)) if len(text) == 36 else ""
    except ValueError:
        return ""


def _zone(*names: str) -> str:
    """Return the first of these that is a time zone."""
    for name in names:
        try:
            if 0 < len(name) <= 64:
                return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            continue
    return ""


def custom_of(told: Any) -> dict[str, str]:
    """Return custom values; a variable the platform did not fill in (`$Name`) is absent."""
    return {
        str(key): str(value)
        for key, value in (told if isinstance(told, dict) else {}).items()
        if isinstance(value, str | int) and str(value) and not str(value).startswith("$")
    }


def sections(custom: dict[str, str]) -> list[str] | None:
    """Return the LMS's section ids of custom values; None where it told none."""
    listed = custom.get("canvas_course_section_ids")
    if listed is None:
        return None
    return sorted({one.strip() for one in listed.split(",")} - {""})


def _address(claim: dict[str, Any], name: str) -> str:
    """Return a service's address; what is none is not there. No launch fails for it."""
    url = _text(claim, name)
    return url if len(url) <= ADDRESS and origin(url) else ""


def _scopes(claim: dict[str, Any]) -> tuple[str, ...]:
    return _words(claim, "scope")


def _words(claim: dict[str, Any], name: str) -> tuple[str, ...]:
    told = claim.get(name)
    if not told:
        return ()
    words = {word for word in told if isinstance(word, str)} if isinstance(told, list) else set()
    return tuple(sorted(word for word in words if 0 < len(word) <= LONGEST))[:SCOPES]


def _claim(claims: dict[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _object(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return _claim(claims, LTI + name)


def within_claim(claims: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one of LTI's object claims; raise BadClaim where it is missing."""
    if found := _object(claims, name):
        return found
    raise BadClaim(claim=name)


def id_of(claims: dict[str, Any], name: str) -> str:
    """Return an id of 1 to 255 characters; raise BadClaim."""
    return _id(claims, name, name.rpartition("/")[2])


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _id(claims: dict[str, Any], name: str, called: str) -> str:
    value = _text(claims, name)
    if not value or len(value) > LONGEST:
        raise BadClaim(claim=called)
    return value
