"""What the messages of LTI say on any LMS: links, services, who a review is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404

from connectors.sandbox import settings
from connectors.sandbox.claims import (
    AGS,
    AGS_SCOPES,
    DEEP,
    DL,
    LTI,
    NRPS,
    NRPS_SCOPE,
    PRIVACY,
    REVIEW,
    types_of,
)
from connectors.sandbox.models import Course, Launch, LineItem, Person

if TYPE_CHECKING:
    from connectors.sandbox.platforms import Platform

Told = dict[str, Any]
NAMED = {"public", "name_only"}
MAILED = {"public", "email_only"}


def target(launch: Launch) -> str:
    """Return where the launch leads: its option, its link, its message, or the tool itself."""
    tool = launch.deployment.tool
    if given := launch.options.get("target_link_uri"):
        return str(given)
    if launch.link and launch.link.url:
        return launch.link.url
    told = tool.message(launch.message, launch.options.get("placement", ""))
    return str(told.get("target_link_uri") or tool.target_url)


def names(person: Person, privacy: str) -> Told:
    """Return what a tool of that privacy level may know of somebody."""
    told: Told = {}
    if privacy in NAMED:
        told |= {
            "name": person.name,
            "given_name": person.given_name,
            "family_name": person.family_name,
        }
    if privacy in MAILED:
        told["email"] = person.email
    if privacy == "public":
        told["picture"] = f"{settings.SANDBOX_URL}/avatars/{person.id}.svg"
    return told


def status(person: Person, course: Course) -> str:
    """Return whether somebody takes part in a course, in NRPS's words."""
    return "Active" if types_of(person, course) else "Inactive"


def link_of(launch: Launch) -> Told:
    """Return the launched link; the course itself is one, where nothing was placed.

    Canvas names the course's navigation so (lti.md §4, row 24).
    """
    if link := launch.link:
        told = {"id": link.uuid, "title": link.title, "description": link.text}
        return {name: value for name, value in told.items() if value}
    given = launch.options.get("resource_link") or {}
    own = launch.course.uuid if launch.course else launch.deployment.deployment_id
    return {"id": str(given.get("id") or own), "title": str(given.get("title") or "Tutor.AI")}


def column_of(launch: Launch, course: Course) -> LineItem | None:
    """Return the column of the activity somebody launched from, where it has one."""
    tool = launch.deployment.tool
    rows = LineItem.objects.select_related("course__world", "tool").filter(tool=tool, course=course)
    if item := launch.options.get("line_item"):  # a review says which
        return rows.filter(id=int(item)).first()
    if launch.link:
        return launch.link.line_item
    return rows.filter(coupled=True, resource_link_id=link_of(launch)["id"]).first()


def services(platform: Platform, launch: Launch, course: Course) -> Told:
    """Return where the tool finds the course's roster and grades, as far as it may."""
    tool, told = launch.deployment.tool, dict[str, Any]()
    if tool.granted([NRPS_SCOPE]):
        told[NRPS] = {
            "context_memberships_url": platform.dialect.roster_url(course, tool),
            "service_versions": ["2.0"],
        }
    if scopes := tool.granted(AGS_SCOPES):
        column = None if launch.message == DEEP else column_of(launch, course)
        told[AGS] = {
            "scope": scopes,
            "lineitems": platform.dialect.items_url(course, tool),
            **({"lineitem": platform.dialect.item_url(column)} if column else {}),
        }
    return told


def own_claims(platform: Platform, launch: Launch) -> Told:
    """Return what only this kind of message says."""
    if launch.message == DEEP:
        return {f"{DL}deep_linking_settings": platform.deep_linking(launch)}
    if launch.message == PRIVACY:
        return {f"{LTI}for_user": about(platform, launch)}
    told: Told = {f"{LTI}resource_link": platform.resource_link(launch)}
    if launch.message == REVIEW:
        told[f"{LTI}for_user"] = about(platform, launch)
    return told


def about(platform: Platform, launch: Launch) -> Told:
    """Return the person that a review or a privacy launch is about.

    Sources: https://www.imsglobal.org/spec/lti-sr/v1p0 ; LTI Data Privacy Launch (for_user).
    """
    person = get_object_or_404(
        Person, id=int(launch.options["for_user"]), world=launch.deployment.tool.world
    )
    told = names(person, launch.deployment.tool.privacy)
    told.pop("picture", None)
    return {"user_id": person.uuid, **told, "roles": platform.roles(person, launch.course)}
