"""Assignment and Grade Services (AGS 2), as Canvas offers them.

Canvas API: Line Items; Score; Result.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.sandbox import settings
from connectors.sandbox.models import Course, Enrolment, LineItem, Person, Score, Tool
from connectors.sandbox.services import Wrong, body_of, need, paged, service

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
WRITE = {f"{AGS}lineitem"}
READ = {f"{AGS}lineitem", f"{AGS}lineitem.readonly"}
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
RESULT_TYPE = "application/vnd.ims.lis.v2.result+json"

EXTENSION = "https://canvas.instructure.com/lti/submission"
# A score with another gradingProgress than these takes away the one there was.
COUNTS = {"FullyGraded", "PendingManual"}
GRADING = COUNTS | {"Pending", "Failed", "NotReady"}
ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
AHEAD = timedelta(minutes=1)  # how far in the future work may be handed in
MOST = Decimal(999_999)  # points that fit into a column


@service
def line_items(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course
) -> HttpResponseBase:
    """List the tool's columns, or make one; the same resourceId twice makes two, as in Canvas.

    Source: https://www.imsglobal.org/spec/lti-ags/v2p0#line-item-service
    """
    if request.method == "POST":
        need(scopes, WRITE)
        row = LineItem(tool=tool, course=course)
        _fill(row, body_of(request, ITEM_TYPE))
        return JsonResponse(_item(row), status=201, content_type=ITEM_TYPE)
    need(scopes, READ)
    rows = LineItem.objects.filter(tool=tool, course=course).order_by("id")
    for name in ("tag", "resource_id", "resource_link_id"):
        if name in request.GET:
            rows = rows.filter(**{name: request.GET[name]})
    page, headers = paged(request, [_item(row) for row in rows])
    return JsonResponse(page, safe=False, content_type=ITEMS_TYPE, headers=headers)


def _fill(row: LineItem, body: dict[str, Any]) -> None:
    """Take what was sent; a PUT may leave out what stays."""
    label = body.get("label", row.label)
    if not label or ("scoreMaximum" not in body and row._state.adding):
        raise Wrong(422, "label and scoreMaximum are required")
    link = str(body.get("resourceLinkId") or row.resource_link_id)
    # The only link of a course in this college is the one of its navigation.
    if link not in ("", row.course.uuid):
        raise Wrong(404, "The specified resource does not exist.")
    row.label = str(label)
    if "scoreMaximum" in body:
        row.maximum = _points(body, "scoreMaximum")
    row.resource_id = str(body.get("resourceId", row.resource_id) or "")
    row.resource_link_id = link
    row.tag = str(body.get("tag", row.tag) or "")
    row.save()


def _points(body: dict[str, Any], name: str) -> Decimal:
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(422, f"{name} is not a number")
    points = Decimal(str(value))
    if not 0 <= points <= MOST:
        raise Wrong(422, f"{name} must be greater than or equal to 0")
    return points.quantize(Decimal("0.01"))


def _item(row: LineItem) -> dict[str, Any]:
    fields = {
        "id": f"{settings.SANDBOX_URL}/api/lti/courses/{row.course_id}/line_items/{row.id}",
        "scoreMaximum": float(row.maximum),
        "label": row.label,
        "resourceId": row.resource_id,
        "resourceLinkId": row.resource_link_id,
        "tag": row.tag,
    }
    return {name: value for name, value in fields.items() if value != ""}


def _row(tool: Tool, course: Course, item_id: int) -> LineItem:
    row = LineItem.objects.filter(tool=tool, course=course, id=item_id).first()
    if row is None:
        raise Wrong(404, "The specified resource does not exist.")
    return row


@service
def line_item(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Read, change or delete one column."""
    need(scopes, READ if request.method == "GET" else WRITE)
    row = _row(tool, course, item_id)
    if request.method == "DELETE":
        row.delete()
        return HttpResponse(status=204)
    if request.method == "PUT":
        _fill(row, body_of(request, ITEM_TYPE))
    return JsonResponse(_item(row), content_type=ITEM_TYPE)


@service
def scores(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Take a score. Canvas API: Score; its rules as its scores_controller has them.

    A timestamp older than the stored one is a 400, an equal one is taken. Who is no student
    of the course is a 422. Every comment is one more comment. A score that does not count
    takes away the one there was, unless `preserve_score` is set.
    """
    need(scopes, {f"{AGS}score"})
    if request.method != "POST":
        raise Wrong(404, "The specified resource does not exist.")
    row, body = _row(tool, course, item_id), body_of(request, SCORE_TYPE)
    for name in ("userId", "activityProgress", "gradingProgress", "timestamp"):
        if not body.get(name):
            raise Wrong(400, f"param is missing or the value is empty: {name}")
    if body["gradingProgress"] not in GRADING or body["activityProgress"] not in ACTIVITY:
        raise Wrong(422, "gradingProgress or activityProgress is not one of the known words")
    person = _student(course, str(body["userId"]))
    at = _moment(body["timestamp"], "timestamp")
    _handed_in(body)
    old = Score.objects.filter(line_item=row, person=person).first()
    if old is not None and at < old.timestamp:
        raise Wrong(
            400,
            f"Provided timestamp of {body['timestamp']} before last updated timestamp "
            f"of {old.timestamp.isoformat(timespec='milliseconds')}",
        )
    stored = _store(row, person, body, old, at)
    return JsonResponse({"resultUrl": _result_url(stored)})


def _moment(value: Any, name: str) -> datetime:
    """Read an instant; without a zone it is none."""
    try:
        at = parse_datetime(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Wrong(400, f"Provided {name} of {value} not a valid timestamp")
    return at


def _extension(body: dict[str, Any]) -> dict[str, Any]:
    found = body.get(EXTENSION)
    return found if isinstance(found, dict) else {}


def _handed_in(body: dict[str, Any]) -> None:
    """Refuse work from the future, told the standard's way or Canvas's."""
    standard = body.get("submission")
    told = _extension(body).get("submitted_at") or (
        standard.get("submittedAt") if isinstance(standard, dict) else None
    )
    if told and _moment(told, "submitted_at") > timezone.now() + AHEAD:
        raise Wrong(400, f"Provided submitted_at timestamp of {told} in the future")


def _student(course: Course, user_id: str) -> Person:
    """Find a student by `sub` or by number: Canvas takes both."""
    students = Enrolment.objects.filter(
        course=course,
        state="active",
        type__in=("StudentEnrollment", "StudentViewEnrollment"),
    ).select_related("person")
    for enrolment in students:
        if user_id in (enrolment.person.uuid, str(enrolment.person_id)):
            return enrolment.person
    raise Wrong(422, "User not found in course or is not a student")


def _store(
    row: LineItem, person: Person, body: dict[str, Any], old: Score | None, at: datetime
) -> Score:
    comments = [*(old.comments if old else [])]
    if body.get("comment"):
        comments.append(str(body["comment"]))
    given, maximum = _counted(row, body, old)
    values: dict[str, Any] = {
        "timestamp": at,
        "activity_progress": str(body["activityProgress"]),
        "grading_progress": str(body["gradingProgress"]),
        "comments": comments,
        "given": given,
        "maximum": maximum,
    }
    return Score.objects.update_or_create(line_item=row, person=person, defaults=values)[0]


def _counted(
    row: LineItem, body: dict[str, Any], old: Score | None
) -> tuple[Decimal | None, Decimal | None]:
    """Return the points to store, and of how many."""
    if body["gradingProgress"] not in COUNTS or body.get("scoreGiven") is None:
        kept = old if _extension(body).get("preserve_score") is True else None
        return (kept.given, kept.maximum) if kept else (None, None)
    if body.get("scoreMaximum") is None:
        raise Wrong(422, "ScoreMaximum not supplied when ScoreGiven present.")
    given, maximum = _points(body, "scoreGiven"), _points(body, "scoreMaximum")
    if not maximum and row.maximum:
        raise Wrong(422, "ScoreMaximum must be greater than 0")
    return given, maximum


@service
def results(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Return the scores of a column, scaled to its maximum. Canvas API: Result."""
    need(scopes, {f"{AGS}result.readonly"})
    row = _row(tool, course, item_id)
    found = Score.objects.filter(line_item=row).select_related("person").order_by("id")
    if "user_id" in request.GET:
        found = found.filter(person__uuid=request.GET["user_id"])
    page, headers = paged(request, [_result(score) for score in found])
    return JsonResponse(page, safe=False, content_type=RESULTS_TYPE, headers=headers)


@service
def result(
    request: HttpRequest,
    tool: Tool,
    scopes: set[str],
    course: Course,
    item_id: int,
    result_id: int,
) -> HttpResponseBase:
    """Return one score: where `resultUrl` leads. Canvas API: Result."""
    need(scopes, {f"{AGS}result.readonly"})
    row = _row(tool, course, item_id)
    found = Score.objects.filter(line_item=row, id=result_id).select_related("person").first()
    if found is None:
        raise Wrong(404, "The specified resource does not exist.")
    return JsonResponse(_result(found), content_type=RESULT_TYPE)


def _result_url(score: Score) -> str:
    return f"{_item(score.line_item)['id']}/results/{score.id}"


def _result(score: Score) -> dict[str, Any]:
    row = score.line_item
    told: dict[str, Any] = {
        "id": _result_url(score),
        "scoreOf": _item(row)["id"],
        "userId": score.person.uuid,
        "resultMaximum": float(row.maximum),
    }
    if score.points is not None:
        told["resultScore"] = float(score.points)
    if score.comments:
        told["comment"] = score.comments[-1]
    return told
