"""A grade's way into the gradebook of an LMS, whatever happens on it.

Before the first try the bytes are frozen; that they may leave is written down before they do. So
whoever goes on after a crash or an unclear answer reads back first, and sends again only what
the LMS does not show. A grade that a person changed in the LMS is never overwritten silently.
The table of answers is data of each LMS (`outcomes.Rules`); this module is what follows from it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from tutorai.errors import (
    GradeFailed,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnavailable,
    NotSent,
)
from tutorai.ledger import audit, jobs, points
from tutorai.ledger.attempts import holding
from tutorai.ledger.audit import Verb
from tutorai.ledger.grades import ASIDE, PENDING, State, cell_of, replaced
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.ledger.outcomes import Answer, Grade, Gradebook, Outcome, Reading, same
from tutorai.ledger.waiting import scaled

logger = logging.getLogger(__name__)

SETTLE = timedelta(minutes=1)  # a request without an answer may still be under way so long
RESTAMPS = 3  # new timestamps in one try, when clocks disagree
OVERRIDDEN = "overridden"  # taken, but the gradebook goes on showing a person's grade
# Answers after which another try makes no sense.
FINAL = {
    Outcome.NOT_GRADABLE: "not_gradable",
    Outcome.NO_ATTEMPTS: "no_attempts",
    Outcome.REFUSED: "grade_refused",
    Outcome.GONE: "column_gone",
}

Opener = Callable[[GradeIntent], Gradebook]


def deliver(job: Job, opener: Opener) -> datetime | None:
    """Bring the cell's grades to the LMS, one after the other; return when to go on, if later.

    Raises LMSError for what another try may mend, or an operator.
    """
    while True:
        taken = _take(job)
        if not isinstance(taken, Taken):
            return taken
        way = _Way(job, taken, opener(taken.intent))
        later = way.go()
        if later is not None or (taken.last and not way.asked):
            return later


@dataclass(frozen=True)
class Taken:
    """The grade to send now; `last`: nothing else waits, unless the job is asked for again."""

    intent: GradeIntent
    last: bool = False


def _take(job: Job) -> Taken | datetime | None:
    """Return the grade to send now, or when the next one may leave, or None: there is none."""
    cell = cell_of(job)
    with holding(job):
        live = {intent.state in PENDING: intent for intent in _live(cell)}
        sending, waiting = live.get(False), live.get(True)
        if sending is not None:
            free = sending.posted_at is None and waiting is not None and _released(waiting)
            newer = _overtake(cell, sending, waiting) if free and waiting else None
            return Taken(newer or sending, last=waiting is None)
        if waiting is None and jobs.REPLAYED in job.payload:
            waiting = _given_up(cell)
        if waiting is None or (waiting.state == State.HELD and waiting.release_at is None):
            return None
        return Taken(_off(waiting), last=True) if _released(waiting) else waiting.release_at


def _live(cell: QuerySet[GradeIntent]) -> QuerySet[GradeIntent]:
    """What is on its way and what waits, at most one of each, ours until the transaction ends:
    nobody takes it back meanwhile."""
    rows = cell.filter(state__in=[State.SENDING, *PENDING]).order_by("version")
    return rows.select_for_update(of=("self",))


def _off(waiting: GradeIntent) -> GradeIntent:
    waiting.state = State.SENDING
    waiting.save(update_fields=["state"])
    return waiting


def _overtake(cell: QuerySet[GradeIntent], sending: GradeIntent, newer: GradeIntent) -> GradeIntent:
    """Put `sending` aside for a newer grade that may leave; return that one."""
    replaced(cell.filter(pk=sending.pk))
    return _off(newer)


def _released(waiting: GradeIntent) -> bool:
    """Whether it may leave: nobody holds it any more."""
    held = waiting.state == State.HELD
    return not held or (waiting.release_at is not None and waiting.release_at <= timezone.now())


def _given_up(cell: QuerySet[GradeIntent]) -> GradeIntent | None:
    """The newest grade, when it is one that was given up: its job was dug up again."""
    last = cell.exclude(state__in=ASIDE).order_by("-version").first()
    return last if last is not None and last.state == State.DEAD else None


@dataclass
class _Way:
    """One grade on its way."""

    job: Job
    taken: Taken
    book: Gradebook
    earlier: datetime | None = None  # `posted_at` before the last sending
    looked_at: datetime = field(default_factory=timezone.now)
    asked: bool = False  # somebody asked for the job meanwhile: whoever lets a grade go does

    @property
    def intent(self) -> GradeIntent:
        """The grade."""
        return self.taken.intent

    def go(self) -> datetime | None:
        """Bring it there. Returns when to look again, where that is too early now."""
        if self.intent.posted_at is not None:
            settled = self.intent.posted_at + scaled(SETTLE)
            if settled > timezone.now():
                return settled
        shown = self._read()
        if shown is not None:
            self._send(shown)
        return None

    def _read(self) -> Reading | None:
        """Return what the gradebook shows; None: the column is gone, and that is written down."""
        self.looked_at = timezone.now()
        try:
            return self.book.read()
        except LMSNotFound:
            return self._elsewhere()

    def _elsewhere(self) -> Reading | None:
        """Return what the column shows where it is now; None as above."""
        if self.book.relocate():
            self.looked_at = timezone.now()
            try:
                return self.book.read()
            except LMSNotFound:
                logger.info("Line item %s is gone where it went, too", self.intent.line_item_id)
        self._gone()
        return None

    def _gone(self) -> None:
        with holding(self.job):
            self.intent.line_item.gone_at = timezone.now()
            self.intent.line_item.save(update_fields=["gone_at"])
        self._end(State.REJECTED, error=FINAL[Outcome.GONE])

    def _send(self, shown: Reading | None) -> None:
        """Send, unless the LMS has it, a person changed it there, or a newer one is waiting."""
        moved, stale = False, 0
        while shown is not None and not self._settled(shown):
            if stale > RESTAMPS:
                raise GradeFailed()
            if stale or (self.intent.posted_at is not None and self._by_a_person(shown)):
                self._restamp(shown)
            answer = self._post()
            if answer is None:
                return
            outcome = self.book.rules.outcome(answer)
            if outcome is Outcome.GONE and not moved:
                self._unsent()
                moved, shown = True, self._elsewhere()
            elif outcome is Outcome.STALE:
                stale += 1
                shown = self._refused()
            else:
                self._heard(outcome, answer)
                return

    def _refused(self) -> Reading | None:
        """The LMS has one as new: see whose. Return what it shows, None when that ends it."""
        shown = self._read()
        if shown is None:
            return None
        if self._shows(shown):
            self._end(State.DELIVERED)
            return None
        self._unsent()
        return shown

    def _settled(self, shown: Reading) -> bool:
        """Whether what the gradebook shows ends the matter."""
        if self.intent.posted_at is not None and self._shows(shown):
            self._end(State.DELIVERED)
        elif self._by_a_person(shown) and not self.intent.overwrite:
            self._end(State.SUPERSEDED, error="superseded", lms_points=shown.points)
        else:
            return False
        return True

    def _overtaken(self) -> bool:
        """Whether a newer grade may leave instead; this one is put aside for it then."""
        if self.taken.last and not self.asked:
            return False
        waiting = [intent for intent in _live(self._cell()) if intent.state in PENDING]
        if not waiting or not _released(waiting[0]):
            return False
        _overtake(self._cell(), self.intent, waiting[0])
        return True

    def _shows(self, shown: Reading) -> bool:
        """Whether the gradebook has this grade: its points, and its comment where points tell
        nothing. A comment that may have arrived is not sent twice: rather lost than double."""
        if not self._is(self.intent, shown.points, shown.maximum):
            return False
        before = self._delivered()
        told = before is None or not self._is(self.intent, before.points, before.maximum)
        if told or not self.intent.comment:
            return True
        if shown.comment is None:
            return self.book.rules.appends_comments
        return _plain(shown.comment) == _plain(self.intent.comment)

    def _is(self, grade: GradeIntent, points: Decimal | None, maximum: Decimal | None) -> bool:
        """Whether those points are this grade's, as the LMS takes it."""
        taken = grade.points if self.book.rules.extra_credit else min(grade.points, grade.maximum)
        of = self.intent.line_item.maximum if maximum is None else maximum
        return same(points, of, taken, grade.maximum)

    def _by_a_person(self, shown: Reading) -> bool:
        """Whether the gradebook shows points that none of ours can have put there."""
        if shown.points is None:
            return False
        before = self._delivered()
        since = self._cell().filter(version__gt=before.version if before else 0)
        ours = [*since.exclude(posted_at=None), self.intent, *([before] if before else [])]
        return not any(self._is(grade, shown.points, shown.maximum) for grade in ours)

    def _delivered(self) -> GradeIntent | None:
        return self._cell().filter(state=State.DELIVERED).order_by("-version").first()

    def _cell(self) -> QuerySet[GradeIntent]:
        return cell_of(self.job)

    def _post(self) -> Answer | None:
        """Send the frozen bytes; that they may have arrived is written down before they leave.

        Returns None when a newer grade is to be sent instead.
        """
        intent = self.intent
        if not intent.body:
            intent.stamp = self._stamp(None)
            intent.body = self._body(intent.stamp, intent.comment)
        self.earlier = intent.posted_at
        intent.posted_at = timezone.now()
        with holding(self.job) as self.asked:
            if self._overtaken():
                return None
            intent.save(update_fields=["stamp", "body", "posted_at"])
        try:
            answer = self.book.send(intent.body)
        except NotSent:
            self._unsent()
            raise
        points.reach(points.AFTER_SEND)
        return answer

    def _unsent(self) -> None:
        """The LMS has surely not taken what was just sent; what was sent earlier it may have."""
        self.intent.posted_at = self.earlier
        with holding(self.job):
            self.intent.save(update_fields=["posted_at"])

    def _body(self, at: datetime, comment: str) -> str:
        return self.book.write(Grade(self.intent.points, self.intent.maximum, comment, at))

    def _stamp(self, shown: Reading | None) -> datetime:
        """Return a timestamp later than whatever the LMS may have, and not later than our look:
        so what a person changes there after it is newer, and refuses ours."""
        step = self.book.rules.step
        ours = self.intent.stamp
        if self.intent.version > 1:
            ours = self._cell().aggregate(last=Max("stamp"))["last"]
        known = [ours, shown.at if shown else None]
        return max([self.looked_at, *(at + step for at in known if at is not None)])

    def _restamp(self, shown: Reading) -> None:
        """Say it as of now: the clocks disagree, or a person's grade is to be overwritten.

        Where comments are appended, one that may have arrived is left out from now on.
        """
        intent, at = self.intent, self._stamp(shown)
        said = intent.posted_at is not None or intent.body == self._body(intent.stamp or at, "")
        silent = said and self.book.rules.appends_comments
        intent.stamp = at
        intent.body = self._body(at, "" if silent else intent.comment)
        intent.restamps += 1
        with holding(self.job):
            intent.save(update_fields=["stamp", "body", "restamps"])

    def _heard(self, outcome: Outcome, answer: Answer) -> None:
        """Do what the answer asks for."""
        if outcome is Outcome.DELIVERED:
            self._taken()
            return
        if outcome is Outcome.UNCLEAR:
            raise LMSUnavailable(retry_after=answer.retry_after)
        self._unsent()
        if outcome is Outcome.GONE:
            self._gone()
        elif outcome in FINAL:
            self._end(State.REJECTED, error=FINAL[outcome])
        elif outcome is Outcome.THROTTLED:
            raise LMSThrottled(retry_after=answer.retry_after)
        elif outcome is Outcome.FORBIDDEN:
            raise LMSRefused()
        else:
            raise GradeFailed()

    def _taken(self) -> None:
        """The LMS says it has it. Where that may change nothing people see, look."""
        if self.book.rules.verify:
            shown = self._read()
            if shown is None:
                return
            if not self._is(self.intent, shown.points, shown.maximum):
                state = State.REJECTED if self.intent.overwrite else State.SUPERSEDED
                self._end(state, error=OVERRIDDEN, lms_points=shown.points)
                return
        self._end(State.DELIVERED)

    def _end(self, state: State, **columns: Any) -> None:
        """Write down how it ended, and so for the proposal it came from."""
        points.reach(points.BEFORE_COMMIT)
        done = state == State.DELIVERED
        if done:
            columns["delivered_at"] = timezone.now()
        proposal = {
            "state": Proposal.State.DONE if done else Proposal.State.REFUSED,
            "reason": "" if done else columns["error"],
        }
        with holding(self.job) as self.asked:
            self._cell().filter(pk=self.intent.pk).update(state=state, **columns)
            Proposal.objects.filter(pk=self.intent.proposal_id).update(**proposal)
            if done:
                self._remember()

    def _remember(self) -> None:
        """Write down that the system did what a person approved."""
        audit.record(
            verb=Verb.GRADE_DELIVERED,
            object_kind="grade",
            object_id=self.intent.pk,
            subject=self.intent.user_id,
            institution=self.intent.institution_id,
            course=self.intent.line_item.course_id,
        )


def _plain(text: str) -> str:
    """What is left of a comment however an LMS writes it."""
    return "".join(letter for letter in text if letter.isalnum())
