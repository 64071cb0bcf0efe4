"""Blackboard's payloads → LMS-DM: the course, its lines, its people. Pure: no calls, no rows.

Work and grades are in `connectors.blackboard.work`, restrictions in `…release`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.blackboard.payloads import (
    PAGE_BODY,
    Announcement,
    Attachment,
    BareFile,
    Child,
    Content,
    Course,
    Group,
    Membership,
    Resource,
    User,
    read,
)
from tutorai.lmsdm import media, schema
from tutorai.lmsdm.schema import Kind, Role, Unreadable, Window

DOCUMENT = "resource/x-bb-document"
KINDS = {
    DOCUMENT: Kind.PAGE,
    "resource/x-bb-blankpage": Kind.PAGE,
    "resource/x-bb-file": Kind.FILE,
    "resource/x-bb-externallink": Kind.LINK,
    "resource/x-bb-blti-link": Kind.TOOL,
    "resource/x-bb-forumlink": Kind.DISCUSSION,
    "resource/x-bb-asmt-test-link": Kind.QUIZ,
    "resource/x-bb-assignment": Kind.ASSIGNMENT,
}
# A course role of a school's own making gives no power here.
ROLES = {
    "Instructor": Role.TEACHER,
    "TeachingAssistant": Role.TA,
    "Grader": Role.TA,
    "CourseBuilder": Role.DESIGNER,
    "Student": Role.STUDENT,
}
STATES = {"No": "unpublished", "Disabled": "unpublished"}
STUB = "@X@EmbeddedFile.requestUrlStub@X@"  # where a body means the site itself
XID = re.compile(r"xid-(\d+_\d+)")  # a file of the course, in a body
COMMENT = re.compile(r"\A\s*<!--.*?-->", re.DOTALL)  # the editor's version, before BbML


@dataclass(frozen=True)
class Line:
    """A line of the course, the content it opens, and for a page of Ultra the document in it."""

    told: Content
    kind: Kind
    item_id: str | None  # None: a heading
    document: Content | None = None

    @property
    def body(self) -> str:
        """What stands in it, as Blackboard has it."""
        return self.document.body if self.document else self.told.body

    @property
    def version(self) -> str:
        """What changes with it."""
        return max(self.told.version, self.document.version if self.document else "")


def course(payload: Any) -> schema.Course:
    """Map a course. "Closed" means over, to whoever sees it; its term's dates are not told."""
    told = payload if isinstance(payload, Course) else read(Course, payload)
    span = told.availability.duration
    state = STATES.get(told.availability.available, "available")
    return schema.Course(
        course_id=told.id,
        title=told.name,
        description=told.description,
        code=told.course_id,
        state="completed" if told.closed_complete else state,
        start_at=span.start,
        end_at=span.end,
    )


def html(body: str, base: str) -> str:
    """Return a BbML body as HTML whose links lead to the site."""
    return COMMENT.sub("", body).replace(STUB, f"{base}/")


def lines(
    contents: Iterable[Content],
    columns: Mapping[str, str],
    written: Iterable[str] = (),
) -> list[Line]:
    """Return the course's lines in order, parents before children.

    `columns` says which column of the gradebook belongs to a content; `written` are the
    assessments that only ask for something to be handed in: to Ultra they are tests as well.
    """
    everything = {told.id: told for told in contents}
    below: dict[str, list[Content]] = {}
    for told in sorted(everything.values(), key=lambda one: one.position):
        parent = told.parent_id if told.parent_id in everything else ""
        below.setdefault(parent, []).append(told)
    assignments = frozenset(written)
    found: list[Line] = []
    waiting = below.get("", [])[::-1]
    while waiting:
        told = waiting.pop()
        inside = below.get(told.id, [])
        document = _document(told, inside)
        found.append(_line(told, document, columns, assignments))
        if document is None:
            waiting += inside[::-1]
    return found


def _document(told: Content, inside: Sequence[Content]) -> Content | None:
    """Return the document of an Ultra page; some lists forget to say that a folder is one."""
    page = told.content_handler.is_bb_page
    for one in inside:
        if one.content_handler.id == DOCUMENT and (page or one.title == PAGE_BODY):
            return one
    return None


def _line(
    told: Content, document: Content | None, columns: Mapping[str, str], written: frozenset[str]
) -> Line:
    handler = told.content_handler
    if document or handler.is_bb_page:
        return Line(told, Kind.PAGE, f"page:{told.id}", document)
    kind = Kind.HEADING if told.is_folder else KINDS.get(handler.id)
    if kind is None:
        kind = Kind.PAGE if told.body.strip() else Kind.HEADING
    column = columns.get(told.id) or handler.grade_column_id
    if kind is Kind.QUIZ and handler.assessment_id in written:
        kind = Kind.ASSIGNMENT
    own = {Kind.ASSIGNMENT: column, Kind.QUIZ: handler.assessment_id}.get(kind) or told.id
    return Line(told, kind, None if kind is Kind.HEADING else f"{kind.value}:{own}")


def address(told: Content, base: str, course_id: str) -> str:
    """Return where a content opens in the site."""
    for link in told.links:
        if link.rel == "alternate" and link.href.startswith("/"):
            return f"{base}{link.href}"
    return f"{base}/ultra/courses/{course_id}/outline"


def node(
    line: Line, window: Window, *, base: str, course_id: str, parents: frozenset[str]
) -> schema.TocNode:
    """Map a line; `parents` are the ids of those that are lines as well."""
    told = line.told
    return schema.TocNode(
        node_id=told.id,
        course_id=course_id,
        title=told.title,
        parent_id=told.parent_id if told.parent_id in parents else None,
        position=told.position,
        kind=line.kind,
        item_id=line.item_id,
        url=told.content_handler.url or address(told, base, course_id),
        window=window,
    )


UNREAD = {
    Kind.LINK: Unreadable.EXTERNAL,
    Kind.TOOL: Unreadable.EXTERNAL,
    Kind.QUIZ: Unreadable.UNSUPPORTED,
    Kind.DISCUSSION: Unreadable.UNSUPPORTED,
}


def item(
    line: Line, window: Window, *, base: str, course_id: str, text: str = ""
) -> schema.ContentItem:
    """Map what a line opens; `text` is an assignment's, where its content has none."""
    told, is_file = line.told, line.kind is Kind.FILE
    file = told.content_handler.file or BareFile()
    unread = _file_unreadable(file.mime_type, file.file_name or told.title) if is_file else None
    bare = is_file or line.kind in UNREAD
    return schema.ContentItem(
        item_id=line.item_id or told.id,
        course_id=course_id,
        kind=line.kind,
        title=(file.file_name if is_file else "") or told.title,
        body="" if bare else html(line.body or text, base),
        url=told.content_handler.url or address(told, base, course_id),
        mime=file.mime_type if is_file else "text/html",
        updated_at=told.modified,
        version=line.version,
        window=window,
        unreadable=unread or UNREAD.get(line.kind),
    )


def _file_unreadable(
    mime: str, name: str, size: int | None = None, cap: int = 0
) -> Unreadable | None:
    if not media.readable(mime, name):
        return Unreadable.UNSUPPORTED
    return Unreadable.TOO_BIG if size is not None and size > cap else None


def attached(
    told: Attachment, line: Line, window: Window, *, base: str, course_id: str
) -> schema.ContentItem:
    """Map a file that is attached to a line."""
    return schema.ContentItem(
        item_id=f"file:{line.told.id}.{told.id}",
        course_id=course_id,
        kind=Kind.FILE,
        title=told.file_name,
        url=address(line.told, base, course_id),
        mime=told.mime_type,
        updated_at=line.told.modified,
        version=line.told.version,
        window=window,
        unreadable=_file_unreadable(told.mime_type, told.file_name),
    )


def resource(told: Resource, xid: str, *, course_id: str, url: str, cap: int) -> schema.ContentItem:
    """Map one of the course's own files, which texts know by its `xid`.

    `cap` is the largest we read, in bytes.
    """
    moment = told.modified.isoformat() if told.modified else ""
    return schema.ContentItem(
        item_id=f"file:xid-{xid}",
        course_id=course_id,
        kind=Kind.FILE,
        title=told.name,
        url=url,
        mime=told.mime_type,
        size=told.size,
        updated_at=told.modified,
        version=f"{moment} {told.size}",
        unreadable=_file_unreadable(told.mime_type, told.name, told.size, cap),
    )


def below(line: Line, opened: schema.ContentItem, position: int, window: Window) -> schema.TocNode:
    """Return the line of a file that hangs on another line, or that its text links to."""
    return schema.TocNode(
        node_id=f"{line.told.id}.{opened.item_id}",
        course_id=opened.course_id,
        title=opened.title,
        parent_id=line.told.id,
        position=position,
        kind=Kind.FILE,
        item_id=opened.item_id,
        url=opened.url,
        window=window,
    )


def announcement(payload: Any, *, base: str, course_id: str) -> schema.ContentItem:
    """Map an announcement; a draft is for nobody."""
    told = read(Announcement, payload)
    span, moment = told.availability.duration, told.modified or told.created
    return schema.ContentItem(
        item_id=f"announcement:{told.id}",
        course_id=course_id,
        kind=Kind.ANNOUNCEMENT,
        title=told.title,
        body=html(told.body, base),
        url=f"{base}/ultra/courses/{course_id}/announcements",
        mime="text/html",
        updated_at=moment,
        version=moment.isoformat() if moment else "",
        window=Window(
            published=not told.draft, available_from=span.start, available_until=span.end
        ),
    )


def section(payload: Any, *, course_id: str) -> schema.Part:
    """Map a course that was merged into this one."""
    told = read(Child, payload)
    name = told.child_course.name if told.child_course else ""
    return schema.Part(part_id=told.id, course_id=course_id, name=name)


def group(payload: Any, *, course_id: str) -> schema.Part:
    """Map a group."""
    told = read(Group, payload)
    return schema.Part(part_id=told.id, course_id=course_id, name=told.name, is_group=True)


def member(
    payload: Any, *, course_id: str, groups: Mapping[str, Sequence[str]] | None
) -> schema.Member | None:
    """Map somebody's place; None for who has none now. `groups` says whose groups are which.

    Rules name people by the id that REST has (`_12_1`), LTI by uuid: a member carries both.
    """
    told = read(Membership, payload)
    person = told.user or User(id=told.user_id)
    if told.availability.available != "Yes" or person.availability.available in STATES:
        return None
    role = ROLES.get(told.course_role_id, Role.GUEST)
    named = person.name.preferred_display_name
    user = schema.User(
        user_id=told.user_id,
        name=named or f"{person.name.given} {person.name.family}".strip(),
        email=person.contact.email,
        role=role,
        is_test=person.user_name.endswith("_previewuser"),
    )
    place = schema.Enrolment(
        user_id=told.user_id,
        course_id=course_id,
        role=role,
        sections=(told.child_course_id,) if told.child_course_id else (),
        groups=None if groups is None else tuple(groups.get(told.user_id, ())),
    )
    return schema.Member(user=user, enrolment=place, uuid=person.uuid)
