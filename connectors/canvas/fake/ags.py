"""Canvas's gradebook as tools meet it. Canvas API: Line Items; Score; Result.

A timestamp older than the stored one is a 400, an equal one is taken. Who is no student of the
course is a 422. Every comment is one more comment. A score that does not count takes away the
one there was, unless `preserve_score` is set. More points than the maximum stay as they are.
The rules are those of its scores_controller.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.canvas.fake.registration import OFFERED
from connectors.sandbox import settings
from connectors.sandbox.dialect import (
    ITEM_TYPE,
    SCORE_TYPE,
    Body,
    Dialect,
    own_link,
    person_of,
    points_of,
)
from connectors.sandbox.models import Course, LineItem, Person, Score, Tool
from connectors.sandbox.services import Wrong, body_of

EXTENSION = "https://canvas.instructure.com/lti/submission"
# A score with another gradingProgress than these takes away the one there was.
COUNTS = {"FullyGraded", "PendingManual"}
GRADING = COUNTS | {"Pending", "Failed", "NotReady"}
ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
AHEAD = timedelta(minutes=1)  # how far in the future work may be handed in
TYPE = "https://canvas.instructure.com/lti/submission_type"
KEPT = ("startDateTime", "endDateTime", TYPE)  # §1.9
LAUNCH_URL = "https://canvas.instructure.com/lti/launch_url"
ATTEMPT = "sandbox-attempt"  # how often somebody handed in, beside what was sent last
WORDS = {401: "unauthorized", 404: "not_found", 422: "unprocessable_entity"}


class Canvas(Dialect):
    """The dialect of `connectors.sandbox` as it began."""

    family = product = "canvas"
    prefixes = ("/api/lti/", "/login/oauth2/")
    token_path = "/login/oauth2/token"
    scopes = OFFERED
    keeps_coupled = True

    def items_url(self, course: Course, tool: Tool) -> str:
        return f"{settings.SANDBOX_URL}/api/lti/courses/{course.id}/line_items"

    def item_url(self, row: LineItem) -> str:
        return f"{settings.SANDBOX_URL}/api/lti/courses/{row.course_id}/line_items/{row.id}"

    def roster_url(self, course: Course, tool: Tool) -> str:
        return f"{settings.SANDBOX_URL}/api/lti/courses/{course.id}/names_and_roles"

    def token_refused(self, status: int, error: str, description: str) -> HttpResponse:
        answer = super().token_refused(status, error, description)
        if status == 401:
            answer["WWW-Authenticate"] = "Canvas OAuth 2.0"
        return answer

    def admit(self, request: HttpRequest, tool: Tool | None) -> None:
        """Nothing is refused for its address alone."""

    def admit_course(self, request: HttpRequest, course: Course) -> None:
        """A concluded course has no grades any more: gradebook_services.rb, `not_completed`."""
        if course.state == "completed" and "/line_items" in request.path:
            raise Wrong(404, self.missing(course.id))

    def refused(self, request: HttpRequest, wrong: Wrong) -> HttpResponse:
        kind = WORDS.get(wrong.status, "error")
        body = {"errors": {"type": kind, "message": wrong.message}}
        return JsonResponse(body, status=wrong.status)

    def item(self, row: LineItem) -> Body:
        fields = {
            "id": self.item_url(row),
            "scoreMaximum": float(row.maximum),
            "label": row.label,
            "resourceId": row.resource_id,
            "resourceLinkId": row.resource_link_id,
            "tag": row.tag,
        }
        told = {name: value for name, value in fields.items() if value != ""}
        return {**told, **{name: row.told[name] for name in KEPT if name in row.told}}

    def listed(self, request: HttpRequest, row: LineItem) -> Body:
        """Add the tool's address where it is asked for: `include[]=launch_url` (§1.9)."""
        if "launch_url" not in request.GET.getlist("include[]"):
            return self.item(row)
        link = row.placedlink_set.first()
        return {**self.item(row), LAUNCH_URL: (link and link.url) or row.tool.target_url}

    def fill(self, row: LineItem, request: HttpRequest) -> Body:
        """Take what was sent; a PUT may leave out what stays."""
        body = body_of(request, ITEM_TYPE)
        label = body.get("label", row.label)
        if not label or ("scoreMaximum" not in body and row._state.adding):
            raise Wrong(422, "label and scoreMaximum are required")
        link = str(body.get("resourceLinkId") or row.resource_link_id)
        if not own_link(row, link):
            raise Wrong(404, "The specified resource does not exist.")
        if row._state.adding and link != row.course.uuid and not _has_column(row, link):
            # line_items_controller.rb, check_for_bad_resource_link
            raise Wrong(412, "Precondition Failed")
        row.told = {**row.told, **{name: body[name] for name in KEPT if name in body}}
        row.label = str(label)
        if "scoreMaximum" in body:
            row.maximum = points_of(body, "scoreMaximum")
        row.resource_id = str(body.get("resourceId", row.resource_id) or "")
        row.resource_link_id = link
        row.tag = str(body.get("tag", row.tag) or "")
        return body

    def read_score(self, request: HttpRequest, row: LineItem) -> Body:
        body = body_of(request, SCORE_TYPE)
        for name in ("userId", "activityProgress", "gradingProgress", "timestamp"):
            if not body.get(name):
                raise Wrong(400, f"param is missing or the value is empty: {name}")
        if body["gradingProgress"] not in GRADING or body["activityProgress"] not in ACTIVITY:
            raise Wrong(422, "gradingProgress or activityProgress is not one of the known words")
        return body

    def gradable(self, course: Course, body: Body) -> Person:
        """Find a student by `sub` or by number: Canvas takes both."""
        person = person_of(course, str(body["userId"]), "active", by_number=True)
        if person is None:
            raise Wrong(422, "User not found in course or is not a student")
        return person

    def take(self, cell: Score, body: Body) -> None:
        at = _moment(body["timestamp"], "timestamp")
        _handed_in(body)
        if cell.timestamp is not None and at < cell.timestamp:
            raise Wrong(
                400,
                f"Provided timestamp of {body['timestamp']} before last updated timestamp "
                f"of {cell.timestamp.isoformat(timespec='milliseconds')}",
            )
        cell.given, cell.maximum = _counted(cell, body)
        cell.told = {**body, ATTEMPT: _attempt(cell, body)}
        cell.timestamp = at
        cell.activity_progress = str(body["activityProgress"])
        cell.grading_progress = str(body["gradingProgress"])
        if body.get("comment"):
            cell.comments = [*cell.comments, str(body["comment"])]

    def taken(self, cell: Score) -> HttpResponse:
        return JsonResponse({"resultUrl": self._result_url(cell)})

    def results(self, request: HttpRequest, row: LineItem) -> list[Body]:
        """Return the scores, scaled to the column's maximum."""
        found = Score.objects.filter(line_item=row, timestamp__isnull=False).order_by("id")
        if "user_id" in request.GET:
            found = found.filter(person__uuid=request.GET["user_id"])
        return [self.result(cell) for cell in found.select_related("person", "line_item")]

    def result(self, cell: Score) -> Body:
        """Describe one score, as `resultUrl` shows it."""
        told: Body = {
            "id": self._result_url(cell),
            "scoreOf": self.item_url(cell.line_item),
            "userId": cell.person.uuid,
            "resultMaximum": float(cell.line_item.maximum),
        }
        if cell.points is not None:
            told["resultScore"] = float(cell.points)
        if cell.comments:
            told["comment"] = cell.comments[-1]
        return told

    def _result_url(self, cell: Score) -> str:
        return f"{self.results_url(cell.line_item)}/{cell.id}"

    def edit(self, cell: Score, points: Decimal | None, comment: str, now: datetime) -> None:
        """The stored timestamp becomes now: a score decided earlier is refused from here on."""
        before = cell.comments
        super().edit(cell, points, "", now)
        if comment:
            cell.comments = [*before, comment]


def _has_column(row: LineItem, link: str) -> bool:
    columns = LineItem.objects.filter(tool=row.tool, course=row.course, resource_link_id=link)
    return not link or columns.exists()


def _moment(value: Any, name: str) -> datetime:
    """Read an instant; without a zone it is none."""
    try:
        at = parse_datetime(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Wrong(400, f"Provided {name} of {value} not a valid timestamp")
    return at


def _extension(body: Body) -> Body:
    found = body.get(EXTENSION)
    return found if isinstance(found, dict) else {}


def _handed_in(body: Body) -> None:
    """Refuse work from the future, told the standard's way or Canvas's."""
    standard = body.get("submission")
    told = _extension(body).get("submitted_at") or (
        standard.get("submittedAt") if isinstance(standard, dict) else None
    )
    if told and _moment(told, "submitted_at") > timezone.now() + AHEAD:
        raise Wrong(400, f"Provided submitted_at timestamp of {told} in the future")


def _attempt(cell: Score, body: Body) -> int:
    """Count the hand-ins; a score that is none of its own, or of the same instant, adds none.

    Source: connectors.md §1.9; canvas-lms, scores_controller.rb, verify_attempts_for_submission
    """
    before, extension = int(cell.told.get(ATTEMPT, 0)), _extension(body)
    same = extension.get("submitted_at") is not None and extension.get(
        "submitted_at"
    ) == _extension(cell.told).get("submitted_at")
    if extension.get("new_submission") is False or same:
        return before
    allowed = int(cell.line_item.told.get("allowed_attempts", 0))
    if allowed and before >= allowed:
        words = "The maximum number of allowed attempts has been reached for this submission"
        raise Wrong(422, words)
    return before + 1


def _counted(cell: Score, body: Body) -> tuple[Decimal | None, Decimal | None]:
    """Return the points to store, and of how many."""
    if body["gradingProgress"] not in COUNTS or body.get("scoreGiven") is None:
        kept = _extension(body).get("preserve_score") is True
        return (cell.given, cell.maximum) if kept else (None, None)
    if body.get("scoreMaximum") is None:
        raise Wrong(422, "ScoreMaximum not supplied when ScoreGiven present.")
    given, maximum = points_of(body, "scoreGiven"), points_of(body, "scoreMaximum")
    if not maximum and cell.line_item.maximum:
        raise Wrong(422, "ScoreMaximum must be greater than 0")
    return given, maximum
