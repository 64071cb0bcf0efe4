"""The teacher's page "Tutor": how it helps, what is an exam, who is locked now, what is off.

Fragments for the shell. Who sets the course up decides; who grades sees whom an exam locks, and
lets them out. What was typed and not taken comes back as it was, with the reason in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from agents import activities, decisions, invigilating
from agents.decisions import Line, Mode, Wish
from agents.models import Activity
from agents.spells import FIRST, LAST
from agents.spend import Capability
from agents.tutor.records import HIGHEST
from tutorai.access import authors, graders, instructors
from tutorai.errors import BadRequest, NotFound, NotYours, TutorError
from tutorai.lmsdm import names, scope
from tutorai.lmsdm.schema import Actor
from tutorai.web import persona
from tutorai.web.teacher import page

# What can be switched off for a course by itself, in words for its teacher.
PARTS = {
    Capability.ASK: gettext_lazy("Questions and answers"),
    Capability.PRACTICE: gettext_lazy("Practice"),
    Capability.QUIZ: gettext_lazy("Quizzes that the tutor drafts for you"),
    Capability.GRADE: gettext_lazy("Grades that the tutor drafts for you"),
    Capability.TOOLS: gettext_lazy("Other programs that people connect"),
}
MODES = {
    Mode.GUIDE: (
        gettext_lazy("Guide only"),
        gettext_lazy("Asks for the student's own thinking, then gives hints. No finished work."),
    ),
    Mode.CHOICE: (
        gettext_lazy("Guide first"),
        gettext_lazy("Guides, until a student asks for a plain explanation."),
    ),
    Mode.EXPLAIN: (
        gettext_lazy("Explain"),
        gettext_lazy("Answers plainly, from the material of this course."),
    ),
}
HINTS = (
    gettext_lazy("No hints, only questions back"),
    gettext_lazy("Up to a small nudge"),
    gettext_lazy("Up to a question that leads on"),
    gettext_lazy("Up to an explanation of the idea behind it"),
    gettext_lazy("Up to a worked example that is like it"),
)
EXAMS = {
    "": gettext_lazy("No: students may be helped with it"),
    Activity.Exam.EXAM.value: gettext_lazy("An exam: no help while a student sits it"),
    Activity.Exam.QUIZ.value: gettext_lazy("A quiz that counts: no help while a student sits it"),
}


@dataclass(frozen=True)
class Typed:
    """What stands in an activity's form, and why it was not taken."""

    mode: str = ""
    hints: str = ""
    exam: str = ""
    opens_at: str = ""
    closes_at: str = ""
    refusal: str = ""


def _page(request: HttpRequest, actor: Actor, **more: Any) -> HttpResponse:
    """The whole page, as far as the actor's role goes."""
    course = scope.course(actor, actor.course_id or "")
    facts = {"actor": actor, "course": course, **_rooms(actor), **more}
    if actor.is_author:
        held = decisions.guidance(course)
        off = decisions.off(actor)
        facts |= {
            "mode": decisions.mode(held.way, held.ceiling),
            "modes": MODES.items(),
            "hints": list(enumerate(HINTS)),
            "chosen": held,
            "off": "" in off,
            "parts": [(part, words, part in off) for part, words in PARTS.items()],
            "lines": [_told(line) for line in _with(actor, more.get("added"))],
            "others": _others(actor),
            **persona.facts(actor),
        }
    return render(request, "teacher/tutor.html", facts)


def _rooms(actor: Actor) -> dict[str, Any]:
    """Who sits what now, by names, for who may know."""
    if not actor.may_grade:
        return {}
    rooms = invigilating.rooms(actor)
    told = [user for room in rooms for user in [*(one for one, _at in room.inside), *room.outside]]
    called = names.among({user.pk: user for user in told}.values())
    shown = [
        {
            "id": room.activity_id,
            "title": room.title,
            "inside": [(called[user.pk], user.pk, until) for user, until in room.inside],
            "outside": [(called[user.pk], user.pk) for user in room.outside],
        }
        for room in rooms
    ]
    return {"rooms": shown}


def _with(actor: Actor, added: tuple[str, UUID] | None) -> list[Line]:
    """The course's activities; first of them something that a teacher picked just now."""
    found = decisions.lines(actor)
    if added is None or any(added in line.family.names for line in found):
        return found
    return [decisions.line(actor, *added), *found]


def _others(actor: Actor) -> list[tuple[str, str]]:
    """What else something can be decided about: pages, files and modules, by title."""
    things = scope.items(actor).exclude(kind__in=[*activities.WORK, "heading"])
    modules = scope.toc(actor).filter(item=None)
    told = [(f"item:{pk}", title) for pk, title in things.values_list("pk", "title")]
    told += [(f"module:{pk}", title) for pk, title in modules.values_list("pk", "title")]
    return sorted(told, key=lambda one: one[1].casefold())


def _told(line: Line) -> dict[str, Any]:
    """A line with what its summary says."""
    now, span = timezone.now(), line.span
    row = line.row
    return {
        "line": line,
        "mode": MODES[line.mode][0] if line.mode else "",
        "hints": HINTS[row.hints] if row and row.hints is not None else "",
        "starts": span.start if span and span.start > max(FIRST, now) else None,
        "ends": span.end if span and span.end > now else None,
        "over": bool(span and span.end <= now),
    }


def _form(request: HttpRequest, actor: Actor, line: Line, **more: Any) -> HttpResponse:
    """One activity, open, with its form."""
    row = line.row
    typed = Typed(
        mode=line.mode or "",
        hints="" if row is None or row.hints is None else str(row.hints),
        exam=row.exam if row else "",
        opens_at=_iso(row.opens_at if row else None),
        closes_at=_iso(row.closes_at if row else None),
    )
    told = line.told
    facts = {
        "actor": actor,
        "one": _told(line),
        "typed": typed,
        "modes": MODES.items(),
        "hints": list(enumerate(HINTS)),
        "exams": EXAMS.items(),
        "lms_opens": told.start if told.start > FIRST else None,
        "lms_closes": told.end if told.end < LAST else None,
        "opened": True,
        **more,
    }
    return render(request, "teacher/_tutor_line.html", facts)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _edit(request: HttpRequest, actor: Actor, about: str, about_id: UUID) -> HttpResponse:
    return _form(request, actor, decisions.line(actor, about, about_id))


def _decide(request: HttpRequest, actor: Actor, about: str, about_id: UUID) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("mode", "hints", "exam")}
    said |= {name: request.POST.get(name, "") for name in ("opens_at", "closes_at")}
    try:
        line = decisions.decide(actor, about, about_id, _wish(said))
    except (NotYours, NotFound):
        raise
    except TutorError as error:
        line = decisions.line(actor, about, about_id)
        return _form(request, actor, line, typed=Typed(**said, refusal=str(error)))
    return _form(request, actor, line, saved=True, beside=True, **_rooms(actor))


def _wish(said: Mapping[str, str]) -> Wish:
    try:
        return Wish(
            mode=Mode(said["mode"]) if said["mode"] else None,
            hints=int(said["hints"]) if said["hints"] else None,
            exam=said["exam"],
            opens_at=_at(said["opens_at"]),
            closes_at=_at(said["closes_at"]),
        )
    except ValueError as error:
        raise BadRequest(why=_("choose from what is offered")) from error


def _at(text: str) -> datetime | None:
    """Return a moment with its zone, as the page sends it; None for none. Raises ValueError."""
    if not text:
        return None
    at = parse_datetime(text)
    if at is None or at.tzinfo is None:
        raise ValueError(text)
    return at


def _guide(request: HttpRequest, actor: Actor) -> HttpResponse:
    hints = request.POST.get("hints", "")
    try:
        wanted = Mode(request.POST.get("mode", ""))
        number = int(hints) if hints.isdecimal() and len(hints) < 3 else HIGHEST + 1
    except ValueError as error:
        raise BadRequest(why=_("choose from what is offered")) from error
    decisions.guide(actor, wanted, number, general=request.POST.get("general") == "1")
    return _page(request, actor, said=_("Saved. It holds from the next question on."))


def _switch(request: HttpRequest, actor: Actor) -> HttpResponse:
    part, on = request.POST.get("part", ""), request.POST.get("on") == "1"
    if part and part not in PARTS:
        raise BadRequest(why=_("choose from what is offered"))
    decisions.switch(actor, part, on=on)
    words = _("Switched on.") if on else _("Switched off, from the next question on.")
    return _page(request, actor, said=words)


def _switch_one(request: HttpRequest, actor: Actor, about: str, about_id: UUID) -> HttpResponse:
    on = request.POST.get("on") == "1"
    line = decisions.switch_activity(actor, about, about_id, on=on)
    return _form(request, actor, line, saved=True)


def _add(request: HttpRequest, actor: Actor) -> HttpResponse:
    about, _colon, pk = request.GET.get("what", "").partition(":")
    try:
        named = (about, UUID(pk))
    except ValueError as error:
        raise BadRequest(why=_("choose from what is offered")) from error
    decisions.line(actor, *named)  # NotFound, before anything is shown
    return _page(request, actor, added=named)


def _let_out(request: HttpRequest, actor: Actor, activity: UUID) -> HttpResponse:
    n = invigilating.release(actor, activity, _whom(request))
    words = ngettext("%(n)s student was let out.", "%(n)s students were let out.", n) % {"n": n}
    return _locked(request, actor, words)


def _lock_again(request: HttpRequest, actor: Actor, activity: UUID) -> HttpResponse:
    user = _whom(request)
    if user is None:
        raise BadRequest(why=_("choose from what is offered"))
    invigilating.lock_again(actor, activity, user)
    return _locked(request, actor, _("Locked again."))


def _whom(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST["user"]) if request.POST.get("user") else None
    except ValueError as error:
        raise BadRequest(why=_("choose from what is offered")) from error


def _locked(request: HttpRequest, actor: Actor, done: str = "") -> HttpResponse:
    return render(request, "teacher/_tutor_rooms.html", {**_rooms(actor), "done": done})


show = page(_page, roles=instructors)
guide = page(_guide, require_POST, roles=authors)
switch = page(_switch, require_POST, roles=authors)
add = page(_add, roles=authors)
edit = page(_edit, roles=authors)
decide = page(_decide, require_POST, roles=authors)
switch_one = page(_switch_one, require_POST, roles=authors)
locked = page(_locked, roles=graders)
let_out = page(_let_out, require_POST, roles=graders)
lock_again = page(_lock_again, require_POST, roles=graders)
