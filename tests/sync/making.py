"""A school whose LMS is the pretend Canvas, and a course of ours that was launched from it."""

import time
from dataclasses import dataclass
from typing import Any

import httpx

from agents import retrieve
from agents.models.index import Chunk
from connectors.models import Connector, SyncCursor
from tests import factories
from tests.conftest import Running
from tutorai import flows
from tutorai.ids import new_id
from tutorai.ledger import attempts
from tutorai.ledger.models import Job
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import ContentItem, Course, Identity, Submission, User
from tutorai.lmsdm.schema import Actor, Role
from tutorai.practising import FIND

PATIENCE = 240  # seconds for a worker to end what was asked of it


@dataclass(frozen=True)
class School:
    """One world of the pretend LMS beside one course of ours, joined as a launch would."""

    url: str
    told: dict[str, Any]
    key: str
    course: Course
    teacher: Actor

    @property
    def name(self) -> str:
        """The world's name, which faults and options belong to."""
        return str(self.told["world"])

    @property
    def token(self) -> str:
        """The teacher's access token."""
        return str(self.told["people"]["teacher"]["token"])

    @property
    def external(self) -> dict[str, Any]:
        """The course as the pretend LMS knows it."""
        found: dict[str, Any] = self.told["courses"][self.key]
        return found

    @property
    def connector(self) -> Connector:
        """The stored connection."""
        return Connector.objects.get(course=self.course)

    @property
    def cursor(self) -> SyncCursor:
        """How the last reading of the course itself ended."""
        return self.cursor_of("course")

    def cursor_of(self, kind: str) -> SyncCursor:
        """How the last reading of a kind ended."""
        return SyncCursor.objects.get(course=self.course, kind=kind)

    def control(self, route: str, /, **body: Any) -> Any:
        """Ask one of the pretend LMS's control routes."""
        answer = httpx.post(f"{self.url}/sandbox/{route}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind: str, path: str, **more: Any) -> None:
        """Spoil the next request to `path` of this school."""
        self.control("faults", world=self.name, kind=kind, path=path, **more)

    def spent(self) -> bool:
        """Whether every fault that was ordered has struck."""
        told = httpx.get(f"{self.url}/sandbox/faults", params={"world": self.name}).json()
        return all(fault["times"] == 0 for fault in told)

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """Return what the pretend LMS was asked since it was last forgotten."""
        log = httpx.get(f"{self.url}/sandbox/log", params={"world": self.name}).json()
        return [line for line in log if path in line["path"]]

    def forget(self) -> None:
        """Empty that log."""
        httpx.delete(f"{self.url}/sandbox/log", params={"world": self.name})

    def edit(self, slug: str, **fields: Any) -> None:
        """Change a page in the LMS."""
        self.control(f"pages/{self.external['pages'][slug]['id']}", **fields)

    def connect(self, **given: Any) -> Job:
        """Connect the course as its teacher does."""
        wanted = {"lms": "canvas", "base_url": self.url, "token": self.token, **given}
        return flows.connect_course(self.teacher, **wanted)

    def read(self, *, index: bool = True) -> Job:
        """Connect, and do all that follows, in this process; without `index`, all but that."""
        job = self.connect()
        self.drain(index=index)
        job.refresh_from_db()
        return job

    def again(self, *, index: bool = True) -> Job:
        """Read the course once more."""
        job = flows.sync_now(self.teacher)
        self.drain(index=index)
        job.refresh_from_db()
        return job

    def drain(self, *, index: bool = True) -> None:
        """Do every job of the course that is due, until none is; without `index`, the readings."""
        mine = Job.objects.filter(course=self.course)
        kinds = {} if index else {"kind": "sync_course"}
        while due := list(mine.due().filter(**kinds).order_by("created_at")):
            for job in due:
                attempts.attempt(job.pk, flows.WORK)
        if not index:
            mine.exclude(**kinds).delete()

    def settled(self) -> None:
        """Wait until a worker has done every job of the course, but the one that waits for more."""
        end = time.monotonic() + PATIENCE
        live = Job.objects.filter(course=self.course, state__in=Job.LIVE).exclude(kind=FIND)
        while live.exists():
            assert time.monotonic() < end, list(Job.objects.filter(course=self.course))
            time.sleep(0.1)

    def item(self, title: str) -> ContentItem:
        """Return the item of that title."""
        return self.course.items.get(title=title)

    def as_role(self, role: Role, *sections: str) -> Actor:
        """Return somebody in that role, in these sections of the LMS's."""
        named = tuple(self.external["sections"][section] for section in sections)
        return factories.an_actor(self.course, role, sections=named)

    def launched(self, key: str) -> User:
        """Somebody of the world, as a launch that told their id there brought them."""
        told, school = self.told["people"][key], self.course.institution_id
        record = schema.User(user_id=f"sub-{told['id']}", name=told["name"])
        row = store.save_user(institution_id=school, source="lti:1", user=record)
        store.identify(
            institution_id=school,
            source=f"canvas:{new_id()}",
            kind=Identity.Of.USER,
            external_id=f"{self.url.partition('://')[2]}/{told['id']}",
            row=row,
        )
        store.save_enrolment(
            user_id=row, course_id=self.course.pk, role=Role.STUDENT, seen_from="launch"
        )
        return User.objects.get(pk=row)

    def found(self, question: str, actor: Actor) -> list[str]:
        """Return the titles of the passages found for `actor`."""
        return [each.title for each in retrieve.search(actor, question).passages]

    def indexed(self, title: str) -> list[str]:
        """Return the ids of the chunks that hold an item of that title."""
        chunks = Chunk.objects.filter(item__course=self.course, item__title=title)
        return sorted(str(pk) for pk in chunks.values_list("pk", flat=True))


# By which a course is known whatever ids we gave it: two readings of one course agree on them.
TOLD: dict[str, tuple[str, ...]] = {
    "items": (
        *("source_id", "kind", "title", "sha256", "indexed_sha256", "version", "unreadable", "url"),
        *("mime", "size", "told", "published", "available_from", "available_until", "sections"),
        "condition",
    ),
    "toc": (
        "source_id",
        "title",
        "kind",
        "parent__source_id",
        "item__source_id",
        "position",
        "url",
    ),
    "assignments": (
        *("source_id", "title", "content", "due_date", "max_points", "overrides", "rubric"),
        *("attempts", "hand_in", "published", "sections", "condition"),
    ),
    "parts": ("kind", "external_id", "name"),
    "quizzes": ("source_id", "title", "record"),
}
MORTAL = frozenset({"items", "assignments", "quizzes"})
HANDED = (
    *("assignment__source_id", "source_id", "attempt", "state", "score", "feedback", "body"),
    *("files", "late", "submitted_at", "graded_at"),
)


def snapshot(course: Course) -> dict[str, list[Any]]:
    """What a reading stores of a course and is not gone, without ids and times of our own.

    Two courses that were read from one course of an LMS are equal here, however each was read.
    """
    sources = [row.source for row in Connector.objects.filter(course=course)]
    whole = {}
    for name, columns in TOLD.items():
        rows = getattr(course, name).all()
        alive = rows.filter(deleted_at=None) if name in MORTAL else rows
        whole[name] = sorted(map(repr, alive.values_list(*columns)))
    handed = Submission.objects.filter(assignment__course=course, deleted_at=None)
    ids = Identity.objects.filter(source__in=sources, kind=Identity.Of.USER)
    theirs = {row: external_id for external_id, row in ids.values_list("external_id", "row")}
    places = course.enrolments.filter(user__in=theirs).values_list(
        "user", "role", "sections", "groups", "active"
    )
    whole["people"] = sorted(repr((theirs[user], *place)) for user, *place in places)
    whole["submissions"] = sorted(map(repr, handed.values_list(*HANDED)))
    return whole


def a_school(sandbox: Running, *, key: str = "physics", join: bool = True, **world: Any) -> School:
    """Make a world and a course; `join` False: the launch did not tell which course it is."""
    answer = httpx.post(
        f"{sandbox.url}/sandbox/worlds", json={"courses": [key], **world}, timeout=60
    )
    return joined(sandbox.url, answer.json(), key=key, join=join)


def joined(url: str, told: dict[str, Any], *, key: str, join: bool = True) -> School:
    """Make a course of ours, of a school of its own, that stands for a course of that world."""
    course = factories.a_course(opened_at=None)
    if join:
        host = url.partition("://")[2]
        store.identify(
            institution_id=course.institution_id,
            source=f"canvas:{new_id()}",
            kind=Identity.Of.COURSE,
            external_id=f"{host}/{told['courses'][key]['id']}",
            row=course.pk,
        )
    teacher = factories.an_actor(course, Role.TEACHER)
    return School(url, told, key, course, teacher)
