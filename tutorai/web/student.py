"""What a student sees: the talk with the tutor, or a clear word why there is none yet.

Fragments for the shell: every one needs the session's bearer token.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tutorai.access import signed_in
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor, Role
from tutorai.threads import in_thread
from tutorai.web import teacher

NAMES = 3  # of teachers, at most


@signed_in
async def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The first page after a launch, by role and by the state of the course."""
    return await in_thread(_home)(request, actor)


@signed_in
async def chat(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The talk with the tutor: for students once the course is open, for its staff always."""
    return await in_thread(_chat)(request, actor)


def _home(request: HttpRequest, actor: Actor) -> HttpResponse:
    if actor.course_id is not None and actor.is_author:
        return teacher.first_page(request, actor)
    return _chat(request, actor)


def _chat(request: HttpRequest, actor: Actor) -> HttpResponse:
    if actor.course_id is None:
        return _no_course(request)
    if not actor.may_ask:
        return closed(request, *_refusal(actor.role))
    course = scope.course(actor, actor.course_id)
    if course.opened_at is None and not actor.is_staff:
        return _not_yet(request, course)
    facts = {"course": course, "actor": actor, "given": given(actor.name)}
    return render(request, "student/chat.html", facts)


def given(name: str) -> str:
    """Return the name to greet with: the first word, unless the name is written "Family, Given"."""
    _family, comma, after = name.partition(",")
    return (after if comma else name).strip().partition(" ")[0]


def closed(request: HttpRequest, title: str, *lines: str, again: bool = False) -> HttpResponse:
    """A page with one thing to say; `again` offers to look once more."""
    facts: dict[str, Any] = {"title": title, "lines": lines, "again": again}
    return render(request, "closed.html", facts)


def _refusal(role: Role) -> tuple[str, str]:
    if role is Role.OBSERVER:
        return (
            _("You are an observer here"),
            _("Tutor.AI talks with the students of this course. What they ask stays theirs."),
        )
    if role is Role.ADMIN:
        return (
            _("You are an administrator here"),
            _("Tutor.AI belongs to the teachers and students of this course."),
        )
    return (
        _("You are a guest here"),
        _("Your learning platform did not say that you take part in this course. Ask its teacher."),
    )


def _no_course(request: HttpRequest) -> HttpResponse:
    return closed(
        request,
        _("Open Tutor.AI inside a course"),
        _(
            "Here it does not know which course you mean. Go to one of your courses and open it there."
        ),
    )


def _not_yet(request: HttpRequest, course: Course) -> HttpResponse:
    teachers = course.enrolments.filter(role=Role.TEACHER, active=True).exclude(user__name="")
    names = list(teachers.values_list("user__name", flat=True).order_by("seen_at")[:NAMES])
    who = ", ".join(names) or course.instructor
    waits = (
        _("%(who)s has to open it to students first.") % {"who": who}
        if who
        else _("The teacher of this course has to open it to students first.")
    )
    return closed(
        request,
        _("Tutor.AI is not open in this course yet"),
        waits,
        _("Come back later: nothing is needed from you."),
        again=True,
    )
