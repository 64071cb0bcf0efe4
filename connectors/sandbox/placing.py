"""Links that a tool sent back, put into the course: with their columns, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from connectors.sandbox.models import Course, Deployment, Launch, LineItem, PlacedLink
from connectors.sandbox.platforms import Place, Platform

Item = dict[str, Any]
LINK = "ltiResourceLink"
POINTS = 10  # of a column that its link says nothing of


def takable(platform: Platform, launch: Launch, items: Sequence[Any]) -> list[Item]:
    """Return the items that this place takes: links to the tool, one or several."""
    links = [one for one in items if isinstance(one, dict) and one.get("type") == LINK]
    return links if platform.place(launch).multiple else links[:1]


@transaction.atomic
def place(platform: Platform, launch: Launch, items: Sequence[Item]) -> list[PlacedLink]:
    """Put links into the course that the teacher launched from."""
    course = launch.course
    if course is None:
        return []
    where = platform.place(launch)
    return [put(platform, launch.deployment, course, where, item) for item in items]


def put(
    platform: Platform, deployment: Deployment, course: Course, where: Place, item: Item
) -> PlacedLink:
    """Put one link into a course. Source: https://www.imsglobal.org/spec/lti-dl/v2p0 (3.2)."""
    custom = item.get("custom") or {}
    link = PlacedLink.objects.create(
        deployment=deployment,
        course=course,
        title=str(item.get("title") or deployment.tool.name),
        text=str(item.get("text") or ""),
        url=str(item.get("url") or ""),
        custom={str(name): str(value) for name, value in custom.items()},
        placement=where.key,
        told=item,
    )
    link.uuid = platform.number(link)
    link.line_item = _column(platform, link, where, item)
    link.save()
    return link


def _column(platform: Platform, link: PlacedLink, where: Place, item: Item) -> LineItem | None:
    told = platform.column(item, where)
    if told is None and where.graded:
        told = {"label": link.title, "maximum": POINTS}
    if told is None:
        return None
    return LineItem.objects.create(
        tool=link.deployment.tool,
        course=link.course,
        resource_link_id=link.uuid,
        coupled=True,
        **{**told, "label": told["label"] or link.title},
    )
