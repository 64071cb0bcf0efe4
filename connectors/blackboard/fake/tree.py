"""The college's things as Learn has them: a tree of contents, each with its handler.

A thing's content id is its own number. A module is a folder; a page of Ultra is a folder
(`isBbPage`) with a document in it, whose id ends in `_2` here. A header is a folder without
anything in it. What stands in no module stands at the top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.blackboard.fake.call import Call, Payload, instant, missing, named, number
from connectors.sandbox.models import (
    Assignment,
    Course,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
    Visible,
)
from connectors.sandbox.visible import Eyes

Thing = Page | File | Assignment | Quiz
HALF = "half-"  # how the address of a page begins whose document was not made yet


@dataclass(frozen=True)
class Content:
    """One line of the tree."""

    id: str
    parent: str  # "" at the top
    title: str
    position: int
    handler: Payload
    body: str = ""
    thing: Visible | None = None  # whose dates and audience it has
    folder: bool = False


def tree(call: Call, course: Course) -> list[Content]:
    """Return every content that the caller sees, parents before children. §3.4."""
    eyes = Eyes(call.person, course)
    everything = call.sees_all(course)
    found = []
    hidden: set[str] = set()
    for content in _all(call, course):
        thing = content.thing
        if not everything and (content.parent in hidden or not _open(eyes, thing)):
            hidden.add(content.id)
            continue
        found.append(content)
    return found


def _open(eyes: Eyes, thing: Visible | None) -> bool:
    return thing is None or (eyes.sees(thing) and not eyes.locked(thing))  # type: ignore[arg-type]  # all we have are such things


def _all(call: Call, course: Course) -> Iterator[Content]:
    top, original = root(course), bool(call.option("original"))
    placed: set[int] = set()
    modules = list(Module.objects.filter(course=course).order_by("position", "id"))
    items: dict[int, list[ModuleItem]] = defaultdict(list)
    rows = ModuleItem.objects.filter(module__course=course).select_related(
        "page", "file", "assignment", "quiz"
    )
    for item in rows.order_by("position", "id"):
        items[item.module_id].append(item)
    for module in modules:
        folder = {"id": "resource/x-bb-folder"}
        here = named(module)
        yield Content(here, top, module.name, module.position, folder, "", module, folder=True)
        for item in items[module.pk]:
            thing = item.content
            if thing is None:
                yield _bare(item, here)
            elif thing.pk not in placed:
                placed.add(thing.pk)
                yield from _thing(thing, here, item.position, item.title, original)
    for place, thing in enumerate(_unplaced(course, placed), len(modules) + 1):
        yield from _thing(thing, top, place, "", original)


def root(course: Course) -> str:
    """Return the id of what Ultra's whole course stands in; Original's top has no parent."""
    return f"_{course.pk}_0"


def _bare(item: ModuleItem, parent: str) -> Content:
    if item.external_url:
        handler = {"id": "resource/x-bb-externallink", "url": item.external_url}
        return Content(named(item), parent, item.title, item.position, handler)
    folder = {"id": "resource/x-bb-folder"}
    return Content(named(item), parent, item.title, item.position, folder, folder=True)


def _unplaced(course: Course, placed: set[int]) -> Iterator[Thing]:
    of_quizzes = Quiz.objects.filter(course=course).values_list("assignment_id", flat=True)
    works = Assignment.objects.filter(course=course).exclude(id__in=[n for n in of_quizzes if n])
    for rows in (Page.objects.filter(course=course), works, Quiz.objects.filter(course=course)):
        yield from (row for row in rows.order_by("id") if row.pk not in placed)
    files = File.objects.filter(course=course, hidden=False).defer("content")
    yield from (row for row in files.order_by("id") if row.pk not in placed)


def _thing(thing: Thing, parent: str, place: int, title: str, original: bool) -> Iterator[Content]:
    here = named(thing)
    match thing:
        case Page() if original:
            document = {"id": "resource/x-bb-document"}
            yield Content(here, parent, thing.title, place, document, thing.body, thing)
        case Page():
            page = {"id": "resource/x-bb-folder", "isBbPage": True}
            half = thing.url.startswith(HALF)
            body = thing.body if half else ""
            yield Content(here, parent, thing.title, place, page, body, thing, folder=True)
            if not half:
                document = {"id": "resource/x-bb-document"}
                name = f"_{thing.pk}_2"
                yield Content(name, here, "ultraDocumentBody", 0, document, bbml(thing.body))
        case File():
            told = {"fileName": thing.display_name, "mimeType": thing.content_type}
            handler = {"id": "resource/x-bb-file", "file": told}
            yield Content(here, parent, thing.display_name, place, handler, "", thing)
        case Assignment():
            handler = {"id": "resource/x-bb-assignment", "gradeColumnId": here}
            name, body = title or thing.name, bbml(thing.description)
            yield Content(here, parent, name, place, handler, body, thing)
        case Quiz():
            handler = {"id": "resource/x-bb-asmt-test-link", "assessmentId": here}
            handler["gradeColumnId"] = named(thing.assignment_id or thing.pk)
            yield Content(here, parent, thing.title, place, handler, thing.description, thing)


def thing_of(course: Course, content_id: str) -> Visible | None:
    """Return the thing behind a content, without the whole tree; None for a mere line of it."""
    pk = number(content_id)
    for kind in (Page, Assignment, Quiz, Module):
        if found := kind.objects.filter(course=course, pk=pk).first():
            return found
    file = File.objects.filter(course=course, pk=pk).defer("content").first()
    if file or ModuleItem.objects.filter(module__course=course, pk=pk).exists():
        return file
    raise missing()


def bbml(html: str) -> str:
    """Write HTML as Learn gives it back: BbML, with its editor's version before it. §3.4."""
    return f'<!-- {{"bbMLEditorVersion":1}} --><div data-bbid="bbml-editor">{html}</div>'


def described(call: Call, course: Course, content: Content) -> Payload:
    """Describe a content. docs: "Managing content with REST API"; §3.4."""
    thing = content.thing
    moment = thing.updated_at if thing else course.created_at
    opens = {"redirectType": "nautilus", "courseId": named(course), "contentId": content.id}
    query = "&".join(f"{name}={value}" for name, value in opens.items())
    original = content.parent == root(course) and call.option("original")
    release = {"start": thing and instant(thing.unlock_at), "end": thing and instant(thing.lock_at)}
    return {
        "id": content.id,
        "parentId": None if original else content.parent,
        "title": content.title,
        "body": content.body or None,
        "created": instant(thing.created_at if thing else course.created_at),
        "modified": instant(moment),
        "position": content.position,
        "hasChildren": content.folder or None,
        "launchInNewWindow": False,
        "reviewable": False,
        "availability": {
            "available": "Yes" if thing is None or thing.published else "No",
            "allowGuests": True,
            "allowObservers": True,
            "adaptiveRelease": {name: value for name, value in release.items() if value},
        },
        "contentHandler": content.handler,
        "links": [
            {
                "href": f"/ultra/redirect?{query}",
                "rel": "alternate",
                "title": "User Interface View",
                "type": "text/html",
            }
        ],
    }
