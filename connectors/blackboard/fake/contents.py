"""Contents: lists of them, and how one is made."""

from __future__ import annotations

from typing import Any

from connectors.blackboard.fake.call import Call, Payload, Refused, missing, number
from connectors.blackboard.fake.routes import api
from connectors.blackboard.fake.tree import HALF, Content, described, root, tree
from connectors.sandbox.editing import free_slug, now
from connectors.sandbox.models import Course, Module, ModuleItem, Page

HERE = "v1/courses/<str:course_id>/contents"


@api(HERE, "GET", "POST", made=201)
def contents(call: Call, course_id: str) -> Any:
    """List what stands at the top, or put something there. docs: "Managing content"."""
    course = call.course(course_id)
    if call.request.method == "POST":
        if call.option("original"):
            raise Refused(400, "Content of this type can not be created at the top of a course.")
        return _made(call, call.staff(course_id, "course.content.CREATE"), root(course))
    rows = tree(call, course)
    return [described(call, course, row) for row in rows if row.parent == root(course)]


@api(f"{HERE}/<str:content_id>")
def content(call: Call, course_id: str, content_id: str) -> Payload:
    """Return one content."""
    course = call.course(course_id)
    for row in tree(call, course):
        if row.id == content_id:
            return described(call, course, row)
    raise missing()


@api(f"{HERE}/<str:content_id>/children", "GET", "POST", made=201)
def children(call: Call, course_id: str, content_id: str) -> Any:
    """List what stands in a content (`recursive`: below it as well), or put something in."""
    course = call.course(course_id)
    rows = tree(call, course)
    if content_id != root(course) and content_id not in {row.id for row in rows}:
        raise missing()
    if call.request.method == "POST":
        return _made(call, call.staff(course_id, "course.content.CREATE"), content_id)
    below, found = {content_id}, []
    for row in rows:  # parents come first
        if row.parent in below:
            found.append(row)
            if call.given("recursive") == "true":
                below.add(row.id)
    return [described(call, course, row) for row in found]


def _made(call: Call, course: Course, parent: str) -> Payload:
    """Make what a POST says: a document, or the folder that a page of Ultra is."""
    sent = call.sent()
    handler = sent.get("contentHandler") or {}
    if not sent.get("title") and handler.get("id") != "resource/x-bb-document":
        raise Refused(400, "title is required.")
    if handler.get("id") == "resource/x-bb-folder" and handler.get("isBbPage"):
        return _told(call, course, _page(call, course, parent, sent, half=True))
    if handler.get("id") != "resource/x-bb-document":
        raise Refused(400, "The content handler is not supported.")
    whole = _begun(course, parent)
    if whole is None:
        return _told(call, course, _page(call, course, parent, sent, half=False))
    whole.body, whole.url = str(sent.get("body") or ""), free_slug(whole, whole.title)
    whole.updated_at = now(call.world.name)
    whole.save()
    return _told(call, course, whole, document=True)


def _begun(course: Course, parent: str) -> Page | None:
    """Return the page of Ultra that a document is made in."""
    if parent == root(course):
        return None
    half = Page.objects.filter(course=course, id=number(parent), url__startswith=HALF)
    return half.first()


def _page(call: Call, course: Course, parent: str, sent: Payload, *, half: bool) -> Page:
    available = (sent.get("availability") or {}).get("available", "Yes")
    page = Page(
        course=course,
        title=str(sent["title"]),
        body=str(sent.get("body") or ""),
        published=available != "No",
        updated_at=now(call.world.name),
    )
    page.url = f"{HALF}{page.pk}" if half else free_slug(page, page.title)
    page.save()
    module = Module.objects.filter(course=course, id=number(parent)).first()
    if module:
        last = module.items.count() + 1
        ModuleItem.objects.create(
            module=module, position=last, type="Page", title=page.title, page=page
        )
    return page


def _told(call: Call, course: Course, page: Page, *, document: bool = False) -> Payload:
    wanted = f"_{page.pk}_{2 if document else 1}"
    found: list[Content] = [row for row in tree(call, course) if row.id == wanted]
    return described(call, course, found[0])
