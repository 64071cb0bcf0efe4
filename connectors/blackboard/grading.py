"""Grades over Blackboard's REST API: for columns of a teacher's own, which AGS does not reach.

Quirks: what is written posts at once, as an override of whatever attempts there are; there is no
timestamp, the last one wins; feedback is replaced; a cell that nobody has opened yet may be a 404
of its own, which passes.

Source: https://developer.anthology.com/portal/displayApi (Course Grades: Update Column Grade)
"""

import json
import re
from decimal import Decimal
from urllib.parse import quote, urlsplit

from connectors import asked_again
from connectors.asked_again import NOBODY, SHOWN
from connectors.blackboard import payloads
from connectors.blackboard.payloads import read
from connectors.blackboard.wire import API, Wire, meaning
from connectors.models import Connector
from connectors.quota import Spend
from connectors.tokens import Stored
from tutorai.errors import LMSNotFound
from tutorai.ledger.outcomes import Answer, Grade, Outcome, Reading, Rule, Rules
from tutorai.lmsdm.models import LineItem

CENT = Decimal("0.01")
EMPTY = "not yet been populated"
NUMBER = re.compile(r"_\d+_\d+")

RULES = Rules(
    name="blackboard_rest",
    table=(
        # The gradebook fills its cells when it is first opened: later it is there.
        Rule(frozenset({404}), Outcome.THROTTLED, EMPTY),
        # Asked again, the column itself was there.
        Rule(frozenset({404}), Outcome.NOT_GRADABLE, NOBODY),
        Rule(frozenset({400, 409, 422}), Outcome.REFUSED),
    ),
    extra_credit=True,
    line_break="<br/>",  # feedback is HTML; its own line breaks are lost (hypothesis/lms)
)


class Cell:
    """One student's grade in one column (`tutorai.ledger.outcomes.Gradebook`).

    `line_item.url` is the column's address; `user_id` the student's id there, or their uuid as
    LTI tells it.
    """

    rules = RULES

    def __init__(self, connector: Connector, line_item: LineItem, user_id: str) -> None:
        self._wire = Wire(connector.base_url, Stored(connector), Spend.GRADES)
        self._column = urlsplit(line_item.url).path.partition(f"{API}/")[2]
        name = user_id if NUMBER.fullmatch(user_id) or ":" in user_id else f"uuid:{user_id}"
        self._path = f"{self._column}/users/{quote(name, safe=':')}"
        self._maximum = line_item.maximum

    def read(self) -> Reading:
        """Return what the gradebook shows; raise LMSError (LMSNotFound: the column is gone).

        Nothing for somebody who is not in the course, or whose cell was never opened.
        """
        try:
            told = self._wire.get(self._path)
        except LMSNotFound:
            if not self._there():
                raise
            return Reading()
        found = read(payloads.Grade, told)
        shown = found.display_grade
        return Reading(
            points=found.score if found.score is not None else shown.score if shown else None,
            maximum=self._maximum,
            comment=found.feedback,
            at=found.overridden,
        )

    def write(self, grade: Grade) -> str:
        """Return the JSON, in points of the column's own maximum; feedback only if any."""
        points = grade.points
        if self._maximum and self._maximum != grade.maximum:
            points = points * self._maximum / grade.maximum
        body: dict[str, object] = {"score": float(points.quantize(CENT))}
        if grade.comment:
            body["feedback"] = grade.comment
        return json.dumps(body)

    def send(self, body: str) -> Answer:
        """Send it once. Raises NotSent, LMSUnavailable and LMSUnauthorised."""
        response = self._wire.submit("PATCH", self._path, json.loads(body))
        lost = response.status_code == 404 and EMPTY not in response.text[:SHOWN]
        wrong = None if response.is_success else meaning(response)
        return asked_again.answer(
            response.status_code,
            response.reason_phrase,
            response.text,
            wrong,
            nobody=lost and self._there(),
        )

    def _there(self) -> bool:
        """Whether the column itself is still there."""
        return asked_again.there(lambda: self._wire.get(self._column))

    def relocate(self) -> bool:
        """A column's address never changes; return False."""
        return False


def column(connector: Connector, own: str) -> str:
    """Return the address of a column by its id."""
    base = f"{connector.base_url.rstrip('/')}{API}"
    return f"{base}/v2/courses/{connector.external_id}/gradebook/columns/{own}"
