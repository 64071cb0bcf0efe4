"""Blackboard's gradebook as tools meet it: the last score wins, whatever its timestamp.

What its documentation leaves open (an older timestamp) is played as "the last one wins", which
is what a tool must be able to live with.
Source: https://docs.anthology.com/docs/blackboard/lti (Assignment and Grade Services)
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.sandbox import settings
from connectors.sandbox.dialect import (
    ITEM_TYPE,
    SCORE_TYPE,
    Body,
    Dialect,
    number,
    person_of,
    points_of,
)
from connectors.sandbox.models import Course, LineItem, Person, Score, Tool
from connectors.sandbox.services import Wrong, body_of

REQUIRED = ("userId", "activityProgress", "gradingProgress", "timestamp")
READ_ONLY = {"id", "resourceLinkId"}
KEPT = ("endDateTime", "gradesReleased")


class Blackboard(Dialect):
    """Blackboard Learn SaaS."""

    family = "blackboard"
    product = "BlackboardLearn"
    prefixes = ("/learn/api/", "/api/v1/gateway/")
    token_path = "/api/v1/gateway/oauth2/jwttoken"

    def items_url(self, course: Course, tool: Tool) -> str:
        return f"{settings.SANDBOX_URL}/learn/api/v1/lti/courses/_{course.id}_1/lineItems"

    def item_url(self, row: LineItem) -> str:
        return f"{self.items_url(row.course, row.tool)}/_{row.id}_1"

    def roster_url(self, course: Course, tool: Tool) -> str:
        return f"{settings.SANDBOX_URL}/learn/api/v1/lti/external/namesandroles/_{course.id}_1"

    def admit(self, request: HttpRequest, tool: Tool | None) -> None:
        """Nothing is refused for its address alone."""

    def refused(self, request: HttpRequest, wrong: Wrong) -> HttpResponse:
        return JsonResponse({"status": wrong.status, "message": wrong.message}, status=wrong.status)

    def item(self, row: LineItem) -> Body:
        fields = {
            "id": self.item_url(row),
            "label": row.label,
            "scoreMaximum": number(row.maximum),
            "resourceId": row.resource_id,
            "tag": row.tag,
            "resourceLinkId": row.resource_link_id,
        }
        told = {name: value for name, value in fields.items() if value != ""}
        kept = {name: row.told[name] for name in KEPT if name in row.told}
        # "Interacting with Columns": every column says whether its grades are shown.
        return {**told, "gradesReleased": True, **kept}

    def fill(self, row: LineItem, request: HttpRequest) -> Body:
        """Take what was sent; what only Blackboard may set is refused."""
        body = body_of(request, ITEM_TYPE)
        if READ_ONLY & set(body):
            raise Wrong(400, "A read-only field was sent")
        if not body.get("label", row.label):
            raise Wrong(400, "label is required")
        if "scoreMaximum" not in body and row._state.adding:
            raise Wrong(400, "scoreMaximum is required")
        row.label = str(body.get("label", row.label))
        if "scoreMaximum" in body:
            row.maximum = points_of(body, "scoreMaximum", 400)
        row.resource_id = str(body.get("resourceId", row.resource_id) or "")
        row.tag = str(body.get("tag", row.tag) or "")
        row.told = {**row.told, **{name: body[name] for name in KEPT if name in body}}
        return body

    def read_score(self, request: HttpRequest, row: LineItem) -> Body:
        body = body_of(request, SCORE_TYPE)
        for name in REQUIRED:
            if not body.get(name):
                raise Wrong(400, f"{name} is required")
        try:
            at = parse_datetime(str(body["timestamp"]))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise Wrong(400, "timestamp is not valid")
        return body

    def gradable(self, course: Course, body: Body) -> Person:
        person = person_of(course, str(body["userId"]), "active")
        if person is None:
            raise Wrong(400, f"User could not be found: {body['userId']}")
        return person

    def take(self, cell: Score, body: Body) -> None:
        """Store the score; Initialized and NotReady together take it away, comment and all."""
        progress = (str(body["activityProgress"]), str(body["gradingProgress"]))
        if progress == ("Initialized", "NotReady"):
            cell.given = cell.maximum = cell.timestamp = None
            cell.comments = []
        elif body.get("scoreGiven") is not None:
            if body.get("scoreMaximum") is None:
                raise Wrong(400, "scoreMaximum is required with scoreGiven")
            cell.given = points_of(body, "scoreGiven", 400)
            cell.maximum = points_of(body, "scoreMaximum", 400)
            cell.timestamp = timezone.now()
        if body.get("comment"):
            cell.comments = [str(body["comment"])]
        cell.activity_progress, cell.grading_progress = progress

    def taken(self, cell: Score) -> HttpResponse:
        return HttpResponse(b"", SCORE_TYPE)

    def results(self, request: HttpRequest, row: LineItem) -> list[Body]:
        """Return the results; asked for one person, Blackboard leaves the comment out."""
        found = Score.objects.filter(line_item=row, timestamp__isnull=False).order_by("id")
        alone = "user_id" in request.GET
        if alone:
            found = found.filter(person__uuid=request.GET["user_id"])
        cells = found.select_related("person", "line_item__course", "line_item__tool")
        return [self._result(cell, comment=not alone) for cell in cells]

    def _result(self, cell: Score, *, comment: bool) -> Body:
        told: Body = {
            "id": f"{self.results_url(cell.line_item)}/_{cell.id}_1",
            "scoreOf": self.item_url(cell.line_item),
            "userId": cell.person.uuid,
            "resultMaximum": number(cell.line_item.maximum),
        }
        if cell.points is not None:
            told["resultScore"] = number(cell.points)
        if comment and cell.comments:
            told["comment"] = cell.comments[-1]
        return told
