"""What Canvas answers, as far as it is read: one class a payload, each field as documented."""

from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BeforeValidator, Field, ValidationError

from connectors.payload import Payload
from tutorai.errors import LMSMisunderstood

# Ids come as strings when asked for; some endpoints send numbers all the same.
Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
Words = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
P = TypeVar("P", bound=Payload)


class Own(Payload):
    """The token's owner in a course; a limited one is told of their own section alone."""

    limit_privileges_to_course_section: bool | None = False


class CoursePayload(Payload):
    """All but the id is missing from a course that is closed by date to the token's owner."""

    id: Id
    name: Words = ""
    course_code: Words = ""
    workflow_state: Words = "available"
    start_at: AwareDatetime | None = None
    end_at: AwareDatetime | None = None
    time_zone: Words = ""
    syllabus_body: Words = ""
    enrollments: list[Own] = []

    @property
    def limited(self) -> bool:
        """Whether lists of people are cut to the owner's sections, unsaid."""
        own = [bool(one.limit_privileges_to_course_section) for one in self.enrollments]
        return bool(own) and all(own)


class Override(Payload):
    """One audience's own dates; only those that it overrides are there at all.

    The audience is one of: students, a group, a section, the course (everybody), or what mastery
    paths say (`noop_id`), which nobody tells.
    """

    student_ids: list[Id] | None = None
    group_id: Id | None = None
    course_section_id: Id | None = None
    course_id: Id | None = None
    unassign_item: bool = False  # it takes the thing from its audience
    due_at: AwareDatetime | None = None
    unlock_at: AwareDatetime | None = None
    lock_at: AwareDatetime | None = None


class Dates(Payload):
    """A learning object's dates: who sees it, and when.

    https://canvas.instructure.com/doc/api/learning_object_dates.html
    """

    unlock_at: AwareDatetime | None = None
    lock_at: AwareDatetime | None = None
    only_visible_to_overrides: bool = False
    overrides: list[Override] = []


class Topic(Payload):
    """The discussion behind a graded one."""

    id: Id


class Requirement(Payload):
    """What a student must do with a line before it counts as done."""

    type: Words = ""


class ModuleItem(Payload):
    id: Id
    title: Words = ""
    position: int = 0
    type: str
    content_id: Id | None = None
    page_url: Words = ""
    html_url: Words = ""
    external_url: Words = ""
    published: bool = True
    completion_requirement: Requirement | None = None


class Module(Payload):
    id: Id
    name: Words = ""
    position: int = 0
    unlock_at: AwareDatetime | None = None
    published: bool = True
    prerequisite_module_ids: list[Id] | None = None
    require_sequential_progress: bool | None = False
    requirement_type: Words = "all"  # or "one": a single requirement met is enough
    items_count: int = 0
    items: list[ModuleItem] | None = None  # left out when Canvas finds them too many


class Page(Payload):
    page_id: Id
    url: str
    title: Words = ""
    body: str | None = None
    html_url: Words = ""
    updated_at: AwareDatetime | None = None
    published: bool = True
    unlock_at: AwareDatetime | None = None
    lock_at: AwareDatetime | None = None


class Folder(Payload):
    id: Id
    parent_folder_id: Id | None = None
    locked: bool = False
    hidden: bool | None = False
    unlock_at: AwareDatetime | None = None
    lock_at: AwareDatetime | None = None


class File(Payload):
    id: Id
    folder_id: Id | None = None
    display_name: Words = ""
    mime: Words = Field("", alias="content-type")
    url: Words = ""
    size: int | None = None
    updated_at: AwareDatetime | None = None
    modified_at: AwareDatetime | None = None
    locked: bool = False
    hidden: bool = False
    unlock_at: AwareDatetime | None = None
    lock_at: AwareDatetime | None = None


class Part(Payload):
    """A section that an announcement is for."""

    id: Id


class Announcement(Payload):
    """A discussion topic that is an announcement; `sections` come with include[]=sections."""

    id: Id
    title: Words = ""
    message: Words = ""
    html_url: Words = ""
    posted_at: AwareDatetime | None = None
    delayed_post_at: AwareDatetime | None = None
    lock_at: AwareDatetime | None = None
    published: bool = True
    is_section_specific: bool | None = False
    sections: list[Part] | None = None


class Tab(Payload):
    """A line of the course's navigation, as it is named there.

    https://canvas.instructure.com/doc/api/tabs.html
    """

    id: Id
    label: Words = ""
    hidden: bool = False
    visibility: Words = ""  # public | members | admins | none

    @property
    def shown(self) -> bool:
        """Whether students see it."""
        return not self.hidden and self.visibility not in {"admins", "none"}


class Rating(Payload):
    id: Id = ""
    description: Words = ""
    points: Decimal | None = None


class Criterion(Payload):
    id: Id
    description: Words = ""
    long_description: Words = ""
    points: Decimal | None = None
    ratings: list[Rating] = []


class Work(Dates):
    """An assignment, read with include[]=overrides."""

    id: Id
    name: Words = ""
    description: Words = ""
    due_at: AwareDatetime | None = None
    points_possible: Decimal | None = None
    html_url: Words = ""
    published: bool = True
    updated_at: AwareDatetime | None = None
    submission_types: list[str] = []
    allowed_attempts: int | None = None  # -1: as often as one likes
    rubric: list[Criterion] | None = None
    is_quiz_lti_assignment: bool = False  # a New Quiz, which is a tool
    quiz_id: Id | None = None
    discussion_topic: Topic | None = None

    @property
    def item_id(self) -> str:
        """How a module's line names it: a quiz or a graded discussion goes by its own id."""
        if self.quiz_id:
            return f"quiz:{self.quiz_id}"
        if self.discussion_topic:
            return f"discussion:{self.discussion_topic.id}"
        return f"assignment:{self.id}"


def read(kind: type[P], payload: Any) -> P:
    """Read one payload; raise LMSMisunderstood when it is not what Canvas documents."""
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        raise LMSMisunderstood() from error
