"""A teacher's form for an activity of the tool: chosen in the tool's picker, created by Save.

Source: Moodle's course/modedit.php; Moodle 4.5 recordings, browser_deeplink_one and _two
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import constant_time_compare

from connectors.moodle.fake import asking, choosing, filling
from connectors.moodle.fake.answers import broken, in_course
from connectors.moodle.fake.session import may_arrange, sesskey, signed_in
from connectors.sandbox import placing
from connectors.sandbox.models import Course, Deployment, Person, Tool
from connectors.sandbox.platforms import Platform

# The form's fields as the browser sends them, and what `filling` calls the nested ones.
NESTED = {
    "introeditor[text]": "text",
    "introeditor[format]": "format",
    "grade[modgrade_point]": "grade_modgrade_point",
}


def modedit(request: HttpRequest, platform: Platform) -> HttpResponse:
    """Show the empty form with the picker, or create what was saved and go to the course."""
    person = signed_in(request)
    given = request.POST if request.method == "POST" else request.GET
    numbers = [given.get(name, "") for name in ("course", "typeid")]
    if person is None or not all(one.isdecimal() for one in numbers):
        return broken(request, choosing.TIMED_OUT)
    course = Course.objects.filter(pk=int(numbers[0]), world=person.world).first()
    tool = Tool.objects.filter(pk=int(numbers[1]), world=person.world, state="active").first()
    if course is None or tool is None or not may_arrange(person, course):
        return broken(request, asking.NOT_ALLOWED)
    if request.method != "POST":
        return in_course(
            request, "modedit", person, course, {"tool": tool, "may": platform.frame_may}
        )
    return _saved(request, platform, person, course, tool)


def _saved(
    request: HttpRequest, platform: Platform, person: Person, course: Course, tool: Tool
) -> HttpResponse:
    if not constant_time_compare(request.POST.get("sesskey", ""), sesskey(person)):
        return broken(request, choosing.TIMED_OUT)
    try:
        forms = _forms(request)
    except ValueError:
        return broken(request, "Invalid form data")
    deployment = Deployment.objects.get(tool=tool)
    for form in forms:
        placing.put(platform, deployment, course, platform.places[0], filling.item(form))
    return HttpResponseRedirect(f"/course/view.php?id={course.pk}", status=303)


def _forms(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what is to be created: one form's own fields, or several items at once."""
    if "multiple" not in request.POST:
        sent = request.POST.items()
        return [{NESTED.get(str(name), str(name)): value for name, value in sent}]
    many = json.loads(request.POST["multiple"])
    if not isinstance(many, list) or not all(isinstance(one, dict) for one in many):
        raise ValueError("no list of forms")
    return [{**one, **(one.get("introeditor") or {})} for one in many]
