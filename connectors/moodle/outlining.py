"""A Moodle course's sections and activities → lines and things of LMS-DM. Pure.

A privileged token is told of everything with `uservisible` true (recording ws_course_contents has
an answer key so): what students see is said by `visible`, of section and activity, and by
`availability`. Everything here is read the strict way.
"""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from pydantic import TypeAdapter, ValidationError

from connectors import outline
from connectors.moodle import availability
from connectors.moodle.availability import Groups, moment
from connectors.moodle.payloads import Chapter, Content, Module, Section
from connectors.payload import QUIET
from tutorai.lmsdm import media
from tutorai.lmsdm.schema import ContentItem, Kind, TocNode, Unreadable, Window

KINDS = {
    "page": Kind.PAGE,
    "label": Kind.PAGE,
    "book": Kind.HEADING,
    "folder": Kind.HEADING,
    "resource": Kind.FILE,
    "url": Kind.LINK,
    "forum": Kind.DISCUSSION,
    "quiz": Kind.QUIZ,
    "assign": Kind.ASSIGNMENT,
    "lti": Kind.TOOL,
}
CHAPTERS = TypeAdapter(list[Chapter], config=QUIET)
SUBSECTION = "mod_subsection"


@dataclass
class Outline:
    """A course as it was told: its lines, the things in it, and where their bytes are."""

    nodes: list[TocNode] = field(default_factory=list)
    items: list[ContentItem] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)  # by item: where its content is
    windows: dict[str, Window] = field(default_factory=dict)  # by course module, all around it
    stealthy: set[str] = field(default_factory=set)  # course modules that have no line

    def around(self, cmid: str) -> Window:
        """Return who sees an activity, whatever it stands in; nobody, if it was not told of."""
        return self.windows.get(cmid, Window(published=False))

    def apart(self, cmid: str) -> Window:
        """Return what an activity's lines do not say of who sees it."""
        lined = cmid in self.windows and cmid not in self.stealthy
        return Window() if lined else self.around(cmid)


@dataclass(frozen=True)
class Course:
    """What is the same for all of a course's activities."""

    course_id: str
    base: str  # of the site
    groups: Groups
    restricted: Mapping[str, bool] | None  # by section; None: the token may not know
    cap: int  # the largest file that is read, in bytes


def name(text: str) -> str:
    """Return a name as it is meant: Moodle escapes it once, and takes tags out."""
    return html.unescape(text).strip()


def outlined(sections: Sequence[Section], course: Course) -> Outline:
    """Read the whole course: sections, then subsections inside the activities they stand for."""
    made = Outline()
    inner = {one.itemid: one for one in sections if one.component == SUBSECTION and one.itemid}
    for section in sections:
        if section.component != SUBSECTION and not section.id.startswith("-"):
            _section(made, course, section, inner, parent=None, around=Window())
    # What stands in no section (-1) is reached by its address alone.
    for section in sections:
        if section.id.startswith("-"):
            for module in section.modules:
                _activity(made, course, module, None, around=_seen(course, section))
    return made


def _seen(course: Course, section: Section) -> Window:
    """Return who sees a section. Its restriction is not told, only whether there is one."""
    shown = section.visible and not section.hiddenbynumsections
    restricted = course.restricted is None or course.restricted.get(section.id, True)
    if restricted or section.availabilityinfo or not section.uservisible:
        return Window(published=shown, condition=availability.unknown("section"))
    return Window(published=shown)


def _section(
    made: Outline,
    course: Course,
    section: Section,
    inner: Mapping[str, Section],
    *,
    parent: TocNode | None,
    around: Window,
) -> None:
    window = outline.both(around, _seen(course, section))
    node = _line(made, course, f"section:{section.id}", name(section.name), parent, window)
    if section.summary.strip():
        made.items.append(_summary(course, section, window))
    for module in section.modules:
        if module.modname == "subsection":
            if below := inner.get(module.instance):
                within = outline.both(window, _own(course, module))
                _section(made, course, below, inner, parent=node, around=within)
        else:
            _activity(made, course, module, node, around=window)


def _summary(course: Course, section: Section, window: Window) -> ContentItem:
    """Map what stands above a section's activities."""
    return ContentItem(
        item_id=f"summary:{section.id}",
        course_id=course.course_id,
        kind=Kind.PAGE,
        title=name(section.name),
        body=section.summary,
        url=f"{course.base}/course/view.php?id={course.course_id}#section-{section.section}",
        mime="text/html",
        version=_hash(section.summary),
        window=window,
    )


def _own(course: Course, module: Module) -> Window:
    """Return who sees an activity, whatever is around it."""
    if not module.told or (module.availabilityinfo and not module.availability):
        return Window(published=module.visible, condition=availability.unknown("availability"))
    return availability.window(module.availability, course.groups, published=module.visible)


def _line(
    made: Outline,
    course: Course,
    node_id: str,
    title: str,
    parent: TocNode | None,
    window: Window,
    **more: str | Kind | None,
) -> TocNode:
    node = TocNode.model_validate(
        {
            "node_id": node_id,
            "course_id": course.course_id,
            "title": title,
            "parent_id": parent and parent.node_id,
            "position": len(made.nodes),
            "window": window,
            **more,
        }
    )
    made.nodes.append(node)
    return node


def _activity(
    made: Outline, course: Course, module: Module, parent: TocNode | None, *, around: Window
) -> None:
    """Add an activity with what is in it; a stealthy one has no line, and is there all the same."""
    own = _own(course, module)
    window = made.windows[module.id] = outline.both(around, own)
    if parent is None or not module.visibleoncoursepage:
        made.stealthy.add(module.id)
        made.items += [_within(item, window) for item, _title in _things(made, course, module)]
        return
    things = list(_things(made, course, module))
    made.items += [item for item, _title in things]
    node_id = f"cm:{module.id}"
    kind = KINDS.get(module.modname, Kind.TOOL)
    given = {"kind": kind, "url": _address(module)}
    if kind is Kind.HEADING:  # its window is what is inside it
        node = _line(made, course, node_id, name(module.name), parent, window, **given)
        for item, title in things:
            below = {"kind": item.kind, "item_id": item.item_id, "url": item.url}
            _line(made, course, f"{node_id}:{item.item_id}", title, node, Window(), **below)
        return
    opens = things[0][0].item_id if things else _opens(kind, module)
    _line(made, course, node_id, name(module.name), parent, own, item_id=opens, **given)
    for item, title in things[1:]:
        more = {"kind": item.kind, "item_id": item.item_id, "url": item.url}
        _line(made, course, f"{node_id}:{item.item_id}", title, parent, own, **more)


def _opens(kind: Kind, module: Module) -> str | None:
    """Return the id of what a line opens that no list of ours tells of."""
    numbered = kind in (Kind.ASSIGNMENT, Kind.QUIZ)
    empty = kind in (Kind.FILE, Kind.PAGE)  # a file's activity without a file
    return None if empty else f"{kind.value}:{module.instance if numbered else module.id}"


def _within(item: ContentItem, around: Window) -> ContentItem:
    return item.model_copy(update={"window": outline.both(item.window, around)})


def _address(module: Module) -> str:
    """Return where an activity opens; a link leads out of Moodle."""
    if module.modname == "url" and module.contents:
        return module.contents[0].fileurl or module.url
    return module.url


def _things(made: Outline, course: Course, module: Module) -> Iterator[tuple[ContentItem, str]]:
    """Yield what is to be read in an activity, each with its title as a line."""
    match module.modname:
        case "page":
            found = _page(made, course, module)
        case "label":
            found = [_label(course, module)] if module.description.strip() else []
        case "book":
            found = _book(made, course, module)
        case "resource" | "folder":
            found = _files(made, course, module)
        case known if known in KINDS:
            found = []
        case _:
            found = [_unsupported(course, module)]
    for item in found:
        yield item, item.title


def _page(made: Outline, course: Course, module: Module) -> list[ContentItem]:
    """Map a page; its body comes apart. Its pictures are among its files, and no items."""
    index = next((one for one in module.contents if one.filename == "index.html"), None)
    item_id = f"page:{module.id}"
    made.urls[item_id] = index.fileurl if index else ""
    return [_item(course, module, item_id, name(module.name), Kind.PAGE, index)]


def _label(course: Course, module: Module) -> ContentItem:
    """Map a text that stands in the course page itself; it has no date, so its words tell."""
    item = _item(course, module, f"label:{module.id}", name(module.name), Kind.PAGE, None)
    told = module.description
    return item.model_copy(update={"body": told, "version": _hash(told)})


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _book(made: Outline, course: Course, module: Module) -> list[ContentItem]:
    """Map a book's chapters, in order; hidden ones stay hidden, with all that is below them."""
    told = next((one.content for one in module.contents if one.filename == "structure"), "[]")
    files = {f"{one.filepath.strip('/')}/{one.filename}": one for one in module.contents}
    found = []
    for chapter, shown in _chapters(told):
        content = files.get(chapter.href)
        if content is None:
            continue
        item_id = f"chapter:{module.id}:{chapter.href.partition('/')[0]}"
        made.urls[item_id] = content.fileurl
        item = _item(course, module, item_id, name(chapter.title), Kind.PAGE, content)
        found.append(item.model_copy(update={"window": Window(published=shown)}))
    return found


def _chapters(told: str) -> Iterator[tuple[Chapter, bool]]:
    try:
        waiting = [(one, not one.hidden) for one in reversed(CHAPTERS.validate_json(told))]
    except ValidationError:
        return
    while waiting:
        chapter, shown = waiting.pop()
        yield chapter, shown
        below = [(one, shown and not one.hidden) for one in chapter.subitems]
        waiting += reversed(below)


def _files(made: Outline, course: Course, module: Module) -> list[ContentItem]:
    """Map the files of a folder, or of a file's activity, whose main one goes by its name."""
    files = [one for one in module.contents if one.type == "file"]
    main = max(files, key=lambda one: one.sortorder, default=None)
    if module.modname == "resource" and main is not None:
        files = [main, *(one for one in files if one is not main)]
    found = []
    for one in files:
        alone = module.modname == "resource" and one is main
        path = f"{one.filepath}{one.filename}"
        item_id = f"file:{module.id}" if alone else f"file:{module.id}:{path}"
        made.urls[item_id] = one.fileurl
        title = name(module.name) if alone else one.filename
        item = _item(course, module, item_id, title, Kind.FILE, one)
        found.append(item.model_copy(update=_bytes(one, course.cap)))
    return found


def _bytes(one: Content, cap: int) -> dict[str, object]:
    mime = one.mimetype.partition(";")[0].strip().lower()
    wrong: Unreadable | None = None
    if one.isexternalfile:
        wrong = Unreadable.EXTERNAL
    elif not media.readable(mime, one.filename):
        wrong = Unreadable.UNSUPPORTED
    elif one.filesize is not None and one.filesize > cap:
        wrong = Unreadable.TOO_BIG
    return {"mime": mime, "size": one.filesize, "unreadable": wrong}


def _unsupported(course: Course, module: Module) -> ContentItem:
    """Map an activity of a kind that we do not read: it is named, and nothing more."""
    item = _item(course, module, f"tool:{module.id}", name(module.name), Kind.TOOL, None)
    return item.model_copy(update={"unreadable": Unreadable.UNSUPPORTED, "mime": ""})


def _item(
    course: Course, module: Module, item_id: str, title: str, kind: Kind, content: Content | None
) -> ContentItem:
    changed = moment(content.timemodified) if content else None
    stamp = f"{content.timemodified} {content.filesize}" if content and changed else ""
    return ContentItem(
        item_id=item_id,
        course_id=course.course_id,
        kind=kind,
        title=title,
        url=module.url,
        mime="text/html",
        updated_at=changed,
        version=stamp,
    )
