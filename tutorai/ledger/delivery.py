"""A grade's way into the gradebook of an LMS, whatever happens on it.

Before the first try the bytes are frozen; that they may leave is written down before they do. So
whoever goes on after a crash or an unclear answer reads back first, and sends again only what
the LMS does not show. A grade that a person changed in the LMS is never overwritten silently.
The table of answers is data of each LMS (`outcomes.Rules`); this module is what follows from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from tutorai.errors import (
    GradeFailed,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnavailable,
    NotSent,
)
from tutorai.ledger import points
from tutorai.ledger.attempts import holding
from tutorai.ledger.grades import PENDING, State, replaced
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.ledger.outcomes import Answer, Grade, Gradebook, Outcome, Reading, same
from tutorai.ledger.waiting import scaled

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
        intent = _take(job)
        if not isinstance(intent, GradeIntent):
            return intent
        later = _Way(job, intent, opener(intent)).go()
        if later is not None:
            return later


def _take(job: Job) -> GradeIntent | datetime | None:
    """Return the grade to send now, or when the next one may leave, or None: there is none."""
    cell = cell_of(job)
    with holding(job):
        sending = cell.filter(state=State.SENDING).first()
        waiting = cell.filter(state__in=PENDING).first()
        if sending is not None and not (_released(waiting) and sending.posted_at is None):
            return sending
        if sending is not None:
            replaced(cell.filter(pk=sending.pk))
        if waiting is None:
            waiting = _given_up(cell)
        if waiting is None or (waiting.state == State.HELD and waiting.release_at is None):
            return None
        if not _released(waiting):
            return waiting.release_at
        waiting.state = State.SENDING
        waiting.save(update_fields=["state"])
        return waiting


def _released(waiting: GradeIntent | None) -> bool:
    """Whether it may leave: nobody holds it any more."""
    if waiting is None:
        return False
    held = waiting.state == State.HELD
    return not held or (waiting.release_at is not None and waiting.release_at <= timezone.now())


def _given_up(cell: QuerySet[GradeIntent]) -> GradeIntent | None:
    """The newest grade, when it is one that was given up: its job was dug up again."""
    last = cell.exclude(state__in=[State.UNDONE, State.REPLACED]).order_by("-version").first()
    return last if last is not None and last.state == State.DEAD else None


def cell_of(job: Job) -> QuerySet[GradeIntent]:
    """Return all grades there were for the cell a job is about."""
    named = {"line_item_id": job.payload["line_item"], "user_id": job.payload["user"]}
    return GradeIntent.objects.filter(**named).select_related("line_item")


@dataclass
class _Way:
    """One grade on its way."""

    job: Job
    intent: GradeIntent
    book: Gradebook

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
        try:
            return self.book.read()
        except LMSNotFound:
            if self.book.relocate():
                return self.book.read()
            self._gone()
            return None

    def _gone(self) -> None:
        self.intent.line_item.gone_at = timezone.now()
        self.intent.line_item.save(update_fields=["gone_at"])
        self._end(State.REJECTED, error=FINAL[Outcome.GONE])

    def _send(self, shown: Reading) -> None:
        """Send, unless the LMS has it, a person changed it there, or a newer one is waiting."""
        moved = False
        for _ in range(RESTAMPS + 1):
            if self._settled(shown):
                return
            answer = self._post()
            outcome = self.book.rules.outcome(answer)
            if outcome is Outcome.GONE and not moved and self.book.relocate():
                self._unsent()
                moved = True
                continue
            if outcome is not Outcome.STALE:
                self._heard(outcome, answer)
                return
            found = self._read()
            if found is None or self._settled(found):
                return
            shown = found
            self._restamp(shown)
        raise GradeFailed()

    def _settled(self, shown: Reading) -> bool:
        """Whether what the gradebook shows ends the matter."""
        if self.intent.posted_at is not None and self._shows(shown):
            self._end(State.DELIVERED)
        elif self._by_a_person(shown) and not self.intent.overwrite:
            self._end(State.SUPERSEDED, error="superseded", lms_points=shown.points)
        elif self._newer():
            with holding(self.job):
                replaced(self._cell().filter(pk=self.intent.pk))
        else:
            return False
        return True

    def _shows(self, shown: Reading) -> bool:
        """Whether the gradebook has this grade: its points, and its comment where points tell
        nothing. A comment that may have arrived is not sent twice: rather lost than double."""
        if not same(shown.points, shown.maximum, self.intent.points, self.intent.maximum):
            return False
        before = self._delivered()
        told = before is None or not same(
            before.points, before.maximum, self.intent.points, self.intent.maximum
        )
        if told or not self.intent.comment:
            return True
        if shown.comment is None:
            return self.book.rules.appends_comments
        return _plain(shown.comment) == _plain(self.intent.comment)

    def _by_a_person(self, shown: Reading) -> bool:
        """Whether the gradebook shows points that none of ours can have put there."""
        if shown.points is None:
            return False
        before = self._delivered()
        since = self._cell().filter(version__gt=before.version if before else 0)
        ours = [*since.exclude(posted_at=None), self.intent, *([before] if before else [])]
        return not any(same(shown.points, shown.maximum, g.points, g.maximum) for g in ours)

    def _newer(self) -> bool:
        waiting = self._cell().filter(state__in=PENDING).first()
        return _released(waiting)

    def _delivered(self) -> GradeIntent | None:
        return self._cell().filter(state=State.DELIVERED).order_by("-version").first()

    def _cell(self) -> QuerySet[GradeIntent]:
        return cell_of(self.job)

    def _post(self) -> Answer:
        """Send the frozen bytes; that they may have arrived is written down before they leave."""
        intent = self.intent
        if not intent.body:
            intent.stamp = intent.stamp or self._stamp(None)
            intent.body = self.book.write(
                Grade(intent.points, intent.maximum, intent.comment, intent.stamp)
            )
        intent.posted_at = timezone.now()
        with holding(self.job):
            intent.save(update_fields=["stamp", "body", "posted_at"])
        try:
            answer = self.book.send(intent.body)
        except NotSent:
            self._unsent()
            raise
        points.reach(points.AFTER_SEND)
        return answer

    def _unsent(self) -> None:
        """The LMS has surely not taken it."""
        self.intent.posted_at = None
        with holding(self.job):
            self.intent.save(update_fields=["posted_at"])

    def _stamp(self, shown: Reading | None) -> datetime:
        """Return a timestamp later than whatever the LMS may have."""
        step = self.book.rules.step
        last = self._delivered()
        known = [last.stamp if last else None, shown.at if shown else None]
        return max([timezone.now(), *(at + step for at in known if at is not None)])

    def _restamp(self, shown: Reading) -> None:
        """The clocks disagree, for what the LMS shows is ours: say it again, as of now."""
        self.intent.stamp = self._stamp(shown)
        self.intent.body = ""
        self.intent.posted_at = None
        self.intent.restamps += 1
        with holding(self.job):
            self.intent.save(update_fields=["stamp", "body", "posted_at", "restamps"])

    def _heard(self, outcome: Outcome, answer: Answer) -> None:
        """Do what the answer asks for."""
        if outcome is Outcome.DELIVERED:
            self._taken()
        elif outcome in FINAL:
            if outcome is Outcome.GONE:
                self._gone()
            else:
                self._end(State.REJECTED, error=FINAL[outcome])
        elif outcome is Outcome.UNCLEAR:
            raise LMSUnavailable(retry_after=answer.retry_after)
        else:
            self._unsent()
            if outcome is Outcome.THROTTLED:
                raise LMSThrottled(retry_after=answer.retry_after)
            if outcome is Outcome.FORBIDDEN:
                raise LMSRefused()
            raise GradeFailed()

    def _taken(self) -> None:
        """The LMS says it has it. Where that may change nothing people see, look."""
        if self.book.rules.verify:
            shown = self._read()
            if shown is None:
                return
            if not same(shown.points, shown.maximum, self.intent.points, self.intent.maximum):
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
        with holding(self.job):
            self._cell().filter(pk=self.intent.pk).update(state=state, **columns)
            Proposal.objects.filter(pk=self.intent.proposal_id).update(**proposal)


def _plain(text: str) -> str:
    """What is left of a comment however an LMS writes it."""
    return "".join(letter for letter in text if letter.isalnum())
