"""Whoever looks around in the sandbox: there is no sign-in.

A visitor says as whom to look, and a cookie remembers it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from connectors.sandbox import settings
from connectors.sandbox.models import Course, Enrolment, Person
from connectors.sandbox.visible import Eyes

COOKIE = "sandbox_as"
ROLE_NAMES = {
    "TeacherEnrollment": "teacher",
    "TaEnrollment": "teaching assistant",
    "DesignerEnrollment": "designer",
    "StudentEnrollment": "student",
    "ObserverEnrollment": "observer",
    "StudentViewEnrollment": "test student",
}
# The tab that a page belongs to, where it has not its own.
TABS = {"page": "pages", "edit": "pages", "assignment": "assignments"}

View = Callable[..., HttpResponseBase]


def viewer(request: HttpRequest) -> dict[str, Any]:
    """Tell every template where the tool is, and where the visitor."""
    urls = {"tool_url": settings.TOOL_URL, "sandbox_url": settings.SANDBOX_URL}
    return {**urls, "here": request.path}


def person_of(request: HttpRequest, course: Course) -> Person:
    """Return as whom the visitor looks; a student of this course when nobody was chosen."""
    chosen = request.COOKIES.get(COOKIE, "")
    people = Person.objects.filter(enrolment__course=course).distinct().order_by("id")
    mine = people.filter(id=int(chosen)).first() if chosen.isdecimal() else None
    first = people.filter(enrolment__type="StudentEnrollment").first()
    found = mine or first or people.first()
    if found is None:
        raise Http404
    return found


def in_course(view: View) -> View:
    """Hand the view what the visitor sees of the course; strangers to it find nothing."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, course_id: int, **rest: Any) -> HttpResponseBase:
        found = get_object_or_404(Course.objects.select_related("world"), id=course_id)
        return view(request, Eyes(person_of(request, found), found), **rest)

    return guarded


def show(
    request: HttpRequest,
    name: str,
    eyes: Eyes,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Fill a template in, with what every page of a course needs."""
    rows = Enrolment.objects.filter(course=eyes.course).select_related("person").order_by("id")
    everyone: dict[int, tuple[Person, str]] = {}
    for row in rows:
        everyone.setdefault(row.person_id, (row.person, ROLE_NAMES[row.type]))
    common = {
        "course": eyes.course,
        "school": eyes.course.world,
        "eyes": eyes,
        "me": eyes.person,
        "everyone": everyone.values(),
        "tab": TABS.get(name, name),
    }
    return render(request, f"sandbox/{name}.html", {**common, **context}, status=status)
