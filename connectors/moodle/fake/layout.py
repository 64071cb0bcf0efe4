"""A course as Moodle lays it out: sections, and in them activities by their course modules.

What is a line of a module in Canvas is an activity here; what stands in no module is in the first
section. A course module has the id of its line, or of the thing itself; its context is CONTEXT more,
as on the recorded site. A course has an announcements forum, whose id is the course's, unless its
first section is a row of its own (position 0). A section's row may say more in its `restriction`:
its summary, and for a subsection which activity it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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

CONTEXT = 27
FORUM = "Announcements"
LINES = {
    "SubHeader": "label",
    "Label": "label",
    "ExternalUrl": "url",
    "ExternalTool": "lti",
    "Book": "book",
    "Folder": "folder",
    "Forum": "forum",
    "Subsection": "subsection",
}


@dataclass
class Activity:
    """A course module: `thing` is its row, where it has one; `told` what else is known."""

    cmid: int
    instance: int
    kind: str
    name: str
    thing: Page | File | Assignment | Quiz | None = None
    told: dict[str, Any] = field(default_factory=dict)
    url: str = ""  # where a link leads

    @property
    def context(self) -> int:
        """The id of its context."""
        return self.cmid + CONTEXT

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        if self.thing is None:
            return bool(self.told.get("visible", True))
        hidden = isinstance(self.thing, File) and self.thing.hidden
        return self.thing.published and not hidden


@dataclass
class Section:
    """A part of the course page; the first has no row."""

    id: int
    number: int
    name: str
    row: Module | None = None
    activities: list[Activity] = field(default_factory=list)

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return self.row is None or self.row.published


def kind_of(thing: Visible) -> str:
    """Return Moodle's word for what a thing is."""
    kinds = {Page: "page", File: "resource", Assignment: "assign", Quiz: "quiz"}
    return kinds[type(thing)]


def laid_out(course: Course) -> list[Section]:
    """Return the course's sections with what is in them."""
    general = Section(course.pk, 0, "General")
    sections = [general]
    seen: set[Visible] = set()
    rows = Module.objects.filter(course=course).order_by("position", "id")
    for number, row in enumerate(rows.prefetch_related("items"), 1):
        first = number == 1 and row.position == 0  # laid out with a section 0 of its own
        section = Section(row.pk, 0 if first else number, row.name, row)
        if first:
            sections.clear()
        sections.append(section)
        section.activities = list(_activities(row, seen))
    for at, section in enumerate(sections):
        section.number = at
    loose = [_activity(thing.pk, thing) for thing in _things(course) if thing not in seen]
    sections[0].activities += loose
    if sections[0] is general:
        news = Activity(course.pk, course.pk, "forum", FORUM, told={"type": "news"})
        sections[0].activities.insert(0, news)
    return sections


def _activities(row: Module, seen: set[Visible]) -> Iterator[Activity]:
    items = row.items.select_related("page", "file", "assignment", "quiz")
    for item in items.order_by("position", "id"):
        thing = item.content
        if thing is None:
            yield _line(item)
        elif thing not in seen:
            seen.add(thing)
            yield _activity(item.pk, thing, item)


def _line(item: ModuleItem) -> Activity:
    told = {"html": item.title, **item.told}
    instance = int(told.get("instance", item.pk))
    kind = LINES.get(item.type, "label")
    return Activity(item.pk, instance, kind, item.title, None, told, item.external_url)


def _activity(
    cmid: int, thing: Page | File | Assignment | Quiz, item: ModuleItem | None = None
) -> Activity:
    names = ("title", "name", "display_name")
    own = next(str(getattr(thing, name)) for name in names if hasattr(thing, name))
    title = item.title if item and item.title else own
    return Activity(cmid, thing.pk, kind_of(thing), title, thing, item.told if item else {})


def _things(course: Course) -> Iterator[Page | File | Assignment | Quiz]:
    """Yield what can be an activity; a quiz's column is none of its own."""
    yield from Page.objects.filter(course=course).order_by("id")
    yield from File.objects.filter(course=course).order_by("id")
    yield from assignments(course)
    yield from Quiz.objects.filter(course=course).order_by("id")


def assignments(course: Course) -> list[Assignment]:
    """Return what is handed in, without the columns of quizzes."""
    columns = Quiz.objects.filter(course=course).exclude(assignment=None).values("assignment")
    return list(Assignment.objects.filter(course=course).exclude(id__in=columns).order_by("id"))


FIELDS = {Page: "page", File: "file", Assignment: "assignment", Quiz: "quiz"}


def activity_of(course: Course, thing: Page | File | Assignment | Quiz) -> Activity:
    """Return the course module of a thing: of its first line, or of its own."""
    lines = ModuleItem.objects.filter(**{FIELDS[type(thing)]: thing}).select_related("module")
    item = lines.order_by("module__position", "module_id", "position", "id").first()
    return _activity(item.pk if item else thing.pk, thing, item)


def at(cmid: int) -> tuple[Course, Section, Activity] | None:
    """Return the course module of that number, with what it stands in."""
    item = ModuleItem.objects.select_related("module__course").filter(id=cmid).first()
    if item is not None:
        row, thing = item.module, item.content
        section = Section(row.pk, row.position, row.name, row)
        one = _line(item) if thing is None else _activity(item.pk, thing, item)
        return row.course, section, one
    thing = (
        Page.objects.filter(id=cmid).first()
        or File.objects.filter(id=cmid).first()
        or Assignment.objects.filter(id=cmid).first()
        or Quiz.objects.filter(id=cmid).first()
    )
    if thing is not None:
        return thing.course, Section(thing.course_id, 0, "General"), _activity(thing.pk, thing)
    return None
