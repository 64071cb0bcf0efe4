"""The teacher's own words to the tutor: written, tried against the scenario set, then in force.

A part of the page "Tutor". What is tried stays a draft until it has passed; meanwhile the words
that were in force before go on.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from agents import decisions, evaluation
from agents.models import Evaluation
from tutorai.access import authors
from tutorai.errors import NotFound, NotYours, TutorError
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor
from tutorai.web.teacher import page

LONGEST = 2000  # characters


def facts(actor: Actor) -> dict[str, Any]:
    """Return what the form shows: the words in force, those on trial, and how that went."""
    course = scope.authored_course(actor, actor.course_id or "")
    held = decisions.guidance(course)
    tried = evaluation.latest(course.pk)
    state = tried.state if tried and held.persona_draft else ""
    return {
        "persona": held.persona,
        "draft": held.persona_draft,
        "trying": state == Evaluation.State.RUNNING,
        "broken": state == Evaluation.State.BROKEN,
        "reasons": evaluation.reasons(tried) if tried and state == Evaluation.State.DONE else [],
        "longest": LONGEST,
    }


def _show(request: HttpRequest, actor: Actor, **more: Any) -> HttpResponse:
    return render(request, "teacher/_tutor_persona.html", {**facts(actor), **more})


def _try(request: HttpRequest, actor: Actor) -> HttpResponse:
    text = request.POST.get("text", "").replace("\x00", "").strip()
    try:
        evaluation.try_persona(actor, text)
    except (NotYours, NotFound):
        raise
    except TutorError as error:
        return _show(request, actor, typed=text, refusal=str(error))
    return _show(request, actor, usual=not text)


show = page(_show, roles=authors)
attempt = page(_try, require_POST, roles=authors)
