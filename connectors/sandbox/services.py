"""Names and Roles (NRPS 2) and Assignment and Grade Services (AGS 2), as Canvas offers them.

Canvas API: Names and Role; Line Items; Score; Result.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.sandbox.claims import NRPS_SCOPE, roles_of
from connectors.sandbox.faults import bearer
from connectors.sandbox.models import (
    Course,
    Enrolment,
    LineItem,
    Person,
    Score,
    ServiceToken,
    Tool,
)

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
WRITE = {f"{AGS}lineitem"}
READ = {f"{AGS}lineitem", f"{AGS}lineitem.readonly"}
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"

View = Callable[..., HttpResponseBase]


class Wrong(Exception):
    """What the caller sent cannot be taken."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def error(status: int, message: str) -> JsonResponse:
    """Return an AGS error as Canvas words it."""
    kind = {401: "unauthorized", 404: "not_found", 422: "unprocessable_entity"}.get(status, "error")
    return JsonResponse({"errors": {"type": kind, "message": message}}, status=status)


def service(view: View) -> View:
    """Let in service tokens of the course's own world; `view` gets tool, scopes and course."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, course_id: int, **rest: Any) -> HttpResponseBase:
        token = (
            ServiceToken.objects.select_related("tool")
            .filter(value=bearer(request), expires_at__gt=timezone.now())
            .first()
        )
        if token is None:
            return error(401, "Invalid access token")
        course = Course.objects.filter(id=course_id, world=token.tool.world_id).first()
        if course is None:
            return error(404, "The specified resource does not exist.")
        try:
            return view(request, token.tool, set(token.scopes.split()), course, **rest)
        except Wrong as wrong:
            return error(wrong.status, wrong.message)

    return guarded


def _need(scopes: set[str], any_of: set[str]) -> None:
    if not scopes & any_of:
        raise Wrong(401, "Insufficient permissions")


def _paged(
    request: HttpRequest, rows: list[Any], most: int = 100
) -> tuple[list[Any], dict[str, str]]:
    """Return one page of `rows` and the headers that lead to the next."""
    size = min(max(int(request.GET.get("limit") or 10), 1), most)
    page = max(int(request.GET.get("page") or 1), 1)
    base = f"{settings.SANDBOX_URL}{request.path}"
    given = {name: str(value) for name, value in request.GET.items()}

    def link(number: int, name: str) -> str:
        query = urlencode({**given, "page": number, "limit": size})
        return f'<{base}?{query}>; rel="{name}"'

    links = [link(page, "current"), link(1, "first")]
    if page * size < len(rows):
        links.append(link(page + 1, "next"))
    return rows[(page - 1) * size : page * size], {"link": ",".join(links)}


@service
def memberships(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course
) -> HttpResponseBase:
    """Return who is in the course.

    Source: https://www.imsglobal.org/spec/lti-nrps/v2p0
    """
    _need(scopes, {NRPS_SCOPE})
    rows = Enrolment.objects.filter(course=course).select_related("person").order_by("id")
    people = list(dict.fromkeys(row.person for row in rows))
    wanted = request.GET.get("role", "")
    members = [_member(person, course) for person in people]
    page, headers = _paged(request, [m for m in members if not wanted or wanted in m["roles"]], 50)
    body = {
        "id": f"{settings.SANDBOX_URL}{request.path}",
        "context": {"id": course.uuid, "label": course.code, "title": course.name},
        "members": page,
    }
    return JsonResponse(body, content_type=ROSTER_TYPE, headers=headers)


def _member(person: Person, course: Course) -> dict[str, Any]:
    active = Enrolment.objects.filter(person=person, course=course, state="active").exists()
    return {
        "status": "Active" if active else "Inactive",
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "user_id": person.uuid,
        "lti11_legacy_user_id": person.uuid.replace("-", ""),
        "roles": roles_of(person, course),
    }


@service
def line_items(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course
) -> HttpResponseBase:
    """List the tool's columns, or make one; the same resourceId twice makes two, as in Canvas.

    Source: https://www.imsglobal.org/spec/lti-ags/v2p0#line-item-service
    """
    if request.method == "POST":
        _need(scopes, WRITE)
        row = LineItem(tool=tool, course=course)
        _fill(row, _json(request, ITEM_TYPE))
        return JsonResponse(_item(row), status=201, content_type=ITEM_TYPE)
    _need(scopes, READ)
    rows = LineItem.objects.filter(tool=tool, course=course).order_by("id")
    for name in ("tag", "resource_id", "resource_link_id"):
        if name in request.GET:
            rows = rows.filter(**{name: request.GET[name]})
    page, headers = _paged(request, [_item(row) for row in rows])
    return JsonResponse(page, safe=False, content_type=ITEMS_TYPE, headers=headers)


def _json(request: HttpRequest, kind: str) -> dict[str, Any]:
    if request.content_type not in (kind, "application/json"):
        raise Wrong(415, f"Content-Type must be {kind}")
    try:
        body = json.loads(request.body)
    except ValueError as broken:
        raise Wrong(400, "The body is not JSON") from broken
    if not isinstance(body, dict):
        raise Wrong(400, "The body is not an object")
    return body


def _fill(row: LineItem, body: dict[str, Any]) -> None:
    if not body.get("label") or not isinstance(body.get("scoreMaximum"), int | float):
        raise Wrong(422, "label and scoreMaximum are required")
    row.label = str(body["label"])
    row.maximum = Decimal(str(body["scoreMaximum"]))
    row.resource_id = str(body.get("resourceId") or "")
    row.resource_link_id = str(body.get("resourceLinkId") or row.resource_link_id)
    row.tag = str(body.get("tag") or "")
    row.save()


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
    _need(scopes, READ if request.method == "GET" else WRITE)
    row = _row(tool, course, item_id)
    if request.method == "DELETE":
        row.delete()
        return HttpResponse(status=204)
    if request.method == "PUT":
        _fill(row, _json(request, ITEM_TYPE))
    return JsonResponse(_item(row), content_type=ITEM_TYPE)


@service
def scores(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Take a score.

    Canvas API: Score. An older timestamp than the stored one is a 400; who is no student of
    the course is a 422; each comment is one more comment.
    """
    _need(scopes, {f"{AGS}score"})
    row, body = _row(tool, course, item_id), _json(request, SCORE_TYPE)
    for name in ("userId", "activityProgress", "gradingProgress", "timestamp"):
        if not body.get(name):
            raise Wrong(422, f"{name} is required")
    if "scoreGiven" in body and "scoreMaximum" not in body:
        raise Wrong(422, "scoreMaximum is required with scoreGiven")
    person = _student(course, str(body["userId"]))
    at = parse_datetime(str(body["timestamp"]))
    if at is None or at.tzinfo is None:
        raise Wrong(400, "timestamp must be ISO 8601 with a zone")
    old = Score.objects.filter(line_item=row, person=person).first()
    if old is not None and at < old.timestamp:
        raise Wrong(400, "A newer score has been sent already")
    _store(row, person, body, old, at)
    return JsonResponse({"resultUrl": f"{_item(row)['id']}/results/{person.id}"})


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


def _store(row: LineItem, person: Person, body: dict[str, Any], old: Score | None, at: Any) -> None:
    counts = body["gradingProgress"] in ("FullyGraded", "PendingManual") and "scoreGiven" in body
    comments = [*(old.comments if old else [])]
    if body.get("comment"):
        comments.append(str(body["comment"]))
    values: dict[str, Any] = {
        "timestamp": at,
        "activity_progress": str(body["activityProgress"]),
        "grading_progress": str(body["gradingProgress"]),
        "comments": comments,
    }
    if counts:
        values["given"] = Decimal(str(body["scoreGiven"]))
        values["maximum"] = Decimal(str(body["scoreMaximum"]))
    Score.objects.update_or_create(line_item=row, person=person, defaults=values)


@service
def results(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Return the scores of a column, scaled to its maximum."""
    _need(scopes, {f"{AGS}result.readonly"})
    row = _row(tool, course, item_id)
    found = Score.objects.filter(line_item=row).select_related("person").order_by("id")
    if "user_id" in request.GET:
        found = found.filter(person__uuid=request.GET["user_id"])
    page, headers = _paged(request, [_result(row, score) for score in found])
    return JsonResponse(page, safe=False, content_type=RESULTS_TYPE, headers=headers)


def _result(row: LineItem, score: Score) -> dict[str, Any]:
    item = _item(row)["id"]
    result: dict[str, Any] = {
        "id": f"{item}/results/{score.id}",
        "scoreOf": item,
        "userId": score.person.uuid,
        "resultMaximum": float(row.maximum),
    }
    if score.given is not None and score.maximum:
        result["resultScore"] = float(score.given * row.maximum / score.maximum)
    if score.comments:
        result["comment"] = score.comments[-1]
    return result
