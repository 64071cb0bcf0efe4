"""What a student does alone: practise, see their own progress, take the study plan home.

Fragments for the shell. Who sits an exam, or is where practice is off, reads so in its place.
"""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agents import checks, classwide, ics, items, mastery, policy
from agents import plan as planning
from agents.spend import Capability
from agents.tutor import turns
from lti import sessions
from tutorai import practising, signed
from tutorai.access import public, signed_in
from tutorai.errors import NotFound
from tutorai.lmsdm import scope, zones
from tutorai.lmsdm.schema import Actor, Role
from tutorai.threads import in_slow_thread
from tutorai.web import sitting
from tutorai.web.closed import closed
from tutorai.web.teacher import page

PLAN = "plan/"  # the folder of what is downloaded


def frame(actor: Actor) -> dict[str, Any]:
    """What every page here shows."""
    course = scope.course(actor, actor.course_id or "")
    return {
        "actor": actor,
        "course": course,
        "language": translation.get_language(),
        "own": actor.role is Role.STUDENT,
        "kept": mastery.counts(actor),
        "zone": zones.of(actor, course),
        "now": timezone.now(),
    }


def practice(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Items for now, for one skill (`?skill=`), or the check after help (`?check=`)."""
    skill, ladder = _id(request, "skill"), _id(request, "check")
    if away := sitting.page(request, actor, Capability.PRACTICE):
        return away
    made = [items.check(actor, ladder)] if ladder else items.sitting(actor, skill)
    wanted = next((one.skill_id for one in made if one.skill_id), None)
    if wanted and mastery.counts(actor):
        practising.wish(actor, wanted)
    facts = {
        "title": made[0].skill if skill and made else "",
        "exercises": made,
        "check": bool(ladder),
        "skill": skill,
        "waiting": [] if ladder or skill else checks.waiting(actor),
    }
    return render(request, "student/practice.html", {**frame(actor), **facts})


def _check(request: HttpRequest, actor: Actor) -> HttpResponse:
    said = "" if request.POST.get("show") else request.POST.get("said", "")
    verdict = items.answer(actor, request.POST.get("token", ""), said)
    return render(request, "student/_verdict.html", {"verdict": verdict, "tried": bool(said)})


def _hint(request: HttpRequest, actor: Actor) -> HttpResponse:
    found = items.hint(actor, request.POST.get("token", ""))
    return render(request, "student/_hint.html", {"hint": found})


def _mine(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The actor's own progress, skill by skill."""
    turns.open_course(actor)
    now = timezone.now()
    gaps = classwide.gaps(actor)
    held = mastery.of(actor)
    facts = {
        "lines": [(one, gaps.get(one.skill_id), one.due(now)) for one in held],
        "due": [one for one in items.ordered(held, now) if one.due(now)],
        "waiting": checks.waiting(actor),
    }
    told = frame(actor)
    with timezone.override(told["zone"]):
        return render(request, "student/mine.html", {**told, **facts})


def _forget(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Delete what the actor practised, because they wish so."""
    mastery.forget(actor)
    return _mine(request, actor)


def plan(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The study plan: deadlines, what to read before, reviews, and what is weak."""
    if policy.off(actor, Capability.PLAN.value):
        return closed(
            request,
            _("The study plan is switched off here"),
            _("Your teacher or your school did that. Nothing that you did is lost."),
            course=scope.course(actor, actor.course_id or "").title,
        )
    told = frame(actor)
    made = planning.plan(actor)
    with timezone.override(told["zone"]):
        return render(request, "student/plan.html", {**told, "plan": made})


def _plan_link(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send the browser to the plan as a calendar: htmx follows, and the page stays."""
    turns.open_course(actor)
    policy.check(actor, Capability.PLAN.value)
    path = signed.path(actor.course_id or actor.user_id, actor.session_id, PLAN)
    return HttpResponse(status=204, headers={"HX-Redirect": path})


@public
@require_safe
async def plan_file(request: HttpRequest, named: str) -> HttpResponse:
    """Send the plan that a fresh address names, if its session may still have it."""
    course, session = signed.meant(named, PLAN)
    answered: HttpResponse = await in_slow_thread(_calendar)(course, session)
    return answered


def _calendar(course_id: UUID, session: UUID) -> HttpResponse:
    actor = sessions.actor_of(session)
    if actor.course_id != course_id:
        raise NotFound()
    policy.check(actor, Capability.PLAN.value)
    course = scope.course(actor, course_id)
    with translation.override(actor.locale):
        made = planning.plan(actor)
        content = ics.written(made, course.title, zones.of(actor, course), timezone.now())
        name = quote(_("Study plan") + ".ics")
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _id(request: HttpRequest, name: str) -> UUID | None:
    """Return an id of the address; raise NotFound for what is none."""
    written = request.GET.get(name, "")
    try:
        return UUID(written) if written else None
    except ValueError as error:
        raise NotFound() from error


check = page(_check, require_POST, roles=signed_in)
hint = page(_hint, require_POST, roles=signed_in)
mine = page(_mine, roles=signed_in)
forget = page(_forget, require_POST, roles=signed_in)
plan_page = page(plan, thread=in_slow_thread, roles=signed_in)
plan_link = page(_plan_link, roles=signed_in)
