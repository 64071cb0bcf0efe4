"""What a course teaches: its teacher changes the list, and sees how the class does with it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents import classwide, skills
from tutorai.access import authors, graders, staff
from tutorai.errors import BadRequest, Conflict, NotYours
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor
from tutorai.web.teacher import page


def _listed(request: HttpRequest, actor: Actor, **more: Any) -> HttpResponse:
    """The skills for who sets the course up, the class for who grades it; to designers no class."""
    if not (actor.is_author or actor.may_grade):
        raise NotYours()
    facts = {
        "actor": actor,
        "course": scope.course(actor, actor.course_id or ""),
        "skills": skills.listed(actor) if actor.is_author else [],
        "rows": classwide.of(actor) if actor.may_grade else [],
        "few": classwide.K,
        "own": skills.OWN,
        **more,
    }
    return render(request, "teacher/skills.html", facts)


def _add(request: HttpRequest, actor: Actor) -> HttpResponse:
    title = request.POST.get("title", "")
    try:
        made = skills.add(actor, title)
    except BadRequest as error:
        return _listed(request, actor, fault=str(error), title=title)
    except Conflict:
        full = _("There are %(most)s skills, which is as many as fit.") % {"most": skills.MOST}
        return _listed(request, actor, fault=full, title=title)
    return _listed(request, actor, changed=made.pk)


def _act(request: HttpRequest, actor: Actor, skill: UUID, act: str) -> HttpResponse:
    match act:
        case "rename":
            return _rename(request, actor, skill)
        case "aim":
            wanted = [UUID(one) for one in request.POST.getlist("item") if _is_id(one)]
            skills.aim(actor, skill, wanted)
        case "hide" | "show":
            skills.hide(actor, skill, hidden=act == "hide")
        case "remove":
            skills.remove(actor, skill)
        case _:
            raise BadRequest(why=act)
    return _listed(request, actor, changed=skill)


def _rename(request: HttpRequest, actor: Actor, skill: UUID) -> HttpResponse:
    try:
        skills.rename(actor, skill, request.POST.get("title", ""))
    except BadRequest as error:
        return _listed(request, actor, wrong=skill, fault=str(error))
    return _listed(request, actor, changed=skill)


def _pages(request: HttpRequest, actor: Actor, skill: UUID) -> HttpResponse:
    """Which pages teach a skill, as a form."""
    one, items = skills.readable(actor, skill)
    held = set(one.items.values_list("pk", flat=True))
    return render(
        request, "teacher/_skill_pages.html", {"skill": one, "items": items, "held": held}
    )


def _helped(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Whom the tutor gave hints, and with what; that somebody looked is written down."""
    rows = classwide.helped(actor)
    audit.record(verb=Verb.HINTS_READ, actor=actor)
    return render(request, "teacher/_helped.html", {"rows": rows})


def _is_id(written: str) -> bool:
    try:
        UUID(written)
    except ValueError:
        return False
    return True


listed = page(_listed, roles=staff)
add = page(_add, require_POST, roles=authors)
act = page(_act, require_POST, roles=authors)
pages = page(_pages, roles=authors)
helped = page(_helped, roles=graders)
