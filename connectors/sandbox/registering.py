"""Registrations under way: what a tool needs to register itself, and the tool that comes of it.

Source: https://www.imsglobal.org/spec/lti-dr/v1p0
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest
from django.utils import timezone

from connectors.sandbox.faults import bearer
from connectors.sandbox.models import Registering, Tool, World
from connectors.sandbox.rows import next_id

if TYPE_CHECKING:
    from connectors.sandbox.platforms import Platform

Told = dict[str, Any]
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
LIFETIME = timedelta(hours=1)


def begin(world: World, url: str, **claims: Any) -> Registering:
    """Write down that an administrator pasted a tool's registration URL."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"no web address: {url!r}")
    return Registering.objects.create(world=world, url=url, claims=claims)


def opened(platform: Platform, registering: Registering) -> str:
    """Return the address that the administrator's frame opens."""
    parameters = {"openid_configuration": platform.at(platform.config_path)}
    if token := platform.registration_token(registering):
        parameters["registration_token"] = token
    else:  # who comes is told by the address alone
        mark = urlencode({"registration": registering.value})
        parameters["openid_configuration"] += f"?{mark}"
    glue = "&" if urlsplit(registering.url).query else "?"
    return f"{registering.url}{glue}{urlencode(parameters)}"


def of(request: HttpRequest, family: str) -> Registering | None:
    """Return the registration that a call's token is for, while it lives; used or not."""
    rows = Registering.objects.select_related("world").filter(world__dialect=family)
    value = bearer(request) or request.GET.get("registration", "")
    live = rows.filter(value=value, created_at__gt=timezone.now() - LIFETIME)
    return live.first() if value else None


def install(
    platform: Platform, registering: Registering, body: Told, scopes: list[str], **fields: Any
) -> Tool:
    """Make the tool that a (checked) registration describes; it waits to be turned on."""
    told = body[TOOL]
    tool = Tool.objects.create(
        world=registering.world,
        name=str(body["client_name"]),
        client_id=platform.client_id(next_id()),
        state="pending",
        url=origin(body["initiate_login_uri"]),
        login_uri=body["initiate_login_uri"],
        redirect_uris=body["redirect_uris"],
        jwks_uri=body["jwks_uri"],
        target_uri=told.get("target_link_uri", ""),
        custom=told.get("custom_parameters") or {},
        scopes=scopes,
        told={**told, "logo_uri": body.get("logo_uri", "")},
        api_client_id=f"api-{next_id()}",
        **fields,
    )
    Registering.objects.filter(pk=registering.pk).update(tool=tool, used_at=timezone.now())
    return tool


def origin(url: str) -> str:
    """Return scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
