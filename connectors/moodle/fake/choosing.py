"""Deep linking in Moodle: the tool's picker opens, and its answer fills the teacher's form.

What comes back creates nothing: the teacher sees a form with it and saves, or of several items a
list, and saves them at once. aud, deployment_id and nonce of the answer are not looked at.
Source: Moodle's mod/lti/contentitem.php and contentitem_return.php; Moodle 4.5 recordings,
lti_deeplink_* and browser_deeplink_*
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jwt
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.html import strip_tags

from connectors.moodle.fake import filling, verifying
from connectors.moodle.fake.answers import broken, reposted, themed
from connectors.moodle.fake.asking import NOT_ALLOWED
from connectors.moodle.fake.opening import Fields, bare_form
from connectors.moodle.fake.session import may_arrange, may_enter, sesskey, signed_in
from connectors.sandbox.claims import DEEP, DL
from connectors.sandbox.models import Course, Deployment, Launch, Person, Tool

Told = dict[str, Any]
TIMED_OUT = "Your session has most likely timed out. Please log in again."
WRONG_KEY = "Consumer key is incorrect."
AREA = "ContentArea"


class Wrong(Exception):
    """What somebody sees as a page of its own."""


def settings_of(launch: Launch, at: Callable[[str], str]) -> Told:
    """Return the deep_linking_settings: no `data`, and the words that the teacher typed."""
    course = launch.course.pk if launch.course else 0
    tool = launch.deployment.tool.pk
    query = f"course={course}&id={tool}&sesskey={sesskey(launch.person)}"
    return {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_copy_advice": False,
        "accept_multiple": True,
        "accept_unsigned": False,
        "auto_create": False,
        "can_confirm": False,
        "deep_link_return_url": at(f"mod/lti/contentitem_return.php?{query}"),
        "title": launch.options.get("title", ""),
        "text": launch.options.get("text", ""),
    }


def choose(request: HttpRequest, fields: Fields) -> HttpResponse:
    """Begin the launch of the picker; whether somebody may place anything is asked later.

    Moodle 4.5 recordings, lti_deeplink_student_forbidden_1_contentitem_php.
    """
    try:
        person, course, tool = _about(request)
    except Wrong as wrong:
        return broken(request, str(wrong))
    given = request.POST if request.method == "POST" else request.GET
    begun = Launch.objects.create(
        deployment=Deployment.objects.get(tool=tool),
        person=person,
        course=course,
        message=DEEP,
        options={
            "session": str(person.pk),
            "placement": AREA,
            **{name: given.get(name, "") for name in ("title", "text")},
        },
    )
    return bare_form(request, tool.login_url, fields(begun))


def returned(request: HttpRequest) -> HttpResponse:
    """Take the tool's answer and hand it to the teacher's form."""
    if signed_in(request) is None and not request.POST.get("repost"):
        return reposted(request)
    try:
        person, course, tool = _about(request)
        told = read(tool, request.POST.get("JWT", ""))
        if not constant_time_compare(request.GET.get("sesskey", ""), sesskey(person)):
            raise Wrong(TIMED_OUT)
        if not may_arrange(person, course):
            raise Wrong(NOT_ALLOWED)
    except Wrong as wrong:
        return broken(request, str(wrong))
    except (verifying.Refused, verifying.NoKeys) as wrong:
        return broken(request, f"Exception - {wrong}")
    errormsg = str(strip_tags(str(told.get(f"{DL}errormsg") or "")))
    items = [] if errormsg else told.get(f"{DL}content_items")
    filled = filling.forms(tool, items if isinstance(items, list) else [])
    context = {
        "course": course,
        "tool": tool,
        "notice": errormsg,
        "message": str(told.get(f"{DL}msg") or ""),
        "returned": filling.returned(filled),
        "forms": filled,
        "multiple": json.dumps(filled),
        "sesskey": sesskey(person),
    }
    return themed(request, "returned", context)


def read(tool: Tool, token: str) -> Told:
    """Return the claims of a good answer; raise Wrong or Refused."""
    try:
        unread = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as wrong:
        raise verifying.Refused("Wrong number of segments") from wrong
    if unread.get("iss") != tool.client_id:
        raise Wrong(WRONG_KEY)
    return verifying.verified(tool, token)


def _about(request: HttpRequest) -> tuple[Person, Course, Tool]:
    """Return who asks for which course and tool."""
    person = signed_in(request)
    both = {**request.GET.dict(), **({} if request.GET else request.POST.dict())}
    numbers = [both.get(name, "") for name in ("course", "id")]
    if person is None or not all(one.isdecimal() and len(one) < 19 for one in numbers):
        raise Wrong(TIMED_OUT if person is None else "A required parameter (course) was missing")
    course = Course.objects.filter(pk=int(numbers[0]), world=person.world).first()
    tool = Tool.objects.filter(pk=int(numbers[1]), world=person.world).first()
    if course is None or tool is None or not may_enter(person, course):
        raise Wrong("Invalid course ID")
    return person, course, tool
