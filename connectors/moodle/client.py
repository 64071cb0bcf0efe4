"""Moodle's functions: which call tells what. Payloads leave as LMS-DM, by the mappers.

The whole structure of a course comes in one call, and so do its pages' bodies: a reading in which
nothing changed costs a handful of calls, however large the course is.

Sources: https://moodledev.io/docs/apis/subsystems/external, and a recorded Moodle 4.5.6
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import IO, Any, TypeVar

from django.conf import settings
from pydantic import TypeAdapter, ValidationError

from connectors.base import Known, Standing, Tokens
from connectors.errors import AdminToken
from connectors.moodle import (
    availability,
    functions,
    handing,
    mapper,
    outlining,
    payloads,
    roster,
    wire,
    working,
)
from connectors.moodle.availability import Groups
from connectors.moodle.outlining import Outline
from connectors.moodle.wire import Wire
from connectors.payload import QUIET
from connectors.wire import PAGES
from tutorai import http
from tutorai.errors import LMSMisunderstood, LMSNotFound, LMSRefused, TooBig
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Kind

SECTIONS = TypeAdapter(list[payloads.Section], config=QUIET)
COURSES = TypeAdapter(list[payloads.Course], config=QUIET)
FORUMS = TypeAdapter(list[payloads.Forum], config=QUIET)
AT_ONCE = 100  # announcements of one call
HANDED = "handed:"  # what was handed in is no item of the course: its own address says where
WORKS = "mod_assign_get_assignments"
QUIZZES = "mod_quiz_get_quizzes_by_courses"
Told = TypeVar("Told")
NEWS = "news"  # the forum that only teachers write into


def listed(kind: TypeAdapter[Any], told: Any) -> Any:
    """Read a list; raise LMSMisunderstood when it is not what Moodle documents."""
    try:
        return kind.validate_python(told)
    except ValidationError as error:
        raise LMSMisunderstood() from error


class Moodle:
    """One Moodle, seen with a service account's token (`connectors.base.Connector`)."""

    def __init__(self, base_url: str, tokens: Tokens, *, patience: float = 20) -> None:
        self._wire = Wire(base_url, tokens, patience=patience)
        self._roster = roster.Roster(self._wire)
        self._outlines: dict[str, Outline] = {}  # by course
        self._works: dict[str, list[payloads.Work]] = {}  # by course
        self._quiz: dict[str, list[payloads.Quiz]] = {}  # by course
        self._bodies: dict[str, dict[str, str]] = {}  # by course: a page's HTML, by activity

    # --- the site -------------------------------------------------------------------------

    def standing(self) -> Standing:
        """Return whose token it is, and what the service leaves out of what we use.

        Raises AdminToken for a site administrator's, which we do not take.
        """
        site = self._site()
        names = [one.name for one in site.functions]
        return Standing(site.userid, site.sitename, functions.lacking(names, site.downloadfiles))

    def _site(self) -> payloads.Site:
        told = self._wire.ask("core_webservice_get_site_info")
        site = wire.understood(payloads.Site, told)
        if site.userissiteadmin:
            raise AdminToken()
        return site

    def clock(self) -> datetime | None:
        """Return what Moodle's clock said at its first answer."""
        return self._wire.clock

    def courses(self) -> Iterator[schema.Course]:
        """Yield the courses of the token's owner; of a service account, all it may see."""
        own = self._wire.ask("core_enrol_get_users_courses", userid=self._site().userid)
        found = {one.id: one for one in listed(COURSES, own)}
        with suppress(LMSRefused):  # needs moodle/course:view (recording ws_get_courses_as_teacher)
            every = listed(COURSES, self._wire.ask("core_course_get_courses"))
            found |= {one.id: one for one in every if one.format != "site"}
        yield from map(mapper.course, found.values())

    def course(self, course_id: str) -> schema.Course:
        """Return one course; one that is not there, or not to be seen, is an empty list."""
        told = self._wire.ask("core_course_get_courses_by_field", field="id", value=course_id)
        found = wire.understood(payloads.Courses, told).courses
        if not course_id or len(found) != 1:
            raise LMSNotFound()
        return mapper.course(found[0])

    # --- what is in a course ----------------------------------------------------------------

    def toc(self, course_id: str) -> list[schema.TocNode]:
        """Return sections, subsections and activities, with books' chapters and folders' files."""
        return self._outline(course_id).nodes

    def listing(
        self, course_id: str, known: Known | None = None
    ) -> list[Callable[[], Iterable[schema.ContentItem]]]:
        """Return one call for each kind of content; windows cost no calls, so `known` is not used."""
        return [
            lambda: self._outline(course_id).items,
            lambda: self._work_items(course_id),
            lambda: self._quiz_items(course_id),
            lambda: self._announcements(course_id),
        ]

    def unlisted(self, course_id: str) -> frozenset[Kind]:
        """Return nothing: what has no line is told as hidden or not, each by itself."""
        return frozenset()

    def body(self, course_id: str, item: schema.ContentItem) -> str:
        """Return a page's HTML; raise TooBig. All pages come at the first one's asking."""
        if item.body:
            return item.body
        found = self._pages(course_id).get(item.item_id.removeprefix("page:"))
        if found is not None:
            return found
        spool = BytesIO()
        self._wire.download(self._url(course_id, item), spool, cap=http.CAP)
        return spool.getvalue().decode("utf-8", "replace")

    def download(self, course_id: str, item: schema.ContentItem, to: IO[bytes], cap: int) -> None:
        """Write a file's bytes."""
        self._wire.download(self._url(course_id, item), to, cap=cap)

    def _url(self, course_id: str, item: schema.ContentItem) -> str:
        if item.item_id.startswith(HANDED):
            return item.url
        url = self._outline(course_id).urls.get(item.item_id)
        if not url:
            raise LMSNotFound()
        return url

    def _outline(self, course_id: str) -> Outline:
        if course_id not in self._outlines:
            sections = self._sections(course_id)
            course = outlining.Course(
                course_id=course_id,
                base=self._wire.base,
                groups=self._groups(course_id, sections),
                restricted=self._restricted(course_id),
                cap=settings.UPLOAD_LIMIT,
            )
            self._outlines[course_id] = outlining.outlined(sections, course)
        return self._outlines[course_id]

    def _sections(self, course_id: str) -> list[payloads.Section]:
        """Return the sections with their activities; section by section, where all is too big."""
        function = "core_course_get_contents"
        try:
            told = self._wire.large(function, courseid=course_id)
        except TooBig:
            only = _options(excludemodules=1)
            bare = listed(SECTIONS, self._wire.ask(function, courseid=course_id, options=only))
            told = []
            for one in bare:
                only = _options(sectionid=one.id)
                told += self._wire.ask(function, courseid=course_id, options=only)
        found: list[payloads.Section] = listed(SECTIONS, told)
        return found

    def _restricted(self, course_id: str) -> dict[str, bool] | None:
        """Return which sections are restricted; None when the token may not know.

        What restricts them, no function tells. Source: Moodle's course/format/classes/output/
        local/state/section.php (4.0 and later).
        """
        try:
            told = self._wire.ask("core_courseformat_get_state", courseid=course_id)
        except (LMSRefused, LMSNotFound):  # not in the service; or not in this Moodle
            return None
        if not isinstance(told, str):
            raise LMSMisunderstood()
        try:
            state = payloads.State.model_validate_json(told)
        except ValidationError as error:
            raise LMSMisunderstood() from error
        return {one.id: one.hasrestrictions for one in state.section}

    def _groups(self, course_id: str, sections: Sequence[payloads.Section]) -> Groups:
        """Return the course's groups, as far as a restriction asks for them."""
        told = [one.availability or "" for section in sections for one in section.modules]
        try:
            every = tuple(one.id for one in self._roster.groups(course_id)) if any(told) else None
            grouped = any(map(availability.groupings, told))
            return Groups(every, self._roster.groupings(course_id) if grouped else {})
        except LMSRefused:
            return Groups()

    def _pages(self, course_id: str) -> dict[str, str]:
        """Return all pages' bodies; none when they are too big together: then each comes apart."""
        if course_id not in self._bodies:
            function = "mod_page_get_pages_by_courses"
            try:
                told = self._wire.large(function, courseids=[course_id])
            except (TooBig, LMSRefused):
                self._bodies[course_id] = {}
            else:
                wire.heed(told)
                pages = wire.understood(payloads.Pages, told).pages
                self._bodies[course_id] = {one.coursemodule: one.content for one in pages}
        return self._bodies[course_id]

    # --- announcements and quizzes ----------------------------------------------------------

    def _spared(self, function: str, asked: Callable[[], Iterable[Told]]) -> list[Told]:
        """Return what a function tells; nothing where the administrator left it out.

        Then the rest of the course is read, and the connection's page says what is missing.
        """
        try:
            return list(asked())
        except LMSRefused:
            if function not in self.standing().lacks:
                raise
            return []

    def _announcements(self, course_id: str) -> Iterator[schema.ContentItem]:
        forums = partial(self.news, course_id)
        for forum in self._spared("mod_forum_get_forums_by_courses", forums):
            around = self._outline(course_id).around(forum.cmid)
            discussions = partial(self.discussions, forum.id)
            for told in self._spared("mod_forum_get_forum_discussions", discussions):
                yield mapper.announcement(
                    told, course_id=course_id, around=around, base=self._wire.base
                )

    def news(self, course_id: str) -> list[payloads.Forum]:
        """Return the forums of a course that announce."""
        told = self._wire.ask("mod_forum_get_forums_by_courses", courseids=[course_id])
        return [forum for forum in listed(FORUMS, told) if forum.type == NEWS]

    def discussions(self, forum_id: str) -> Iterator[payloads.Discussion]:
        """Yield what stands in a forum, newest first, each once: it moves while it is paged."""
        seen: set[str] = set()
        for page in range(PAGES):
            told = self._wire.asked(
                payloads.Discussions,
                "mod_forum_get_forum_discussions",
                forumid=forum_id,
                page=page,
                perpage=AT_ONCE,
            ).discussions
            yield from (one for one in told if one.discussion not in seen)
            seen |= {one.discussion for one in told}
            if len(told) < AT_ONCE:
                return
        raise LMSMisunderstood()

    def quizzes(self, course_id: str) -> list[schema.Quiz]:
        """Return the quizzes without their questions, which no function tells."""
        made = self._outline(course_id)
        return [
            mapper.quiz(one, course_id=course_id, made=made) for one in self._quizzes(course_id)
        ]

    def _quiz_items(self, course_id: str) -> list[schema.ContentItem]:
        made, base = self._outline(course_id), self._wire.base
        return [
            mapper.quiz_item(one, course_id=course_id, made=made, base=base)
            for one in self._spared(QUIZZES, partial(self._quizzes, course_id))
        ]

    def _quizzes(self, course_id: str) -> list[payloads.Quiz]:
        if course_id not in self._quiz:
            told = self._wire.asked(payloads.Quizzes, QUIZZES, courseids=[course_id])
            self._quiz[course_id] = told.quizzes
        return self._quiz[course_id]

    # --- work -------------------------------------------------------------------------------

    def assignments(self, course_id: str) -> list[schema.Assignment]:
        """Return all work to hand in, with rubrics; no function tells who has other dates."""
        works = self._spared(WORKS, partial(self._work, course_id))
        rubrics = self._rubrics(works)
        made, base = self._outline(course_id), self._wire.base
        return [
            working.assignment(
                one, course_id=course_id, made=made, base=base, rubric=rubrics.get(one.cmid)
            )
            for one in works
        ]

    def _work_items(self, course_id: str) -> list[schema.ContentItem]:
        made, base = self._outline(course_id), self._wire.base
        return [
            working.item(one, course_id=course_id, made=made, base=base)
            for one in self._spared(WORKS, partial(self._work, course_id))
        ]

    def _work(self, course_id: str) -> list[payloads.Work]:
        """Return the assignments; an account that is not enrolled gets none without being asked so.

        Recordings ws_assignments, ws_assignments_includenotenrolled.
        """
        if course_id not in self._works:
            told = self._wire.asked(
                payloads.Works,
                WORKS,
                courseids=[course_id],
                includenotenrolledcourses=1,
            )
            here = [one for one in told.courses if one.id == course_id]
            self._works[course_id] = [work for one in here for work in one.assignments]
        return self._works[course_id]

    def _rubrics(self, works: Sequence[payloads.Work]) -> dict[str, schema.Rubric]:
        """Return the rubrics by activity; none where the token may not see them."""
        if not works:
            return {}
        try:
            told = self._wire.ask(
                "core_grading_get_definitions",
                cmids=[one.cmid for one in works],
                areaname="submissions",
                activeonly=1,
            )
        except LMSRefused:
            return {}
        return working.rubrics(wire.understood(payloads.Areas, told).areas)

    def submissions(
        self, course_id: str, since: datetime | None = None
    ) -> Iterator[schema.Submission]:
        """Yield the last attempts, handed in or graded `since`: Moodle tells no earlier ones."""
        return handing.handed_in(
            self._wire, self._work(course_id), lambda: self._roster.teams(course_id), since
        )

    # --- people -----------------------------------------------------------------------------

    def parts(self, course_id: str) -> list[schema.Part]:
        """Return the course's groups; Moodle has no sections of people."""
        return [mapper.part(one, course_id) for one in self._roster.groups(course_id)]

    def people(self, course_id: str) -> Iterator[schema.Member]:
        """Yield everybody who is active in the course, with their groups."""
        groups = self._roster.memberships(course_id)
        for one in self._roster.people(course_id):
            yield mapper.member(one, course_id, groups)


def _options(**given: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in given.items()]
