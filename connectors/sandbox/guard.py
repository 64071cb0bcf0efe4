"""Who may call the grade and roster services, and how they are refused."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from connectors.sandbox import dialects
from connectors.sandbox.faults import STATE, bearer
from connectors.sandbox.models import Course, ServiceToken, Tool
from connectors.sandbox.services import Wrong

View = Callable[..., HttpResponseBase]


def service(view: View) -> View:
    """Let in service tokens of the course's own world; `view` gets tool, scopes and course."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, course_id: int, **rest: Any) -> HttpResponseBase:
        dialect = dialects.at(request.path)
        try:
            token, course = _caller(request, course_id)
            tool = _installed(token.tool, course)
            answer = view(request, tool, set(token.scopes.split()), course, **rest)
            return dialect.finished(answer) if isinstance(answer, HttpResponse) else answer
        except Wrong as wrong:
            return dialect.refused(request, wrong)

    return guarded


def _caller(request: HttpRequest, course_id: int) -> tuple[ServiceToken, Course]:
    dialect = dialects.at(request.path)
    token = _token(bearer(request))
    dialect.admit(request, token.tool if token else None)
    if token is None:
        raise Wrong(401, "Invalid access token")
    course = _course(token, course_id)
    # A Canvas knows nothing of Moodle's addresses.
    if course is None or dialects.of(course.world) is not dialect:
        raise Wrong(404, dialect.missing_course(course_id))
    dialect.admit_course(request, course)
    return token, course


def _installed(tool: Tool, course: Course) -> Tool:
    """Return the client as the course's own school has it: Blackboard's schools share one."""
    if tool.world_id == course.world_id:
        return tool
    return Tool.objects.get(world=course.world, client_id=tool.client_id)


def _token(value: str) -> ServiceToken | None:
    """Return a token that is good now; kept in memory, since it never changes."""
    token = STATE.kept.get(value)
    if token is None:
        found = ServiceToken.objects.select_related("tool__world").filter(value=value)
        token = found.first()
        if token is not None:
            STATE.kept[value] = token
    good = isinstance(token, ServiceToken) and token.expires_at > timezone.now()
    return token if good else None


def _course(token: ServiceToken, course_id: int) -> Course | None:
    """Return a course of a school that has the client; kept in memory until it is changed."""
    client = token.tool.client_id
    course = STATE.kept.get((client, course_id))
    if course is None:
        rows = Course.objects.select_related("world").filter(world__tool__client_id=client)
        course = rows.filter(id=course_id).first()
        if course is not None:
            STATE.kept[client, course_id] = course
    return course if isinstance(course, Course) else None
