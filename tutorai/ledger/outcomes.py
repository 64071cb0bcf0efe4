"""What an LMS may answer to a grade, and what each answer means: the words of the outcome table.

The table itself is data of each LMS (`lti.platforms`, `connectors.<lms>.grading`); what follows
from an outcome is the same everywhere and stands in `tutorai.ledger.grades`. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

NEAR = Decimal("0.01")  # points by which an LMS may round


class Outcome(StrEnum):
    """What an answer means for the grade."""

    DELIVERED = "delivered"
    STALE = "stale"  # the LMS has one as new or newer: read back who wrote it
    NOT_GRADABLE = "not_gradable"  # nobody who can be given a grade here
    GONE = "gone"  # the column is not there any more
    FORBIDDEN = "forbidden"  # the column is not ours, or the right to grade is missing
    NO_ATTEMPTS = "no_attempts"  # the person's attempts are used up
    REFUSED = "refused"  # the request itself is not taken: sending it again will not help
    THROTTLED = "throttled"  # nothing was done; later
    FAILED = "failed"  # this one grade fails (a locked column), the LMS itself is well
    UNCLEAR = "unclear"  # it may have been taken or not: read back


@dataclass(frozen=True)
class Answer:
    """What came back for a grade. `text` is the reason phrase and the body's beginning."""

    status: int
    text: str = ""
    retry_after: float | None = None  # seconds, as the LMS asks


@dataclass(frozen=True)
class Reading:
    """What the gradebook shows for one person now; `points` None: nothing."""

    points: Decimal | None = None
    maximum: Decimal | None = None  # what they are out of; None: of the column's maximum
    comment: str | None = None  # the newest; None: the LMS does not tell
    at: datetime | None = None  # when it was changed last, where the LMS tells


@dataclass(frozen=True)
class Rule:
    """One line of an LMS's table: `says` is looked for in the answer's text, case ignored."""

    status: frozenset[int]
    outcome: Outcome
    says: str = ""

    def fits(self, answer: Answer) -> bool:
        """Whether the line speaks of this answer."""
        told = not self.says or re.search(self.says, answer.text, re.IGNORECASE)
        return answer.status in self.status and bool(told)


# What follows the LMS's own lines, whatever the LMS.
USUAL = (
    Rule(frozenset({429}), Outcome.THROTTLED),
    Rule(frozenset({401, 403}), Outcome.FORBIDDEN),
    Rule(frozenset({404, 410}), Outcome.GONE),
    Rule(frozenset(range(200, 300)), Outcome.DELIVERED),
    Rule(frozenset(range(400, 500)), Outcome.REFUSED),
)


@dataclass(frozen=True)
class Rules:
    """How one LMS takes grades. The first line of `table` that fits counts, then `USUAL`."""

    name: str
    table: tuple[Rule, ...] = ()
    step: timedelta = timedelta(milliseconds=1)  # the resolution of its timestamps
    appends_comments: bool = False  # every sending adds one more comment (else it replaces it)
    verify: bool = False  # "taken" may change nothing that people see: read back afterwards
    extra_credit: bool = False  # more points than the maximum are taken as they are
    line_break: str = "\n"  # in a comment
    filters_results: bool = True  # results of one person tell all there is to tell of them
    extras: Mapping[str, Any] = field(default_factory=dict)  # more members of a score

    def outcome(self, answer: Answer) -> Outcome:
        """Return what an answer means; what no line speaks of is unclear."""
        lines = (*self.table, *USUAL)
        return next((line.outcome for line in lines if line.fits(answer)), Outcome.UNCLEAR)


@dataclass(frozen=True)
class Grade:
    """What is to be sent, before it is written in the LMS's own form."""

    points: Decimal
    maximum: Decimal
    comment: str  # empty: none, or none any more
    at: datetime  # the score's timestamp


class Gradebook(Protocol):
    """One person's cell in one column of one LMS."""

    rules: Rules

    def read(self) -> Reading:
        """Return what the LMS shows now; raise LMSError (LMSNotFound: the column is gone)."""

    def write(self, grade: Grade) -> str:
        """Return the body that says so, in one line; nothing is sent."""

    def send(self, body: str) -> Answer:
        """Send it once. Raises NotSent when nothing left here, LMSUnavailable when none can say."""

    def relocate(self) -> bool:
        """Look the column up anew, once it was gone; whether it is somewhere else now."""


def same(one: Decimal | None, of: Decimal | None, other: Decimal, maximum: Decimal) -> bool:
    """Whether `one` out of `of` is `other` out of `maximum`, as near as an LMS rounds."""
    if one is None:
        return False
    if of and of != maximum:
        one = one * maximum / of
    return abs(one - other) <= NEAR
