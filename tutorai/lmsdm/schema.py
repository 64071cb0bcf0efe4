"""LMS-DM records: what an LMS tells, in one language. Frozen; their docstrings are the glossary.

Ids of an LMS are text, exactly as it wrote them. Times are aware UTC. Points are Decimal. HTML
has been sanitised where it entered and is still never trusted.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from tutorai.lmsdm.quizzes import Ask as Ask
from tutorai.lmsdm.quizzes import Choice as Choice
from tutorai.lmsdm.quizzes import Pair as Pair
from tutorai.lmsdm.quizzes import Question as Question
from tutorai.lmsdm.quizzes import Quiz as Quiz
from tutorai.lmsdm.record import Link
from tutorai.lmsdm.record import Record as Record
from tutorai.lmsdm.record import Text as Text
from tutorai.lmsdm.record import no_nul as no_nul
from tutorai.lmsdm.windows import Condition as Condition
from tutorai.lmsdm.windows import Test as Test
from tutorai.lmsdm.windows import Window as Window


class Role(StrEnum):
    """What someone is in a course. Context roles decide; institution roles give no power here."""

    STUDENT = "student"
    TEACHER = "teacher"
    TA = "ta"  # grades and answers, but sets nothing up
    DESIGNER = "designer"  # writes content, sees no student data
    OBSERVER = "observer"  # reads only, for listed students
    GUEST = "guest"  # unknown or no role: least privilege
    ADMIN = "admin"  # of the institution; reads, when the institution allows it


ENDED = frozenset({"completed", "concluded", "deleted"})  # states of a course that is over
STAFF = frozenset({Role.TEACHER, Role.TA, Role.DESIGNER, Role.ADMIN})
GRADERS = frozenset({Role.TEACHER, Role.TA})
AUTHORS = frozenset({Role.TEACHER, Role.DESIGNER})
TALKERS = frozenset({Role.STUDENT, Role.TEACHER, Role.TA, Role.DESIGNER})


class Kind(StrEnum):
    """What a content item is."""

    PAGE = "page"
    FILE = "file"
    ASSIGNMENT = "assignment"
    QUIZ = "quiz"
    DISCUSSION = "discussion"
    LINK = "link"
    TOOL = "tool"
    HEADING = "heading"
    SYLLABUS = "syllabus"
    ANNOUNCEMENT = "announcement"


class Unreadable(StrEnum):
    """Why the tutor cannot read an item; empty when it can."""

    UNSUPPORTED = "unsupported"  # a type we do not read
    NO_TEXT = "no_text"  # scanned, or empty
    TOO_BIG = "too_big"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    EXTERNAL = "external"  # lives on another site
    LOCKED = "locked"  # the connection may not read it
    FAILED = "failed"  # reading it failed; will be tried again
    SCANNED = "scanned"  # pictures of pages, and no program here that reads them


class User(Record):
    """A person. `user_id` is the LMS's id (for LTI the `sub`, byte for byte)."""

    user_id: Text
    name: Text = ""
    email: Text = ""
    role: Role = Role.GUEST
    locale: Text = ""
    is_test: bool = False  # the LMS's "student view"


class Course(Record):
    """A course as one source knows it."""

    course_id: Text
    title: Text = ""
    description: Text = ""  # HTML
    instructor: Text = ""
    code: Text = ""
    state: Text = "available"  # unpublished | available | completed | deleted
    start_at: AwareDatetime | None = None
    end_at: AwareDatetime | None = None
    time_zone: Text = ""


class Enrolment(Record):
    """A person's place in a course; `sections` and `groups` are the LMS's ids of them.

    None: the source does not tell.
    """

    user_id: Text
    course_id: Text
    role: Role
    sections: tuple[Text, ...] | None = None
    groups: tuple[Text, ...] | None = None
    active: bool = True


class Member(Record):
    """Somebody on an LMS's roster: the person, and the place they have in the course."""

    user: User
    enrolment: Enrolment
    uuid: Text = ""  # the LTI `sub`, where the REST API tells it


class Part(Record):
    """A part of a course's people, as the LMS cut it."""

    part_id: Text
    course_id: Text
    name: Text = ""
    is_group: bool = False  # else a section


class ContentItem(Record):
    """One thing to read in a course. `body` is HTML; a file's bytes come apart, by `download`."""

    item_id: Text
    course_id: Text
    kind: Kind
    title: Text = ""
    body: Text = ""
    url: Link = ""  # where it opens in the LMS
    mime: Text = ""
    size: int | None = None  # bytes
    updated_at: AwareDatetime | None = None
    window: Window = Window()
    unreadable: Unreadable | None = None
    version: Text = ""  # changes whenever the content does (a date, an ETag, a hash)


class TocNode(Record):
    """A line of the course's table of contents; `parent_id` None at the top."""

    node_id: Text
    course_id: Text
    title: Text = ""
    parent_id: Text | None = None
    position: int = 0
    kind: Kind = Kind.HEADING
    item_id: Text | None = None  # the content item it opens
    url: Link = ""
    window: Window = Window()


class Level(Record):
    """One step of a criterion."""

    level_id: Text = ""
    title: Text = ""
    points: Decimal = Decimal(0)


class Criterion(Record):
    """One line of a rubric; its levels from best to worst."""

    criterion_id: Text
    title: Text = ""
    description: Text = ""
    points: Decimal = Decimal(0)
    levels: tuple[Level, ...] = ()


class Rubric(Record):
    """How work is judged."""

    criteria: tuple[Criterion, ...] = ()


class Override(Record):
    """Other dates for some: the sections, groups and people (LMS ids) they are for."""

    sections: tuple[Text, ...] = ()
    groups: tuple[Text, ...] = ()
    people: tuple[Text, ...] = ()
    due_date: AwareDatetime | None = None
    available_from: AwareDatetime | None = None
    available_until: AwareDatetime | None = None


class Assignment(Record):
    """Work to hand in. `content` is HTML; `due_date` is for whom no override speaks of."""

    assignment_id: Text
    course_id: Text
    title: Text = ""
    due_date: AwareDatetime | None = None
    content: Text = ""
    max_points: Decimal | None = None
    url: Link = ""
    window: Window = Window()
    overrides: tuple[Override, ...] = ()
    rubric: Rubric | None = None
    attempts: int | None = None  # how often one may hand in; None: as often as one likes
    hand_in: tuple[Text, ...] = ()  # "text", "file", "url", "quiz", "discussion", "paper", "tool"


class LineItem(Record):
    """A gradebook column. `url` is its address, query string included.

    What a source does not tell is left out, and then stays as it is known. `assignment_id` is the
    id of its assignment in the same source; without one, its address is.
    """

    url: Text
    label: Text = ""
    maximum: Decimal | None = None
    resource_id: Text = ""  # ours, of a column that we made
    tag: Text = ""  # ours: what the column is for, among those of one resource
    resource_link_id: Text = ""  # the LMS's, of an activity's own column
    assignment_id: Text = ""


class Attached(Record):
    """A file that came with something: where it can be had, with the connection's token."""

    name: Text = ""
    url: Text = ""
    mime: Text = ""
    size: int | None = None  # bytes


class Handed(StrEnum):
    """How a submission stands."""

    MISSING = "missing"  # nothing was handed in
    DRAFT = "draft"  # begun, and not handed in
    SUBMITTED = "submitted"
    GRADED = "graded"
    EXCUSED = "excused"


class Submission(Record):
    """What someone handed in; every attempt is one. `body` is HTML."""

    submission_id: Text
    assignment_id: Text
    user_id: Text
    content_url: Link = ""
    score: Decimal | None = None
    feedback: Text = ""
    submitted_at: AwareDatetime | None = None
    attempt: int = 1
    state: Handed = Handed.SUBMITTED
    body: Text = ""
    files: tuple[Attached, ...] = ()
    late: bool = False
    graded_at: AwareDatetime | None = None


class Actor(BaseModel):
    """Who is asking: the one argument every read takes. Made from a session, never from input."""

    model_config = ConfigDict(frozen=True)

    institution_id: UUID
    user_id: UUID
    course_id: UUID | None = None
    role: Role = Role.GUEST
    session_id: UUID | None = None
    sections: tuple[str, ...] = ()
    locale: str = "en"
    name: str = ""
    time_zone: str = ""
    placement: str = ""  # where in the course the launch stood: an LMS id like "item:77"
    acted_by: str = ""  # the LMS's id of who acts as this person; their talks stay shut
    signed_in_at: datetime | None = None
    is_test: bool = False  # the LMS's "student view": shown, and counted nowhere
    ended: bool = False  # the course is over: it can be read, and nothing in it changes
    message: str = ""  # which LTI message the session answers, as LaunchSession.message_type
    subject_id: UUID | None = None  # whom a review or a privacy launch is about, if we know them
    placed_id: UUID | None = None  # lti.Placement: what the link opens
    about: str = ""  # what that is about: "item", "module" or "assignment"; "": the course
    about_id: UUID | None = None

    @property
    def is_staff(self) -> bool:
        """May see what students do not see yet."""
        return self.role in STAFF

    @property
    def may_ask(self) -> bool:
        """May talk with the tutor; observers, guests and the institution's administrators do not."""
        return self.role in TALKERS

    @property
    def as_student(self) -> Self:
        """What a student of the same sections is shown: the tutor answers staff from that too.

        So a teacher's try shows what students will get, and never what is still hidden.
        """
        return self.model_copy(update={"role": Role.STUDENT}) if self.is_staff else self

    @property
    def may_grade(self) -> bool:
        """May enter and approve grades. Who acts as somebody else may not: a person approves."""
        return self.role in GRADERS and not self.acted_by

    @property
    def is_author(self) -> bool:
        """May set the course up: connect, upload, open."""
        return self.role in AUTHORS
