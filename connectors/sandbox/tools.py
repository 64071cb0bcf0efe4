"""An administrator's page: which tools this school has, and how to add one.

Canvas: Apps and Developer Keys. Moodle: Manage tools. Blackboard: LTI Tool Providers.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render

from connectors.sandbox import adding, dialects, registering, settings
from connectors.sandbox.models import Deployment, Registering, Tool, World
from connectors.sandbox.platforms import Platform

LEVELS = {
    "public": "names and e-mail",
    "name_only": "names",
    "email_only": "e-mail",
    "anonymous": "nothing personal",
}


def listed(request: HttpRequest, name: str, status: int = 200, wrong: str = "") -> HttpResponse:
    """List the school's tools, and offer the ways to add one that this LMS has."""
    world = get_object_or_404(World, name=name)
    tools = Tool.objects.filter(world=world).exclude(state="application").order_by("id")
    mine = Tool.objects.filter(world=world, state="application").order_by("id")
    platform = dialects.platform_of(world)
    context = {
        "tools": tools,
        "applications": [(one, platform.jwks_url(one.client_id)) for one in mine],
        "wrong": wrong,
        "guess": settings.TOOL_URL,
    }
    return _show(request, world, "tools", context, status)


def _deployments(tool: Tool) -> list[Deployment]:
    return list(tool.deployment_set.select_related("course").order_by("id"))


def _show(
    request: HttpRequest, world: World, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    platform = dialects.platform_of(world)
    common = {
        "world": world,
        "platform": platform,
        "addresses": addresses(platform),
        "courses": world.course_set.order_by("id"),
    }
    return render(request, f"sandbox/{page}.html", {**common, **context}, status=status)


def addresses(platform: Platform, client_id: str = "…") -> dict[str, str]:
    """Return what a tool that is entered by hand has to know of the platform."""
    return {
        "Issuer": platform.issuer,
        "Authorization (OIDC) address": platform.at(platform.auth_path),
        "Token address": platform.dialect.token_url,
        "Key set (JWKS) address": platform.jwks_url(client_id),
    }


def register(request: HttpRequest, name: str) -> HttpResponseBase:
    """Open a tool's registration URL in a frame, as an administrator pasted it."""
    world = get_object_or_404(World, name=name)
    platform = dialects.platform_of(world)
    if request.method != "POST" or not platform.registration_path:
        return HttpResponseRedirect(f"/worlds/{name}/tools")
    try:
        begun = registering.begin(world, request.POST.get("url", "").strip())
    except ValueError:
        return listed(request, name, 400, "Paste the registration URL that the tool gave you.")
    return HttpResponseRedirect(f"/worlds/{name}/tools/registrations/{begun.id}")


def registration(request: HttpRequest, name: str, begun_id: int) -> HttpResponseBase:
    """Show the frame; once the tool has registered, lead on to its review."""
    world = get_object_or_404(World, name=name)
    begun = get_object_or_404(Registering, id=begun_id, world=world)
    if begun.tool:
        return HttpResponseRedirect(f"/worlds/{name}/tools/{begun.tool_id}")
    platform = dialects.platform_of(world)
    src = platform.question(begun) or registering.opened(platform, begun)
    return _show(request, world, "registration", {"begun": begun, "src": src})


def tool(request: HttpRequest, name: str, tool_id: int) -> HttpResponseBase:
    """Review a tool: what it asks for, what the administrator leaves it, on or off."""
    world = get_object_or_404(World, name=name)
    row = get_object_or_404(Tool, id=tool_id, world=world)
    if request.method == "POST":
        return _decide(request, row)
    asked = registering_scopes(row)
    context = {
        "tool": row,
        "deployments": _deployments(row),
        "scopes": [(one, one in row.granted(asked)) for one in asked],
        "places": [
            (one, row.placements is None or one in row.placements) for one in adding.places(row)
        ],
        "levels": LEVELS,
        "custom": dialects.platform_of(world).custom_fields(row),
        "addresses": addresses(dialects.platform_of(world), row.client_id),
    }
    return _show(request, world, "tool", context)


def registering_scopes(row: Tool) -> list[str]:
    """Return the scopes to decide on: those the tool asked for, else all there are."""
    asked: list[str] = row.told.get("asked_scopes") or row.scopes or []
    return asked or dialects.of(row.world).scopes


def _decide(request: HttpRequest, row: Tool) -> HttpResponse:
    sent = request.POST
    if sent.get("state") == "deleted":
        row.delete()
        return HttpResponseRedirect(f"/worlds/{row.world.name}/tools")
    if "scopes_shown" in sent:
        row.told = {**row.told, "asked_scopes": registering_scopes(row)}
        row.scopes = sent.getlist("scope")
        if adding.places(row):
            row.placements = sent.getlist("placement")
    if sent.get("privacy") in LEVELS:
        row.privacy = sent["privacy"]
    if sent.get("state") in ("active", "pending"):
        row.state = sent["state"]
    row.save()
    if row.state == "active" and not row.deployment_set.exists():
        dialects.platform_of(row.world).deploy(row, name="the whole school")
    return HttpResponseRedirect(f"/worlds/{row.world.name}/tools/{row.id}")


def deploy(request: HttpRequest, name: str, tool_id: int) -> HttpResponse:
    """Install a tool once more: in one course (Canvas)."""
    row = get_object_or_404(Tool, id=tool_id, world__name=name)
    course = row.world.course_set.filter(id=int(request.POST.get("course") or 0)).first()
    if request.method == "POST" and course is not None:
        dialects.platform_of(row.world).deploy(row, name=course.name, course=course)
    return HttpResponseRedirect(f"/worlds/{name}/tools/{tool_id}")


def add(request: HttpRequest, name: str, way: str) -> HttpResponseBase:
    """Add a tool without dynamic registration: the ways are those of `adding`."""
    world = get_object_or_404(World, name=name)
    if request.method != "POST" or way not in adding.WAYS:
        return HttpResponseRedirect(f"/worlds/{name}/tools")
    try:
        row = adding.WAYS[way](dialects.platform_of(world), world, request.POST)
    except (ValueError, KeyError, TypeError) as wrong:
        words = "This is not JSON." if isinstance(wrong, json.JSONDecodeError) else str(wrong)
        return listed(request, name, 400, words)
    if row.state == "application":
        return HttpResponseRedirect(f"/worlds/{name}/tools#applications")
    return HttpResponseRedirect(f"/worlds/{name}/tools/{row.id}")
