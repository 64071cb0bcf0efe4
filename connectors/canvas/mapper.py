"""Canvas's payloads → LMS-DM. Pure: no calls, no rows.

Whatever could show a student too much is read the strict way: a window we cannot express
exactly becomes a narrower one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.canvas.payloads import (
    CoursePayload,
    Dates,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Tab,
    Work,
    read,
)
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
TABS = {"pages": Kind.PAGE, "files": Kind.FILE, "syllabus": Kind.SYLLABUS}


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the last of the moments that are set."""
    return max((moment for moment in moments if moment), default=None)


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the first of the moments that are set."""
    return min((moment for moment in moments if moment), default=None)


def window(dates: Dates, *, published: bool) -> schema.Window:
    """Map who sees a thing, and when.

    Where sections have dates of their own, the strictest hold for all. Overrides for named
    students or groups open nothing: a launch tells us sections only.
    """
    return schema.Window(
        published=published,
        available_from=latest([dates.unlock_at, *(each.unlock_at for each in dates.overrides)]),
        available_until=earliest([dates.lock_at, *(each.lock_at for each in dates.overrides)]),
        sections=_sections(dates),
    )


def _sections(dates: Dates) -> tuple[str, ...] | None:
    """Return the sections that see a thing; None for all.

    "Everyone but these" cannot be said in sections, nor "this section but for these students":
    then nobody does.
    """
    without = [each.course_section_id for each in dates.overrides if each.unassign_item]
    if not dates.only_visible_to_overrides:
        return () if without else None
    if None in without:
        return ()
    named = {each.course_section_id for each in dates.overrides} - set(without)
    return tuple(sorted(section for section in named if section is not None))


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


def _gated(module: Module) -> bool:
    """Whether what a student sees of a module depends on what they have done so far."""
    ordered = module.require_sequential_progress and any(
        item.completion_requirement for item in module.items or []
    )
    return bool(module.prerequisite_module_ids or ordered)


def toc(
    modules: Iterable[tuple[Module, Dates]], *, course_id: str, slugs: Mapping[str, str]
) -> list[schema.TocNode]:
    """Map modules with their items; `slugs` says which page id a page's URL name stands for.

    A module that opens to each student by their own progress (prerequisites, or requirements
    in sequence) is mapped as unpublished: we do not know anybody's progress.
    """
    nodes = []
    for module, dates in modules:
        parent = f"module:{module.id}"
        opening = dates.model_copy(
            update={"unlock_at": latest([module.unlock_at, dates.unlock_at])}
        )
        nodes.append(
            schema.TocNode(
                node_id=parent,
                course_id=course_id,
                title=module.name,
                position=module.position,
                window=window(opening, published=module.published and not _gated(module)),
            )
        )
        nodes += [
            schema.TocNode(
                node_id=f"item:{item.id}",
                course_id=course_id,
                title=item.title,
                parent_id=parent,
                position=item.position,
                kind=KINDS.get(item.type, Kind.HEADING),
                item_id=_opens(item, slugs),
                url=item.external_url or item.html_url,
                window=schema.Window(published=item.published),
            )
            for item in module.items or []
        ]
    return nodes


def page(told: Page, dates: Dates, *, course_id: str, url: str) -> schema.ContentItem:
    """Map a page of the list; its body comes apart."""
    own = dates.model_copy(
        update={
            "unlock_at": latest([told.unlock_at, dates.unlock_at]),
            "lock_at": earliest([told.lock_at, dates.lock_at]),
        }
    )
    return schema.ContentItem(
        item_id=f"page:{told.page_id}",
        course_id=course_id,
        kind=Kind.PAGE,
        title=told.title,
        url=told.html_url or url,
        mime="text/html",
        updated_at=told.updated_at,
        version=told.updated_at.isoformat() if told.updated_at else "",
        window=window(own, published=told.published),
    )


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
    told: File, dates: Dates, *, course_id: str, folders: Mapping[str, Folder], url: str, cap: int
) -> schema.ContentItem:
    """Map a file; a locked or hidden one, or one in such a folder, is not for students.

    `cap` is the largest size we read, in bytes.
    """
    within = _folders(told, folders)
    opening = dates.model_copy(
        update={
            "unlock_at": latest([told.unlock_at, dates.unlock_at, *(f.unlock_at for f in within)]),
            "lock_at": earliest([told.lock_at, dates.lock_at, *(f.lock_at for f in within)]),
        }
    )
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
        window=window(opening, published=not (told.locked or told.hidden or shut)),
        unreadable=_file_unreadable(mime, told.display_name, told.size, cap),
    )


def assignment(told: Work, *, course_id: str) -> schema.Assignment:
    """Map an assignment. `due_at` is the one for everyone without an override of their own."""
    return schema.Assignment(
        assignment_id=f"assignment:{told.id}",
        course_id=course_id,
        title=told.name,
        due_date=told.due_at,
        content=told.description,
        max_points=told.points_possible,
        url=told.html_url,
        window=window(told, published=told.published),
    )


def assignment_item(told: Work, *, course_id: str) -> schema.ContentItem:
    """Map an assignment as something to read: its description. A quiz's questions stay shut."""
    quiz = "online_quiz" in told.submission_types
    return schema.ContentItem(
        item_id=told.item_id,
        course_id=course_id,
        kind=Kind.QUIZ if quiz else Kind.ASSIGNMENT,
        title=told.name,
        body="" if quiz else told.description,
        url=told.html_url,
        mime="text/html",
        updated_at=told.updated_at,
        window=window(told, published=told.published),
        unreadable=Unreadable.UNSUPPORTED if quiz else None,
    )
