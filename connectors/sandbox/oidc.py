"""The LTI 1.3 platform: from "somebody clicked" to a signed id_token in a form.

Everything the tool sends is checked as the world's LMS does it (`platforms`).
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from connectors.sandbox import dialects, keys
from connectors.sandbox.claims import RESOURCE
from connectors.sandbox.models import Course, Deployment, Launch, Person, PlacedLink, Tool, World
from connectors.sandbox.platforms import Platform, Refused


def begin(
    *,
    person: Person,
    course: Course | None,
    options: dict[str, Any],
    message: str = RESOURCE,
    link: PlacedLink | None = None,
    tool: Tool | None = None,
) -> Launch:
    """Write down that somebody clicked; the tool gets only the hint of it.

    Options: `locale`, `pii` (false: no names and e-mail), `anonymous` (no `sub` either), `context`
    (false: no course), `roles` (a list that replaces the real ones), `masquerade` (id of who acts
    as the person), `placement`, `for_user` and `line_item` (of a review), `custom` (adds to the
    custom claim), `claims` (replaces any claim; null removes it), `deployment` (its id), `window`,
    `height`, `storage` (false: no platform storage), `resource_link`, `target_link_uri`.
    """
    deployment = link.deployment if link else _deployment(person, course, options, tool)
    return Launch.objects.create(
        deployment=deployment,
        person=person,
        course=course,
        link=link,
        message=message,
        options=options,
    )


def _deployment(
    person: Person, course: Course | None, options: dict[str, Any], tool: Tool | None
) -> Deployment:
    """Return which installation a click goes to: the course's own before the school's."""
    rows = Deployment.objects.filter(tool__world=person.world, approved=True)
    if named := options.get("deployment"):
        return get_object_or_404(rows, deployment_id=str(named))
    mine = rows.filter(course=course) | rows.filter(course=None)
    if tool is not None:
        mine = mine.filter(tool=tool)
    ordered = mine.order_by("tool_id", F("course_id").asc(nulls_last=True), "id")
    return get_object_or_404(ordered.filter(tool__state="active")[:1])


def working(world: World) -> QuerySet[Tool]:
    """Return the tools of a school that somebody may launch."""
    tools = Tool.objects.filter(world=world, state="active", deployment__approved=True)
    return tools.select_related("world").order_by("id").distinct()


def login_parameters(launch: Launch) -> dict[str, str]:
    """Return what the platform sends to the tool's login URL."""
    return dialects.platform_of(launch.person.world).login_parameters(launch)


def jwks(request: HttpRequest, platform: Platform, client_id: str = "") -> JsonResponse:
    """Publish the keys that check our id_tokens."""
    answer = JsonResponse(keys.jwks())
    answer["Cache-Control"] = "max-age=864000, public"
    return answer


def authorize(request: HttpRequest, platform: Platform) -> HttpResponseBase:
    """Answer the tool's authorization request with a form that posts itself."""
    given = request.POST if request.method == "POST" else request.GET
    wanted = {name: str(value) for name, value in given.items()}
    try:
        asked = platform.asked(request, wanted)
    except Refused as refusal:
        return platform.refuse(request, refusal, wanted)
    return _answer(request, platform, asked.redirect_uri, asked.state, asked.launch, asked.nonce)


def _answer(
    request: HttpRequest, platform: Platform, url: str, state: str, launch: Launch, nonce: str
) -> HttpResponse:
    Launch.objects.filter(pk=launch.pk).update(used_at=timezone.now())
    token = keys.sign(platform.claims(launch, nonce))
    return platform.post(request, url, {"id_token": token, "state": state})


def configuration(request: HttpRequest, platform: Platform) -> HttpResponse:
    """Describe the platform, as dynamic registration expects it."""
    return platform.configuration(request)


def register(request: HttpRequest, platform: Platform) -> HttpResponse:
    """Take a tool's registration."""
    return platform.register(request)
