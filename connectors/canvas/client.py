"""Canvas's paths: which call tells what. Payloads leave as LMS-DM, by the mapper.

Source: https://canvas.instructure.com/doc/api/ (the page of each resource)
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings

from connectors.base import Known, Standing, Tokens
from connectors.canvas import mapper, payloads
from connectors.canvas.wire import Wire
from tutorai.errors import LMSNotFound, LMSRefused
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Kind

# Nobody: what a thing gets whose dates the token may not read.
SHUT = payloads.Dates(only_visible_to_overrides=True)


class Canvas:
    """One Canvas, seen with one person's token (`connectors.base.Connector`)."""

    def __init__(self, base_url: str, tokens: Tokens) -> None:
        self._wire = Wire(base_url, tokens)
        self._work: dict[str, list[payloads.Work]] = {}  # by course
        self._slugs: dict[str, dict[str, str]] = {}  # by course: a page's URL name → its id
        self._navigation: dict[str, list[payloads.Tab]] = {}  # by course
        self._urls: dict[str, str] = {}  # by item: where its content is, or its URL name

    def standing(self) -> Standing:
        """Return whose token it is."""
        return Standing(str(self._wire.get("users/self")["id"]))

    def clock(self) -> datetime | None:
        """Return what Canvas's clock said at its first answer."""
        return self._wire.clock

    def parts(self, course_id: str) -> list[schema.Part]:
        """Return the course's sections."""
        listed = self._all(f"courses/{course_id}/sections")
        return [
            schema.Part(part_id=str(one["id"]), course_id=course_id, name=one.get("name") or "")
            for one in listed
        ]

    def people(self, course_id: str) -> Iterator[schema.Member]:
        """Yield nobody yet: launches and rosters tell."""
        return iter(())

    def submissions(
        self, course_id: str, since: datetime | None = None
    ) -> Iterator[schema.Submission]:
        """Yield nothing yet."""
        return iter(())

    def quizzes(self, course_id: str) -> list[schema.Quiz]:
        """Return nothing yet."""
        return []

    def courses(self) -> Iterator[schema.Course]:
        """Yield the courses in which the token's owner teaches."""
        listed = self._wire.pages(
            "courses", **{"enrollment_type": "teacher", "state[]": ["available", "unpublished"]}
        )
        yield from map(mapper.course, listed)

    def course(self, course_id: str) -> schema.Course:
        """Return one course."""
        return mapper.course(self._wire.get(f"courses/{quote(course_id, safe='')}"))

    def toc(self, course_id: str) -> list[schema.TocNode]:
        """Return modules and their items; pages are known by id, so they are listed first."""
        if course_id not in self._slugs:
            self._pages(course_id)
        modules = [
            (self._filled(course_id, module), self._dates(course_id, f"modules/{module.id}"))
            for module in self._modules(course_id)
        ]
        return mapper.toc(modules, course_id=course_id, slugs=self._slugs[course_id])

    def listing(
        self, course_id: str, known: Known | None = None
    ) -> list[Callable[[], list[schema.ContentItem]]]:
        """Return one call for each kind of content."""
        return [
            lambda: self._pages(course_id),
            lambda: self._files(course_id),
            lambda: [
                mapper.assignment_item(work, course_id=course_id) for work in self._works(course_id)
            ],
            lambda: self._syllabus(course_id),
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
        """Write a file's bytes."""
        self._wire.download(self._urls[item.item_id], to, cap=cap)

    def assignments(self, course_id: str) -> list[schema.Assignment]:
        """Return all work to hand in."""
        return [mapper.assignment(work, course_id=course_id) for work in self._works(course_id)]

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

    def _pages(self, course_id: str) -> list[schema.ContentItem]:
        listed = self._all(f"courses/{course_id}/pages", sort="title")
        pages = [payloads.read(payloads.Page, payload) for payload in listed]
        self._slugs[course_id] = {page.url: page.page_id for page in pages}
        self._urls |= {f"page:{page.page_id}": page.url for page in pages}
        return [
            mapper.page(
                page,
                self._dates(course_id, f"pages/{quote(page.url, safe='')}"),
                course_id=course_id,
                url=f"{self._wire.base}/courses/{course_id}/pages/{quote(page.url)}",
            )
            for page in pages
        ]

    def _files(self, course_id: str) -> list[schema.ContentItem]:
        folders = {
            folder.id: folder
            for folder in (
                payloads.read(payloads.Folder, payload)
                for payload in self._all(f"courses/{course_id}/folders")
            )
        }
        items = []
        for payload in self._all(f"courses/{course_id}/files"):
            told = payloads.read(payloads.File, payload)
            item = mapper.file(
                told,
                self._dates(course_id, f"files/{told.id}"),
                course_id=course_id,
                folders=folders,
                url=f"{self._wire.base}/courses/{course_id}/files/{told.id}",
                cap=settings.UPLOAD_LIMIT,
            )
            self._urls[item.item_id] = told.url
            items.append(item)
        return items

    def _works(self, course_id: str) -> list[payloads.Work]:
        """Return the assignments; one list serves both what is handed in and what is read."""
        if course_id not in self._work:
            self._work[course_id] = self._list_works(course_id)
        return self._work[course_id]

    def _list_works(self, course_id: str) -> list[payloads.Work]:
        listed = self._wire.pages(
            f"courses/{course_id}/assignments",
            **{"include[]": ["overrides", "all_dates"], "order_by": "position"},
        )
        return [payloads.read(payloads.Work, payload) for payload in listed]

    def _syllabus(self, course_id: str) -> list[schema.ContentItem]:
        told = self._wire.get(f"courses/{course_id}", **{"include[]": "syllabus_body"})
        url = f"{self._wire.base}/courses/{course_id}/assignments/syllabus"
        return mapper.syllabus(told, tabs=self._tabs(course_id), url=url)

    def _tabs(self, course_id: str) -> list[payloads.Tab]:
        """Return the course's navigation; none when the token may not read it."""
        if course_id not in self._navigation:
            try:
                listed = self._all(f"courses/{course_id}/tabs")
            except LMSRefused:
                listed = []
            self._navigation[course_id] = [payloads.read(payloads.Tab, tab) for tab in listed]
        return self._navigation[course_id]

    def _all(self, path: str, **query: Any) -> list[Any]:
        """Return a list; empty where the course has switched that kind off (a 404)."""
        try:
            return list(self._wire.pages(path, **query))
        except LMSNotFound:
            return []

    def _dates(self, course_id: str, thing: str) -> payloads.Dates:
        """Return who sees a thing, and when.

        A Canvas older than section-restricted pages has no such path (404): everyone. One
        that will not tell us: nobody, rather than too many.
        """
        try:
            told = self._wire.whole(f"courses/{course_id}/{thing}/date_details", "overrides")
        except LMSNotFound:
            return payloads.Dates()
        except LMSRefused:
            return SHUT
        return payloads.read(payloads.Dates, told)
