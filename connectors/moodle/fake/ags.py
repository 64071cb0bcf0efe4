"""Moodle's gradebook as tools meet it, after recordings of Moodle 4.5.6.

A score's timestamp must be later than the stored one by a whole second, else 409. What a teacher
overrode takes scores with 200 and shows none of them; what they locked answers 500. Errors of a
score say why in the reason phrase alone, which cannot hold a line break: then the status is
lost and reads 200. A comment replaces the one before.
Source: Moodle's mod/lti/service/gradebookservices and lib/grade/grade_item.php
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from html import escape
from typing import Any

import jwt
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime

from connectors.moodle.fake.answers import Crashed, Silent, described, silent
from connectors.sandbox import settings
from connectors.sandbox.dialect import (
    ITEM_TYPE,
    ITEMS_TYPE,
    RESULTS_TYPE,
    SCORE_TYPE,
    Body,
    Dialect,
    number,
    own_link,
    person_of,
    points_of,
)
from connectors.sandbox.editing import now
from connectors.sandbox.faults import STATE
from connectors.sandbox.models import Course, LineItem, Person, Score, Tool
from connectors.sandbox.services import Wrong

REQUIRED = ("userId", "activityProgress", "gradingProgress", "timestamp")
# What each address takes, by its last word: method → the media type that leads to a handler.
HANDLERS = {
    "lineitems": {"GET": ITEMS_TYPE, "POST": ITEM_TYPE},
    "lineitem": {"GET": ITEM_TYPE, "PUT": ITEM_TYPE, "DELETE": ""},
    "scores": {"POST": SCORE_TYPE},
    "results": {"GET": RESULTS_TYPE},
}
ROOT = "/mod/lti/services.php"
REASONS = {401: "Unauthorized"}  # whatever is behind it
TOKEN_ERRORS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "Expired token",
    jwt.InvalidSignatureError: "Signature verification failed",
}


class Moodle(Dialect):
    """A Moodle whose activities and tool-made columns take scores."""

    family = product = "moodle"
    prefixes = ("/mod/lti/",)
    token_path = "/mod/lti/token.php"
    strict_tokens = False
    numbers = True

    def items_url(self, course: Course, tool: Tool) -> str:
        return f"{settings.SANDBOX_URL}{ROOT}/{course.id}/lineitems?type_id={tool.id}"

    def item_url(self, row: LineItem) -> str:
        return self._below(row, "")

    def results_url(self, row: LineItem) -> str:
        return self._below(row, "/results")

    def _below(self, row: LineItem, path: str) -> str:
        here = f"{settings.SANDBOX_URL}{ROOT}/{row.course_id}/lineitems/{row.id}/lineitem"
        return f"{here}{path}?type_id={row.tool_id}"

    def roster_url(self, course: Course, tool: Tool) -> str:
        place = f"CourseSection/{course.id}/bindings/{tool.id}/memberships"
        return f"{settings.SANDBOX_URL}{ROOT}/{place}"

    def missing(self, item_id: int) -> str:
        return f"Not Found: Grade item {item_id} doesn't exist"

    def token_refused(self, status: int, error: str, description: str) -> HttpResponse:
        """Its errors are all 400, JSON called HTML."""
        return HttpResponse(json.dumps({"error": error}), status=400)

    def token_trouble(self, wrong: Exception) -> str:
        return TOKEN_ERRORS.get(type(wrong), "invalid_client")

    def token_given(self, payload: Body) -> HttpResponse:
        return HttpResponse(json.dumps(payload))

    def admit(self, request: HttpRequest, tool: Tool | None) -> None:
        """Refuse what has no handler: a media type or method that is not the address's own."""
        word = request.path.rpartition("/")[2]
        if word in HANDLERS:
            _handled(request, HANDLERS[word])
            if tool is None or request.GET.get("type_id") != str(tool.id):
                raise Wrong(401, "Unauthorized")
        elif request.headers.get("Accept") == "application/json":
            raise Wrong(400, "No context or unsupported content type")

    def refused(self, request: HttpRequest, wrong: Wrong) -> HttpResponse:
        if isinstance(wrong, Crashed):
            page = f"<html><body><h1>{escape(wrong.message)}</h1></body></html>"
            return HttpResponse(page, status=wrong.status)
        if isinstance(wrong, Silent):
            return silent(wrong, SCORE_TYPE)
        return described(request, wrong.status, REASONS.get(wrong.status, wrong.message))

    def item(self, row: LineItem) -> Body:
        told: Body = {
            "id": self.item_url(row),
            "label": row.label,
            "scoreMaximum": number(row.maximum),
            "resourceId": row.resource_id,
            "tag": row.tag,
        }
        if row.resource_link_id:
            told |= {"resourceLinkId": row.resource_link_id, "ltiLinkId": row.resource_link_id}
        return told

    def fill(self, row: LineItem, request: HttpRequest) -> Body:
        """Take what was sent; a PUT blanks what it leaves out, and nothing need be unique."""
        body = _object(request) or {}
        if not body.get("label") or "scoreMaximum" not in body:
            raise Wrong(400, "Bad Request")
        link = str(body.get("resourceLinkId") or "")
        if not own_link(row, link):
            raise Wrong(403, "Forbidden")
        row.label, row.maximum = str(body["label"]), points_of(body, "scoreMaximum", 400)
        row.resource_id, row.tag = str(body.get("resourceId", "")), str(body.get("tag", ""))
        row.resource_link_id = link
        return body

    def page(self, request: HttpRequest, rows: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """Everything, unless `limit` is sent; the links then stand in curly quotes."""
        limit, start = (_count(request, name) for name in ("limit", "from"))
        if not limit:
            return rows, {}
        here = f"{settings.SANDBOX_URL}{request.path}?type_id={request.GET['type_id']}"

        def link(at: int, name: str) -> str:
            return f"<{here}&amp;limit={limit}&amp;from={at}>; rel=\u201c{name}\u201d"

        links = [link(0, "first"), link(start, "canonical")]
        if start + limit < len(rows):
            links.append(link(start + limit, "next"))
        # Headers are bytes; Django writes them as latin-1, Moodle as UTF-8.
        return rows[start : start + limit], {"Link": ", ".join(links).encode().decode("latin-1")}

    def read_score(self, request: HttpRequest, row: LineItem) -> Body:
        body = _object(request)
        wrong = Silent(400, "Incorrect score received" + request.body.decode(errors="replace"))
        if body is None or not all(body.get(name) for name in REQUIRED):
            raise wrong
        if not str(body["userId"]).isdecimal():
            raise Crashed(502, "Bad Gateway")  # its status line is broken; nginx says this
        given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
        if _moment(body["timestamp"]) is None or not _points(given) or not _points(maximum):
            raise wrong
        if given is not None and maximum is None:
            raise wrong
        return {**body, "as_sent": wrong}

    def gradable(self, course: Course, body: Body) -> Person:
        """Also somebody suspended, but no teacher."""
        person = person_of(course, str(body["userId"]), "active", "inactive")
        if person is None:
            raise body["as_sent"]
        return person

    def take(self, cell: Score, body: Body) -> None:
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

    def taken(self, cell: Score) -> HttpResponse:
        return HttpResponse(b"", f"{SCORE_TYPE}; charset=utf-8")

    def results(self, request: HttpRequest, row: LineItem) -> list[Body]:
        """Return final grades; `limit` breaks this Moodle."""
        if "limit" in request.GET:
            raise Crashed(404, "Call to a member function out() on null")
        found = Score.objects.filter(line_item=row, timestamp__isnull=False).order_by("person_id")
        if "user_id" in request.GET:
            found = found.filter(person__uuid=request.GET["user_id"])
        return [self._result(row, cell) for cell in found.select_related("person")]

    def _result(self, row: LineItem, cell: Score) -> Body:
        user = cell.person.uuid
        told: Body = {"id": f"{self.results_url(row)}&user_id={user}", "userId": user}
        if cell.given is None or cell.timestamp is None:
            return told
        told |= {"resultScore": number(cell.given), "resultMaximum": number(row.maximum)}
        if cell.comments:
            told["comment"] = cell.comments[-1]
        at = cell.timestamp.astimezone(UTC).isoformat(timespec="seconds")
        return {**told, "scoreOf": self.item_url(row), "timestamp": at}

    def edit(self, cell: Score, points: Decimal | None, comment: str, now: datetime) -> None:
        """What a teacher types in the gradebook overrides what tools say, from now on."""
        super().edit(cell, points, comment, now.replace(microsecond=0))
        cell.overridden = points is not None


def _handled(request: HttpRequest, handlers: dict[str, str]) -> None:
    method = str(request.method)
    kind = request.headers.get("Accept" if method == "GET" else "Content-Type", "")
    if method in handlers and handlers[method] in kind:
        return
    if method == "GET" and handlers.get("POST") == ITEM_TYPE:
        raise Wrong(400, "No context or unsupported content type")
    place = request.path.removeprefix(ROOT)
    raise Wrong(400, f"No handler found for {place}  {kind}")


def _object(request: HttpRequest) -> Body | None:
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _count(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


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
