"""Canvas's paths: which call tells what. Payloads leave as LMS-DM, by the mapper.

Source: https://canvas.instructure.com/doc/api/ (the page of each resource)
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings

from connectors import outline
from connectors.base import Known, Standing, Tokens
from connectors.canvas import mapper, payloads, questions, roster, work
from connectors.canvas.lacking import lacking
from connectors.canvas.wire import Wire
from tutorai.errors import LMSNotFound, LMSRefused
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Kind

# Nobody: what a thing gets whose dates the token may not read.
SHUT = payloads.Dates(only_visible_to_overrides=True)
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)  # of an announcement; unasked, two weeks are told
AHEAD = timedelta(days=366)
HISTORY = ["submission_history", "submission_comments"]


class Canvas:
    """One Canvas, seen with one person's token (`connectors.base.Connector`)."""

    def __init__(self, base_url: str, tokens: Tokens, *, patience: float = 20) -> None:
        self._wire = Wire(base_url, tokens, patience=patience)
        self._work: dict[str, list[payloads.Work]] = {}  # by course
        self._slugs: dict[str, dict[str, str]] = {}  # by course: a page's URL name → its id
        self._navigation: dict[str, list[payloads.Tab]] = {}  # by course
        self._limited: set[str] = set()  # courses of which only a part is told
        self._urls: dict[str, str] = {}  # by item: where its content is, or its URL name

    def standing(self) -> Standing:
        """Return whose token it is, and which scopes it lacks."""
        return Standing(str(self._wire.get("users/self")["id"]), lacks=lacking(self._wire))

    def clock(self) -> datetime | None:
        """Return what Canvas's clock said at its first answer."""
        return self._wire.clock

    # --- the course -----------------------------------------------------------------------

    def courses(self) -> Iterator[schema.Course]:
        """Yield the courses in which the token's owner teaches."""
        listed = self._wire.pages(
            "courses", **{"enrollment_type": "teacher", "state[]": ["available", "unpublished"]}
        )
        yield from map(mapper.course, listed)

    def course(self, course_id: str) -> schema.Course:
        """Return one course."""
        told = self._wire.get(f"courses/{quote(course_id, safe='')}")
        if payloads.read(payloads.CoursePayload, told).limited:
            self._limited.add(course_id)
        return mapper.course(told)

    def parts(self, course_id: str) -> list[schema.Part]:
        """Return the course's sections and groups."""
        listed = self._all(course_id, "sections")
        told: list[roster.Section | roster.Group] = [
            *(payloads.read(roster.Section, one) for one in listed),
            *self._groups(course_id),
        ]
        return [roster.part(one, course_id=course_id) for one in told]

    def people(self, course_id: str) -> Iterator[schema.Member]:
        """Yield everybody who is active in the course, each once.

        Raises LMSRefused where `course` told that the owner sees their own section alone: half a
        list is none.
        """
        if course_id in self._limited:
            raise LMSRefused()
        told = self._wire.pages(f"courses/{course_id}/enrollments", **{"state[]": "active"})
        enrolled = [payloads.read(roster.Enrollment, one) for one in told]
        return roster.members(enrolled, self._in_groups(course_id), course_id=course_id)

    def _groups(self, course_id: str) -> list[roster.Group]:
        listed = self._all(course_id, "groups", **{"include[]": "users"})
        return [payloads.read(roster.Group, one) for one in listed]

    def _in_groups(self, course_id: str) -> dict[str, list[str]] | None:
        """Return who is in each group; None when the token may not know."""
        try:
            return {group.id: self._grouped(group) for group in self._groups(course_id)}
        except LMSRefused:
            return None

    def _grouped(self, group: roster.Group) -> list[str]:
        """Return who is in a group: apart, where they did not all come with the list."""
        if group.users is not None and len(group.users) >= group.members_count:
            return [user.id for user in group.users]
        listed = self._wire.pages(f"groups/{group.id}/users")
        return [payloads.read(roster.User, one).id for one in listed]

    # --- what is in it --------------------------------------------------------------------

    def toc(self, course_id: str) -> list[schema.TocNode]:
        """Return modules and their items; pages are known by id, so they are listed first."""
        if course_id not in self._slugs:
            self._told_pages(course_id)
        modules = [
            (self._filled(course_id, module), self._dates(course_id, f"modules/{module.id}"))
            for module in self._modules(course_id)
        ]
        return mapper.toc(modules, course_id=course_id, slugs=self._slugs[course_id])

    def _modules(self, course_id: str) -> list[payloads.Module]:
        listed = self._wire.pages(f"courses/{course_id}/modules", **{"include[]": "items"})
        return [payloads.read(payloads.Module, payload) for payload in listed]

    def _filled(self, course_id: str, module: payloads.Module) -> payloads.Module:
        """Fetch the items apart, where Canvas left them out or cut them short."""
        if module.items is not None and len(module.items) >= module.items_count:
            return module
        listed = self._wire.pages(f"courses/{course_id}/modules/{module.id}/items")
        items = [payloads.read(payloads.ModuleItem, payload) for payload in listed]
        return module.model_copy(update={"items": items})

    def listing(
        self, course_id: str, known: Known | None = None
    ) -> list[Callable[[], Iterable[schema.ContentItem]]]:
        """Return one call for each kind of content.

        For whom a page or a file is takes a call each. A quick reading spares it where nothing
        the list tells has changed: a new audience alone changes no date of Canvas's, and is
        found by the next full one.
        """
        return [
            lambda: self._pages(course_id, known),
            lambda: self._files(course_id, known),
            lambda: [work.item(told, course_id=course_id) for told in self._works(course_id)],
            lambda: self._syllabus(course_id),
            lambda: self._announcements(course_id),
        ]

    def unlisted(self, course_id: str) -> frozenset[Kind]:
        """Return the kinds whose tab the course hides from students."""
        return mapper.unlisted(self._tabs(course_id))

    def body(self, course_id: str, item: schema.ContentItem) -> str:
        """Return a page's HTML, empty when Canvas shows none; raise TooBig."""
        slug = self._urls[item.item_id]
        path = f"courses/{course_id}/pages/{quote(slug, safe='')}"
        return payloads.read(payloads.Page, self._wire.large(path)).body or ""

    def download(self, course_id: str, item: schema.ContentItem, to: IO[bytes], cap: int) -> None:
        """Write a file's bytes; of the course, or handed in (then `item.url` says where)."""
        self._wire.download(self._urls.get(item.item_id, item.url), to, cap=cap)

    def _told_pages(self, course_id: str) -> list[payloads.Page]:
        listed = self._all(course_id, "pages", sort="title")
        pages = [payloads.read(payloads.Page, payload) for payload in listed]
        self._slugs[course_id] = {page.url: page.page_id for page in pages}
        self._urls |= {f"page:{page.page_id}": page.url for page in pages}
        return pages

    def _pages(self, course_id: str, known: Known | None) -> Iterator[schema.ContentItem]:
        for page in self._told_pages(course_id):
            slug = quote(page.url, safe="")
            url = f"{self._wire.base}/courses/{course_id}/pages/{slug}"
            told = mapper.page(page, course_id=course_id, url=url)
            yield self._dated(told, course_id, f"pages/{slug}", known)

    def _files(self, course_id: str, known: Known | None) -> Iterator[schema.ContentItem]:
        listed = [payloads.read(payloads.Folder, one) for one in self._all(course_id, "folders")]
        folders = {folder.id: folder for folder in listed}
        for payload in self._all(course_id, "files"):
            file = payloads.read(payloads.File, payload)
            told = mapper.file(
                file,
                course_id=course_id,
                folders=folders,
                url=f"{self._wire.base}/courses/{course_id}/files/{file.id}",
                cap=settings.UPLOAD_LIMIT,
            )
            self._urls[told.item_id] = file.url
            yield self._dated(told, course_id, f"files/{file.id}", known)

    def _dated(
        self, told: schema.ContentItem, course_id: str, thing: str, known: Known | None
    ) -> schema.ContentItem:
        """Return a listed item with its window: the one that is held, where that may be."""
        held = known.get(told.item_id) if known is not None else None
        if held and held.version and held.version == told.version:
            same = held.window.published == told.window.published
            if same and outline.both(held.window, told.window) == held.window:
                return told.model_copy(update={"window": held.window})
        return mapper.dated(told, self._dates(course_id, thing))

    def _syllabus(self, course_id: str) -> list[schema.ContentItem]:
        told = self._wire.get(f"courses/{course_id}", **{"include[]": "syllabus_body"})
        url = f"{self._wire.base}/courses/{course_id}/assignments/syllabus"
        return mapper.syllabus(told, tabs=self._tabs(course_id), url=url)

    def _announcements(self, course_id: str) -> Iterator[schema.ContentItem]:
        listed = self._wire.pages(
            "announcements",
            **{
                "context_codes[]": f"course_{course_id}",
                "start_date": OLDEST.date().isoformat(),
                "end_date": (datetime.now(UTC) + AHEAD).date().isoformat(),
                "include[]": "sections",
            },
        )
        for payload in listed:
            yield mapper.announcement(payload, course_id=course_id)

    def _tabs(self, course_id: str) -> list[payloads.Tab]:
        """Return the course's navigation; none when the token may not read it."""
        if course_id not in self._navigation:
            try:
                listed = self._all(course_id, "tabs")
            except LMSRefused:
                listed = []
            self._navigation[course_id] = [payloads.read(payloads.Tab, tab) for tab in listed]
        return self._navigation[course_id]

    # --- work -----------------------------------------------------------------------------

    def assignments(self, course_id: str) -> list[schema.Assignment]:
        """Return all work to hand in."""
        told = self._works(course_id)
        del self._work[course_id]  # read twice at most, and its descriptions are long
        return [work.assignment(one, course_id=course_id) for one in told]

    def _works(self, course_id: str) -> list[payloads.Work]:
        """Return the assignments; one list serves both what is handed in and what is read."""
        if course_id not in self._work:
            listed = self._wire.pages(
                f"courses/{course_id}/assignments",
                **{
                    "include[]": ["overrides", "all_dates"],
                    "override_assignment_dates": "false",  # everyone's, not the token's owner's
                    "order_by": "position",
                },
            )
            told = [payloads.read(payloads.Work, one) for one in listed]
            self._work[course_id] = [self._overridden(course_id, one) for one in told]
        return self._work[course_id]

    def _overridden(self, course_id: str, told: payloads.Work) -> payloads.Work:
        """Return an assignment with its overrides: apart, where the key takes no include[]."""
        if "overrides" in told.model_fields_set:
            return told
        dates = self._dates(course_id, f"assignments/{told.id}")
        return told.model_copy(
            update={
                "overrides": dates.overrides,
                "only_visible_to_overrides": dates.only_visible_to_overrides,
            }
        )

    def submissions(
        self, course_id: str, since: datetime | None = None
    ) -> Iterator[schema.Submission]:
        """Yield what was handed in or graded since, attempt by attempt: two lists, joined."""
        moment = since.astimezone(UTC).isoformat().replace("+00:00", "Z") if since else ""
        bounds = [{"submitted_since": moment}, {"graded_since": moment}] if since else [{}]
        told: set[str] = set()
        for bound in bounds:
            listed = self._wire.pages(
                f"courses/{course_id}/students/submissions",
                **{"student_ids[]": "all", "include[]": HISTORY, **bound},
            )
            for payload in listed:
                if (name := str(payload.get("id"))) not in told:
                    told.add(name)
                    yield from work.submissions(payload)

    def quizzes(self, course_id: str) -> list[schema.Quiz]:
        """Return the classic quizzes with their questions: a call each, and one for dates."""
        listed = [payloads.read(questions.Quiz, one) for one in self._all(course_id, "quizzes")]
        return [self._quiz(course_id, one) for one in listed]

    def _quiz(self, course_id: str, told: questions.Quiz) -> schema.Quiz:
        asked = self._wire.pages(f"courses/{course_id}/quizzes/{told.id}/questions")
        return questions.quiz(
            told,
            self._dates(course_id, f"quizzes/{told.id}", told),
            [payloads.read(questions.Question, one) for one in asked],
            course_id=course_id,
        )

    # --- calls ----------------------------------------------------------------------------

    def _all(self, course_id: str, what: str, **query: Any) -> list[Any]:
        """Return a list; empty where the course has switched that kind off (a 404)."""
        try:
            return list(self._wire.pages(f"courses/{course_id}/{what}", **query))
        except LMSNotFound:
            return []

    def _dates(
        self, course_id: str, thing: str, listed: payloads.Dates | None = None
    ) -> payloads.Dates:
        """Return who sees a thing, and when.

        A Canvas older than section-restricted pages has no such path (404): then it is as its
        list tells, or for everyone. One that will not tell us: nobody, rather than too many.
        """
        try:
            told = self._wire.whole(f"courses/{course_id}/{thing}/date_details", "overrides")
        except LMSNotFound:
            return listed or payloads.Dates()
        except LMSRefused:
            return SHUT
        return payloads.read(payloads.Dates, told)
