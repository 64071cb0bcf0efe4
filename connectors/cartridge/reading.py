"""A package in LMS-DM: its pages, files, links, topics and assignments, and its outline.

What cannot be read is told by its title and a reason, and keeps nothing else from being read.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import PurePath
from typing import IO

from selectolax.lexbor import LexborHTMLParser

from connectors.cartridge import manifest, markup
from connectors.cartridge.errors import NotPacked
from connectors.cartridge.manifest import Manifest, Resource, Sort
from connectors.cartridge.package import Package
from connectors.exchange import qti12_read
from tutorai.errors import BadRequest, TooBig
from tutorai.lmsdm import media
from tutorai.lmsdm.models import OWN
from tutorai.lmsdm.schema import (
    Assignment,
    ContentItem,
    Kind,
    Quiz,
    TocNode,
    Unreadable,
    Window,
    no_nul,
)

HTML = 8 * 1024**2  # bytes of one page
TITLE = 500  # characters
PAGES = frozenset({"text/html", "application/xhtml+xml"})
SETTINGS = "assignment_settings.xml"  # Canvas puts an assignment's beside its page
SYLLABUS = "course_settings/syllabus.html"  # Canvas
# What an export writes where an address within its own course was: it leads nowhere here.
INNER = re.compile(r"""\s(?:href|src)\s*=\s*(["'])\s*(?:\$|%24)[A-Z_-]+(?:\$|%24)[^"']*\1""")


@dataclass(frozen=True)
class Thing:
    """One item of the package; its text, or the member that is its file."""

    item: ContentItem
    html: str = ""
    member: str = ""
    work: Assignment | None = None
    source: str = OWN


@dataclass
class Contents:
    """All that was understood. What is in a package has ids that begin with `prefix`."""

    version: str
    prefix: str
    things: list[Thing] = field(default_factory=list)
    toc: list[TocNode] = field(default_factory=list)
    quizzes: list[Quiz] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)  # {"title", "why"}
    skipped: Counter[str] = field(default_factory=Counter)  # pictures, quizzes, settings: how many


def read(package: Package, course_id: str, limit: int) -> Contents:
    """Return what is in the package; files of over `limit` bytes are told and left.

    Raises NotPacked and PackedTooMuch.
    """
    told = manifest.read(package)
    reader = _Reader(package, told, course_id, limit)
    for resource in told.resources.values():
        try:
            thing = reader.thing(resource)
        except TooBig:
            reader.leave(resource, "too_big")
        except BadRequest:
            reader.leave(resource, "broken")
        else:
            reader.found.things += [thing] if thing else []
    reader.found.toc = list(reader.outline())
    return reader.found


class _Reader:
    def __init__(self, package: Package, told: Manifest, course_id: str, limit: int) -> None:
        self.package, self.told, self.course_id, self.limit = package, told, course_id, limit
        self.found = Contents(told.version, f"cc:{told.identifier}:")
        self.titles = {line.opens: line.title for line in reversed(told.lines) if line.opens}

    def thing(self, one: Resource) -> Thing | None:
        """Return what a resource is; None for what has nothing to read."""
        match one.sort:
            case Sort.TOPIC:
                return self._topic(one)
            case Sort.LINK:
                return self._link(one)
            case Sort.ASSIGNMENT:
                return self._assignment(one)
            case Sort.CONTENT:
                return self._content(one)
            case Sort.QUIZ:
                self._quiz(one)
            case Sort.OTHER | Sort.TOOL:
                self.found.skipped[one.sort.value] += 1
        return None

    def leave(self, one: Resource, why: str) -> None:
        """Tell that something was not read."""
        self.found.left.append({"title": self._title(one), "why": why})

    def _title(self, one: Resource, told: str = "") -> str:
        name = PurePath(one.href).name or one.identifier
        return no_nul(self.titles.get(one.identifier) or told or name).strip()[:TITLE]

    def item(self, one: Resource, kind: Kind, title: str = "", **more: object) -> ContentItem:
        """Return the record of a resource."""
        member = one.href if one.href in self.package else ""
        facts = {"version": self.package.version(member) if member else "", **more}
        return ContentItem.model_validate(
            {
                "item_id": self.name(one.identifier),
                "course_id": self.course_id,
                "kind": kind,
                "title": self._title(one, title),
                "window": Window(published=not one.hidden),
                **facts,
            }
        )

    def name(self, identifier: str) -> str:
        """Return an id that another package's things do not have."""
        return f"{self.found.prefix}{identifier}"

    def _topic(self, one: Resource) -> Thing:
        root = markup.parse(self.package.read(one.href))
        item = self.item(one, Kind.DISCUSSION, markup.text(root, "title"))
        return Thing(item, html=_html(root, "text"))

    def _link(self, one: Resource) -> Thing | None:
        root = markup.parse(self.package.read(one.href))
        found = markup.child(root, "url")
        url = no_nul(found.get("href", "")).strip() if found is not None else ""
        if not url.startswith(("http://", "https://")):
            self.leave(one, "broken")
            return None
        title = markup.text(root, "title")
        return Thing(self.item(one, Kind.LINK, title, url=url, unreadable=Unreadable.EXTERNAL))

    def _assignment(self, one: Resource) -> Thing:
        """The extension of CC 1.3 (imscc_extensions/assignment)."""
        root = markup.parse(self.package.read(one.href))
        graded = markup.child(root, "gradable")
        formats = markup.child(root, "submission_formats")
        told = markup.children(formats, "format") if formats is not None else []
        item = self.item(one, Kind.ASSIGNMENT, markup.text(root, "title"))
        work = Assignment(
            assignment_id=item.item_id,
            course_id=self.course_id,
            title=item.title,
            max_points=_points(graded.get("points_possible", "") if graded is not None else ""),
            window=item.window,
            hand_in=tuple(no_nul(each.get("type", "")) for each in told),
        )
        return Thing(item, html=_html(root, "text"), work=work)

    def _quiz(self, one: Resource) -> None:
        """Questions, for teachers; what the reader of QTI 1.2 does not know is told."""
        names = [name for name in one.files if name in self.package] or [one.href]
        try:
            taken = qti12_read.read({name: self.package.read(name) for name in names})
        except BadRequest:  # a bank of questions is no quiz; nor is a newer QTI
            self.leave(one, "quiz")
            return
        title = taken.quiz.title or self._title(one)
        facts = {"quiz_id": self.name(one.identifier), "course_id": self.course_id, "title": title}
        window = Window(published=not one.hidden)
        self.found.quizzes.append(taken.quiz.model_copy(update={**facts, "window": window}))
        self.found.left += [
            {"title": f"{title} · {told}", "why": "question"} for told in taken.left
        ]

    def _content(self, one: Resource) -> Thing | None:
        if not one.href:  # its name leads out of the package
            raise NotPacked()
        settings = next((name for name in one.files if name.endswith(f"/{SETTINGS}")), "")
        if settings:
            return self._of_canvas(one, settings)
        if one.href == SYLLABUS:
            return Thing(self.item(one, Kind.SYLLABUS, "Syllabus"), html=self._page(one)[0])
        if one.href.startswith(("course_settings/", "non_cc_assessments/")):
            self.found.skipped["settings"] += 1
            return None
        mime = media.readable("", one.href)
        if mime in PAGES:
            html, title, published = self._page(one)
            hidden = one.hidden or not published
            window = Window(published=not hidden)
            return Thing(self.item(one, Kind.PAGE, title, mime=mime, window=window), html=html)
        picture = not mime or mime.startswith("image/")
        if picture and one.identifier not in self.titles:
            self.found.skipped["media"] += 1  # a picture that a page shows
            return None
        return self._file(one, mime)

    def _file(self, one: Resource, mime: str) -> Thing | None:
        if one.href not in self.package:
            raise NotPacked()
        size = self.package.size(one.href)
        if not mime:
            item = self.item(one, Kind.FILE, size=size, unreadable=Unreadable.UNSUPPORTED)
            return Thing(item)
        if size > self.limit:
            raise TooBig(limit=f"{self.limit // 1024**2} MB")
        return Thing(self.item(one, Kind.FILE, mime=mime, size=size), member=one.href)

    def _page(self, one: Resource) -> tuple[str, str, bool]:
        """Return a page's HTML, its title, and whether it is published (Canvas says so)."""
        html = self.package.read(one.href, HTML).decode(errors="replace")
        tree = LexborHTMLParser(html)
        found = tree.css_first("title")
        title = found.text().strip() if found is not None else ""
        state = tree.css_first('meta[name="workflow_state"]')
        published = state is None or state.attributes.get("content") != "unpublished"
        body = tree.body
        inner = body.inner_html if body is not None else ""
        return INNER.sub("", inner or ""), title, published

    def _of_canvas(self, one: Resource, settings: str) -> Thing:
        """An assignment of a Canvas export: a page, and its settings beside it."""
        root = markup.parse(self.package.read(settings))
        page = next((n for n in one.files if media.readable("", n) in PAGES), one.href)
        html = self._page(Resource(one.identifier, one.sort, page))[0]
        published = markup.text(root, "workflow_state") in {"", "published"}
        window = Window(published=published and not one.hidden)
        item = self.item(one, Kind.ASSIGNMENT, markup.text(root, "title"), window=window)
        work = Assignment(
            assignment_id=item.item_id,
            course_id=self.course_id,
            title=item.title,
            due_date=_moment(markup.text(root, "due_at")),
            max_points=_points(markup.text(root, "points_possible")),
            window=window,
        )
        return Thing(item, html=html, work=work)

    def outline(self) -> Iterator[TocNode]:
        """Yield the lines of the table of contents; one that opens something missing only names it."""
        held = {thing.item.item_id: thing.item for thing in self.found.things}
        for position, line in enumerate(self.told.lines):
            item = held.get(self.name(line.opens)) if line.opens else None
            yield TocNode(
                node_id=self.name(line.identifier),
                course_id=self.course_id,
                title=no_nul(line.title)[:TITLE] or (item.title if item else ""),
                parent_id=None if line.parent is None else self.name(line.parent),
                position=position,
                kind=item.kind if item else self._kind(line.opens),
                item_id=item.item_id if item else None,
                url=item.url if item else "",
            )

    def _kind(self, opens: str) -> Kind:
        resource = self.told.resources.get(opens)
        sorts = {Sort.QUIZ: Kind.QUIZ, Sort.TOOL: Kind.TOOL}
        return sorts.get(resource.sort, Kind.HEADING) if resource else Kind.HEADING


def open_file(package: Package, thing: Thing, limit: int) -> IO[bytes]:
    """Open the file of an item."""
    return package.open(thing.member, limit)


def _html(root: markup.Element, *path: str) -> str:
    """Return a text that says what it is: HTML, or plain, which is made HTML."""
    found = markup.child(root, *path)
    if found is None:
        return ""
    told = "".join(found.itertext())
    if found.get("texttype", "text/html") == "text/html":
        return INNER.sub("", told)
    plain = told.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"<p>{part}</p>" for part in plain.split("\n") if part.strip())


def _points(told: str) -> Decimal | None:
    try:
        points = Decimal(told.strip())
    except InvalidOperation:
        return None
    return points if points.is_finite() and 0 <= points < 10**8 else None


def _moment(told: str) -> datetime | None:
    """Canvas writes UTC without saying so."""
    try:
        at = datetime.fromisoformat(told.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
