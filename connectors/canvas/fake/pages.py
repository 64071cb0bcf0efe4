"""Wiki pages."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse

from connectors.canvas.fake.call import Call, Payload, Refused, missing
from connectors.canvas.fake.dates import date_details
from connectors.canvas.fake.routes import api
from connectors.sandbox.editing import change_page
from connectors.sandbox.models import Page
from connectors.sandbox.rows import instant
from connectors.sandbox.visible import Eyes


@api("courses/<str:course_id>/pages", "courses/:course_id/pages", "GET", "POST")
def pages(call: Call, course_id: str) -> Any:
    """List the pages, without their text, or make one. Canvas API: Pages.

    A course whose teacher switched pages off answers 404.
    """
    eyes = call.eyes(course_id)
    if call.option("pages_disabled"):
        raise Refused(404, {"message": "That page has been disabled for this course"})
    if call.request.method == "POST":
        return _made(call, call.staff(course_id))
    order = call.ordered("title", "updated_at", "created_at")
    rows = Page.objects.filter(course=eyes.course).prefetch_related("overrides")
    if call.request.GET.get("published") in ("true", "false"):
        rows = rows.filter(published=call.request.GET["published"] == "true")
    if words := call.request.GET.get("search_term"):
        rows = rows.filter(title__icontains=words)
    return [_page(call, eyes, row) for row in rows.order_by(*order) if eyes.sees(row)]


def _made(call: Call, eyes: Eyes) -> Payload:
    """Make a page; a second one of a title gets another address. Canvas API: Pages."""
    sent = _sent(call.request)
    row = Page(course=eyes.course)
    change_page(
        row,
        title=sent.get("title") or "No Title",
        body=sent.get("body", ""),
        published=sent.get("published", "").lower() in ("true", "1", "on"),
    )
    return {**_page(call, eyes, row), "body": row.body}


def _page(call: Call, eyes: Eyes, row: Page) -> Payload:
    return {
        "page_id": row.id,
        "url": row.url,
        "title": row.title,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "published": row.published,
        "hide_from_students": not row.published,
        "front_page": row.front_page,
        "editing_roles": "teachers",
        "html_url": f"{call.url}/courses/{row.course_id}/pages/{row.url}",
        "locked_for_user": eyes.locked(row),
    }


def _find_page(call: Call, eyes: Eyes, url: str) -> Page:
    rows = Page.objects.filter(course=eyes.course)
    row = rows.filter(url=url).first()
    by_id = url.removeprefix("page_id:")
    if row is None and by_id.isdecimal():
        row = rows.filter(id=int(by_id)).first()
    if row is None:
        raise missing()
    if not eyes.sees(row):
        raise call.forbidden()
    return row


@api("courses/<str:course_id>/front_page", "courses/:course_id/front_page")
def front_page(call: Call, course_id: str) -> Payload:
    """Return the front page. Canvas API: Pages."""
    eyes = call.eyes(course_id)
    row = Page.objects.filter(course=eyes.course, front_page=True).first()
    if row is None or not eyes.sees(row):
        raise missing()
    return {**_page(call, eyes, row), "body": row.body}


@api(
    "courses/<str:course_id>/pages/<str:url>",
    "courses/:course_id/pages/:url_or_id",
    "GET",
    "PUT",
)
def page(call: Call, course_id: str, url: str) -> Payload:
    """Return a page with its text, or change it. Canvas API: Pages."""
    eyes = call.eyes(course_id)
    row = _find_page(call, eyes, url)
    if call.request.method == "PUT":
        if not eyes.staff:
            raise call.forbidden()
        _change_page(row, call.request)
    body = None if eyes.locked(row) else row.body
    return {**_page(call, eyes, row), "body": body}


def _change_page(row: Page, request: HttpRequest) -> None:
    """Take `wiki_page[title|body|published]`."""
    sent = _sent(request)
    published = sent.get("published", str(row.published)).lower() in ("true", "1", "on")
    change_page(
        row,
        title=sent.get("title", row.title),
        body=sent.get("body", row.body),
        published=published,
    )


def _sent(request: HttpRequest) -> dict[str, str]:
    """Read a PUT's fields from JSON or from a form; Django parses only a POST's."""
    if request.content_type == "application/json":
        try:
            fields = json.loads(request.body or b"{}").get("wiki_page", {})
        except (ValueError, AttributeError) as broken:
            raise Refused(400, {"message": "Malformed JSON"}) from broken
        return {name: str(value) for name, value in fields.items()}
    request.method, method = "POST", request.method
    posted = request.POST
    request.method = method
    return {
        name.removeprefix("wiki_page[").removesuffix("]"): str(value)
        for name, value in posted.items()
    }


@api(
    "courses/<str:course_id>/pages/<str:url>/date_details",
    "courses/:course_id/pages/:url_or_id/date_details",
)
def page_dates(call: Call, course_id: str, url: str) -> JsonResponse:
    """Say for whom a page is. Canvas API: Learning Object Dates."""
    eyes = call.staff(course_id)
    return date_details(call, _find_page(call, eyes, url))
