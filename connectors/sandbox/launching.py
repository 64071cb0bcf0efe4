"""Launches by hand: the tool in a frame, in a small frame, on a phone, in a tab."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from connectors.sandbox import oidc
from connectors.sandbox.models import AccessToken, Course, Enrolment, ModuleItem, Person
from connectors.sandbox.platforms import form_post
from connectors.sandbox.visible import Eyes
from connectors.sandbox.visitor import COOKIE, ROLE_NAMES, in_course, show

# How a launch is shown, and its name for people.
FRAMES = {
    "page": "In the page",
    "low": "In a frame 400 px high",
    "phone": "On a phone",
    "tab": "In a new tab",
}


def launch(request: HttpRequest, course_id: int, person_id: int) -> HttpResponse:
    """Show the tool as this person sees it, in the frame the query asks for.

    Query: `frame` (page, low, phone, tab), `locale`, `pii=0`, `storage=0` (no platform
    storage), `item` (launched from this module item).
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
        "role": ROLE_NAMES[type_],
        "target": person,
    }
    answer = show(request, "launch", Eyes(person, found), context)
    # Who launches as somebody also looks around as them.
    answer.set_cookie(COOKIE, str(person.id), samesite="Lax", httponly=True)
    return answer


def go(request: HttpRequest, course_id: int, person_id: int) -> HttpResponse:
    """Send the browser (or the frame) to the tool's login."""
    found = get_object_or_404(Course, id=course_id)
    person = get_object_or_404(
        Person.objects.filter(enrolment__course=found).distinct(), id=person_id
    )
    begun = oidc.begin(person=person, course=found, options=_options(request))
    tool = begun.deployment.tool
    return form_post(request, tool.login_url, oidc.login_parameters(begun))


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
