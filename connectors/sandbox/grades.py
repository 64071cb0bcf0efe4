"""Assignment and Grade Services (AGS 2): what is HTTP of it. The rules are each LMS's own.

Source: https://www.imsglobal.org/spec/lti-ags/v2p0
"""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from connectors.canvas.fake.ags import Canvas
from connectors.sandbox import cells, dialects
from connectors.sandbox.dialect import (
    ITEM_TYPE,
    ITEMS_TYPE,
    RESULT_TYPE,
    RESULTS_TYPE,
)
from connectors.sandbox.guard import service
from connectors.sandbox.models import Course, LineItem, Score, Tool
from connectors.sandbox.services import Wrong, need

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
WRITE = {f"{AGS}lineitem"}
READ = {f"{AGS}lineitem", f"{AGS}lineitem.readonly"}


@service
def line_items(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course
) -> HttpResponseBase:
    """List the tool's columns, or make one; the same resourceId twice makes two, as everywhere.

    Source: https://www.imsglobal.org/spec/lti-ags/v2p0#line-item-service
    """
    dialect = dialects.at(request.path)
    if request.method == "POST":
        need(scopes, WRITE)
        row = LineItem(tool=tool, course=course)
        told = dialect.fill(row, request)
        row.save()
        return JsonResponse(dialect.written(row, told), status=201, content_type=ITEM_TYPE)
    need(scopes, READ)
    rows = LineItem.objects.filter(tool=tool, course=course).order_by("id")
    for name in ("tag", "resource_id", "resource_link_id"):
        if name in request.GET:
            rows = rows.filter(**{name: request.GET[name]})
    found = [dialect.listed(request, row) for row in rows.select_related("course", "tool")]
    page, headers = dialect.page(request, found)
    return JsonResponse(page, safe=False, content_type=ITEMS_TYPE, headers=headers)


def _row(request: HttpRequest, tool: Tool, course: Course, item_id: int) -> LineItem:
    row = LineItem.objects.filter(tool=tool, course=course, id=item_id).first()
    if row is None:
        raise Wrong(404, dialects.at(request.path).missing(item_id))
    row.tool, row.course = tool, course
    return row


@service
def line_item(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Read, change or delete one column."""
    need(scopes, READ if request.method == "GET" else WRITE)
    dialect, row = dialects.at(request.path), _row(request, tool, course, item_id)
    if request.method == "DELETE":
        if dialect.keeps_coupled and row.coupled:
            raise Wrong(401, "You are not authorized to perform this action")
        row.delete()
        return HttpResponse(status=204)
    if request.method == "PUT":
        told = dialect.fill(row, request)
        row.save()
        return JsonResponse(dialect.written(row, told), content_type=ITEM_TYPE)
    return JsonResponse(dialect.item(row), content_type=ITEM_TYPE)


@service
def scores(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Take a score, or refuse it: two for the same person wait for each other.

    Source: https://www.imsglobal.org/spec/lti-ags/v2p0#score-publish-service
    """
    need(scopes, {f"{AGS}score"})
    dialect = dialects.at(request.path)
    if request.method != "POST":
        raise Wrong(404, dialect.missing(item_id))
    row = _row(request, tool, course, item_id)
    body = dialect.read_score(request, row)
    person = dialect.gradable(course, body)
    with transaction.atomic():
        cell = cells.held(row, person)
        dialect.take(cell, body)
        cell.posts += 1
        cell.save()
    return dialect.taken(cell)


@service
def results(
    request: HttpRequest, tool: Tool, scopes: set[str], course: Course, item_id: int
) -> HttpResponseBase:
    """Return what the gradebook shows of a column.

    Source: https://www.imsglobal.org/spec/lti-ags/v2p0#result-service
    """
    need(scopes, {f"{AGS}result.readonly"})
    dialect, row = dialects.at(request.path), _row(request, tool, course, item_id)
    page, headers = dialect.page(request, dialect.results(request, row))
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
    """Return one score: where Canvas's `resultUrl` leads. Canvas API: Result."""
    need(scopes, {f"{AGS}result.readonly"})
    row = _row(request, tool, course, item_id)
    shown = Score.objects.filter(line_item=row, id=result_id, timestamp__isnull=False)
    found = shown.select_related("person", "line_item").first()
    if found is None:
        raise Wrong(404, dialects.at(request.path).missing(item_id))
    return JsonResponse(Canvas().result(found), content_type=RESULT_TYPE)
