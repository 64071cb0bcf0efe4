"""Controls of the platform side: tools, deployments, links, copies, registrations."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from connectors.sandbox import adding, dialects, duplicating, notices, placing, registering
from connectors.sandbox.control import control
from connectors.sandbox.copying import DEFAULT
from connectors.sandbox.describing import Given, described, registration
from connectors.sandbox.faults import STATE
from connectors.sandbox.models import Course, Deployment, PlacedLink, Tool, World
from connectors.sandbox.platforms import Place


def _world(given: Given) -> World:
    return get_object_or_404(World, name=given.get("world") or DEFAULT)


@control("POST")
def registrations(request: HttpRequest, given: Given) -> Given:
    """Begin a registration: `url` as an administrator pastes it; returns what their frame opens.

    `token` false: without a registration token, as D2L's do (lti.md §11.5).
    """
    world = _world(given)
    begun = registering.begin(world, str(given["url"]), token=bool(given.get("token", True)))
    platform = dialects.platform_of(world)
    return {"id": str(begun.id), "opens": registering.opened(platform, begun)}


@control("GET", "POST")
def tools(request: HttpRequest, given: Given) -> Any:
    """List a world's tools, or add one: `way` (form, json, application, client) and its fields."""
    world = _world(given)
    if request.method == "GET":
        return [told_tool(row) for row in world.tool_set.order_by("id")]
    sent = {name: str(value) for name, value in given.items()}
    return told_tool(adding.WAYS[given["way"]](dialects.platform_of(world), world, sent))


@control("GET", "POST")
def tool(request: HttpRequest, given: Given) -> Given:
    """Change a tool: `state` (active, pending), `scopes`, `placements`, `privacy`, `custom`."""
    row = get_object_or_404(Tool, id=int(given["tool_id"]))
    for name in ("state", "scopes", "placements", "privacy", "custom"):
        if name in given:
            setattr(row, name, given[name])
    row.save()
    STATE.kept.clear()
    if row.state == "active" and not row.deployment_set.exists():
        dialects.platform_of(row.world).deploy(row)
    return told_tool(row)


def told_tool(row: Tool) -> Given:
    """Return what a test asks of a tool."""
    told: Given = {
        "id": str(row.id),
        "name": row.name,
        "client_id": row.client_id,
        "state": row.state,
        "scopes": row.scopes,
        "placements": row.placements,
        "privacy": row.privacy,
        "custom": row.custom,
        "deployments": list(
            row.deployment_set.order_by("id").values("deployment_id", "name", "course_id")
        ),
    }
    return {**told, "registration": registration(row)} if told["deployments"] else told


@control("POST")
def deployments(request: HttpRequest, given: Given) -> Given:
    """Install the world's first tool (or `tool`) once more: in a `course`, or under a `name`."""
    world = _world(given)
    row = (
        get_object_or_404(world.tool_set, id=int(given["tool"])) if "tool" in given else world.tool
    )
    course = get_object_or_404(Course, id=int(given["course"])) if "course" in given else None
    made = dialects.platform_of(world).deploy(row, str(given.get("name", "")), course)
    return {"deployment_id": made.deployment_id}


@control("GET", "POST", "DELETE")
def links(request: HttpRequest, given: Given) -> Any:
    """List a `course`'s placed links, place one (the rest is a content item), or remove one (`id`)."""
    if request.method == "DELETE":
        return {"deleted": PlacedLink.objects.filter(id=int(given["id"])).delete()[0]}
    course = get_object_or_404(Course, id=int(given.pop("course")))
    if request.method == "GET":
        rows = PlacedLink.objects.filter(course=course).select_related("line_item", "deployment")
        return [told_link(row) for row in rows.order_by("id")]
    platform = dialects.platform_of(course.world)
    deployment = Deployment.objects.filter(tool=course.world.tool).order_by("id")[0]
    return told_link(placing.put(platform, deployment, course, Place("", ""), given))


def told_link(row: PlacedLink) -> Given:
    """Return what a test asks of a placed link."""
    item = row.line_item
    return {
        "id": str(row.id),
        "link_id": row.uuid,
        "title": row.title,
        "text": row.text,
        "url": row.url,
        "custom": row.custom,
        "placement": row.placement,
        "deployment_id": row.deployment.deployment_id,
        "history": row.history,
        "told": row.told,
        "line_item": None
        if item is None
        else {
            "id": str(item.id),
            "url": dialects.of(row.course.world).item_url(item),
            "label": item.label,
            "maximum": float(item.maximum),
        },
    }


@control("POST")
def copies(request: HttpRequest, given: Given) -> Given:
    """Copy a `course` (its id) under a `name`; tells Canvas's tools that asked for notices."""
    old = get_object_or_404(Course, id=int(given["course"]))
    new = duplicating.duplicate(old, str(given.get("name", "")))
    sent = notices.tell_of_copy(new, old)
    return {"course": described(new.world)["courses"][new.key], "notices": sent}


@control("POST")
def course(request: HttpRequest, given: Given) -> Given:
    """Change a course's `state`: available, or completed (concluded)."""
    row = get_object_or_404(Course, id=int(given["course_id"]))
    row.state = str(given["state"])
    row.save()
    STATE.kept.clear()
    return {"id": str(row.id), "state": row.state}
