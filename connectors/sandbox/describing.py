"""A world with every id, address and token a test or a person may want."""

from __future__ import annotations

from typing import Any

from connectors.sandbox import dialects, settings
from connectors.sandbox.claims import SCOPES
from connectors.sandbox.models import (
    AccessToken,
    Assignment,
    Course,
    Module,
    Page,
    Person,
    Tool,
    World,
)
from connectors.sandbox.rows import instant

Given = dict[str, Any]


def registration(tool: Tool) -> Given:
    """Return all that `lti_register` and a REST connection need."""
    url = settings.SANDBOX_URL
    deployments = list(tool.deployment_set.values_list("deployment_id", flat=True))
    platform = dialects.platform_of(tool.world)
    dialect = platform.dialect
    return {
        "name": "Sandbox College",
        "family": dialect.family,
        "issuer": platform.issuer,
        "client_id": tool.client_id,
        "auth_url": platform.at(platform.auth_path),
        "token_url": dialect.token_url,
        "jwks_url": platform.jwks_url(tool.client_id),
        "audience": dialect.token_url,
        "deployment_ids": deployments,
        "deployment_id": deployments[0],
        "scopes": SCOPES,
        "api": {
            "base_url": url,
            "client_id": tool.api_client_id,
            "client_secret": tool.api_secret,
            "redirect_uri": tool.api_redirect_uri,
            "authorize_url": f"{url}/login/oauth2/auth",
            "token_url": f"{url}/login/oauth2/token",
        },
        "tool": {
            "url": tool.url,
            "login_url": tool.login_url,
            "launch_url": tool.launch_url,
            "jwks_url": tool.jwks_url,
        },
        "lti_register": _command(tool, deployments),
    }


def _command(tool: Tool, deployments: list[str]) -> list[str]:
    """Return the arguments of the tool's `lti_register` command, ready to use."""
    platform = dialects.platform_of(tool.world)
    named = {
        "--name": "Sandbox College",
        "--issuer": platform.issuer,
        "--client-id": tool.client_id,
        "--auth-url": platform.at(platform.auth_path),
        "--token-url": platform.dialect.token_url,
        "--jwks-url": platform.jwks_url(tool.client_id),
        "--family": platform.family,
    }
    words = [word for pair in named.items() for word in pair]
    return words + [word for one in deployments for word in ("--deployment-id", one)]


def described(one: World) -> Given:
    """Return a world with every id and token a test may want."""
    tool = one.tool_set.order_by("id").first()
    return {
        "world": one.name,
        "dialect": one.dialect,
        "registration": registration(tool) if tool else None,
        "people": {person.key: _person(person) for person in one.person_set.order_by("id")},
        "courses": {course.key: _course(course) for course in one.course_set.order_by("id")},
    }


def _person(person: Person) -> Given:
    tokens = AccessToken.objects.filter(person=person, tool=None, revoked=False)
    return {
        "id": str(person.id),
        "sub": person.uuid,
        "name": person.name,
        "email": person.email,
        "token": tokens.values_list("value", flat=True).first(),
    }


def _course(course: Course) -> Given:
    url = settings.SANDBOX_URL
    people = course.enrolment_set.select_related("person").order_by("id")
    return {
        "id": str(course.id),
        "context_id": course.uuid,
        "name": course.name,
        "url": f"{url}/courses/{course.id}",
        "launch": {
            row.person.key: f"{url}/courses/{course.id}/launch/{row.person_id}" for row in people
        },
        "services": _services(course),
        "sections": {row.key: str(row.id) for row in course.section_set.all()},
        "enrolments": {row.person.key: str(row.id) for row in people},
        "pages": {row.url: described_page(row) for row in course.page_set.order_by("id")},
        "files": {row.display_name: str(row.id) for row in course.file_set.order_by("id")},
        "assignments": {
            row.name: {"id": str(row.id), "due_at": instant(row.due_at)}
            for row in Assignment.objects.filter(course=course).order_by("position")
        },
        "modules": {
            row.name: str(row.id) for row in Module.objects.filter(course=course).order_by("id")
        },
        "quizzes": {row.title: str(row.id) for row in course.quiz_set.order_by("id")},
        "groups": {row.name: str(row.id) for row in course.group_set.order_by("id")},
    }


def _services(course: Course) -> Given:
    """Return where the first tool finds this course's grades and people; {} without one."""
    tool, dialect = course.world.tool_set.order_by("id").first(), dialects.of(course.world)
    if tool is None:
        return {}
    return {
        "lineitems": dialect.items_url(course, tool),
        "memberships": dialect.roster_url(course, tool),
    }


def described_page(page: Page) -> Given:
    """Return what a test asks of a page."""
    return {
        "id": str(page.id),
        "title": page.title,
        "published": page.published,
        "only_visible_to_overrides": page.only_visible_to_overrides,
    }
