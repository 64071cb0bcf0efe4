"""What was handed in, and the quizzes, as the LMS's API tells them.

Submissions are kept of those alone whom launches joined: of nobody else do we know whose they are.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from connectors import people
from connectors.base import Connector
from connectors.cursors import Outcome
from connectors.models import Connector as Row
from connectors.models import SyncCursor
from tutorai.lmsdm import handed, schema
from tutorai.lmsdm.settling import BATCH


def submissions(
    lms: Connector,
    row: Row,
    course_id: UUID,
    outcome: Outcome,
    *,
    since: datetime | None,
    anyway: bool,
) -> None:
    """Store what was handed in or graded `since`, as it comes; None: ever, and what is no more."""
    works, known = handed.works(course_id, row.source), people.known(row)
    told: set[handed.Cell] = set()
    strangers = 0
    listed = lms.submissions(row.external_id, since)
    while batch := list(islice(listed, BATCH)):
        outcome.seen += len(batch)
        strangers += sum(one.user_id not in known for one in batch)
        outcome.changed += handed.save_submissions(
            course_id=course_id,
            source=row.source,
            submissions=batch,
            works=works,
            people=known,
        )
        if since is None:
            told |= set(_cells(batch, works, known))
    outcome.told |= {"unmatched": strangers, "known": len(known)}
    if since is None:
        gone = handed.retire_submissions(
            course_id=course_id, source=row.source, told=told, anyway=anyway
        )
        outcome.changed += gone or 0
        outcome.missing = 0 if gone is not None else 1


def newcomers(cursor: SyncCursor | None, row: Row) -> bool:
    """Whether launches joined somebody since: what they handed in before that is not kept yet."""
    before = cursor.cursor.get("known", 0) if cursor else 0
    return len(people.known(row)) > before


def _cells(
    batch: list[schema.Submission], works: dict[str, UUID], known: people.Rows
) -> Iterator[handed.Cell]:
    for one in batch:
        if one.assignment_id in works and one.user_id in known:
            yield works[one.assignment_id], known[one.user_id], one.attempt


def quizzes(lms: Connector, row: Row, course_id: UUID, outcome: Outcome, *, anyway: bool) -> None:
    """Make the course's quizzes say what the LMS says."""
    told = lms.quizzes(row.external_id)
    outcome.seen = len(told)
    outcome.changed, whole = handed.save_quizzes(
        course_id=course_id, source=row.source, quizzes=told, anyway=anyway
    )
    outcome.missing = 0 if whole else 1
