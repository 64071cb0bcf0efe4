"""The claims of an id_token → what a launch says. Pure; raises BadClaim."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lti.errors import BadClaim

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
RESOURCE, DEEP = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
PERSONAL = ("name", "given_name", "family_name", "email")


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
    context_id: str = ""
    course_title: str = ""
    course_code: str = ""
    link_id: str = ""
    link_title: str = ""
    return_url: str = ""
    custom: dict[str, str] = field(default_factory=dict)


def clean(claims: Any) -> dict[str, Any]:
    """Return `claims` when a database can hold them."""
    try:
        written = json.dumps(claims, ensure_ascii=False)
        written.encode()
    except (UnicodeEncodeError, ValueError, RecursionError) as error:
        raise BadClaim(claim="text") from error
    if "\\u0000" in written or not isinstance(claims, dict):
        raise BadClaim(claim="text")
    return claims


def read(claims: dict[str, Any], *, tool_url: str, anonymous: bool = False) -> Launch:
    """Return what the claims say; `anonymous` accepts a launch without any person."""
    claims = clean(claims)
    if claims.get(LTI + "version") != "1.3.0":
        raise BadClaim(claim="version")
    kind = _text(claims, LTI + "message_type")
    if kind not in {RESOURCE, DEEP}:
        raise BadClaim(claim="message_type")
    deployment = _needed(claims, LTI + "deployment_id", "deployment_id")
    uris = claims.get(LTI + "roles")
    if not isinstance(uris, list):
        raise BadClaim(claim="roles")
    target = _text(claims, LTI + "target_link_uri")
    if target and not within(target, tool_url):
        raise BadClaim(claim="target_link_uri")
    link, context = _object(claims, "resource_link"), _object(claims, "context")
    if kind == RESOURCE:
        _needed(link, "id", "resource_link")
    return Launch(
        deployment_id=deployment,
        message_type=kind,
        roles=tuple(uri for uri in uris if isinstance(uri, str) and uri),
        sub=_sub(claims, anonymous),
        name=_name(claims),
        email=_text(claims, "email"),
        locale=_locale(claims),
        context_id=_text(context, "id"),
        course_title=_text(context, "title"),
        course_code=_text(context, "label"),
        link_id=_text(link, "id"),
        link_title=_text(link, "title"),
        return_url=_text(_object(claims, "launch_presentation"), "return_url"),
        custom=_custom(claims),
    )


def within(url: str, tool_url: str) -> bool:
    """Whether a URL is one of ours."""
    return url == tool_url or url.startswith(tool_url + "/")


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
    if (sub and len(sub) <= 255) or (anonymous and nobody):
        return sub
    raise BadClaim(claim="sub")


def _name(claims: dict[str, Any]) -> str:
    parts = (_text(claims, "given_name"), _text(claims, "family_name"))
    return _text(claims, "name") or " ".join(part for part in parts if part)


def _locale(claims: dict[str, Any]) -> str:
    presentation = _object(claims, "launch_presentation")
    return (_text(presentation, "locale") or _text(claims, "locale"))[:35]


def _custom(claims: dict[str, Any]) -> dict[str, str]:
    """Custom values; a variable the platform did not fill in (`$Name`) is absent."""
    return {
        key: str(value)
        for key, value in _object(claims, "custom").items()
        if isinstance(value, str | int) and str(value) and not str(value).startswith("$")
    }


def _object(claims: dict[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(LTI + name)
    return value if isinstance(value, dict) else {}


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _needed(claims: dict[str, Any], name: str, called: str) -> str:
    value = _text(claims, name)
    if not value or len(value) > 1024:
        raise BadClaim(claim=called)
    return value
