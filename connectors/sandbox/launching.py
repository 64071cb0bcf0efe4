"""Launches by hand: the tool in a frame, in a small frame, on a phone, in a tab."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from connectors.sandbox import dialects, oidc, reviewing
from connectors.sandbox.models import (
    AccessToken,
    Course,
    Enrolment,
    Launch,
    LineItem,
    ModuleItem,
    Person,
    PlacedLink,
    Tool,
)
from connectors.sandbox.platforms import form_post
from connectors.sandbox.visible import Eyes
from connectors.sandbox.visitor import COOKIE, ROLE_NAMES, in_course, show

Found = TypeVar("Found", bound=Model)

# How a launch is shown, and its name for people.
FRAMES = {
    "page": "In the page",
    "low": "In a frame 400 px high",
    "phone": "On a phone",
    "tab": "In a new tab",
}


def launch(request: HttpRequest, course_id: int, person_id: int) -> HttpResponse:
    """Show the tool as this person sees it, in the frame the query asks for.

    Query: `frame` (page, low, phone, tab), `locale`, `pii=0`, `anonymous=1`, `guest=1`,
    `masquerade` (who acts as this person), `storage=0` (no platform storage), `item` (launched
    from this module item), `tool` (another one), `link` (a placed one), `review` (a column) and `about` (whose work),
    `privacy` (whose data).
    """
    found = get_object_or_404(Course, id=course_id)
    person = get_object_or_404(
        Person.objects.filter(enrolment__course=found).distinct(), id=person_id
    )
    frame = request.GET.get("frame", "page")
    asked = {**request.GET.dict(), "frame": frame}
    type_ = Enrolment.objects.filter(person=person, course=found)[0].type
    token = AccessToken.objects.filter(person=person, tool=None, revoked=False).first()
    context = {
        "frame": frame if frame in FRAMES else "page",
        # What Canvas shows under Account → Settings; the tool asks a teacher for it.
        "token": token if type_ == "TeacherEnrollment" else None,
        "frames": FRAMES,
        "asked": asked,
        "query": request.GET.urlencode(),
        "kept": _kept(request),
        "ready": oidc.working(found.world).exists(),
        "ways": _ways(request, found),
        "may": dialects.platform_of(found.world).frame_may,
        "keeps": bool(dialects.platform_of(found.world).storage) and asked.get("storage") != "0",
        "role": ROLE_NAMES[type_],
        "target": person,
    }
    answer = show(request, "launch", Eyes(person, found), context)
    # Who launches as somebody also looks around as them.
    answer.set_cookie(COOKIE, str(person.id), samesite="Lax", httponly=True)
    return answer


def _kept(request: HttpRequest) -> str:
    """Return what of the query stays when the launch is shown in another way."""
    names = ("tool", "link", "item", "review", "about", "privacy")
    return urlencode({name: request.GET[name] for name in names if name in request.GET})


def _ways(request: HttpRequest, course: Course) -> list[tuple[str, str, bool]]:
    """Return the ways to launch: their words, their query, and whether they are on."""
    teacher = Enrolment.objects.filter(course=course, type="TeacherEnrollment").first()
    acting = str(teacher.person_id) if teacher else ""
    ways = [("en español", "locale", "es"), ("without a name", "pii", "0")]
    ways += [("anonymous", "anonymous", "1"), ("as a guest", "guest", "1")]
    if acting:
        ways.append(("acted for by a teacher", "masquerade", acting))
    return [
        (words, f"{name}={value}", request.GET.get(name) == value) for words, name, value in ways
    ]


def go(request: HttpRequest, course_id: int, person_id: int) -> HttpResponse:
    """Send the browser (or the frame) to the tool's login."""
    found = get_object_or_404(Course, id=course_id)
    person = get_object_or_404(
        Person.objects.filter(enrolment__course=found).distinct(), id=person_id
    )
    begun = _begun(request, found, person)
    tool = begun.deployment.tool
    return form_post(request, tool.login_url, oidc.login_parameters(begun))


def _begun(request: HttpRequest, course: Course, person: Person) -> Launch:
    """Begin the launch that the query describes."""
    options = _options(request)
    if item := _row(request, "review", LineItem.objects.filter(course=course)):
        student = get_object_or_404(Person, id=_number(request, "about"), world=course.world)
        return reviewing.begin_review(teacher=person, student=student, item=item, options=options)
    if about := _row(request, "privacy", Person.objects.filter(world=course.world)):
        return reviewing.begin_privacy(admin=person, about=about, course=course, options=options)
    link = _row(request, "link", PlacedLink.objects.filter(course=course))
    tool = _row(request, "tool", Tool.objects.filter(world=course.world))
    return oidc.begin(person=person, course=course, link=link, tool=tool, options=options)


def _number(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def _row(request: HttpRequest, name: str, rows: QuerySet[Found]) -> Found | None:
    """Return the row that a number in the query names; None where there is no such number."""
    if name not in request.GET:
        return None
    return get_object_or_404(rows, id=_number(request, name))


def _options(request: HttpRequest) -> dict[str, Any]:
    """Read a launch's options out of the query string."""
    given = request.GET
    options: dict[str, Any] = {
        "pii": given.get("pii") != "0",
        "storage": given.get("storage") != "0",
        "window": given.get("frame") == "tab",
        "height": 400 if given.get("frame") == "low" else None,
    }
    if given.get("locale"):
        options["locale"] = given["locale"]
    if given.get("anonymous") == "1":
        options["anonymous"] = True
    if given.get("guest") == "1":
        options["roles"] = []
    if given.get("masquerade", "").isdecimal():
        options["masquerade"] = given["masquerade"]
    item = given.get("item", "")
    row = ModuleItem.objects.filter(id=int(item)).first() if item.isdecimal() else None
    if row is not None:
        options["module_item_id"] = str(row.id)
        options["resource_link"] = {"id": f"item-{row.id}", "title": row.title}
    return options


def storage_frame(request: HttpRequest) -> HttpResponse:
    """Serve the hidden frame that answers lti.put_data and lti.get_data."""
    return render(request, "sandbox/storage.html")


@in_course
def returned(request: HttpRequest, eyes: Eyes, kind: str) -> HttpResponseBase:
    """Welcome a person back from the tool, with what it has to say.

    Source: https://www.imsglobal.org/spec/lti/v1p3/#launch-presentation-claim
    """
    words = [request.GET[name] for name in ("lti_errormsg", "lti_msg") if request.GET.get(name)]
    return show(request, "returned", eyes, {"words": words})
