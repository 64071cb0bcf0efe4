"""Assignment and Grade Services: columns, and one person's cell in one of them.

Source: https://www.imsglobal.org/spec/lti-ags/v2p0
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from lti import line_items, platforms, results, wire
from lti.line_items import READ, WRITE, listing, number
from lti.models import CourseService
from lti.services import Door, beneath, door, of
from lti.turns import turn
from tutorai.errors import ColumnKept, LMSMisunderstood, LMSNotFound, LMSUnavailable, NotSent
from tutorai.ledger.outcomes import Answer, Grade, Outcome, Reading, Rules
from tutorai.lmsdm import columns, schema
from tutorai.lmsdm.models import Identity, LineItem

__all__ = [
    "READ",
    "RESULTS",
    "SCORES",
    "WRITE",
    "Cell",
    "cell",
    "delete",
    "find_or_make",
    "listing",
    "look",
    "read_columns",
    "shown",
    "update",
]

RESULTS = results.SCOPES
SCORES = frozenset({"https://purl.imsglobal.org/spec/lti-ags/scope/score"})
SCORE = "application/vnd.ims.lis.v1.score+json"


def read_columns(service: CourseService) -> list[LineItem]:
    """Make our rows of the columns say what the gradebook has; return those new or different."""
    items = listing(service)
    return columns.save_line_items(
        course_id=service.course_id,
        source=_source(service),
        items=items,
        container=service.line_items_url,
    )


def _source(service: CourseService) -> str:
    return f"lti:{service.deployment_id}"


def find_or_make(
    service: CourseService,
    *,
    label: str,
    maximum: Decimal,
    resource_id: str,
    tag: str = "",
    starts: datetime | None = None,
    ends: datetime | None = None,
) -> LineItem:
    """Return the column of a resource of ours, made when there is none; raise LMSError.

    `tag` tells the columns of one resource apart. No platform minds two of the same resource, so
    one of us looks and makes at a time, and an answer that did not come is followed by another
    look.
    """
    told = _told(
        label=label,
        scoreMaximum=maximum,
        resourceId=resource_id,
        tag=tag,
        startDateTime=starts,
        endDateTime=ends,
    )
    digest = sha256("\n".join([resource_id, tag]).encode()).hexdigest()
    with turn(f"column:{service.course_id}:{digest}"):
        item = _found(service, resource_id, tag) or _made(service, told)
    return _saved(service, item)


def _told(**members: str | Decimal | datetime | None) -> dict[str, Any]:
    """Return what of a column is to be written: nothing of what nobody names."""
    named = {name: value for name, value in members.items() if value not in (None, "")}
    return {
        name: stamp(value) if isinstance(value, datetime) else value
        for name, value in named.items()
    }


def _found(service: CourseService, resource_id: str, tag: str) -> schema.LineItem | None:
    named = {"resource_id": resource_id, **({"tag": tag} if tag else {})}
    return next(iter(listing(service, **named)), None)


def _made(service: CourseService, told: dict[str, Any]) -> schema.LineItem:
    try:
        return line_items.make(service, told)
    except NotSent:
        raise
    except (LMSUnavailable, LMSMisunderstood):
        if item := _found(service, told["resourceId"], told.get("tag", "")):
            return item
        raise


def _saved(service: CourseService, item: schema.LineItem) -> LineItem:
    columns.save_line_items(course_id=service.course_id, source=_source(service), items=[item])
    return LineItem.objects.get(course_id=service.course_id, url=item.url)


def look(item: LineItem) -> LineItem:
    """Make our row of a column say what the platform tells of it now; raise LMSError."""
    service = of(item.course_id)
    return _saved(service, line_items.one(service, item.url)[0])


def update(
    item: LineItem,
    *,
    label: str = "",
    maximum: Decimal | None = None,
    tag: str = "",
    starts: datetime | None = None,
    ends: datetime | None = None,
) -> LineItem:
    """Change what is named of a column, and nothing else; raise LMSError.

    A platform empties whatever a change leaves out, so what it has now is read first and sent
    back. Where the maximum changes, Moodle rescales the grades that are there.
    """
    service = of(item.course_id)
    _, told = line_items.one(service, item.url)
    new = _told(label=label, scoreMaximum=maximum, tag=tag, startDateTime=starts, endDateTime=ends)
    return _saved(service, line_items.change(service, item.url, told, new))


def delete(item: LineItem, *, with_grades: bool = False) -> None:
    """Take a column that we made out of the gradebook; raise ColumnKept and LMSError.

    Never an activity's own: Moodle deletes that too, with its grades, and Canvas refuses. Nor one
    that shows grades, unless it is to be `with_grades`: Blackboard destroys the attempts as well.
    """
    service = of(item.course_id)
    try:
        told, _ = line_items.one(service, item.url)
    except LMSNotFound:
        columns.retire(item)
        return
    ours = told.resource_id and told.resource_id == item.resource_id
    if not ours or told.resource_link_id:
        raise ColumnKept()
    if not with_grades and any(one.points is not None for one in shown(item).values()):
        raise ColumnKept()
    line_items.delete(service, item.url)
    columns.retire(item)


def shown(item: LineItem) -> dict[str, Reading]:
    """Return what the gradebook shows in a column, by the platform's ids of people."""
    read = results.read(door(of(item.course_id)), item.url)
    return {result.userId: result.reading for result in read}


def cell(item: LineItem, user_id: UUID) -> "Cell | None":
    """Return one person's cell in a column; None when the platform does not know the person.

    Raises NotFound when no launch told of the course's services.
    """
    service = of(item.course_id)
    known = Identity.objects.filter(
        institution_id=service.course.institution_id,
        source=f"lti:{service.deployment.registration_id}",
        kind=Identity.Of.USER,
        row=user_id,
    )
    person = known.order_by("-pk").values_list("external_id", flat=True).first()
    return Cell(item, person, service) if person else None


class Cell:
    """One person's cell in one column (`tutorai.ledger.outcomes.Gradebook`).

    `person` is the platform's id: the launch's `sub`. Every method but `write` raises LMSError.
    """

    rules: Rules

    def __init__(self, item: LineItem, person: str, service: CourseService) -> None:
        self.item = item
        self.person = person
        self._service = service
        told = service.deployment.registration
        self.rules = platforms.of(told.family, told.issuer, told.token_url)

    @property
    def _door(self) -> Door:
        return door(self._service)

    def read(self) -> Reading:
        """Return what the gradebook shows now. AGS 2.0, 3.3."""
        person = self.person if self.rules.filters_results else ""
        found = results.read(self._door, self.item.url, user_id=person)
        mine = [result for result in found if result.userId == self.person]
        if not mine and person and len(found) == 1:
            mine = found  # asked for by one of a person's names, told by another
        return mine[-1].reading if mine else Reading()

    def write(self, grade: Grade) -> str:
        """Return the score as JSON, in one line: Moodle answers 200 to a wrong one of several.

        Nothing but Completed and FullyGraded: others take a grade away, on Canvas and Moodle.
        """
        told: dict[str, Any] = {
            "timestamp": stamp(grade.at),
            "userId": self.person,
            "scoreGiven": number(grade.points),
            "scoreMaximum": number(grade.maximum),
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
        if comment := grade.comment.strip():
            told["comment"] = self.rules.line_break.join(comment.splitlines())
        return json.dumps({**told, **self.rules.extras})

    def send(self, body: str) -> Answer:
        """Post a score once. AGS 2.0, 3.4.

        Raises NotSent when nothing left here, LMSUnavailable when none can say whether it did.
        """
        reply = self._door.call(
            "POST",
            beneath(self.item.url, "/scores"),
            need=SCORES,
            accept="*/*",
            content=body,
            content_type=SCORE,
            spared=lambda reply: self.rules.outcome(_answer(reply)) is Outcome.FAILED,
        )
        return _answer(reply)

    def relocate(self) -> bool:
        """Look the column up anew by its resource or its link; whether it is elsewhere now."""
        item = self.item
        old = item.url
        asked = {"resource_id": item.resource_id, "resource_link_id": item.resource_link_id}
        only = dict([pair for pair in asked.items() if pair[1]][:1])
        if only:
            listed = listing(self._service, **only)
            columns.save_line_items(
                course_id=item.course_id, source=_source(self._service), items=listed
            )
        item.refresh_from_db()
        return item.url != old


def _answer(reply: wire.Reply) -> Answer:
    return Answer(reply.status, reply.text, reply.retry_after)


def stamp(at: datetime) -> str:
    """Return a moment as AGS wants it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
