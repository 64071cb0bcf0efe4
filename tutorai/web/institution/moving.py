"""Courses of our own on their way into an LMS: what fits, what would happen, what is kept."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from lti.models import Deployment
from lti.registration import profiles
from tutorai.access import CHANGERS, Officer, officer
from tutorai.errors import Conflict, NotFound
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import ContentItem, Course, Move, MoveItem
from tutorai.standalone import courses, finding, moving, planning
from tutorai.web.institution import pages

SHOWN = 500  # items of a plan that are listed
OFFERED = 500  # courses to choose from, where none fits


@require_safe
@officer(*CHANGERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """Every course of our own, and the LMS's that it fits."""
    moves = {move.course_id: move for move in finding.listed(who)}
    rows = courses.seen(who).defer("description")
    told = [(row, moves.get(row.pk)) for row in rows]
    told.sort(key=lambda one: one[1] is None or one[1].state != Move.State.UNSURE)
    there = finding.targets(who.institution).count()
    return pages.show(
        request,
        who,
        "institution/moves.html",
        {"told": told, "there": there, "looked": "looked" in request.GET},
    )


@require_POST
@officer(*CHANGERS)
def look(request: HttpRequest, who: Officer) -> HttpResponse:
    """Compare all of them with the courses of the LMSs."""
    found = finding.look(who)
    words = ngettext(
        "%(n)d course could be one of your learning platform's.",
        "%(n)d courses could be some of your learning platform's.",
        found,
    )
    messages.success(request, words % {"n": found})
    return redirect(f"{pages.place('institution_moves', who)}?looked=1")


@require_safe
@officer(*CHANGERS)
def one(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
    """One move: the candidates, the plan, how far it is, and the way back."""
    row = courses.find(who, course)
    move = Move.objects.filter(course=row).select_related("target").first()
    items = _items(move) if move else []
    facts = {
        "course": row,
        "move": move,
        "candidates": _candidates(who, move),
        "others": finding.targets(who.institution).defer("description")[:OFFERED],
        "items": items[:SHOWN],
        "more": max(0, len(items) - SHOWN),
        "counts": Counter(item.state for item in items),
        "left": [item for item in items if item.before.get("left")],
        "job": Job.objects.filter(kind=moving.KIND, course=row, state__in=Job.LIVE).first(),
        "decidable": move is None or move.state in finding.OPEN,
    }
    return pages.show(request, who, "institution/move.html", facts)


def _items(move: Move) -> list[MoveItem]:
    light = ContentItem.objects.defer("body")
    rows = move.items.prefetch_related(Prefetch("item", light), Prefetch("theirs", light))
    order = {MoveItem.State.CONFLICT.value: 0, MoveItem.State.WAITING.value: 1}
    return sorted(rows, key=lambda row: (order.get(row.state, 2), row.item.title))


def _candidates(who: Officer, move: Move | None) -> list[dict[str, Any]]:
    told = move.candidates if move else []
    held = {str(row.pk): row for row in finding.targets(who.institution).defer("description")}
    homes = _homes(who)
    return [
        {
            "course": one["course"],
            "home": homes.get(held[one["course"]].source, ""),
            "row": held[one["course"]],
            "percent": round(one["score"] * 100),
            "reasons": {name: round(told * 100) for name, told in one["reasons"].items()},
        }
        for one in told
        if one["course"] in held
    ]


def _homes(who: Officer) -> dict[str, str]:
    """Return the platforms' names, by what their courses have as source: titles may be the same."""
    rows = Deployment.objects.filter(institution=who.institution).select_related("registration")
    told = [(row.pk, row.registration) for row in rows]
    return {f"lti:{pk}": f"{profiles.by_family(one.family).title}: {one.name}" for pk, one in told}


def _back(who: Officer, row: Course) -> HttpResponse:
    return redirect("institution_move", slug=who.institution.slug, course=row.pk)


@require_POST
@officer(*CHANGERS)
def decide(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
    """Say where it moves, or that it stays; then show what would happen."""
    row = courses.find(who, course)
    truth = "ours" if request.POST.get("truth") == "ours" else "lms"
    target = request.POST.get("target", "")
    try:
        chosen = UUID(target) if target else None
    except ValueError as error:
        raise NotFound() from error
    move = finding.decide(who, row, chosen, truth)
    if chosen is None:
        messages.success(request, _("It stays as it is."))
        return redirect("institution_moves", slug=who.institution.slug)
    planning.plan(move)
    return _back(who, row)


def _act(do: Callable[[Officer, Move], object], words: Callable[[], str]) -> Callable[..., Any]:
    """Make a view of what is done with a move by a button."""

    @require_POST
    @officer(*CHANGERS)
    def view(request: HttpRequest, who: Officer, course: UUID) -> HttpResponse:
        move = finding.of(who, course)
        try:
            do(who, move)
        except Conflict:
            messages.error(request, _("This has changed meanwhile. Look at it again."))
        else:
            messages.success(request, words())
        return _back(who, move.course)

    return view


plan = _act(lambda who, move: planning.plan(move), lambda: _("Looked at again. Nothing is moved."))
begin = _act(moving.begin, lambda: _("The move has begun."))
undo = _act(moving.undo, lambda: _("It is being taken back."))


@require_POST
@officer(*CHANGERS)
def choose(request: HttpRequest, who: Officer, course: UUID, item: UUID) -> HttpResponse:
    """Keep one of two that differ."""
    move = finding.of(who, course)
    planning.choose(who, move, item, request.POST.get("choice", ""))
    return redirect(f"{pages.place('institution_move', who, course=move.course_id)}#item-{item}")


@require_safe
@officer(*CHANGERS)
def compare(request: HttpRequest, who: Officer, course: UUID, item: UUID) -> HttpResponse:
    """Show both sides of what differs."""
    move = finding.of(who, course)
    row = move.items.select_related("item", "theirs").filter(pk=item).first()
    if row is None or row.theirs is None:
        raise NotFound()
    ours, theirs = planning.text(row.item), planning.text(row.theirs)
    facts = {
        "course": move.course,
        "move": move,
        "row": row,
        "lines": planning.beside(ours, theirs),
        "texts": bool(ours or theirs),
        "may_choose": move.state == Move.State.READY and row.state == MoveItem.State.CONFLICT,
    }
    return pages.show(request, who, "institution/compare.html", facts)
