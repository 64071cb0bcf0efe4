"""What Blackboard answers, as far as it is read: one class a payload, each field as documented.

Source: https://developer.anthology.com/portal/displayApi
"""

from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from connectors.payload import Payload as Plain
from tutorai.errors import LMSMisunderstood

Words = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
P = TypeVar("P", bound="Payload")

FOLDERS = frozenset({"resource/x-bb-folder", "resource/x-bb-lesson", "resource/x-bb-lesson-plan"})
PAGE_BODY = "ultraDocumentBody"  # how Ultra calls the document in a page's folder


class Payload(Plain):
    """The base of all: Blackboard writes names in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Span(Payload):
    """A time; Blackboard leaves out what is not set."""

    type: Words = ""
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None


class Availability(Payload):
    """Of a course, a content or an announcement: each has its own of these."""

    available: Words = "Yes"  # Yes | No | PartiallyVisible | Disabled | Term
    adaptive_release: Span = Span()
    duration: Span = Span()


class Course(Payload):
    id: str
    uuid: Words = ""
    course_id: Words = ""
    name: Words = ""
    description: Words = ""
    ultra_status: Words = ""  # Undecided | Classic | Ultra | UltraPreview
    closed_complete: bool = False
    availability: Availability = Availability()

    @property
    def ultra(self) -> bool:
        """Whether it is an Ultra course."""
        return self.ultra_status.startswith("Ultra")


class Child(Payload):
    """A course that was merged into another one: a section of it."""

    id: str
    child_course: Course | None = None  # with expand=childCourse


class Link(Payload):
    href: Words = ""
    rel: Words = ""


class BareFile(Payload):
    file_name: Words = ""
    mime_type: Words = ""


class Handler(Payload):
    """What a content is; which of the rest is there depends on that."""

    id: Words = ""
    is_bb_page: bool = False
    url: Words = ""
    file: BareFile | None = None
    assessment_id: Words = ""
    grade_column_id: Words = ""
    target_id: Words = ""
    discussion_id: Words = ""


class Content(Payload):
    """A line of a course: what stands in it, and what it is."""

    id: str
    parent_id: Words = ""
    title: Words = ""
    body: Words = ""
    created: AwareDatetime | None = None
    modified: AwareDatetime | None = None
    position: int = 0
    has_children: bool = False
    has_associated_groups: bool = False
    availability: Availability = Availability()
    content_handler: Handler = Handler()
    links: list[Link] = []

    @property
    def is_folder(self) -> bool:
        """Whether other lines stand in it; a page of Ultra is none."""
        return self.content_handler.id in FOLDERS and not self.content_handler.is_bb_page

    @property
    def version(self) -> str:
        """What changes with it."""
        moment = self.modified or self.created
        return moment.isoformat() if moment else ""


class Criterion(Payload):
    """One thing that a release rule asks; of what kind says `type`."""

    id: Words = ""
    type: Words = ""
    start_date: AwareDatetime | None = None
    end_date: AwareDatetime | None = None
    users: list[str] = []  # asked for apart
    groups: list[str] = []


class Rule(Payload):
    """A release rule: who meets all of its criteria sees the content."""

    id: Words = ""
    criteria: list[Criterion] = []  # asked for apart


class Named(Payload):
    """Whom a membership criterion, or a content that was given to groups, names."""

    user_id: Words = ""
    group_id: Words = ""


class Attachment(Payload):
    id: str
    file_name: Words = ""
    mime_type: Words = ""


class Resource(Payload):
    """A file or folder of the course's own files."""

    id: str
    name: Words = ""
    type: Words = ""  # File | Folder
    size: int | None = None
    mime_type: Words = ""
    modified: AwareDatetime | None = None
    download_url: Words = ""


class Announcement(Payload):
    id: str
    title: Words = ""
    body: Words = ""
    draft: bool = False
    created: AwareDatetime | None = None
    modified: AwareDatetime | None = None
    availability: Availability = Availability()


class Score(Payload):
    possible: Decimal | None = None


class Grading(Payload):
    type: Words = ""  # Attempts | Calculated | Manual
    due: AwareDatetime | None = None
    attempts_allowed: int | None = None  # 0: as often as one likes


class RubricUse(Payload):
    rubric_id: Words = ""
    used_for_grading: bool = True


class Column(Payload):
    """A column of the gradebook."""

    id: str
    name: Words = ""
    display_name: Words = ""
    description: Words = ""
    external_grade: bool = False  # the course's total
    content_id: Words = ""
    score: Score = Score()
    availability: Availability = Availability()
    grading: Grading = Grading()
    score_provider_handle: Words = ""
    rubric_associations: list[RubricUse] = []


class RubricLine(Payload):
    """A row or a column of a rubric."""

    id: str
    header: Words = ""
    position: int = 0
    percentage: Decimal | None = None  # of a row: its share of the whole


class Measure(Payload):
    """Points or a percentage; of a range, its upper end counts."""

    value: Decimal | None = None
    end: Decimal | None = None


class Cell(Payload):
    id: str
    row_id: str
    column_id: str
    description: Words = ""
    percentage: Measure | None = None
    points: Measure | None = None


class Rubric(Payload):
    id: str
    columns: list[RubricLine] = []
    rows: list[RubricLine] = []
    cells: list[Cell] = []


class Group(Payload):
    id: str
    name: Words = ""


class Name(Payload):
    given: Words = ""
    family: Words = ""
    preferred_display_name: Words = ""


class Contact(Payload):
    email: Words = ""


class User(Payload):
    id: str
    uuid: Words = ""
    user_name: Words = ""
    name: Name = Name()
    contact: Contact = Contact()
    availability: Availability = Availability()


class Membership(Payload):
    """Somebody's place in a course."""

    user_id: str
    course_id: Words = ""
    child_course_id: Words = ""  # of a merged course: which part
    course_role_id: Words = ""
    availability: Availability = Availability()
    user: User | None = None
    course: Course | None = None


class Receipt(Payload):
    submission_date: AwareDatetime | None = None
    submission_total_size: int | None = None  # bytes: of the text and of all files


class Attempt(Payload):
    """One time that somebody handed something in."""

    id: str
    user_id: Words = ""
    status: Words = ""
    score: Decimal | None = None
    feedback: Words = ""
    student_comments: Words = ""
    student_submission: Words = ""
    exempt: bool = False
    created: AwareDatetime | None = None
    modified: AwareDatetime | None = None
    attempt_date: AwareDatetime | None = None
    attempt_receipt: Receipt | None = None


class AttemptFile(Payload):
    id: str
    name: Words = ""


class Shown(Payload):
    score: Decimal | None = None
    possible: Decimal | None = None


class Grade(Payload):
    """What the gradebook shows of one person in one column."""

    user_id: Words = ""
    status: Words = ""  # Graded | NeedsGrading
    score: Decimal | None = None
    display_grade: Shown | None = None
    overridden: AwareDatetime | None = None
    feedback: Words = ""
    exempt: bool = False
    change_index: int | None = None


class Answer(Payload):
    """A choice of a question, or a pair of one that matches."""

    text: Words = ""
    correct: bool = False
    match: Words = ""


class Asked(Payload):
    """What kind of question it is, and what belongs to that kind."""

    type: Words = ""
    answers: list[Answer] = []
    answer: bool | None = None  # of EitherOr
    value: Decimal | None = None  # of a number
    tolerance: Decimal | None = None


class Question(Payload):
    id: str
    title: Words = ""
    text: Words = ""
    position: int = 0
    points: Decimal | None = None
    feedback: Words = ""
    question_handler: Asked = Asked()


def read(kind: type[P], payload: Any) -> P:
    """Read one payload; raise LMSMisunderstood when it is not what Blackboard documents."""
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        raise LMSMisunderstood() from error
