"""How far each kind of thing of a course was read: when, with which end, and from where to go on.

A kind's `cursor` holds {"since": …}, the LMS's own clock when the last reading of it began; it is
written after the last page was stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from connectors.base import Connector
from connectors.models import Connector as Row
from connectors.models import SyncCursor
from tutorai.errors import LMSError, LMSMisunderstood, LMSNotFound, LMSRefused, TutorError

COURSE, PEOPLE, SUBMISSIONS, QUIZZES = "course", "people", "submissions", "quizzes"
KINDS = (COURSE, PEOPLE, SUBMISSIONS, QUIZZES)
OVERLAP = timedelta(minutes=10)  # read twice: an LMS may date what it stores a little back
FULL = timedelta(hours=24)  # everything is compared at least as often
FAULTS = 200  # noted of one run; the rest is counted

# Of one kind alone: the others are read all the same.
ALONE = (LMSRefused, LMSNotFound, LMSMisunderstood)


@dataclass
class Outcome:
    """How the reading of one kind went."""

    seen: int = 0
    changed: int = 0
    missing: int = 0  # not told any more, and so many that they were left
    faults: list[dict[str, str]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)  # more for the cursor
    full: bool = True

    @property
    def status(self) -> SyncCursor.Status:
        """Green only without a single fault."""
        if self.missing:
            return SyncCursor.Status.SUSPECT
        return SyncCursor.Status.PARTIAL if self.faults else SyncCursor.Status.OK

    def note(self, item: str, error: TutorError) -> None:
        """Note what could not be read."""
        if len(self.faults) < FAULTS:
            self.faults.append({"item": item, "code": error.code})


def held(row: Row, course_id: UUID, kind: str) -> SyncCursor | None:
    """Return a kind's cursor; None before its first reading."""
    return SyncCursor.objects.filter(connector=row, course=course_id, kind=kind).first()


def due_whole(cursor: SyncCursor | None, asked: datetime | None) -> bool:
    """Whether everything is to be compared: nobody did since `asked`, or for a day."""
    if cursor is None or cursor.full_at is None:
        return True
    return cursor.full_at < max(timezone.now() - FULL, asked or cursor.full_at)


def since(cursor: SyncCursor | None, lms: Connector) -> datetime | None:
    """Return from when on to ask for what changed; None: for everything.

    The overlap is at least twice of what the LMS's clock and ours differ by.
    """
    told = cursor.cursor.get("since") if cursor else None
    if not told:
        return None
    clock = lms.clock()
    skew = abs(timezone.now() - clock) if clock else timedelta(0)
    return datetime.fromisoformat(told) - max(OVERLAP, 2 * skew)


@contextmanager
def reading(row: Row, course_id: UUID, kind: str) -> Iterator[Outcome]:
    """Write down how the reading of a kind ended.

    What this token may not read, or what was not understood, is noted, and the rest goes on; of
    the course itself it is an error as any other.
    """
    outcome = Outcome()
    try:
        yield outcome
    except LMSError as error:
        fail(row, course_id, kind, error)
        if kind == COURSE or not isinstance(error, ALONE):
            raise


def finish(lms: Connector, row: Row, course_id: UUID, kind: str, outcome: Outcome) -> None:
    """Write down that a kind was read to its end; what is stored by then is in the database."""
    now = timezone.now()
    cursor, _ = SyncCursor.objects.get_or_create(connector=row, course_id=course_id, kind=kind)
    cursor.status, cursor.error = outcome.status, ""
    cursor.faults = outcome.faults
    cursor.cursor = dict(outcome.told)
    if clock := lms.clock():
        cursor.cursor["since"] = clock.isoformat()
    if outcome.missing:
        cursor.cursor["missing"] = outcome.missing
    cursor.seen, cursor.changed = outcome.seen, outcome.changed
    cursor.generation = F("generation") + 1
    if outcome.status is SyncCursor.Status.OK:
        cursor.last_ok_at = now
    if outcome.full and not outcome.missing:
        cursor.full_at = now
    cursor.save()


def fail(row: Row, course_id: UUID, kind: str, error: TutorError) -> None:
    """Write down that a kind could not be read; what was read before stays, and where to go on."""
    cursor, _ = SyncCursor.objects.get_or_create(connector=row, course_id=course_id, kind=kind)
    cursor.status, cursor.error = SyncCursor.Status.FAILED, error.code
    cursor.save(update_fields=["status", "error", "tried_at"])
