"""The way into a gradebook by an LMS's REST API, where AGS does not reach; one line an LMS."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from connectors.blackboard import grading as blackboard
from connectors.canvas import grading as canvas
from connectors.models import Connector
from connectors.moodle import grading as moodle
from tutorai.ledger.outcomes import Gradebook, Rules
from tutorai.lmsdm.models import Identity, LineItem


class Book(NamedTuple):
    """How an LMS takes grades, and the cell of one of its people (by their id there).

    `column` is the address of an assignment's column, by the assignment's own id.
    """

    rules: Rules
    cell: Callable[[Connector, LineItem, str], Gradebook]
    column: Callable[[Connector, str], str]


BOOKS: dict[str, Book] = {
    "canvas": Book(canvas.RULES, canvas.Cell, canvas.column),
    "moodle": Book(moodle.RULES, moodle.Cell, moodle.column),
    "blackboard": Book(blackboard.RULES, blackboard.Cell, blackboard.column),
}


def rules(lms: str) -> Rules:
    """Return how an LMS takes grades."""
    return BOOKS[lms].rules


def cell(connector_id: UUID, line_item: LineItem, user_id: UUID) -> Gradebook | None:
    """Return one person's cell in a column; None when the LMS told no id of that person."""
    row = Connector.objects.get(pk=connector_id)
    known = person(row, user_id)
    return BOOKS[row.lms].cell(row, line_item, known) if known else None


def person(row: Connector, user_id: UUID) -> str:
    """Return the person's id at the connection's own place, as launches and rosters told it."""
    place = row.base_url.partition("://")[2].rstrip("/")
    told = Identity.objects.filter(
        institution_id=row.institution_id,
        kind=Identity.Of.USER,
        row=user_id,
        source__startswith=f"{row.lms}:",
        external_id__startswith=f"{place}/",
    )
    held = told.order_by("-pk").values_list("external_id", flat=True)
    ids = (one.removeprefix(f"{place}/") for one in held)
    # Another site may be in a directory of this one's host.
    return next((one for one in ids if "/" not in one), "")
