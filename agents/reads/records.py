"""What is told, as it stands in an answer. Ids are ours; times are UTC; points are numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from tutorai.lmsdm.schema import Kind, Override, Role, Rubric

T = TypeVar("T")

Points = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list; `after` is where the next part begins, None at the end."""

    rows: Sequence[T]
    after: int | None = None


@dataclass(frozen=True)
class Part:
    """Which part of a list is asked for."""

    limit: int
    offset: int = 0

    def of(self, rows: Sequence[T]) -> Page[T]:
        """Cut it out of the whole, or of what was read from `offset` and one further."""
        return Page(
            rows[: self.limit], self.offset + self.limit if self.limit < len(rows) else None
        )

    @property
    def slice(self) -> slice:
        """What to read for `of`: one more than asked for tells whether there is more."""
        return slice(self.offset, self.offset + self.limit + 1)


class Told(BaseModel):
    """The base of every answer."""

    model_config = ConfigDict(frozen=True)


class Course(Told):
    """A course."""

    course_id: UUID
    title: str = Field(examples=["Physics 101"])
    description: str = Field(description="HTML, sanitised", examples=["<p>Forces and motion.</p>"])
    instructor: str = Field(examples=["Ana Ruiz"])
    code: str = Field(description="What the LMS calls it for short", examples=["PHY-101"])
    state: str = Field(description="unpublished, available, completed or deleted")
    source: str = Field(description="Who told of it", examples=["canvas", "lti", "tutor-app"])
    start_at: datetime | None
    end_at: datetime | None
    time_zone: str = Field(examples=["Europe/Madrid"])
    language: str = Field(description="Of its text, ISO 639-1; empty: not known yet")
    opened: bool = Field(description="Whether its students may use Tutor.AI")
    role: Role = Field(description="What the reader is in it")


class Work(Told):
    """Work to hand in."""

    assignment_id: UUID
    course_id: UUID
    title: str = Field(examples=["Pendulum report"])
    due_date: datetime | None = Field(description="For this reader, overrides counted in")
    content: str = Field(description="HTML, sanitised")
    max_points: Points | None = Field(examples=[10])
    url: str = Field(description="Where it opens in the LMS")
    available_from: datetime | None
    available_until: datetime | None
    attempts: int | None = Field(
        description="How often one may hand in; null: as often as one likes"
    )
    hand_in: list[str] = Field(examples=[["text", "file"]])
    rubric: Rubric | None
    published: bool
    overrides: list[Override] | None = Field(
        description="Other dates for some, by the LMS's ids; null for who is not staff"
    )


class Line(Told):
    """A line of the table of contents; a line stands after the one it is in."""

    node_id: UUID
    parent_id: UUID | None
    depth: int = Field(description="0 at the top")
    title: str = Field(examples=["Friction"])
    kind: Kind
    content_id: UUID | None = Field(
        description="What `…/content/{content_id}` tells; null: nothing"
    )
    url: str = Field(description="Where it opens in the LMS")
    unreadable: str = Field(description="Why there is no text of it; empty: there is")
    published: bool
    restricted: bool = Field(description="Whether it has dates, sections or other conditions")


class Block(Told):
    """A piece of text, in order; `anchor` opens its place: #page=3, #slide=2, #t=75."""

    text: str
    headings: list[str]
    anchor: str


class Content(Told):
    """One thing to read: a page as HTML, a file as blocks of text."""

    content_id: UUID
    course_id: UUID
    kind: Kind
    title: str
    html: str = Field(description="Of a page, sanitised; empty for a file")
    blocks: list[Block] = Field(description="Of a file, as many as were asked for")
    after: int | None = Field(description="Where the next blocks begin; null: that was all")
    waiting: bool = Field(description="Its text is being read now")
    unreadable: str = Field(description="Why there is no text of it; empty: there is")
    url: str = Field(description="Where it opens in the LMS")
    mime: str
    size: int | None = Field(description="Bytes of the file")
    updated_at: datetime | None
    download: str | None = Field(description="The file itself, for a minute; null: there is none")


class Passage(Told):
    """A passage of the course that is about what was asked."""

    content_id: UUID
    title: str
    headings: list[str]
    text: str
    url: str = Field(description="Opens its place in the LMS; empty: a file that is held here")
    score: float


class Passages(Told):
    """What was found, best first. `about_the_course` false: most likely the course is silent."""

    passages: list[Passage]
    about_the_course: bool


class Grade(Told):
    """A grade that reached the gradebook."""

    assignment_id: UUID | None
    title: str
    points: Points | None = Field(description="null: somebody took them away")
    max_points: Points
    feedback: str
    delivered_at: datetime | None


class Due(Told):
    """Work that is due."""

    assignment_id: UUID
    title: str
    due_date: datetime | None
    url: str


class LmsId(Told):
    """Who somebody is in an LMS, by its own word."""

    lms: str
    user_id: str


class Profile(Told):
    """Somebody in the course, and how they stand there. Never what they asked the tutor."""

    user_id: UUID
    name: str
    email: str | None = Field(description="null for who may not see it")
    role: Role
    locale: str
    sections: list[str] = Field(description="The LMS's ids of them")
    groups: list[str]
    joined: bool = Field(description="Whether the LMS said which of its people this is")
    lms_ids: list[LmsId] | None = Field(description="null for who may not see them")
    grades: list[Grade]
    due: list[Due]


class Submission(Told):
    """What somebody handed in, an attempt each."""

    submission_id: UUID
    assignment_id: UUID
    user_id: UUID
    attempt: int
    state: str = Field(description="missing, draft, submitted, graded or excused")
    content_url: str
    files: list[str] = Field(description="Names")
    submitted_at: datetime | None
    late: bool
    score: Points | None = Field(description="For who grades; students find theirs in the profile")
    feedback: str


class Submissions(Told):
    """What was handed in, as far as we know whose it is."""

    submissions: list[Submission]
    reason: str = Field(
        description="not_joined: the LMS does not say which of its people the reader is",
        examples=["", "not_joined"],
    )
    not_joined: int = Field(description="Students of whom the LMS does not say so, for who grades")
