"""Activities of the tool in Moodle: their page, and the form that begins a launch.

Source: Moodle's mod/lti/view.php and launch.php; Moodle 4.5 recordings, lti_view_php_iframe,
lti_*_1_launch_php, launch_not_logged_in, lti_submission_review_teacher_1_launch_php
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from connectors.moodle.fake.answers import FORM, broken, in_course
from connectors.moodle.fake.session import as_guest, may_enter, signed_in
from connectors.sandbox.claims import RESOURCE, REVIEW
from connectors.sandbox.models import Course, Launch, Person, PlacedLink
from connectors.sandbox.registering import origin

Fields = Callable[[Launch], dict[str, str]]
NO_MODULE = "Invalid course module ID"
NOT_IN_COURSE = "You cannot enrol yourself in this course."
# What the tool's frame may use; the clipboard is not among it.
ALLOWED = ("microphone", "camera", "geolocation", "midi", "encrypted-media", "autoplay")


def bare_form(request: HttpRequest, url: str, fields: Mapping[str, str]) -> HttpResponse:
    """Return a form that posts itself and nothing around it, which any frame may show."""
    told = {"url": url, "fields": fields}
    answer = render(request, "sandbox/moodle/form.html", told)
    for header, value in FORM.items():
        answer[header] = value
    return answer


def activity(request: HttpRequest) -> PlacedLink | None:
    """Return the activity that a request's `id` names."""
    number = request.GET.get("id", "")
    if not number.isdecimal() or len(number) > 18:
        return None
    rows = PlacedLink.objects.select_related("course__world", "deployment__tool", "line_item")
    return rows.filter(pk=int(number), course__world__dialect="moodle").first()


def view(request: HttpRequest) -> HttpResponse:
    """Show an activity with the tool in its frame, or in a window of its own."""
    link, person = activity(request), signed_in(request)
    if link is None or person is None or not may_enter(person, link.course):
        return broken(request, NO_MODULE if link is None else NOT_IN_COURSE)
    asked = urlencode({"id": link.pk, "triggerview": 0})
    home = origin(link.url or link.deployment.tool.target_url)
    told = {
        "link": link,
        "src": request.build_absolute_uri(f"/mod/lti/launch.php?{asked}"),
        "allow": "; ".join(f"{what} {home}" for what in ALLOWED),
        "window": link.told.get("window_only"),
    }
    return in_course(request, "view", person, link.course, told)


def launch(request: HttpRequest, fields: Fields) -> HttpResponse:
    """Begin a launch: of the activity, or (`action=gradeReport`) of somebody's work in it.

    Whoever is not signed in begins one too, which then leads nowhere.
    """
    link, person = activity(request), signed_in(request)
    if link is None:
        return broken(request, NO_MODULE)
    if person is None:
        return as_guest(bare_form(request, link.deployment.tool.login_url, fields(_nobodys(link))))
    if not may_enter(person, link.course):
        return broken(request, NOT_IN_COURSE)
    message, options = _about(request, link)
    begun = Launch.objects.create(
        deployment=link.deployment,
        person=person,
        course=link.course,
        link=link,
        message=message,
        options={**options, "session": str(person.id)},
    )
    return bare_form(request, link.deployment.tool.login_url, fields(begun))


def _about(request: HttpRequest, link: PlacedLink) -> tuple[str, dict[str, object]]:
    """Return the message to send, and what it is about."""
    number = request.GET.get("user", "")
    if request.GET.get("action") != "gradeReport" or not number.isdecimal():
        return RESOURCE, {}
    review = (link.line_item.told if link.line_item else {}).get("submissionReview") or {}
    options: dict[str, object] = {"for_user": number, "custom": review.get("custom") or {}}
    if review.get("url"):
        options["target_link_uri"] = review["url"]
    return REVIEW, options


def _nobodys(link: PlacedLink) -> Launch:
    """Return a launch that is written down nowhere; Moodle's user 0 is nobody."""
    nobody = Person(uuid="0", world=link.course.world)
    hint = secrets.token_hex()
    return Launch(
        deployment=link.deployment, person=nobody, course=link.course, link=link, hint=hint
    )


def returned(request: HttpRequest) -> HttpResponse:
    """Lead back from the tool to the course, with what it had to say."""
    number = request.GET.get("course", "")
    rows = Course.objects.filter(world__dialect="moodle")
    course = rows.filter(pk=int(number)).first() if number.isdecimal() else None
    if course is None:
        return broken(request, "Invalid course ID")
    said = {name: request.GET[name] for name in ("lti_msg", "lti_errormsg") if name in request.GET}
    place = f"/courses/{course.pk}/external_content/success/external_tool_redirect"
    return HttpResponseRedirect(f"{place}?{urlencode(said)}" if said else place)
