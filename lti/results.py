"""What a platform's gradebook shows: the results of one column. AGS 2.0, 3.3."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, WrapValidator

from lti.services import Door, Payload, beneath, understood
from tutorai.errors import LMSMisunderstood
from tutorai.ledger.outcomes import Reading

SCOPES = frozenset({"https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"})
TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
MOST = 10**9  # points nobody gives


def or_none(value: Any, read: Callable[[Any], Any]) -> Any:
    """Return what is told besides, or None where it is nothing we know: the rest still counts."""
    try:
        return read(value)
    except ValueError:
        return None


Points = Annotated[Decimal, Field(gt=-MOST, lt=MOST)]
Moment = Annotated[AwareDatetime | None, WrapValidator(or_none)]


class Result(Payload):
    """What is shown for one person; Moodle leaves the score out where there is none."""

    userId: str
    resultScore: Points | None = None
    resultMaximum: Points | None = None
    comment: str | None = None
    timestamp: Moment = None  # Moodle's own

    @property
    def reading(self) -> Reading:
        """The result in our words."""
        return Reading(
            points=self.resultScore,
            maximum=self.resultMaximum,
            comment=self.comment,
            at=self.timestamp,
        )


def read(door: Door, url: str, *, user_id: str = "") -> list[Result]:
    """Return the results of the column at `url`, all or one person's; raise LMSError.

    Never with a limit: Moodle answers 404 to that.
    """
    asked = {"user_id": user_id} if user_id else {}
    found: list[Result] = []
    for page in door.pages(beneath(url, "/results", **asked), need=SCOPES, accept=TYPE):
        if not isinstance(page, list):
            raise LMSMisunderstood()
        found += [understood(Result, told) for told in page]
    return found
