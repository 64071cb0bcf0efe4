"""Tools added by hand: a form, Canvas's JSON, Blackboard's client id.

Sources: Canvas API: Manually Configuring LTI Advantage Tools; docs.anthology.com: "Registering a
new LTI application" (lti.md §11.1, §11.4)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from connectors.sandbox import registering
from connectors.sandbox.claims import RESOURCE
from connectors.sandbox.models import Tool, World
from connectors.sandbox.platforms import Platform
from connectors.sandbox.rows import next_id

Sent = Mapping[str, str]
MOST = 1_000_000  # bytes of a configuration that is fetched


def by_hand(platform: Platform, world: World, sent: Sent) -> Tool:
    """Add what somebody typed in: name, addresses, custom fields one a line (`name=value`)."""
    login = _address(sent, "login_url")
    lines = [line.partition("=") for line in sent.get("custom", "").splitlines() if "=" in line]
    return _made(
        platform,
        world,
        name=sent.get("name") or "Tutor.AI",
        url=registering.origin(login),
        login_uri=login,
        redirect_uris=_address(sent, "redirect_url").split(),
        jwks_uri=_address(sent, "jwks_url"),
        target_uri=sent.get("target_url", ""),
        custom={name.strip(): value.strip() for name, _, value in lines} or None,
    )


def from_json(platform: Platform, world: World, sent: Sent) -> Tool:
    """Add Canvas's developer key from the tool's JSON, pasted or fetched."""
    told = json.loads(sent.get("json") or fetched(_address(sent, "url")))
    extension = next(iter(told.get("extensions") or [{}]))
    places = extension.get("settings", {}).get("placements", [])
    messages = [
        {
            "type": one.get("message_type") or RESOURCE,
            "placements": [one["placement"]],
            "target_link_uri": one.get("target_link_uri") or told["target_link_uri"],
            "label": one.get("text", ""),
        }
        for one in places
    ]
    return _made(
        platform,
        world,
        name=told["title"],
        url=registering.origin(told["oidc_initiation_url"]),
        login_uri=told["oidc_initiation_url"],
        redirect_uris=told.get("redirect_uris") or [told["target_link_uri"]],
        jwks_uri=told["public_jwk_url"],
        target_uri=told["target_link_uri"],
        custom=told.get("custom_fields") or {},
        scopes=told.get("scopes") or [],
        privacy=extension.get("privacy_level", "anonymous"),
        placements=[one["placement"] for one in places],
        told={"messages": messages, "description": told.get("description", "")},
    )


def application(platform: Platform, world: World, sent: Sent) -> Tool:
    """Register at the vendor's portal, once for all schools; it is installed nowhere yet."""
    row = by_hand(platform, world, sent)
    row.state = "application"
    row.save()
    return row


def by_client_id(platform: Platform, world: World, sent: Sent) -> Tool:
    """Install what is registered at the portal: the school gives a client id, and gets a
    deployment id."""
    rows = Tool.objects.filter(client_id=sent.get("client_id", "").strip())
    known = rows.filter(world__dialect=platform.family).first()
    if known is None:
        raise ValueError("No application has this client ID.")
    row = rows.filter(world=world).first() or Tool(
        **{name: getattr(known, name) for name in COPIED}, world=world, api_client_id=_api()
    )
    row.state = "pending"
    row.save()
    if not row.deployment_set.exists():
        platform.deploy(row, name=world.name)
    return row


COPIED = (
    *("name", "client_id", "url", "login_uri", "redirect_uris", "jwks_uri", "target_uri"),
    *("custom", "scopes", "privacy", "placements", "told"),
)
WAYS: dict[str, Callable[[Platform, World, Sent], Tool]] = {
    "form": by_hand,
    "json": from_json,
    "application": application,
    "client": by_client_id,
}


def places(row: Tool) -> list[str]:
    """Return where a tool asked to stand."""
    asked = [one for told in row.told.get("messages", []) for one in told.get("placements") or []]
    return list(dict.fromkeys(asked))


def _made(platform: Platform, world: World, **fields: Any) -> Tool:
    client_id = platform.client_id(next_id())
    return Tool.objects.create(
        **fields, world=world, client_id=client_id, state="pending", api_client_id=_api()
    )


def _api() -> str:
    return f"api-{next_id()}"


def _address(sent: Sent, name: str) -> str:
    given = sent.get(name, "").strip()
    if urlsplit(given).scheme not in ("http", "https"):
        raise ValueError(f"A web address is missing: {name.replace('_', ' ')}.")
    return given


def fetched(url: str) -> str:
    """Return what is at an address; raise ValueError."""
    try:
        with urlopen(url, timeout=5) as answer:
            text: bytes = answer.read(MOST)
    except OSError as wrong:
        raise ValueError(f"Nothing is to be had from {url}.") from wrong
    return text.decode(errors="replace")
