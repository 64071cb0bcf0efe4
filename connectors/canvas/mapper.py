"""Canvas's courses, modules, pages, files and announcements → LMS-DM. Pure: no calls, no rows.

Whatever could show a student too much is read the strict way: who cannot be told sees nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import outline
from connectors.canvas import gates
from connectors.canvas.payloads import (
    Announcement,
    CoursePayload,
    Dates,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Tab,
    read,
)
from connectors.canvas.windows import window
from tutorai.lmsdm import media, schema
from tutorai.lmsdm.schema import Kind, Unreadable

KINDS = {
    "Page": Kind.PAGE,
    "File": Kind.FILE,
    "Assignment": Kind.ASSIGNMENT,
    "Quiz": Kind.QUIZ,
    "Discussion": Kind.DISCUSSION,
    "ExternalUrl": Kind.LINK,
    "ExternalTool": Kind.TOOL,
    "SubHeader": Kind.HEADING,
}
# Assignments are not among them: students meet those in their calendar and grades as well.
TABS = {
    "pages": Kind.PAGE,
    "files": Kind.FILE,
    "syllabus": Kind.SYLLABUS,
    "announcements": Kind.ANNOUNCEMENT,
}


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the last of the moments that are set."""
    return max((moment for moment in moments if moment), default=None)


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the first of the moments that are set."""
    return min((moment for moment in moments if moment), default=None)


def unlisted(tabs: Iterable[Tab]) -> frozenset[Kind]:
    """Return the kinds whose tab students do not see; a tab nobody told of is none."""
    shown = {tab.id for tab in tabs if tab.shown}
    return frozenset(kind for tab_id, kind in TABS.items() if tab_id not in shown)


def course(payload: Any) -> schema.Course:
    """Map a course; its syllabus is content, not description."""
    told = read(CoursePayload, payload)
    return schema.Course(
        course_id=told.id,
        title=told.name,
        code=told.course_code,
        state=told.workflow_state,
        start_at=told.start_at,
        end_at=told.end_at,
        time_zone=told.time_zone,
    )


def syllabus(payload: Any, *, tabs: Iterable[Tab], url: str) -> list[schema.ContentItem]:
    """Map a course's syllabus; none when it is empty. It is called what its tab is called."""
    told = read(CoursePayload, payload)
    if not told.syllabus_body.strip():
        return []
    return [
        schema.ContentItem(
            item_id=f"syllabus:{told.id}",
            course_id=told.id,
            kind=Kind.SYLLABUS,
            title=next((tab.label for tab in tabs if tab.id == "syllabus"), "") or told.name,
            body=told.syllabus_body,
            url=url,
        )
    ]


def _opens(item: ModuleItem, slugs: Mapping[str, str]) -> str | None:
    """Return the id of the content item a line opens; None for headings."""
    if item.type == "Page":
        page_id = slugs.get(item.page_url)
        return f"page:{page_id}" if page_id else None
    kind = KINDS.get(item.type, Kind.HEADING)
    if kind is Kind.HEADING:
        return None
    # A link has no content of its own, and a tool's may be used twice: the line is the thing.
    own = item.id if kind in (Kind.LINK, Kind.TOOL) else item.content_id
    return f"{kind.value}:{own}"


def toc(
    modules: Sequence[tuple[Module, Dates]], *, course_id: str, slugs: Mapping[str, str]
) -> list[schema.TocNode]:
    """Map modules with their items; `slugs` says which page id a page's URL name stands for."""
    before = gates.of_modules([module for module, _ in modules])
    nodes = []
    for module, dates in modules:
        own = schema.Window(available_from=module.unlock_at, condition=before.get(module.id))
        nodes.append(
            schema.TocNode(
                node_id=f"module:{module.id}",
                course_id=course_id,
                title=module.name,
                position=module.position,
                window=outline.both(window(dates, published=module.published), own),
            )
        )
        nodes += _lines(module, course_id, slugs)
    return nodes


def _lines(module: Module, course_id: str, slugs: Mapping[str, str]) -> list[schema.TocNode]:
    before = gates.of_lines(module)
    return [
        schema.TocNode(
            node_id=gates.line_id(item),
            course_id=course_id,
            title=item.title,
            parent_id=f"module:{module.id}",
            position=item.position,
            kind=KINDS.get(item.type, Kind.HEADING),
            item_id=_opens(item, slugs),
            url=item.external_url or item.html_url,
            window=schema.Window(published=item.published, condition=before.get(item.id)),
        )
        for item in module.items or []
    ]


def page(told: Page, *, course_id: str, url: str) -> schema.ContentItem:
    """Map a page of the list, as far as the list tells: its dates and its body come apart."""
    return schema.ContentItem(
        item_id=f"page:{told.page_id}",
        course_id=course_id,
        kind=Kind.PAGE,
        title=told.title,
        url=told.html_url or url,
        mime="text/html",
        updated_at=told.updated_at,
        version=told.updated_at.isoformat() if told.updated_at else "",
        window=schema.Window(
            published=told.published,
            available_from=told.unlock_at,
            available_until=told.lock_at,
        ),
    )


def dated(told: schema.ContentItem, dates: Dates) -> schema.ContentItem:
    """Return a listed item with what its dates say besides."""
    joined = outline.both(window(dates, published=True), told.window)
    return told.model_copy(update={"window": joined})


def _folders(told: File, folders: Mapping[str, Folder]) -> list[Folder]:
    """Return the folders a file lies in, innermost first."""
    found: list[Folder] = []
    here = folders.get(told.folder_id or "")
    while here is not None and here not in found:
        found.append(here)
        here = folders.get(here.parent_folder_id or "")
    return found


def _file_unreadable(mime: str, name: str, size: int | None, cap: int) -> Unreadable | None:
    if not media.readable(mime, name):
        return Unreadable.UNSUPPORTED
    return Unreadable.TOO_BIG if size is not None and size > cap else None


def file(
    told: File, *, course_id: str, folders: Mapping[str, Folder], url: str, cap: int
) -> schema.ContentItem:
    """Map a file of the list; a locked or hidden one, or one in such a folder, is for nobody.

    `cap` is the largest size we read, in bytes. Its dates come apart.
    """
    within = _folders(told, folders)
    shut = any(folder.locked or folder.hidden for folder in within)
    mime = told.mime.partition(";")[0].strip().lower()
    changed = told.modified_at or told.updated_at
    return schema.ContentItem(
        item_id=f"file:{told.id}",
        course_id=course_id,
        kind=Kind.FILE,
        title=told.display_name,
        url=url,
        mime=mime,
        size=told.size,
        updated_at=changed,
        version=f"{changed.isoformat() if changed else ''} {told.size}",
        window=schema.Window(
            published=not (told.locked or told.hidden or shut),
            available_from=latest([told.unlock_at, *(f.unlock_at for f in within)]),
            available_until=earliest([told.lock_at, *(f.lock_at for f in within)]),
        ),
        unreadable=_file_unreadable(mime, told.display_name, told.size, cap),
    )


def announcement(payload: Any, *, course_id: str) -> schema.ContentItem:
    """Map an announcement; one for sections that are not told is for nobody."""
    told = read(Announcement, payload)
    sections = None
    if told.is_section_specific or told.sections:
        sections = tuple(sorted(part.id for part in told.sections or ()))
    digest = hashlib.sha256(f"{told.title}\0{told.message}".encode()).hexdigest()
    return schema.ContentItem(
        item_id=f"announcement:{told.id}",
        course_id=course_id,
        kind=Kind.ANNOUNCEMENT,
        title=told.title,
        body=told.message,
        url=told.html_url,
        mime="text/html",
        updated_at=told.posted_at,
        version=digest[:16],
        window=schema.Window(
            published=told.published,
            available_from=told.delayed_post_at,
            available_until=told.lock_at,
            sections=sections,
        ),
    )
