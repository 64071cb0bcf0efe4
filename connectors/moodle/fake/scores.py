"""Scores in Moodle: what is one, whom it may be for, and what it does to a cell.

A score's timestamp must be later than the stored one by a whole second, else 409. What a teacher
overrode takes scores with 200 and shows none of them; what they locked answers 500. Errors of a
score say why in the reason phrase alone, which cannot hold a line break: then the status is
lost and reads 200. A comment replaces the one before.
Source: Moodle 4.5 recordings, ags_score_*; Moodle's mod/lti/service/gradebookservices and
lib/grade/grade_item.php
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from connectors.moodle.fake.answers import Crashed, Silent
from connectors.sandbox.dialect import Body, person_of
from connectors.sandbox.editing import now
from connectors.sandbox.faults import STATE
from connectors.sandbox.models import Course, Person, Score

REQUIRED = ("userId", "activityProgress", "gradingProgress", "timestamp")
LOST = 502  # the status line is broken, and this is what nginx makes of it


def read(request: HttpRequest) -> Body:
    """Return the score that was sent; raise Wrong for what is none."""
    body = sent(request)
    wrong = Silent(400, "Incorrect score received" + request.body.decode(errors="replace"))
    if body is None or not all(body.get(name) for name in REQUIRED):
        raise wrong
    if not str(body["userId"]).isdecimal():
        raise Crashed(LOST, "Bad Gateway")
    given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    if _moment(body["timestamp"]) is None or not _points(given) or not _points(maximum):
        raise wrong
    if given is not None and maximum is None:
        raise wrong
    return {**body, "as_sent": wrong}


def gradable(course: Course, body: Body) -> Person:
    """Return whose score it is: also somebody suspended, but no teacher."""
    person = person_of(course, str(body["userId"]), "active", "inactive")
    if person is None:
        raise body["as_sent"]
    return person


def take(cell: Score, body: Body) -> None:
    """Change the cell as the score says; raise Silent."""
    at = _moment(body["timestamp"])
    if at is None or (cell.timestamp is not None and cell.timestamp >= at):
        words = "Refusing score with an earlier timestamp for item"
        raise Silent(409, f"{words} {cell.line_item_id} and user {cell.person_id}")
    if cell.overridden:
        return  # only the raw grade moves, which nobody sees
    if cell.locked:
        raise Silent(500, "Internal Server Error")
    cell.given, cell.maximum = _counted(cell, body), cell.line_item.maximum
    cell.activity_progress = str(body["activityProgress"])
    cell.grading_progress = str(body["gradingProgress"])
    cell.comments = [str(body["comment"])] if body.get("comment") else []
    cell.timestamp = _stamp(cell, at)


def sent(request: HttpRequest) -> Body | None:
    """Return the object a request brings; None when it is none."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _moment(value: Any) -> datetime | None:
    """Read an instant in whole seconds; one without a zone is the server's own (UTC)."""
    try:
        at = parse_datetime(str(value))
    except ValueError:
        return None
    return at and (at if at.tzinfo else at.replace(tzinfo=UTC)).replace(microsecond=0)


def _points(value: Any) -> bool:
    """Whether a value is missing, a number, or a number in quotes: PHP takes all three."""
    try:
        return value is None or Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _counted(cell: Score, body: Body) -> Decimal | None:
    """Return the points in the column's own scale, at most its maximum; None wipes."""
    if body["gradingProgress"] != "FullyGraded" or body.get("scoreGiven") is None:
        return None
    given, maximum = Decimal(str(body["scoreGiven"])), Decimal(str(body["scoreMaximum"]))
    most = cell.line_item.maximum
    scaled = given * most / maximum if maximum else given
    return max(Decimal(0), min(scaled, most)).quantize(Decimal("0.00001"))


def _stamp(cell: Score, at: datetime) -> datetime | None:
    """Return the instant that later scores must beat.

    A tool-made column keeps the score's own. An activity's takes Moodle's clock at delivery, but
    by the switch `lms_clock` (4.5.6 kept the score's own there too); without points it has none.
    """
    if not cell.line_item.coupled:
        return at
    if cell.given is None:
        return None
    world = cell.line_item.course.world.name
    if STATE.option(world, "lms_clock") is False:
        return at
    return now(world).replace(microsecond=0)
