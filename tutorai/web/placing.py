"""The picker: a teacher came by deep linking and chooses what to place in the course.

Fragments for the shell. The answer goes back as a form that the page itself sends to the
platform: it needs no cookie, and no script of another site.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lti import placements
from lti.deep_linking import LINK, Said
from lti.models import LaunchSession
from lti.placements import NOTHING, Answer, Wish
from tutorai.access import authors, signed_in
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Assignment, Course, TocNode
from tutorai.lmsdm.schema import Actor, Kind
from tutorai.web.teacher import page

LINES = 1000  # of the course to choose from
DEEPEST = 3  # steps to the right; what is deeper stands there too
# What nobody reads in: there is nothing for the tutor to be about.
PASSED = frozenset({Kind.TOOL.value, Kind.LINK.value, Kind.HEADING.value, Kind.DISCUSSION.value})


@dataclass(frozen=True)
class Line:
    """One thing of the course to choose."""

    value: str  # "item:<our id>"
    title: str
    about: str
    depth: int = 0
    hidden: bool = False  # students do not see it now
    due: datetime | None = None


def first_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where a deep linking request brings somebody: the picker, or why there is none."""
    row = placements.request_of(actor)
    if "answered" in placements.accepted(row):
        return _sent(request, placements.given(row), again=True)
    why = _why_not(row, actor)
    if why:
        return render(request, "placing/refused.html", {"words": why.message})
    course = scope.course(actor, actor.course_id or "")
    lines = list(islice(_lines(actor, course), LINES))
    facts = {
        "course": course,
        "accepted": placements.accepted(row),
        "lines": lines,
        "sources": [line for line in lines if line.about != scope.ASSIGNMENT],
        "left_out": len(lines) == LINES,
    }
    return render(request, "placing/picker.html", facts)


def _why_not(row: LaunchSession, actor: Actor) -> Said | None:
    """Return why this person can place nothing here, in words for them and for a log."""
    if not actor.is_author:
        words = _("Only the teachers of a course place Tutor.AI in it. Nothing was added.")
        return Said(words, "not_an_author", words)
    if actor.course_id is None:
        words = _("Tutor.AI is placed in a course, and your learning platform named none.")
        return Said(words, "no_course", words)
    if actor.ended:
        words = _("This course has ended: nothing is placed in it any more.")
        return Said(words, "course_ended", words)
    if LINK not in placements.accepted(row)["types"]:
        words = _("At this place your learning platform takes no links to a tool like Tutor.AI.")
        return Said(words, "type_not_accepted", words)
    return None


def _lines(actor: Actor, course: Course) -> Iterator[Line]:
    """Yield the course's table of contents as it stands, then what is in no module."""
    nodes = list(scope.toc(actor).select_related("item").defer("item__body"))
    works = {
        (work.source, work.source_id): work for work in scope.assignments(actor).defer("content")
    }
    listed: set[UUID] = set()
    modules = {node.parent_id for node in nodes}
    for node, depth in scope.walked(nodes):
        line = _line(node, works, min(depth, DEEPEST), node.pk in modules)
        if line:
            listed.add(UUID(line.value.partition(":")[2]))
            yield line
    for work in works.values():
        if work.pk not in listed:
            yield _of_work(work)
    for item in scope.items(actor).defer("body").exclude(kind__in=PASSED).order_by("title"):
        known = item.pk in listed or (item.source, item.source_id) in works
        if not known and not item.unreadable:
            yield Line(f"item:{item.pk}", item.title, scope.ITEM, 0, not item.published)


def _line(
    node: TocNode, works: dict[tuple[str, str], Assignment], depth: int, module: bool
) -> Line | None:
    item = node.item
    if item is None:
        value = f"module:{node.pk}"
        shown = module and node.title
        return Line(value, node.title, scope.MODULE, depth, not node.published) if shown else None
    work = works.get((item.source, item.source_id))
    if work is not None:
        return _of_work(work, depth)
    if item.kind in PASSED or item.unreadable:
        return None
    hidden = not (node.published and item.published)
    return Line(f"item:{item.pk}", node.title or item.title, scope.ITEM, depth, hidden)


def _of_work(work: Assignment, depth: int = 0) -> Line:
    value = f"assignment:{work.pk}"
    return Line(value, work.title, scope.ASSIGNMENT, depth, not work.published, work.due_date)


def _place(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = request.POST
    wish = Wish(
        what=form.getlist("what"),
        parts=form.getlist("part"),
        sources=form.getlist("from"),
        points=form.get("points", "") if form.get("graded") else "",
    )
    why = _why_not(placements.request_of(actor), actor)
    if why:
        return render(request, "placing/refused.html", {"words": why.message})
    words = _("Tutor.AI was chosen. Save it, where your platform asks for that.")
    return _sent(request, placements.answer(actor, wish, Said(words, "placed")))


def _cancel(request: HttpRequest, actor: Actor) -> HttpResponse:
    why = _why_not(placements.request_of(actor), actor)
    said = why or Said(_("Nothing was added."), "cancelled")
    return _sent(request, placements.answer(actor, NOTHING, said))


def _sent(request: HttpRequest, answer: Answer | None, *, again: bool = False) -> HttpResponse:
    facts: dict[str, Any] = {"answer": answer, "again": again}
    return render(request, "placing/sent.html", facts)


place = page(_place, require_POST, roles=authors)
cancel = page(_cancel, require_POST, roles=signed_in)
