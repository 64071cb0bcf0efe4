"""How a draft is shown: as it is written, before it is approved, and what became of it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors import publishing as ways
from connectors.base import Draft
from connectors.exchange.formats import FORMATS
from connectors.exchange.markup import plain
from connectors.exchange.terms import Format, Limit, bare, faults
from lti import services
from tutorai import errors, publishing
from tutorai.ledger import outbox
from tutorai.ledger.models import Job, Proposal, Publication
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor, Question, Quiz
from tutorai.web import asking
from tutorai.web.asking import Typed

SHOWN = 100  # of what was sent
EXCERPT = 120  # characters of a question in a list
KINDS = {
    Draft.PAGE.value: gettext_lazy("Page"),
    Draft.ANNOUNCEMENT.value: gettext_lazy("Announcement"),
    Draft.QUIZ.value: gettext_lazy("Quiz"),
}
NAMES = {"canvas": "Canvas", "moodle": "Moodle", "blackboard": "Blackboard"}


@dataclass(frozen=True)
class Standing:
    """How something approved stands."""

    row: Publication
    job: Job | None

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.row.proposal.payload["title"])

    @property
    def kind(self) -> str | Promise:
        """What it is."""
        return KINDS[self.row.kind]

    @property
    def since(self) -> datetime | None:
        """When the LMS stopped answering for it; None: it answers."""
        return self.job.away_since if self.job else None

    @property
    def moving(self) -> bool:
        """Whether it is on its way."""
        return self.row.state in outbox.PENDING or self.job is not None

    @property
    def cause(self) -> str:
        """Why it is not there, in words."""
        return errors.words(self.row.error) if self.row.error else ""


def standings(actor: Actor) -> list[Standing]:
    """Return what was approved, with the jobs that bring it."""
    rows = list(publishing.published(actor)[:SHOWN])
    keys = [str(row.pk) for row in rows]
    live = Job.objects.filter(kind=outbox.KIND, key__in=keys, state__in=Job.LIVE)
    jobs = {job.key: job for job in live}
    return [Standing(row, jobs.get(str(row.pk))) for row in rows]


def facts(actor: Actor) -> dict[str, Any]:
    """What each of these pages shows."""
    course = scope.course(actor, actor.course_id or "")
    connected, taken = ways.takes(course)
    row = ways.connection(course)
    family = row.lms if row else services.family(course)
    return {
        "family": family,
        "actor": actor,
        "course": course,
        "lms": connected or NAMES.get(family, "") or _("your learning platform"),
        "connected": bool(connected),
        "takes": {draft.value for draft in taken},
        "kinds": KINDS,
        "may": not actor.ended and not actor.acted_by,
    }


def shown(request: HttpRequest, actor: Actor, proposal: Proposal, **more: Any) -> HttpResponse:
    """A draft as it is written, or, once it is none, as it was sent."""
    if proposal.state != Proposal.State.DRAFT:
        return summary(request, actor, proposal)
    told = {"proposal": proposal, "seal": publishing.seal(proposal), **facts(actor)}
    if proposal.kind == Draft.QUIZ:
        return _quiz(request, proposal, {**told, **more})
    typed = {"title": proposal.payload["title"], "text": proposal.payload["text"]}
    typed["text"] = typed["text"] or proposal.payload["html"]
    told |= {"kind": KINDS[proposal.kind], "typed": typed, "html": proposal.payload["html"]}
    return render(request, "teacher/publish_write.html", {**told, **more})


def summary(request: HttpRequest, actor: Actor, proposal: Proposal, **more: Any) -> HttpResponse:
    """What it says and what will happen, before somebody approves it; or what became of it."""
    sent = publishing.published(actor).filter(proposal=proposal).first()
    known = facts(actor)
    told = {
        "proposal": proposal,
        "seal": publishing.seal(proposal),
        "kind": KINDS[proposal.kind],
        "draft": proposal.state == Proposal.State.DRAFT,
        "taken": proposal.kind in known["takes"],
        "lacks": publishing.lacks(proposal),
        "html": proposal.payload.get("html", ""),
        "quiz": publishing.quiz(proposal),
        "standing": next((one for one in standings(actor) if sent and one.row == sent), None),
        "files": _files(proposal, known["family"]),
    }
    return render(request, "teacher/publish_send.html", {**known, **told, **more})


def _files(proposal: Proposal, family: str) -> list[tuple[str, Format, list[Limit], bool]]:
    """Return the files that a quiz can be had as: name, format, what each cannot say.

    Those that the course's own platform imports come first.
    """
    asked = publishing.quiz(proposal)
    if asked is None:
        return []
    ours = sorted(FORMATS.items(), key=lambda one: one[1].lms != family)
    told = [(name, form, form.limits(asked)) for name, form in ours]
    return [(name, form, limits, any(one.refused for one in limits)) for name, form, limits in told]


def _quiz(request: HttpRequest, proposal: Proposal, told: Mapping[str, Any]) -> HttpResponse:
    """A quiz that is being written."""
    quiz = publishing.quiz(proposal) or Quiz(title="")
    typed = Typed(dict(proposal.payload.get("typed", {})))
    settings = {
        "title": quiz.title,
        "description": typed.source(quiz.description),
        "minutes": quiz.minutes or "",
        "attempts": quiz.attempts or "",
        "shuffle": quiz.shuffle,
    }
    lines = [
        {
            "name": asking.NAMES.get(one.ask, _("Unknown")),
            "text": one.title or _excerpt(one),
            "points": bare(one.points),
            "wrong": next(iter(faults(one)), ""),
        }
        for one in quiz.questions
    ]
    more = {"typed": settings, "lines": lines, "asks": asking.NAMES.items()}
    return render(request, "teacher/publish_quiz.html", {**more, **told})


def _excerpt(question: Question) -> str:
    words = " ".join(plain(question.text).split())
    return f"{words[:EXCERPT]}…" if len(words) > EXCERPT else words
