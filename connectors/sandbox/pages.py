"""The pages a visitor of the sandbox sees: courses, their material, people, and launches.

There is no sign-in: a visitor says as whom to look around, and a cookie remembers it.
"""

from __future__ import annotations

import functools
import mimetypes
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from connectors.sandbox import platform
from connectors.sandbox.models import (
    Announcement,
    Assignment,
    Course,
    Enrolment,
    File,
    LineItem,
    Module,
    ModuleItem,
    Page,
    Person,
    Score,
    Submission,
    World,
)
from connectors.sandbox.render import viewable
from connectors.sandbox.visible import Eyes
from connectors.sandbox.world import DEFAULT

COOKIE = "sandbox_as"
ROLE_NAMES = {
    "TeacherEnrollment": "teacher",
    "TaEnrollment": "teaching assistant",
    "DesignerEnrollment": "designer",
    "StudentEnrollment": "student",
    "ObserverEnrollment": "observer",
    "StudentViewEnrollment": "test student",
}
# How a launch is shown: what the frame measures in CSS pixels, and a name for people.
FRAMES = {
    "page": "In the page",
    "low": "In a frame 400 px high",
    "phone": "On a phone",
    "tab": "In a new tab",
}

View = Callable[..., HttpResponseBase]


def viewer(request: HttpRequest) -> dict[str, Any]:
    """Tell every template where the tool is."""
    return {"tool_url": settings.TOOL_URL, "sandbox_url": settings.SANDBOX_URL}


def _person(request: HttpRequest, course: Course) -> Person:
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
        return view(request, Eyes(_person(request, found), found), **rest)

    return guarded


def _show(
    request: HttpRequest,
    name: str,
    eyes: Eyes,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    people = Person.objects.filter(enrolment__course=eyes.course).distinct().order_by("id")
    common = {
        "course": eyes.course,
        "eyes": eyes,
        "me": eyes.person,
        "everyone": people,
    }
    return render(request, f"sandbox/{name}.html", {**common, **context}, status=status)


def home(request: HttpRequest) -> HttpResponse:
    """Say what this is and where to click."""
    world = get_object_or_404(World, name=DEFAULT)
    courses = []
    for course in world.course_set.order_by("id"):
        rows = course.enrolment_set.select_related("person").order_by("id")
        courses.append(
            {
                "course": course,
                "student": next(r.person for r in rows if r.type == "StudentEnrollment"),
                "teacher": next(r.person for r in rows if r.type == "TeacherEnrollment"),
                "pages": course.page_set.filter(published=True).count(),
            }
        )
    return render(request, "sandbox/home.html", {"courses": courses})


def look_as(request: HttpRequest) -> HttpResponseBase:
    """Remember as whom the visitor looks around from now on."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    answer = HttpResponseRedirect(back)
    answer.set_cookie(COOKIE, request.POST.get("person", ""), samesite="Lax", httponly=True)
    return answer


def static(request: HttpRequest, name: str) -> HttpResponse:
    """Serve the style sheet and the scripts."""
    file = settings.BASE_DIR / "static" / name
    if file.parent != settings.BASE_DIR / "static" or not file.is_file():
        raise Http404
    return HttpResponse(file.read_bytes(), mimetypes.guess_type(name)[0] or "text/plain")


def avatar(request: HttpRequest, person_id: int) -> HttpResponse:
    """Draw a person's first letter on a disc."""
    person = get_object_or_404(Person, id=person_id)
    return render(request, "sandbox/avatar.svg", {"person": person}, "image/svg+xml")


@in_course
def course(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """Show the course home: announcements, modules, and the launches."""
    modules = [
        {"module": module, "items": _items(module, eyes)}
        for module in Module.objects.filter(course=eyes.course).order_by("position")
        if eyes.sees(module)
    ]
    launches = (
        Enrolment.objects.filter(course=eyes.course, person__world=eyes.course.world)
        .exclude(person__key__startswith="extra")
        .select_related("person", "section")
        .order_by("id")
    )
    announcements = [
        {"title": row.title, "posted_at": row.posted_at, "html": announced(row)}
        for row in Announcement.objects.filter(course=eyes.course).order_by("-posted_at")
    ]
    context = {
        "modules": modules,
        "launches": [(row, ROLE_NAMES[row.type]) for row in launches],
        "announcements": announcements,
        "syllabus": viewable(eyes.course.syllabus_body),
    }
    return _show(request, "course", eyes, context)


def _items(module: Module, eyes: Eyes) -> list[ModuleItem]:
    rows = module.items.select_related("page", "file", "assignment").order_by("position")
    return [row for row in rows if row.content is None or eyes.sees(row.content)]


def announced(row: Announcement) -> str:
    """Return an announcement with the deadlines it names written out."""
    text = row.message
    for work in Assignment.objects.filter(course=row.course):
        shown = work.due_at.strftime("%A %d %B") if work.due_at else "no date"
        text = text.replace(f"{{due:{work.name}}}", shown)
    return text


@in_course
def page_list(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List the pages this visitor may open."""
    rows = Page.objects.filter(course=eyes.course).order_by("title")
    return _show(request, "pages", eyes, {"pages": [row for row in rows if eyes.sees(row)]})


def _page(eyes: Eyes, url: str) -> Page:
    row = get_object_or_404(Page, course=eyes.course, url=url)
    if not eyes.sees(row):
        raise Http404
    return row


@in_course
def page(request: HttpRequest, eyes: Eyes, url: str) -> HttpResponse:
    """Show one page, with its formulas drawn."""
    try:
        row = _page(eyes, url)
    except Http404:
        return _show(request, "hidden", eyes, {}, status=404)
    return _show(request, "page", eyes, {"page": row, "body": viewable(row.body)})


@in_course
def edit(request: HttpRequest, eyes: Eyes, url: str) -> HttpResponseBase:
    """Let the teacher change a page, publish it or take it back."""
    if not eyes.staff:
        return _show(request, "hidden", eyes, {}, status=404)
    row = _page(eyes, url)
    if request.method != "POST":
        return _show(request, "edit", eyes, {"page": row})
    row.title = request.POST.get("title", "").strip() or row.title
    row.body = request.POST.get("body", row.body)
    row.published = "published" in request.POST
    row.updated_at = timezone.now()
    row.save()
    return HttpResponseRedirect(f"/courses/{eyes.course.id}/pages/{row.url}")


@in_course
def assignment_list(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List the work to hand in, with this visitor's own deadlines."""
    rows = Assignment.objects.filter(course=eyes.course).order_by("position")
    listed = [(row, eyes.due(row)) for row in rows if eyes.sees(row)]
    return _show(request, "assignments", eyes, {"assignments": listed})


@in_course
def assignment(request: HttpRequest, eyes: Eyes, assignment_id: int) -> HttpResponse:
    """Show one piece of work."""
    row = get_object_or_404(Assignment, course=eyes.course, id=assignment_id)
    if not eyes.sees(row):
        return _show(request, "hidden", eyes, {}, status=404)
    context = {
        "assignment": row,
        "due": eyes.due(row),
        "body": viewable(row.description),
    }
    return _show(request, "assignment", eyes, context)


@in_course
def file_list(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List the files."""
    rows = File.objects.filter(course=eyes.course).order_by("display_name")
    return _show(request, "files", eyes, {"files": [row for row in rows if eyes.sees(row)]})


@in_course
def file(request: HttpRequest, eyes: Eyes, file_id: int) -> HttpResponse:
    """Send a file to look at."""
    row = get_object_or_404(File, course=eyes.course, id=file_id)
    if not eyes.sees(row):
        return _show(request, "hidden", eyes, {}, status=404)
    answer = HttpResponse(bytes(row.content), row.content_type)
    answer["Content-Disposition"] = f'inline; filename="{row.display_name}"'
    return answer


@in_course
def module_item(request: HttpRequest, eyes: Eyes, item_id: int) -> HttpResponseBase:
    """Lead from a line in a module to what it shows."""
    item = get_object_or_404(ModuleItem, id=item_id, module__course=eyes.course)
    return HttpResponseRedirect(place_of(item))


def place_of(item: ModuleItem) -> str:
    """Return the address of what a module's line shows."""
    root = f"/courses/{item.module.course_id}"
    if item.page:
        return f"{root}/pages/{item.page.url}"
    if item.file:
        return f"{root}/files/{item.file.id}"
    if item.assignment:
        return f"{root}/assignments/{item.assignment.id}"
    return item.external_url or root


@in_course
def people(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List who is in the course, and in which section."""
    rows = Enrolment.objects.filter(course=eyes.course).select_related("person", "section")
    listed = [(row, ROLE_NAMES[row.type]) for row in rows.order_by("id")]
    return _show(request, "people", eyes, {"enrolments": listed})


@in_course
def gradebook(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """Show the points: all of them to staff, their own to students."""
    works = list(Assignment.objects.filter(course=eyes.course).order_by("position"))
    columns = list(LineItem.objects.filter(course=eyes.course).order_by("id"))
    rows = Enrolment.objects.filter(course=eyes.course, type="StudentEnrollment").order_by("id")
    people = [row.person for row in rows.select_related("person")]
    shown = [person for person in people if eyes.staff or person == eyes.person]
    given = {
        (row.assignment_id, row.person_id): row.score
        for row in Submission.objects.filter(assignment__in=works)
    }
    sent = {
        (row.line_item_id, row.person_id): row.given
        for row in Score.objects.filter(line_item__in=columns)
    }
    table = [
        (
            person,
            [given.get((work.id, person.id)) for work in works]
            + [sent.get((column.id, person.id)) for column in columns],
        )
        for person in shown
    ]
    context = {
        "heads": [(work.name, work.points_possible) for work in works]
        + [(column.label, column.maximum) for column in columns],
        "table": table,
    }
    return _show(request, "gradebook", eyes, context)


# --- launches --------------------------------------------------------------------------------


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
    context = {
        "frame": frame if frame in FRAMES else "page",
        "frames": FRAMES,
        "asked": asked,
        "query": request.GET.urlencode(),
        "role": ROLE_NAMES[Enrolment.objects.filter(person=person, course=found)[0].type],
        "target": person,
    }
    answer = _show(request, "launch", Eyes(person, found), context)
    # Who launches as somebody also looks around as them.
    answer.set_cookie(COOKIE, str(person.id), samesite="Lax", httponly=True)
    return answer


def go(request: HttpRequest, course_id: int, person_id: int) -> HttpResponse:
    """Send the browser (or the frame) to the tool's login."""
    found = get_object_or_404(Course, id=course_id)
    person = get_object_or_404(
        Person.objects.filter(enrolment__course=found).distinct(), id=person_id
    )
    begun = platform.begin(person=person, course=found, options=_options(request))
    tool = begun.deployment.tool
    return platform.form_post(request, tool.login_url, platform.login_parameters(begun))


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
    return _show(request, "returned", eyes, {"words": words})
