"""An LMS that says what a test lets it say: what a reading does with it needs no wire."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors import cursors, reading
from connectors.base import Known, Standing
from connectors.cursors import Outcome
from connectors.models import Connector, SyncCursor
from tests import factories
from tutorai.errors import LMSError
from tutorai.ids import new_id
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Course, Identity, User
from tutorai.lmsdm.schema import Kind, Role

LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)
COURSE = "7"
HOST = "lms.example"


@dataclass
class Scripted:
    """One course of an LMS (`connectors.base.Connector`)."""

    items: list[schema.ContentItem] = field(default_factory=list)
    nodes: list[schema.TocNode] = field(default_factory=list)
    work: list[schema.Assignment] = field(default_factory=list)
    cut: list[schema.Part] = field(default_factory=list)
    members: list[schema.Member] = field(default_factory=list)
    handed: list[schema.Submission] = field(default_factory=list)
    asked: list[schema.Quiz] = field(default_factory=list)
    time: datetime | None = None
    wrong: dict[str, LMSError] = field(default_factory=dict)  # by the method's name
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def _said(self, name: str, more: Any = None) -> None:
        self.calls.append((name, more))
        if name in self.wrong:
            raise self.wrong[name]

    def standing(self) -> Standing:
        return Standing("1")

    def clock(self) -> datetime | None:
        return self.time

    def courses(self) -> Iterator[schema.Course]:
        yield self.course(COURSE)

    def course(self, course_id: str) -> schema.Course:
        self._said("course")
        return schema.Course(course_id=course_id, title="Physics")

    def toc(self, course_id: str) -> list[schema.TocNode]:
        self._said("toc")
        return self.nodes

    def listing(
        self, course_id: str, known: Known | None = None
    ) -> Sequence[Callable[[], Iterable[schema.ContentItem]]]:
        self._said("listing", known)
        return [lambda: iter(self.items)]

    def unlisted(self, course_id: str) -> frozenset[Kind]:
        return frozenset()

    def body(self, course_id: str, item: schema.ContentItem) -> str:
        self._said("body", item.item_id)
        return f"<p>What {item.title} says in version {item.version}.</p>"

    def download(self, course_id: str, item: schema.ContentItem, to: IO[bytes], cap: int) -> None:
        self._said("download", item.item_id)
        to.write(f"{item.title} {item.version}".encode())

    def assignments(self, course_id: str) -> list[schema.Assignment]:
        self._said("assignments")
        return self.work

    def parts(self, course_id: str) -> list[schema.Part]:
        self._said("parts")
        return self.cut

    def people(self, course_id: str) -> Iterator[schema.Member]:
        self._said("people")
        yield from self.members

    def submissions(
        self, course_id: str, since: datetime | None = None
    ) -> Iterator[schema.Submission]:
        self._said("submissions", since)
        yield from (one for one in self.handed if since is None or _touched(one) >= since)

    def quizzes(self, course_id: str) -> list[schema.Quiz]:
        self._said("quizzes")
        return self.asked


def _touched(one: schema.Submission) -> datetime:
    return max(moment for moment in (one.submitted_at, one.graded_at, LONG_AGO) if moment)


@dataclass
class Class:
    """A course of ours that is read from such an LMS."""

    lms: Scripted
    row: Connector
    course: Course
    told: list[UUID] = field(default_factory=list)
    people: dict[str, User] = field(default_factory=dict)  # who launched, by their ids

    def read(self, **more: Any) -> Outcome:
        """Read it; what changed is told."""
        self.told.clear()
        return reading.read(
            self.lms,
            self.row,
            self.course.pk,
            show=lambda done, total, step: None,
            told=self.told.append,
            **more,
        )

    def cursor(self, kind: str = cursors.COURSE) -> SyncCursor:
        """How the last reading of a kind ended."""
        return SyncCursor.objects.get(course=self.course, kind=kind)

    def launched(self, own: str, name: str = "Ada") -> User:
        """Somebody who launched, of whom the LMS asserted its own id then."""
        school = {"institution_id": self.course.institution_id}
        user = User.objects.get(
            pk=store.save_user(
                **school,
                source="lti:1",
                user=schema.User(user_id=f"sub-{own}", name=name),
            )
        )
        store.identify(
            **school,
            source="canvas:1",
            kind=Identity.Of.USER,
            external_id=f"{HOST}/{own}",
            row=user.pk,
        )
        store.save_enrolment(
            user_id=user.pk, course_id=self.course.pk, role=Role.STUDENT, seen_from="launch"
        )
        return user


def a_class(**said: Any) -> Class:
    """A course whose LMS says this."""
    course = factories.a_course()
    row = Connector.objects.create(
        institution=course.institution,
        course=course,
        lms="canvas",
        base_url=f"https://{HOST}",
        external_id=COURSE,
    )
    return Class(Scripted(**said), row, course)


def a_page(number: int, **fields: Any) -> schema.ContentItem:
    """A page that changed long ago."""
    told = {
        "item_id": f"page:{number}",
        "course_id": COURSE,
        "kind": Kind.PAGE,
        "title": f"Page {number}",
        "updated_at": LONG_AGO,
        "version": "1",
    }
    return schema.ContentItem(**{**told, **fields})


def a_member(own: str, role: Role = Role.STUDENT, *, name: str = "", **place: Any) -> schema.Member:
    """Somebody on the LMS's list."""
    return schema.Member(
        user=schema.User(user_id=own, name=name or f"Person {own}"),
        enrolment=schema.Enrolment(user_id=own, course_id=COURSE, role=role, **place),
    )


def work(number: int, **fields: Any) -> schema.Assignment:
    """An assignment."""
    told = {"assignment_id": f"assignment:{number}", "course_id": COURSE, "title": f"Work {number}"}
    return schema.Assignment(**{**told, **fields})


def handed(own: str, number: int = 1, **fields: Any) -> schema.Submission:
    """What somebody handed in."""
    told = {
        "submission_id": f"{number}-{own}",
        "assignment_id": f"assignment:{number}",
        "user_id": own,
        "submitted_at": LONG_AGO,
    }
    return schema.Submission(**{**told, **fields})


CHANGES = ("INSERT ", "UPDATE ", "DELETE ")


@contextmanager
def written() -> Iterator[list[str]]:
    """Tell which tables were written to, a name for each statement."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    said = [query["sql"] for query in captured.captured_queries]
    found += [sql.split('"')[1] for sql in said if sql.startswith(CHANGES)]


def new_version(lms: Scripted, number: int, **fields: Any) -> None:
    """Change one page of a course."""
    for at, item in enumerate(lms.items):
        if item.item_id == f"page:{number}":
            update = {"version": str(new_id()), **fields}
            lms.items[at] = item.model_copy(update=update)
