"""The way into a gradebook by an LMS's REST API, where AGS does not reach; one line an LMS."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from connectors.canvas import grading
from connectors.models import Connector
from tutorai.ledger.outcomes import Gradebook, Rules
from tutorai.lmsdm.models import Identity, LineItem


class Book(NamedTuple):
    """How an LMS takes grades, and the cell of one of its people (by their id there)."""

    rules: Rules
    cell: Callable[[Connector, LineItem, str], Gradebook]


BOOKS: dict[str, Book] = {"canvas": Book(grading.RULES, grading.Cell)}


def rules(lms: str) -> Rules:
    """Return how an LMS takes grades."""
    return BOOKS[lms].rules


def cell(connector_id: UUID, line_item: LineItem, user_id: UUID) -> Gradebook | None:
    """Return one person's cell in a column; None when the LMS told no id of that person."""
    row = Connector.objects.get(pk=connector_id)
    person = _person(row, user_id)
    return BOOKS[row.lms].cell(row, line_item, person) if person else None


def _person(row: Connector, user_id: UUID) -> str:
    """Return the person's id on the connection's own host, as launches and rosters told it."""
    host = urlsplit(row.base_url).netloc
    told = Identity.objects.filter(
        institution_id=row.institution_id,
        kind=Identity.Of.USER,
        row=user_id,
        source__startswith=f"{row.lms}:",
        external_id__startswith=f"{host}/",
    )
    found = told.order_by("-pk").values_list("external_id", flat=True).first()
    return found.partition("/")[2] if found else ""
