"""Assignment and Grade Services: columns, and one person's cell in one of them.

Source: https://www.imsglobal.org/spec/lti-ags/v2p0
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from pydantic import AwareDatetime

from lti import platforms, wire
from lti.models import CourseService
from lti.services import Door, Payload, beneath, door, of, read_json, understood
from tutorai import http
from tutorai.errors import LMSMisunderstood, LMSUnavailable, NotSent
from tutorai.ledger.outcomes import Answer, Grade, Outcome, Reading, Rules
from tutorai.lmsdm import columns, schema
from tutorai.lmsdm.models import Identity, LineItem

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
WRITE = frozenset({f"{SCOPE}lineitem"})
READ = WRITE | {f"{SCOPE}lineitem.readonly"}
RESULTS = frozenset({f"{SCOPE}result.readonly"})
SCORES = frozenset({f"{SCOPE}score"})

# Moodle answers 400 to any other type, the generic ones included.
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULT = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"


class Column(Payload):
    """A line item as a platform tells it."""

    id: str
    label: str | None = None
    scoreMaximum: Decimal | None = None
    resourceId: str | None = None
    resourceLinkId: str | None = None

    @property
    def record(self) -> schema.LineItem:
        """The column in our words."""
        told = {
            "url": self.id,
            "label": self.label,
            "maximum": self.scoreMaximum,
            "resource_id": self.resourceId,
            "resource_link_id": self.resourceLinkId,
        }
        return schema.LineItem.model_validate({name: told[name] for name in told if told[name]})


class Result(Payload):
    """What a platform shows for one person; Moodle leaves the score out where there is none."""

    userId: str
    resultScore: Decimal | None = None
    resultMaximum: Decimal | None = None
    comment: str | None = None
    timestamp: AwareDatetime | None = None  # Moodle's own


def listing(service: CourseService, **only: str) -> list[schema.LineItem]:
    """Return our columns in a course's gradebook, all of them; raise LMSError.

    `only` asks for those of a `resource_id` or `resource_link_id`; a platform may tell more.
    """
    url = beneath(service.line_items_url, **only)
    found = []
    for page in door(service).pages(url, need=READ, accept=ITEMS):
        if not isinstance(page, list):
            raise LMSMisunderstood()
        found += [_record(service, told) for told in page]
    return found


def _record(service: CourseService, told: Any) -> schema.LineItem:
    """Read a line item; our token goes to its address, so that must be the platform's."""
    record = understood(Column, told).record
    if not http.same_origin(record.url, service.line_items_url):
        raise LMSMisunderstood()
    return record


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


@transaction.atomic
def find_or_make(
    service: CourseService, *, label: str, maximum: Decimal, resource_id: str
) -> LineItem:
    """Return the column of a resource of ours, made when there is none; raise LMSError.

    No platform minds two of the same resource, so one of us looks and makes at a time, and an
    answer that did not come is followed by another look.
    """
    with connection.cursor() as cursor:
        name = f"column {service.course_id} {resource_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    item = _found(service, resource_id)
    if item is None:
        asked = {
            "label": label,
            "scoreMaximum": number(maximum),
            "resourceId": resource_id,
        }
        item = _made(service, json.dumps(asked), resource_id)
    columns.save_line_items(course_id=service.course_id, source=_source(service), items=[item])
    return LineItem.objects.get(course_id=service.course_id, url=item.url)


def _found(service: CourseService, resource_id: str) -> schema.LineItem | None:
    listed = listing(service, resource_id=resource_id)
    return next((item for item in listed if item.resource_id == resource_id), None)


def _made(service: CourseService, body: str, resource_id: str) -> schema.LineItem:
    try:
        reply = door(service).call(
            "POST",
            service.line_items_url,
            need=WRITE,
            accept=ITEM,
            content=body,
            content_type=ITEM,
        )
        if not reply.ok:
            raise wire.meaning(reply)
        return _record(service, read_json(reply.body))
    except NotSent:
        raise
    except (LMSUnavailable, LMSMisunderstood):
        if item := _found(service, resource_id):
            return item
        raise


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
        # Never with a limit: Moodle answers 404 to that.
        asked = {"user_id": self.person} if self.rules.filters_results else {}
        url = beneath(self.item.url, "/results", **asked)
        found: list[Result] = []
        for page in self._door.pages(url, need=RESULTS, accept=RESULT):
            if not isinstance(page, list):
                raise LMSMisunderstood()
            found += [understood(Result, told) for told in page]
        mine = [result for result in found if result.userId == self.person]
        if not mine and asked and len(found) == 1:
            mine = found  # asked for by one of a person's names, told by another
        if not mine:
            return Reading()
        result = mine[-1]
        return Reading(
            points=result.resultScore,
            maximum=result.resultMaximum,
            comment=result.comment,
            at=result.timestamp,
        )

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


def number(value: Decimal) -> int | float:
    """Return points as a JSON number without noise: 8 for 8.00, 8.1 for 8.10."""
    return int(value) if value == value.to_integral_value() else float(value)


def stamp(at: datetime) -> str:
    """Return a moment as AGS wants it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
