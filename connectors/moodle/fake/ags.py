"""Moodle's gradebook as tools meet it, after recordings of Moodle 4.5.6: its columns.

Source: Moodle's mod/lti/service/gradebookservices; Moodle 4.5 recordings, ags_*
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from connectors.moodle.fake import nrps, paging, scores
from connectors.moodle.fake.answers import UTF8, Crashed, Silent, broken, described, silent
from connectors.moodle.fake.handlers import ROOT, handled, let_in
from connectors.sandbox import settings
from connectors.sandbox.dialect import SCORE_TYPE, Body, Dialect, number, own_link, points_of
from connectors.sandbox.models import Course, LineItem, Person, Score, Tool
from connectors.sandbox.reasons import with_reason
from connectors.sandbox.services import Wrong

REASONS = {401: "Unauthorized", 403: "Forbidden"}  # whatever is behind it
GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


class Moodle(Dialect):
    """A Moodle whose activities and tool-made columns take scores."""

    family = product = "moodle"
    prefixes = ("/mod/lti/",)
    token_path = "/mod/lti/token.php"
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

    def missing_course(self, course_id: int) -> str:
        return f"Not Found: Course {course_id} doesn't exist"

    def admit(self, request: HttpRequest, tool: Tool | None) -> None:
        handled(request)
        let_in(request, tool)

    def roster(
        self, request: HttpRequest, tool: Tool, scopes: set[str], course: Course, tool_id: int
    ) -> HttpResponse:
        return nrps.memberships(request, tool, scopes, course, tool_id)

    def refused(self, request: HttpRequest, wrong: Wrong) -> HttpResponse:
        if isinstance(wrong, Crashed):
            if wrong.status == scores.LOST:
                return HttpResponse(GATEWAY, "text/html", status=wrong.status)
            return broken(request, f"Exception - {wrong.message}")
        if isinstance(wrong, Silent):
            return silent(wrong, SCORE_TYPE)
        return described(request, wrong.status, REASONS.get(wrong.status, wrong.message))

    def finished(self, answer: HttpResponse) -> HttpResponse:
        """Say the charset; what was deleted is called HTML, and OK."""
        if answer.status_code == 204:
            answer["Content-Type"] = f"text/html{UTF8}"
            return with_reason(answer, "OK")
        if "charset" not in answer["Content-Type"]:
            answer["Content-Type"] += UTF8
        return answer

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
        if review := row.told.get("submissionReview"):
            told["submissionReview"] = review
        return told

    def written(self, row: LineItem, told: Body) -> Body:
        """Say back what was sent, with an id: dates too, which are not kept."""
        return {**told, "id": self.item_url(row)}

    def fill(self, row: LineItem, request: HttpRequest) -> Body:
        """Take what was sent; a PUT blanks what it leaves out, and nothing need be unique."""
        body = scores.sent(request) or {}
        if body.get("label") is None or body.get("scoreMaximum") is None:
            raise Wrong(400, "No label or Score Maximum")
        link = str(body.get("resourceLinkId") or "")
        if not own_link(row, link):
            raise Wrong(403, "Forbidden")
        row.label, row.maximum = str(body["label"]), points_of(body, "scoreMaximum", 400)
        row.resource_id, row.tag = str(body.get("resourceId", "")), str(body.get("tag", ""))
        row.resource_link_id = link
        return body

    def page(self, request: HttpRequest, rows: list[Any]) -> tuple[list[Any], dict[str, str]]:
        return paging.columns(request, rows)

    def read_score(self, request: HttpRequest, row: LineItem) -> Body:
        return scores.read(request)

    def gradable(self, course: Course, body: Body) -> Person:
        return scores.gradable(course, body)

    def take(self, cell: Score, body: Body) -> None:
        scores.take(cell, body)

    def taken(self, cell: Score) -> HttpResponse:
        return HttpResponse(b"", SCORE_TYPE)

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
