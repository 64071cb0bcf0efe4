"""The way of a page, an announcement or a quiz into an LMS: once, whatever happens on it.

That it may leave is written down before it does. So whoever goes on after a crash or an unclear
answer first looks for its mark in the LMS, and finishes only what is missing there. What left
nothing behind for sure (`NotSent`) is looked for all the same: a quiz goes in several calls.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from connectors import registry
from connectors.base import Draft, Published, Publisher, Publishing
from connectors.models import Connector
from tutorai.errors import (
    LMSError,
    LMSNotFound,
    LMSRefused,
    LMSUnauthorised,
    LMSUnavailable,
    NotSent,
)
from tutorai.ledger import audit, jobs, outbox, points
from tutorai.ledger.attempts import holding
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job, Proposal, Publication
from tutorai.ledger.outbox import State
from tutorai.ledger.waiting import scaled
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Quiz

SETTLE = timedelta(minutes=1)  # a request without an answer may still be under way so long
UNSENT = "unsent"  # in `steps`: nothing of the last try is under way


@dataclass(frozen=True)
class Door:
    """A way into one course of an LMS."""

    lms: str  # what people call it
    publisher: Publisher
    course_id: str  # the LMS's


Opener = Callable[[Course], Door]


def connection(course: Course) -> Connector | None:
    """Return the connection of a course, if somebody still allows it."""
    rows = Connector.objects.filter(course=course).exclude(external_id="")
    return rows.exclude(status=Connector.Status.PAUSED).first()


def door(row: Connector) -> Door | None:
    """Return the way that a connection opens; None where its LMS takes nothing."""
    dialect = registry.dialect(row.lms)
    publisher = registry.publisher(row)
    return Door(dialect.title, publisher, row.external_id) if publisher else None


def takes(course: Course) -> tuple[str, frozenset[Draft]]:
    """Return what the course's LMS is called ("": no connection), and what it can be sent."""
    row = connection(course)
    if row is None:
        return "", frozenset()
    opened = door(row)
    return registry.dialect(row.lms).title, opened.publisher.takes if opened else frozenset()


def opened(course: Course) -> Door:
    """Return the way into a course; raise LMSUnauthorised when nobody connected it, or any more."""
    row = connection(course)
    found = door(row) if row else None
    if found is None:
        raise LMSUnauthorised()
    return found


def deliver(job: Job, opener: Opener = opened) -> datetime | None:
    """Bring what was approved to the LMS; return when to go on, if later.

    Raises LMSError for what another try may mend, or a person.
    """
    row = _take(job)
    return _Way(job, row, opener).go() if row is not None else None


def _take(job: Job) -> Publication | None:
    """Return what is to be brought there now; None: nothing (any more)."""
    wanted = {*outbox.PENDING, *([State.DEAD] if jobs.REPLAYED in job.payload else [])}
    with holding(job):
        rows = outbox.of(job).select_related("proposal", "course")
        row = rows.select_for_update(of=("self",)).first()
        if row is None or row.state not in wanted:
            return None
        row.state = State.SENDING
        row.save(update_fields=["state"])
        return row


@dataclass
class _Way:
    """One publication on its way."""

    job: Job
    row: Publication
    opener: Opener

    def go(self) -> datetime | None:
        """Bring it there. Returns when to look again, where that is too early now."""
        tried = self.row.posted_at
        if tried is not None and not self.row.steps.get(UNSENT):
            settled = tried + scaled(SETTLE)
            if settled > timezone.now():
                return settled
        way, what = self.opener(self.row.course), _said(self.row)
        begun = way.publisher.find(way.course_id, what) if tried is not None else None
        if begun is None or not begun.whole:
            begun = self._send(way, what, begun)
        if begun is not None:
            self._done(begun)
        return None

    def _send(self, way: Door, what: Publishing, begun: Published | None) -> Published | None:
        """Send it, or the rest of it; None when the LMS will not take it, which is written down."""
        self._marked(begun)
        try:
            made = way.publisher.publish(way.course_id, what, begun)
        except NotSent:
            self._keep(steps={**self.row.steps, UNSENT: True})
            raise
        except (LMSRefused, LMSNotFound) as error:
            self._refused(error, _standing(way, what))
            return None
        points.reach(points.AFTER_SEND)
        if not made.whole:
            self._found(made)
            raise LMSUnavailable()  # as far as anybody can say; the rest follows
        return made

    def _marked(self, begun: Published | None) -> None:
        """Write down, before anything leaves, that it may have arrived from now on."""
        steps = {name: value for name, value in self.row.steps.items() if name != UNSENT}
        self._keep(posted_at=timezone.now(), steps=steps)
        if begun is not None:
            self._found(begun)

    def _found(self, published: Published) -> None:
        self._keep(external_id=published.external_id, url=published.url)

    def _done(self, published: Published) -> None:
        points.reach(points.BEFORE_COMMIT)
        with holding(self.job):
            self._set(
                state=State.DONE,
                error="",
                external_id=published.external_id,
                url=published.url,
                done_at=timezone.now(),
            )
            self._proposal(state=Proposal.State.DONE, reason="")
            self._remember(Verb.DRAFT_PUBLISHED)

    def _refused(self, error: LMSError, half: Published | None) -> None:
        with holding(self.job):
            told = {"external_id": half.external_id, "url": half.url} if half else {}
            self._set(state=State.REJECTED, error=error.code, **told)
            self._proposal(state=Proposal.State.REFUSED, reason=error.code)

    def _keep(self, **told: object) -> None:
        with holding(self.job):
            self._set(**told)

    def _set(self, **told: object) -> None:
        for name, value in told.items():
            setattr(self.row, name, value)
        self.row.save(update_fields=list(told))

    def _proposal(self, **told: str) -> None:
        Proposal.objects.filter(pk=self.row.proposal_id).update(**told)

    def _remember(self, verb: Verb) -> None:
        audit.record(
            verb=verb,
            object_kind="publication",
            object_id=self.row.pk,
            institution=self.row.institution_id,
            course=self.row.course_id,
        )


def _standing(way: Door, what: Publishing) -> Published | None:
    """Return what stands in the LMS of something it would not take whole, if it can be told."""
    try:
        return way.publisher.find(way.course_id, what)
    except LMSError:
        return None


def _said(row: Publication) -> Publishing:
    """Return what was approved, as a publisher takes it."""
    told = row.proposal.payload
    quiz = told.get("quiz")
    return Publishing(
        draft=Draft(row.kind),
        mark=row.mark,
        title=told["title"],
        html=told.get("html", ""),
        quiz=Quiz.model_validate(quiz) if quiz else None,
    )
