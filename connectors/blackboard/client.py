"""Blackboard's paths: which call tells what. Payloads leave as LMS-DM, by the mapper.

Calls of an unchanged course, read quickly: the course, the contents (one for 200), the columns,
the announcements, and one for each folder that nothing is kept of and each of Ultra's tests.
Source: https://developer.anthology.com/portal/displayApi
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

from connectors.base import Known, Standing, Tokens
from connectors.blackboard import mapper, work
from connectors.blackboard.contents import Contents, own_id
from connectors.blackboard.payloads import (
    Attempt,
    AttemptFile,
    Column,
    Content,
    Grade,
    Membership,
    Rubric,
    User,
    read,
)
from connectors.blackboard.wire import API, Wire
from connectors.quota import Spend
from tutorai.errors import LMSMisunderstood, LMSNotFound, LMSRefused
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Kind, Role, Window

HIDDEN = Window(published=False)


class Blackboard:
    """One Blackboard, seen with one token (`connectors.base.Connector`)."""

    def __init__(self, base_url: str, tokens: Tokens, *, patience: float = 20) -> None:
        self._wire = Wire(base_url, tokens, patience=patience)
        # A person waits for it.
        self._asked = Wire(base_url, tokens, Spend.INTERACTIVE, patience=patience)
        self._contents: dict[str, Contents] = {}  # by course

    def standing(self) -> Standing:
        """Return whose token it is, as LTI and REST paths name them."""
        me = read(User, self._asked.get("v1/users/me"))
        return Standing(f"uuid:{me.uuid}" if me.uuid else me.id)

    def clock(self) -> datetime | None:
        """Return what Blackboard's clock said at its first answer."""
        return self._wire.clock or self._asked.clock

    def courses(self) -> Iterator[schema.Course]:
        """Yield the courses in which the token's owner teaches; an application's is in none."""
        me = read(User, self._asked.get("v1/users/me"))
        for payload in self._asked.pages(f"v1/users/{me.id}/courses", expand="course"):
            told = read(Membership, payload)
            if told.course and mapper.ROLES.get(told.course_role_id) is Role.TEACHER:
                yield mapper.course(told.course)

    def course(self, course_id: str) -> schema.Course:
        """Return one course; its id may be `uuid:` and what LTI calls it."""
        return mapper.course(self._at(course_id).asked_anew())

    def toc(self, course_id: str) -> list[schema.TocNode]:
        """Return the lines, and the files that hang on them."""
        return self._at(course_id).nodes()

    def listing(
        self, course_id: str, known: Known | None = None
    ) -> list[Callable[[], Iterable[schema.ContentItem]]]:
        """Return one call for lines, for files and for announcements."""
        here = Contents(self._wire, named(course_id), known)
        before = self._contents.get(course_id)
        if before and "course" in vars(before):
            here.course = before.course
        self._contents[course_id] = here
        return [
            here.items,
            lambda: list({file.item_id: file for _line, file in here.hanging}.values()),
            lambda: [
                mapper.announcement(payload, base=self._wire.base, course_id=here.course_id)
                for payload in here.open(f"{here.path}/announcements")
            ],
        ]

    def unlisted(self, course_id: str) -> frozenset[Kind]:
        """Return none: what is told stands in a line, or is an announcement."""
        return frozenset()

    def body(self, course_id: str, item: schema.ContentItem) -> str:
        """Return a page's HTML, which came with the list unless that was too long."""
        here = self._at(course_id)
        line = here.by_id.get(item.item_id.partition(":")[2])
        if line is None:
            raise LMSNotFound()
        if not here.apart:
            return mapper.html(line.body, self._wire.base)
        own = (line.document or line.told).id
        told = read(Content, self._wire.large(f"{here.path}/contents/{own}"))
        return mapper.html(told.body, self._wire.base)

    def download(self, course_id: str, item: schema.ContentItem, to: IO[bytes], cap: int) -> None:
        """Write a file's bytes: of a file's line, an attachment, or one of the course's own."""
        here = self._at(course_id)
        kind, _colon, own = item.item_id.partition(":")
        if kind == "handed":
            url = own
        elif own.startswith("xid-"):
            url = self._resource(here, own.removeprefix("xid-"))
        else:
            content, _dot, attachment = own.partition(".")
            content = self._holder(here, content)
            attachment = attachment or self._only(here, content)
            url = f"{API}/{here.path}/contents/{content}/attachments/{attachment}/download"
        self._wire.download(url, to, cap=cap)

    def _resource(self, here: Contents, xid: str) -> str:
        """Return where one of the course's own files is."""
        found = here.resources.get(xid)
        if found is None:
            raise LMSNotFound()
        return found.download_url

    def _holder(self, here: Contents, content_id: str) -> str:
        """Return what a page's files hang on: in Ultra the document in it."""
        line = here.by_id.get(content_id)
        return line.document.id if line and line.document else content_id

    def _only(self, here: Contents, content_id: str) -> str:
        """Return the attachment that a file's line is made of."""
        for told in self._wire.pages(f"{here.path}/contents/{content_id}/attachments"):
            return own_id(told)
        raise LMSNotFound()

    def assignments(self, course_id: str) -> list[schema.Assignment]:
        """Return the work of the gradebook's columns, seen as the contents they belong to."""
        here = self._at(course_id)
        lines = here.by_column()
        return [self._assignment(here, one, lines.get(one.id)) for one in here.columns]

    def _assignment(
        self, here: Contents, column: Column, line: mapper.Line | None
    ) -> schema.Assignment:
        said = here.written.get(line.told.content_handler.assessment_id) if line else None
        text = (line.body if line else "") or said or ""
        base = self._wire.base
        grades = f"{base}/ultra/courses/{here.course_id}/grades"
        return work.assignment(
            column,
            here.seen(line) if line else (HIDDEN if column.content_id else Window()),
            course_id=here.course_id,
            text=mapper.html(text, base),
            url=mapper.address(line.told, base, here.course_id) if line else grades,
            rubric=self._rubric(here, column),
            written=said is not None,
        )

    def _rubric(self, here: Contents, column: Column) -> schema.Rubric | None:
        """Return what a column is judged by; none when the token may not see it."""
        used = next((one for one in column.rubric_associations if one.used_for_grading), None)
        if used is None:
            return None
        path = f"{here.path}/rubrics/{used.rubric_id}"
        try:
            told = self._wire.get(path, expand="cells,columns,rows")
        except (LMSNotFound, LMSRefused):
            return None
        return work.rubric(read(Rubric, told), column.score.possible)

    def parts(self, course_id: str) -> list[schema.Part]:
        """Return the courses that were merged into it, and the groups."""
        here = self._at(course_id)
        children = here.open(f"{here.path}/children", expand="childCourse")
        sections = [mapper.section(payload, course_id=here.course_id) for payload in children]
        return sections + [
            mapper.group(one, course_id=here.course_id) for one in self._groups(here)
        ]

    def _groups(self, here: Contents) -> list[dict[str, Any]]:
        """Return the groups: those that stand alone, and those of each set."""
        path = f"v2/courses/{here.course_id}/groups"
        found = {own_id(one): one for one in here.open(path)}
        for group_set in here.open(f"{path}/sets"):
            for one in here.open(f"{path}/sets/{own_id(group_set)}/groups"):
                found[own_id(one)] = one
        return list(found.values())

    def people(self, course_id: str) -> Iterator[schema.Member]:
        """Yield everybody who has a place now."""
        here = self._at(course_id)
        groups = self._placed(here)
        seen: set[str] = set()
        for payload in self._wire.pages(f"{here.path}/users", expand="user"):
            told = mapper.member(payload, course_id=here.course_id, groups=groups)
            if told and told.user.user_id not in seen:
                seen.add(told.user.user_id)
                yield told

    def _placed(self, here: Contents) -> dict[str, list[str]] | None:
        """Return who is in which groups; None when the token may not see them."""
        found: dict[str, list[str]] = {}
        try:
            for group in self._groups(here):
                name = own_id(group)
                for one in here.open(f"v2/courses/{here.course_id}/groups/{name}/users"):
                    found.setdefault(str(one.get("userId")), []).append(name)
        except LMSRefused:
            return None
        return found

    def submissions(
        self, course_id: str, since: datetime | None = None
    ) -> Iterator[schema.Submission]:
        """Yield attempts that changed since; ever, also grades that nobody handed in for."""
        here = self._at(course_id)
        for column in here.columns:
            attempts = self._attempts(here, column, since)
            yield from attempts
            if since is None:
                known = {one.user_id for one in attempts}
                yield from self._grades(here, column, known)

    def _attempts(
        self, here: Contents, column: Column, since: datetime | None
    ) -> list[schema.Submission]:
        """Return a column's attempts. Which one it is only the whole list tells."""
        path = f"v2/courses/{here.course_id}/gradebook/columns/{column.id}/attempts"
        if column.grading.type == "Manual":
            return []
        changed: set[str] | None = None
        if since is not None:
            moment, later = since.isoformat(), "greaterOrEqual"
            told_since = self._wire.pages(path, modified=moment, modifiedCompare=later)
            changed = {str(one.get("id")) for one in told_since}
            if not changed:
                return []
        told = [read(Attempt, payload) for payload in self._wire.pages(path)]
        numbered = _numbered(told)
        return [
            work.submission(
                one, numbered[one.id], column, self._files(here, one), base=self._wire.base
            )
            for one in told
            if changed is None or one.id in changed
        ]

    def _files(self, here: Contents, attempt: Attempt) -> tuple[schema.Attached, ...]:
        """Return the files of an attempt; one that was not handed in is nobody's business.

        A receipt counts all that came: where that is the text alone, nothing else is asked.
        """
        size = attempt.attempt_receipt.submission_total_size if attempt.attempt_receipt else None
        text = len(attempt.student_submission.encode())
        if attempt.status in ("NotAttempted", "InProgress") or (size is not None and size <= text):
            return ()
        path = f"{here.path}/gradebook/attempts/{attempt.id}/files"
        found = [read(AttemptFile, payload) for payload in here.open(path)]
        base = f"{self._wire.base}{API}/{path}"
        return tuple(
            schema.Attached(name=one.name, url=f"{base}/{one.id}/download") for one in found
        )

    def _grades(
        self, here: Contents, column: Column, known: set[str]
    ) -> Iterator[schema.Submission]:
        path = f"v2/courses/{here.course_id}/gradebook/columns/{column.id}/users"
        for payload in here.open(path):
            told = read(Grade, payload)
            if told.user_id not in known and (told.score is not None or told.exempt):
                yield work.grade(told, column)

    def quizzes(self, course_id: str) -> list[schema.Quiz]:
        """Return Ultra's tests with their questions; Original's are told by no call."""
        here = self._at(course_id)
        attempts = {one.content_id: one.grading.attempts_allowed for one in here.columns}
        return [
            work.quiz(
                line.told.title,
                asked,
                here.seen(line),
                quiz_id=line.item_id or "",
                course_id=here.course_id,
                attempts=attempts.get(line.told.id),
                base=self._wire.base,
            )
            for line, asked in here.tests()
            if asked
        ]

    def _at(self, course_id: str) -> Contents:
        if course_id not in self._contents:
            self._contents[course_id] = Contents(self._wire, named(course_id))
        return self._contents[course_id]


def named(course_id: str) -> str:
    """Return a course's id fit for a path; raise LMSMisunderstood for none."""
    if not course_id:
        raise LMSMisunderstood()
    return quote(course_id, safe=":")


def _numbered(told: Sequence[Attempt]) -> dict[str, int]:
    """Return which attempt of its person each one is, counted from one."""
    counts: dict[str, int] = {}
    found = {}
    for one in sorted(
        told, key=lambda attempt: (attempt.created is None, attempt.created, attempt.id)
    ):
        counts[one.user_id] = counts.get(one.user_id, 0) + 1
        found[one.id] = counts[one.user_id]
    return found
