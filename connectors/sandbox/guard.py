"""Who may call the grade and roster services, and how they are refused."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from connectors.sandbox import dialects
from connectors.sandbox.faults import STATE, bearer
from connectors.sandbox.models import Course, ServiceToken
from connectors.sandbox.services import Wrong

View = Callable[..., HttpResponseBase]


def service(view: View) -> View:
    """Let in service tokens of the course's own world; `view` gets tool, scopes and course."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, course_id: int, **rest: Any) -> HttpResponseBase:
        dialect = dialects.at(request.path)
        try:
            token, course = _caller(request, course_id)
            answer = view(request, token.tool, set(token.scopes.split()), course, **rest)
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
    world = token.tool.world
    course = _course(token, course_id)
    # A Canvas knows nothing of Moodle's addresses.
    if course is None or dialects.of(world) is not dialect:
        raise Wrong(404, dialect.missing_course(course_id))
    return token, course


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
    world = token.tool.world
    course = STATE.kept.get((world.id, course_id))
    if course is None:
        course = Course.objects.filter(id=course_id, world=world).first()
        if course is not None:
            course.world = world
            STATE.kept[world.id, course_id] = course
    return course
