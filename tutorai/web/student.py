"""What a student sees: the talk with the tutor, or a clear word why there is none yet.

Fragments for the shell: every one needs the session's bearer token.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from agents import checks, locks, policy
from agents.tutor import decide
from agents.tutor.records import Way
from lti.claims import DEEP, PRIVACY, REVIEW
from tutorai.access import signed_in
from tutorai.lmsdm import names, scope
from tutorai.lmsdm.models import Course, User
from tutorai.lmsdm.schema import Actor, Role
from tutorai.threads import in_slow_thread, in_thread
from tutorai.web import holdings, observed, placed, placing, review, sitting, teacher
from tutorai.web.closed import closed

NAMES = 3  # of teachers, at most
CHECKS = 2  # that are offered before a talk


@signed_in
async def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The first page after a launch, by role, by what the link opens, by the state of the course."""
    thread = in_slow_thread if actor.placed_id else in_thread  # a study plan searches the course
    return await thread(_home)(request, actor)


@signed_in
async def chat(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The talk with the tutor: for students once the course is open, for its staff always."""
    return await in_thread(_chat)(request, actor)


# What a launch that is no plain one brings first.
FIRST: Mapping[str, Callable[[HttpRequest, Actor], HttpResponse]] = {
    DEEP: placing.first_page,
    REVIEW: review.first_page,
    PRIVACY: holdings.first_page,
}


def _home(request: HttpRequest, actor: Actor) -> HttpResponse:
    if first := FIRST.get(actor.message):
        return first(request, actor)
    if actor.course_id is not None and actor.is_author and actor.placed_id is None:
        return teacher.first_page(request, actor)
    if shut := _shut(request, actor):
        return shut
    locks.begin(actor)
    return placed.first_page(request, actor) or _talk(request, actor)


def _chat(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _shut(request, actor) or _talk(request, actor)


def _shut(request: HttpRequest, actor: Actor) -> HttpResponse | None:
    """Return what whoever cannot talk here sees in its place; None for everybody else."""
    if actor.course_id is None:
        return _no_course(request)
    if actor.role is Role.OBSERVER:
        return observed.first_page(request, actor)
    course = scope.course(actor, actor.course_id)
    if not actor.may_ask:
        return _admin(request) if actor.role is Role.ADMIN else _guest(request, course)
    if course.opened_at is None and not actor.is_staff:
        return _over(request) if actor.ended else _not_yet(request, course)
    return None


def _talk(request: HttpRequest, actor: Actor) -> HttpResponse:
    course = scope.course(actor, actor.course_id or "")
    facts = {"course": course, "actor": actor, "given": given(actor.name)}
    facts |= {"limit": settings.ATTACHMENT_LIMIT // 1024**2}
    facts |= placed.heading(actor) | sitting.facts(actor) | _ways(actor)
    if not facts["shut"]:
        facts["waiting"] = checks.waiting(actor)[:CHECKS]
    if not actor.name and actor.role is Role.STUDENT:
        facts["called"] = _called(actor)
    return render(request, "student/chat.html", facts)


def _ways(actor: Actor) -> dict[str, Any]:
    """How the tutor helps here, and whether the reader may choose."""
    held = decide.chosen(policy.of(actor), None)
    return {"way": held.way.value, "free": held.ceiling is Way.EXPLAIN, "hints": held.hints}


def _called(actor: Actor) -> str:
    """What teachers see in place of a name that the platform does not tell."""
    return names.called(User.objects.get(pk=actor.user_id), actor.course_id)


def given(name: str) -> str:
    """Return the name to greet with: the first word, unless the name is written "Family, Given"."""
    _family, comma, after = name.partition(",")
    return (after if comma else name).strip().partition(" ")[0]


def _admin(request: HttpRequest) -> HttpResponse:
    return closed(
        request,
        _("You are an administrator here"),
        _("Tutor.AI belongs to the teachers and students of this course."),
    )


def _guest(request: HttpRequest, course: Course) -> HttpResponse:
    """The introduction: what this is, and whom to ask. Nothing of the course but its name."""
    who = _teachers(course)
    words = _("To take part, ask %(who)s.") if who else _("To take part, ask its teacher.")
    return closed(
        request,
        _("You are a guest here"),
        _(
            "Tutor.AI helps students to understand their course. It answers from the course's own "
            "material, shows where each answer stands, and never gives a grade by itself."
        ),
        _("Your learning platform did not say that you take part in this course.")
        + f" {words % {'who': who}}",
        course=course.title,
    )


def _over(request: HttpRequest) -> HttpResponse:
    return closed(
        request,
        _("This course has ended"),
        _("Tutor.AI was not open to its students, so there is nothing to read here."),
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
    who = _teachers(course)
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


def _teachers(course: Course) -> str:
    """Return the names of a course's teachers; "" where nobody told them."""
    teachers = course.enrolments.filter(role=Role.TEACHER, active=True).exclude(user__name="")
    told = list(teachers.values_list("user__name", flat=True).order_by("seen_at")[:NAMES])
    return ", ".join(told) or course.instructor
