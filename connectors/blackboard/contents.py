"""One course's contents, read once for everything that is asked of them.

The calls are few on purpose: a day has 10,000 for all schools. All lines come in one recursive
list, with their texts; the gradebook's columns in another. Apart are asked: the release rules of
what is not hidden anyway, the attachments of what may have some, what Ultra's tests ask for.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from django.conf import settings

from connectors import outline
from connectors.base import Known
from connectors.blackboard import mapper, release, work
from connectors.blackboard.mapper import Line
from connectors.blackboard.payloads import (
    Attachment,
    Column,
    Content,
    Course,
    Named,
    Question,
    Resource,
    Rule,
    read,
)
from connectors.blackboard.remembered import Remembered
from connectors.blackboard.wire import Wire
from tutorai.errors import LMSMisunderstood, LMSNotFound, LMSRefused, TooBig
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Kind, Window

TEST = "resource/x-bb-asmt-test-link"
# What Original hangs files on; in Ultra they stand in the text, which says so.
HOLDERS = frozenset({mapper.DOCUMENT, "resource/x-bb-assignment", "resource/x-bb-blankpage"})
BARE = (
    "id,parentId,title,created,modified,position,hasChildren,hasAssociatedGroups,availability,"
    "contentHandler,links"
)


class Contents:
    """What stands in one course; each list is asked for once, when it is first needed."""

    def __init__(self, wire: Wire, course_id: str, known: Known | None = None) -> None:
        self.wire, self.course_id, self.path = wire, course_id, f"v1/courses/{course_id}"
        self.apart = False  # the texts did not fit into the lists
        self._xids: dict[str, tuple[str, ...]] = {}  # the course's own files that a text links to
        self._holding: set[str] = set()  # contents whose text shows attached files
        self._asked: dict[str, list[Question]] = {}  # by assessment
        self._known = known or {}
        self._remembered = Remembered(wire.base, course_id, quick=known is not None)
        self._own: dict[str, Window] = {}  # by content
        self._shut = False  # the token may not read release rules at all

    @cached_property
    def course(self) -> Course:
        """The course itself, as it was told last."""
        return self.asked_anew()

    def asked_anew(self) -> Course:
        """Ask for the course: whoever wants to know whether there is an answer at all."""
        self.course = read(Course, self.wire.get(f"v3/courses/{self.course_id}"))
        return self.course

    @cached_property
    def columns(self) -> list[Column]:
        """The columns of work; raises LMSRefused when the token may not see the gradebook."""
        path = f"v2/courses/{self.course_id}/gradebook/columns"
        told = [read(Column, payload) for payload in self.open(path)]
        return [column for column in told if work.is_work(column)]

    @cached_property
    def told(self) -> list[Content]:
        """Every content, in whatever order."""
        try:
            found = list(self._told())
        except TooBig:
            self.apart = True
            found = list(self._told(fields=BARE))
        for content in found:
            if xids := tuple(dict.fromkeys(mapper.XID.findall(content.body))):
                self._xids[content.id] = xids
            if 'data-bbtype="attachment"' in content.body:
                self._holding.add(content.id)
        return found

    def _told(self, **query: str) -> Iterator[Content]:
        """Yield what stands at the top, then what is below it: in one list where that is possible."""
        path = f"{self.path}/contents"
        top = [read(Content, one) for one in self.wire.pages(path, large=True, **query)]
        yield from top
        parents = {content.parent_id for content in top}
        roots = [content.id for content in top if content.has_children]
        seen = {content.id for content in top}
        whole = [*parents] if len(roots) > 1 and len(parents) == 1 and "" not in parents else []
        for content in self._below(path, whole, roots, query):
            if content.id not in seen:
                seen.add(content.id)
                yield content

    def _below(
        self, path: str, whole: list[str], roots: list[str], query: Mapping[str, str]
    ) -> Iterator[Content]:
        """Yield all that is below: of Ultra in one list, of the `whole` that its lines stand in."""
        for place, root in enumerate([*whole, *roots]):
            below = self.wire.pages(
                f"{path}/{root}/children", large=True, recursive="true", **query
            )
            try:
                yield from [read(Content, payload) for payload in below]
            except (LMSNotFound, LMSRefused):
                if place >= len(whole):
                    raise
                continue  # a site that does not tell the whole tells its parts
            if place < len(whole):
                return

    def questions(self, test: str) -> list[Question]:
        """Return the questions of one of Ultra's tests; Original tells none."""
        if not (test and self.course.ultra):
            return []
        if test not in self._asked:
            path = f"{self.path}/assessments/{test}/questions"
            self._asked[test] = [read(Question, payload) for payload in self.spared(path)]
        return self._asked[test]

    @cached_property
    def written(self) -> dict[str, str]:
        """What Ultra's tests say that only ask for something to be handed in."""
        found: dict[str, str] = {}
        for told in self.told:
            test = told.content_handler.assessment_id if _is_test(told) else ""
            if not test or not self.course.ultra:
                continue
            held = self._remembered.get(f"written:{told.id}", told.version)
            if held is None:
                asked = self.questions(test)
                held = [work.instructions(asked)] if work.is_written(asked) else []
                self._remembered.keep(f"written:{told.id}", told.version, held)
            if held:
                found[test] = held[0]
        return found

    @cached_property
    def lines(self) -> list[Line]:
        """The course's lines in order."""
        try:
            columns = {column.content_id: column.id for column in self.columns}
        except LMSRefused:
            columns = {}  # a content says itself which column is its own
        return mapper.lines(self.told, columns, self.written)

    @cached_property
    def by_id(self) -> dict[str, Line]:
        """The lines by their contents' ids."""
        return {line.told.id: line for line in self.lines}

    def own(self, line: Line) -> Window:
        """Return who sees a line by itself. What is hidden anyway is not asked about further."""
        told = line.told
        if told.id not in self._own:
            held = self._known.get(line.item_id or "")
            if self._hidden(line):
                window = release.window(told, (), ())
            elif held and held.version and held.version == line.version:
                window = held.window
            else:
                window = release.window(told, self._rules(told), self._groups(told))
            self._own[told.id] = window
        return self._own[told.id]

    def seen(self, line: Line) -> Window:
        """Return who sees a line through the folders it stands in."""
        above = self.by_id.get(line.told.parent_id)
        return outline.both(self.own(line), self.seen(above)) if above else self.own(line)

    def _hidden(self, line: Line) -> bool:
        above = self.by_id.get(line.told.parent_id)
        shown = line.told.availability.available in release.SHOWN
        return not shown or bool(above and self._hidden(above))

    def _rules(self, told: Content) -> list[Rule] | None:
        """Return a content's release rules; None when they cannot be read.

        A refusal speaks of the token (`course.adaptiverelease.VIEW`): it is asked no more.
        """
        if self._shut:
            return None
        name = f"rules:{told.id}"
        held = self._remembered.get(name, told.version)
        if held is None:
            try:
                held = list(self._ruled(f"{self.path}/contents/{told.id}/adaptiveRelease/rules"))
            except LMSNotFound:
                return None
            except LMSRefused:
                self._shut = True
                return None
            self._remembered.keep(name, told.version, held)
        return [read(Rule, payload) for payload in held]

    def _ruled(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the rules with their criteria, and whom those name."""
        for rule in self.wire.pages(path):
            here = f"{path}/{own_id(rule)}/criteria"
            criteria = []
            for criterion in self.wire.pages(here):
                named = f"{here}/{own_id(criterion)}"
                if criterion.get("type") == release.MEMBERS:
                    criterion["users"] = [one.user_id for one in self._named(f"{named}/users")]
                    criterion["groups"] = [one.group_id for one in self._named(f"{named}/groups")]
                criteria.append(criterion)
            yield {**rule, "criteria": criteria}

    def _named(self, path: str) -> list[Named]:
        return [read(Named, payload) for payload in self.open(path)]

    def _groups(self, told: Content) -> list[str] | None:
        """Return the groups a content was given to; None when they cannot be read."""
        if not told.has_associated_groups:
            return []
        try:
            return [one.group_id for one in self._named(f"{self.path}/contents/{told.id}/groups")]
        except (LMSNotFound, LMSRefused):
            return None

    def attachments(self, line: Line) -> list[Attachment]:
        """Return the files that hang on a line."""
        told = line.document or line.told
        in_text = told.id in self._holding
        if told.content_handler.id not in HOLDERS or (self.course.ultra and not in_text):
            return []
        name = f"attachments:{told.id}"
        held = self._remembered.get(name, line.version)
        if held is None:
            held = self.spared(f"{self.path}/contents/{told.id}/attachments")
            self._remembered.keep(name, line.version, held)
        return [read(Attachment, payload) for payload in held]

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """The course's own files that a text links to, as texts name them; others nobody sees."""
        xids = self._xids.values() if self.told else ()
        linked = {xid for several in xids for xid in several}
        found = self._walked(f"{self.path}/resources") if linked else ()
        named = {one.id.strip("_"): one for one in found}
        return {xid: one for xid, one in named.items() if xid in linked}

    def _walked(self, path: str) -> Iterator[Resource]:
        for payload in self.spared(path):
            told = read(Resource, payload)
            if told.type == "Folder":
                yield from self._walked(f"{self.path}/resources/{told.id}/children")
            else:
                yield told

    def open(self, path: str, **query: Any) -> list[Any]:
        """Return a list; empty where the course has no such thing. Raises LMSRefused."""
        try:
            return list(self.wire.pages(path, **query))
        except LMSNotFound:
            return []

    def spared(self, path: str) -> list[Any]:
        """Return a list that the rest does without: empty when the token may not see it."""
        try:
            return self.open(path)
        except LMSRefused:
            return []

    # --- what is told of it ---------------------------------------------------------------

    def items(self) -> Iterator[schema.ContentItem]:
        """Yield what the lines open. A page's text is let go with it: there may be thousands."""
        where: dict[str, Any] = {"base": self.wire.base, "course_id": self.course_id}
        for line in self.lines:
            if line.item_id:
                text = self.written.get(line.told.content_handler.assessment_id, "")
                yield mapper.item(line, self.own(line), text=text, **where)
            if line.kind is Kind.PAGE:
                (line.document or line.told).body = ""

    @cached_property
    def hanging(self) -> list[tuple[Line, schema.ContentItem]]:
        """The files that hang on lines, or that their texts link to."""
        where: dict[str, Any] = {"base": self.wire.base, "course_id": self.course_id}
        found = []
        for line in self.lines:
            own = self.own(line)
            found += [
                (line, mapper.attached(file, line, own, **where)) for file in self.attachments(line)
            ]
            found += [(line, file) for file in self._linked(line)]
        return found

    def _linked(self, line: Line) -> Iterator[schema.ContentItem]:
        url = mapper.address(line.told, self.wire.base, self.course_id)
        for xid in self._xids.get((line.document or line.told).id, ()):
            if told := self.resources.get(xid):
                where = {"course_id": self.course_id, "url": url}
                yield mapper.resource(told, xid, **where, cap=settings.UPLOAD_LIMIT)

    def nodes(self) -> list[schema.TocNode]:
        """Return the lines as a table of contents, files below what they hang on."""
        parents = frozenset(line.told.id for line in self.lines)
        base, course_id = self.wire.base, self.course_id
        hung: dict[str, list[schema.TocNode]] = {}
        for line, file in self.hanging:
            there = hung.setdefault(line.told.id, [])
            there.append(mapper.below(line, file, len(there), self.seen(line)))
        found = []
        for line in self.lines:
            seen = self.seen(line)
            found.append(mapper.node(line, seen, base=base, course_id=course_id, parents=parents))
            found += hung.get(line.told.id, [])
        return found

    def by_column(self) -> dict[str, Line]:
        """Return the line of each column that belongs to a content."""
        lines = self.by_id
        return {one.id: lines[one.content_id] for one in self.columns if one.content_id in lines}

    def tests(self) -> Iterable[tuple[Line, list[Question]]]:
        """Return Ultra's tests that ask something."""
        return [
            (line, self.questions(line.told.content_handler.assessment_id))
            for line in self.lines
            if line.kind is Kind.QUIZ
        ]


def own_id(told: Mapping[str, Any]) -> str:
    """Return a listed thing's id; raise LMSMisunderstood without one."""
    if not told.get("id"):
        raise LMSMisunderstood()
    return str(told["id"])


def _is_test(told: Content) -> bool:
    return told.content_handler.id == TEST and bool(told.content_handler.assessment_id)
