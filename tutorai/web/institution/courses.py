"""Courses that are made here: the list, one of them, and what may be done with it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.functional import Promise, lazy
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tutorai.access import CHANGERS, TEACHERS, Officer, officer
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course, Move
from tutorai.lmsdm.schema import Unreadable
from tutorai.models import Cartridge
from tutorai.standalone import courses, filling, joining, packing
from tutorai.standalone.courses import Told
from tutorai.web import reading
from tutorai.web.institution import pages
from tutorai.web.qr import drawn
from tutorai.web.shell import begun_response

SHOWN = 500  # items that are listed
PACKAGES = 5  # that are told of, the newest first


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class CourseForm(forms.Form):
    """What a course is called, who teaches it, and when it is."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    instructor = forms.CharField(
        label=gettext_lazy("Instructor"),
        help_text=gettext_lazy("As students see it."),
        max_length=200,
    )
    start = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    end = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=lazy(_zones, list), initial="UTC"
    )

    def clean(self) -> dict[str, Any]:
        """A course does not end before it begins."""
        told: dict[str, Any] = super().clean() or {}
        start, end = told.get("start"), told.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day comes before the first."))
        return told

    def told(self) -> Told:
        """Return what was entered, its days as moments in its zone."""
        given = self.cleaned_data
        zone = ZoneInfo(given["time_zone"])

        def at(day: date | None, clock: time) -> datetime | None:
            return datetime.combine(day, clock, zone) if day else None

        return Told(
            title=given["title"],
            instructor=given["instructor"],
            start_at=at(given["start"], time.min),
            end_at=at(given["end"], time(23, 59, 59)),
            time_zone=given["time_zone"],
        )


@require_safe
@officer(*TEACHERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """All that this office sees."""
    held = courses.seen(who).select_related("own__made_by", "moved_to")
    facts = {"courses": held, "may_move": who.may(CHANGERS)}
    return pages.show(request, who, "institution/courses.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*TEACHERS)
def new(request: HttpRequest, who: Officer) -> HttpResponse:
    """Make one."""
    form = CourseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        course = courses.make(who, form.told())
        messages.success(request, _("The course is made. Now fill it."))
        return back(who, course)
    status = 400 if form.is_bound else 200
    return pages.show(request, who, "institution/course_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*TEACHERS)
def change(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
    """Change what it is called, who teaches it, and when."""
    row = courses.open_one(who, course)
    form = CourseForm(request.POST if request.method == "POST" else None, initial=_initial(row))
    if form.is_bound and form.is_valid():
        courses.change(who, row, form.told())
        messages.success(request, _("Changed."))
        return back(who, row)
    facts, status = {"form": form, "course": row}, 400 if form.is_bound else 200
    return pages.show(request, who, "institution/course_form.html", facts, status=status)


def _initial(row: Course) -> dict[str, Any]:
    zone = ZoneInfo(row.time_zone or "UTC")
    days = {"start": row.start_at, "end": row.end_at}
    told = {name: at.astimezone(zone).date() for name, at in days.items() if at}
    return {**told, "title": row.title, "instructor": row.instructor, "time_zone": str(zone)}


@require_safe
@officer(*TEACHERS)
def one(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
    """One course: what is in it, how students come in, where it can go."""
    return page(request, who, courses.find(who, course))


def page(
    request: HttpRequest, who: Officer, row: Course, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Show a course's page."""
    alive = row.items.filter(deleted_at=None).exclude(kind="heading").defer("body")
    items = list(alive.order_by("title"))
    facts: dict[str, Any] = {
        "course": row,
        "lines": [
            (item, _standing(item.unreadable, reading.waits(item))) for item in items[:SHOWN]
        ],
        "more": max(0, len(items) - SHOWN),
        "ours": filling.OURS,
        "coverage": reading.coverage(items),
        "work": reading.work(row),
        "packages": _packages(row),
        "link": joining.standing(row),
        "days": joining.DAYS,
        "usual": joining.USUAL,
        "students": row.enrolments.filter(role="student", active=True).count(),
        "move": Move.objects.filter(course=row).first() if who.may(CHANGERS) else None,
        "may_move": who.may(CHANGERS),
        **more,
    }
    return pages.show(request, who, "institution/course.html", facts, status=status)


def _standing(unreadable: str, waits: bool) -> str:
    """Return how far an item is, in words."""
    if unreadable == Unreadable.EXTERNAL:
        return _("A link: its page is not fetched")
    if unreadable:
        return str(reading.REMEDIES[Unreadable(unreadable)].why)
    return _("Being read") if waits else ""


KINDS: Mapping[str, str | Promise] = {
    "page": gettext_lazy("pages"),
    "file": gettext_lazy("files"),
    "link": gettext_lazy("links"),
    "assignment": gettext_lazy("assignments"),
    "discussion": gettext_lazy("discussions"),
    "syllabus": gettext_lazy("syllabus"),
    "quiz": gettext_lazy("quizzes, for teachers alone"),
    "media": gettext_lazy("pictures that pages show, not kept"),
    "tool": gettext_lazy("links to other tools, not kept"),
    "settings": gettext_lazy("settings of the old platform, not kept"),
    "other": gettext_lazy("other things, not kept"),
}


def _packages(row: Course) -> list[tuple[Cartridge, str, Job | None]]:
    """Return the packages that were handed in last: what was read of each, or its job."""
    held = list(row.cartridges.order_by("-created_at")[:PACKAGES])
    keys = [str(one.pk) for one in held if one.finished_at is None]
    jobs = Job.objects.filter(kind=filling.KIND, key__in=keys, state__in=Job.LIVE)
    running = {job.key: job for job in jobs}
    return [(one, _kinds(one.read), running.get(str(one.pk))) for one in held]


def _kinds(read: dict[str, int]) -> str:
    """Return what a package had, in words: "pages: 3, files: 1"."""
    return ", ".join(f"{name}: {read[kind]}" for kind, name in KINDS.items() if read.get(kind))


def back(who: Officer, row: Course) -> HttpResponse:
    """Return to a course's page."""
    return redirect("institution_course", slug=who.institution.slug, course=row.pk)


@require_POST
@officer(*TEACHERS)
def enter(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
    """Open it as its teacher: the same pages that a launch brings."""
    begun = courses.enter(who, courses.find(who, course), locale=translation.get_language() or "en")
    return begun_response(request, begun)


@require_POST
@officer(*TEACHERS)
def join_open(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
    """Make the link by which students come in, and show it this once."""
    row = courses.open_one(who, course)
    told = request.POST.get("days", "")
    days = int(told) if told in map(str, joining.DAYS) else joining.USUAL
    address = joining.address(joining.renew(who, row, days))
    return page(request, who, row, address=address, qr=drawn(address))


def _act(do: Callable[[Officer, Course], object], words: Callable[[], str]) -> Callable[..., Any]:
    @require_POST
    @officer(*TEACHERS)
    def view(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
        row = courses.find(who, course)
        do(who, row)
        messages.success(request, words())
        return back(who, row)

    return view


join_close = _act(
    joining.close, lambda: _("Nobody comes in by the link any more. Who is in stays.")
)


@require_safe
@officer(*TEACHERS)
def export(request: HttpRequest, who: Officer, course: UUID) -> HttpResponseBase:
    """Hand the course out as a document of LMS-DM; `?files=1` with its files, in a zip."""
    row = courses.find(who, course)
    courses.remember(Verb.OWN_EXPORT, who, row.pk)
    name = slugify(row.title) or "course"
    if request.GET.get("files") == "1":
        whole: HttpResponseBase = StreamingHttpResponse(
            packing.pieces(packing.zipped(row)), content_type="application/zip"
        )
        name += ".zip"
    else:
        body = packing.written(packing.document(row))
        whole = HttpResponse(body, content_type="application/json")
        name += ".json"
    whole["Content-Disposition"] = f'attachment; filename="{name}"'
    return whole
