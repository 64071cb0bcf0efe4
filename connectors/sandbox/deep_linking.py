"""A teacher adds the tool to a course: the tool's picker in a frame, and what it sends back.

Source: https://www.imsglobal.org/spec/lti-dl/v2p0
"""

from __future__ import annotations

from typing import Any

import jwt
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from connectors.sandbox import dialects, oidc, placing
from connectors.sandbox.claims import ANSWER, DEEP, DL, LTI
from connectors.sandbox.models import Deployment, Launch, Tool
from connectors.sandbox.platforms import NotTaken, Platform, form_post
from connectors.sandbox.visible import Eyes
from connectors.sandbox.visitor import in_course, show


@in_course
def add(request: HttpRequest, eyes: Eyes, place: str) -> HttpResponseBase:
    """Show the tool's picker in a frame."""
    platform = dialects.platform_of(eyes.course.world)
    where = next((one for one in platform.places if one.key == place), None)
    if not eyes.staff or where is None:
        return show(request, "hidden", eyes, {}, status=404)
    told = {"where": where, "query": request.GET.urlencode()}
    told |= {"keeps": bool(platform.storage), "may": platform.frame_may}
    return show(request, "add", eyes, told)


@in_course
def go(request: HttpRequest, eyes: Eyes, place: str) -> HttpResponseBase:
    """Send the frame to the tool's login, to choose what to place."""
    if not eyes.staff:
        return show(request, "hidden", eyes, {}, status=404)
    begun = oidc.begin(
        person=eyes.person,
        course=eyes.course,
        message=DEEP,
        tool=_tool(request, eyes),
        options=_options(request, place),
    )
    return form_post(request, begun.deployment.tool.login_url, oidc.login_parameters(begun))


def _tool(request: HttpRequest, eyes: Eyes) -> Tool | None:
    """Return the tool that the query names, by its number; None for the first."""
    given = request.GET.get("tool", "")
    rows = Tool.objects.filter(world=eyes.course.world)
    return get_object_or_404(rows, id=int(given)) if given.isdecimal() else None


def _options(request: HttpRequest, place: str) -> dict[str, Any]:
    given = request.GET
    options: dict[str, Any] = {"placement": place, "storage": given.get("storage") != "0"}
    deployment = given.get("deployment", "")
    if deployment.isdecimal():
        options["deployment"] = get_object_or_404(Deployment, id=int(deployment)).deployment_id
    if given.get("locale"):
        options["locale"] = given["locale"]
    return options


def returned(request: HttpRequest, platform: Platform, course_id: int = 0) -> HttpResponse:
    """Take what the tool sends back by form post, and show what comes of it."""
    try:
        launch, told = _read(request, platform)
    except NotTaken as wrong:
        return platform.not_taken(request, wrong)
    items = placing.takable(platform, launch, told.get(f"{DL}content_items") or [])
    answer = {name: told.get(f"{DL}{name}", "") for name in ("msg", "errormsg", "log", "errorlog")}
    launch.options = {**launch.options, "items": items, "answer": answer}
    launch.save()
    context = {"launch": launch, "items": items, "answer": answer, "place": platform.place(launch)}
    if items and platform.place(launch).confirmed:
        return render(request, "sandbox/confirm.html", context)
    context["links"] = _place(platform, launch)
    return render(request, "sandbox/answered.html", context)


def _read(request: HttpRequest, platform: Platform) -> tuple[Launch, dict[str, Any]]:
    token = request.POST.get("JWT", "")
    try:
        unread = jwt.decode(token, options={"verify_signature": False})
        launch = platform.answered(request, unread)
        if launch is None:
            raise NotTaken("This is no answer to anything that was asked.")
        told = platform.read_answer(launch, token)
    except jwt.PyJWTError as wrong:
        raise NotTaken(f"The JWT is not good: {type(wrong).__name__}") from wrong
    if told.get(f"{LTI}message_type") != ANSWER or told.get(f"{LTI}version") != "1.3.0":
        raise NotTaken(f"This is no {ANSWER}.")
    return launch, told


def save(request: HttpRequest, hint: str) -> HttpResponseBase:
    """Store what a teacher was shown and now saves."""
    rows = Launch.objects.select_related("person__world", "course", "deployment__tool")
    launch = get_object_or_404(rows, hint=hint, message=DEEP)
    if request.method == "POST":
        _place(dialects.platform_of(launch.person.world), launch)
    return HttpResponseRedirect(f"/courses/{launch.course_id}#placed")


def _place(platform: Platform, launch: Launch) -> list[Any]:
    """Put the links of an answer into the course, once."""
    items = launch.options.pop("items", [])
    launch.options["placed_at"] = timezone.now().isoformat()
    launch.save()
    return placing.place(platform, launch, items)
