"""The pages a visitor of the sandbox sees: courses, their material, and people."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme

from connectors.sandbox import dialects, duplicating, notices, oidc, settings, world
from connectors.sandbox.copying import DEFAULT
from connectors.sandbox.editing import change_page
from connectors.sandbox.faults import STATE
from connectors.sandbox.models import (
    Announcement,
    Assignment,
    Enrolment,
    File,
    Module,
    ModuleItem,
    Page,
    Person,
    PlacedLink,
    Tool,
    World,
)
from connectors.sandbox.platforms import Place
from connectors.sandbox.render import viewable
from connectors.sandbox.visible import Eyes
from connectors.sandbox.visitor import COOKIE, ROLE_NAMES, in_course, show

# Which LMS to play: where each one's school is.
SWITCH = {"canvas": "/", "moodle": "/worlds/moodle", "blackboard": "/worlds/blackboard"}


def home(request: HttpRequest) -> HttpResponse:
    """Say what this is and where to click."""
    return _home(request, get_object_or_404(World, name=DEFAULT))


def world_home(request: HttpRequest, name: str) -> HttpResponse:
    """Show one school; those of `SCHOOLS` are made when somebody comes first."""
    if name in world.SCHOOLS:
        world.school(name)
    return _home(request, get_object_or_404(World, name=name))


def _home(request: HttpRequest, one: World) -> HttpResponse:
    courses = []
    for course in one.course_set.order_by("id"):
        rows = course.enrolment_set.select_related("person").order_by("id")
        courses.append(
            {
                "course": course,
                "student": _first(rows, "StudentEnrollment"),
                "teacher": _first(rows, "TeacherEnrollment"),
                "pages": course.page_set.filter(published=True).count(),
            }
        )
    platform = dialects.platform_of(one)
    context = {
        "world": one,
        "platform": platform,
        "schools": [(url, dialects.PLATFORMS[kind].title, kind) for kind, url in SWITCH.items()],
        "ready": oidc.working(one).exists(),
        "courses": courses,
    }
    return render(request, "sandbox/home.html", context)


def _first(rows: Iterable[Enrolment], kind: str) -> Person | None:
    return next((row.person for row in rows if row.type == kind), None)


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
        {"title": row.title, "posted_at": row.posted_at, "html": row.html}
        for row in Announcement.objects.filter(course=eyes.course).order_by("-posted_at")
    ]
    one = eyes.course.world
    tools = list(oidc.working(one))
    placed = PlacedLink.objects.filter(course=eyes.course).order_by("id")
    context = {
        "ready": bool(tools),
        "others": tools[1:],
        "adding": [(tool, place) for tool in tools for place in _places(tool)],
        "placed": placed.select_related("line_item"),
        "modules": modules,
        "launches": [(row, ROLE_NAMES[row.type]) for row in launches],
        "student": _first(launches, "StudentEnrollment"),
        "teacher": _first(launches, "TeacherEnrollment"),
        "announcements": announcements,
        "syllabus": viewable(eyes.course.syllabus_body),
    }
    return show(request, "course", eyes, context)


@in_course
def settings_of(request: HttpRequest, eyes: Eyes) -> HttpResponseBase:
    """Copy the course, conclude it, or open it again, as its teacher asks."""
    if not eyes.staff or request.method != "POST":
        return show(request, "hidden", eyes, {}, status=404)
    here = eyes.course
    if request.POST.get("do") == "copy":
        new = duplicating.duplicate(here)
        notices.tell_of_copy(new, here)
        return HttpResponseRedirect(f"/courses/{new.id}")
    here.state = "completed" if request.POST.get("do") == "conclude" else "available"
    here.save()
    STATE.kept.clear()  # courses that calls go to
    return HttpResponseRedirect(f"/courses/{here.id}")


def _places(tool: Tool) -> list[Place]:
    """Return where a teacher may put links to a tool: where its registration says."""
    places = dialects.platform_of(tool.world).places
    return [one for one in places if tool.placements is None or one.key in tool.placements]


def _items(module: Module, eyes: Eyes) -> list[ModuleItem]:
    rows = module.items.select_related("page", "file", "assignment", "quiz").order_by("position")
    return [row for row in rows if row.content is None or eyes.sees(row.content)]


@in_course
def page_list(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List the pages this visitor may open."""
    rows = Page.objects.filter(course=eyes.course).order_by("title")
    return show(request, "pages", eyes, {"pages": [row for row in rows if eyes.sees(row)]})


@in_course
def page(request: HttpRequest, eyes: Eyes, url: str) -> HttpResponse:
    """Show one page, with its formulas drawn."""
    row = Page.objects.filter(course=eyes.course, url=url).first()
    if row is None or not eyes.sees(row):
        return show(request, "hidden", eyes, {}, status=404)
    context = {"page": row, "body": viewable(row.body), "locked": eyes.locked(row)}
    return show(request, "page", eyes, context)


@in_course
def edit(request: HttpRequest, eyes: Eyes, url: str) -> HttpResponseBase:
    """Let the teacher change a page, publish it or take it back."""
    if not eyes.staff:
        return show(request, "hidden", eyes, {}, status=404)
    row = get_object_or_404(Page, course=eyes.course, url=url)
    if request.method != "POST":
        return show(request, "edit", eyes, {"page": row})
    change_page(
        row,
        title=request.POST.get("title", "").strip() or row.title,
        body=request.POST.get("body", row.body),
        published="published" in request.POST,
    )
    return HttpResponseRedirect(f"/courses/{eyes.course.id}/pages/{row.url}")


@in_course
def assignment_list(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List the work to hand in, with this visitor's own deadlines."""
    rows = Assignment.objects.filter(course=eyes.course).order_by("position")
    listed = [(row, eyes.due(row)) for row in rows if eyes.sees(row)]
    return show(request, "assignments", eyes, {"assignments": listed})


@in_course
def assignment(request: HttpRequest, eyes: Eyes, assignment_id: int) -> HttpResponse:
    """Show one piece of work."""
    row = get_object_or_404(Assignment, course=eyes.course, id=assignment_id)
    if not eyes.sees(row):
        return show(request, "hidden", eyes, {}, status=404)
    context = {
        "assignment": row,
        "due": eyes.due(row),
        "body": viewable(row.description),
    }
    return show(request, "assignment", eyes, context)


@in_course
def file_list(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List the files."""
    rows = File.objects.filter(course=eyes.course).order_by("display_name")
    return show(request, "files", eyes, {"files": [row for row in rows if eyes.sees(row)]})


@in_course
def file(request: HttpRequest, eyes: Eyes, file_id: int) -> HttpResponse:
    """Send a file to look at."""
    row = get_object_or_404(File, course=eyes.course, id=file_id)
    if not eyes.sees(row):
        return show(request, "hidden", eyes, {}, status=404)
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
    if item.quiz:
        return f"{root}/quizzes/{item.quiz.id}"
    return item.external_url or root


@in_course
def people(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List who is in the course, and in which section."""
    rows = Enrolment.objects.filter(course=eyes.course).select_related("person", "section")
    listed = [(row, ROLE_NAMES[row.type]) for row in rows.order_by("id")]
    return show(request, "people", eyes, {"enrolments": listed})
