"""What Moodle answers, as far as it is read: one class a payload, each field as recorded.

Types are uneven: ids are numbers, `visible` 0 and 1 or false and true, a grade a string; what a
token may not know is missing, and what is not set may be null, 0 or "".
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from connectors.payload import Payload

Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
Words = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Seconds = Annotated[int, BeforeValidator(lambda value: value or 0)]  # since 1970; 0 is none
Shown = Annotated[bool, BeforeValidator(lambda value: True if value is None else bool(int(value)))]
Maybe = Annotated[bool, BeforeValidator(lambda value: bool(int(value)) if value else False)]


class Function(Payload):
    name: str


class Site(Payload):
    """Whose token it is; of its members one is a secret, which is not read."""

    userid: Id
    sitename: Words = ""
    userissiteadmin: Maybe = False
    downloadfiles: Maybe = False
    functions: list[Function] = []


class Course(Payload):
    id: Id
    fullname: Words = ""
    shortname: Words = ""
    summary: Words = ""
    format: Words = ""  # "site" is the front page
    visible: Shown = True
    startdate: Seconds = 0
    enddate: Seconds = 0


class Courses(Payload):
    courses: list[Course] = []


class Content(Payload):
    """One file of an activity; `type` url leads elsewhere, `content` has no file of its own."""

    type: Words = ""
    filename: Words = ""
    filepath: Words = ""
    filesize: int | None = None
    fileurl: Words = ""
    content: Words = ""
    timemodified: Seconds = 0
    sortorder: Seconds = 0  # 1: a resource's main file
    mimetype: Words = ""
    isexternalfile: Maybe = False


class Module(Payload):
    """An activity: `id` is its course module's, `instance` that of its own kind."""

    id: Id
    name: Words = ""
    instance: Id = "0"
    contextid: Id = "0"
    modname: str
    url: Words = ""
    description: Words = ""
    visible: Shown = True
    uservisible: Shown = True
    visibleoncoursepage: Shown = True
    availability: str | None = None  # also null where there is none; missing: may not know
    availabilityinfo: Words = ""
    contents: list[Content] = []

    @property
    def told(self) -> bool:
        """Whether the token may know what restricts the activity."""
        return "availability" in self.model_fields_set


class Section(Payload):
    id: Id
    name: Words = ""
    visible: Shown = True
    summary: Words = ""
    section: int = 0
    hiddenbynumsections: Maybe = False
    uservisible: Shown = True
    availabilityinfo: Words = ""
    component: Words = ""  # mod_subsection: it stands inside another section, as an activity
    itemid: Id | None = None
    modules: list[Module] = []


class StateSection(Payload):
    """What the course's editor knows of a section."""

    id: Id
    hasrestrictions: bool


class State(Payload):
    section: list[StateSection] = []


class Page(Payload):
    id: Id
    coursemodule: Id
    content: Words = ""


class Pages(Payload):
    pages: list[Page] = []


class Chapter(Payload):
    """A line of a book's table of contents, which is JSON in a string."""

    title: Words = ""
    href: Words = ""
    hidden: Maybe = False
    subitems: list["Chapter"] = []


class Forum(Payload):
    id: Id
    type: Words = ""
    cmid: Id


class Discussion(Payload):
    """One announcement: `id` is its first post's, `discussion` its own."""

    discussion: Id
    name: Words = ""
    message: Words = ""
    groupid: int = -1
    timemodified: Seconds = 0
    modified: Seconds = 0
    created: Seconds = 0
    timestart: Seconds = 0
    timeend: Seconds = 0


class Discussions(Payload):
    discussions: list[Discussion] = []


class Made(Payload):
    discussionid: Id


class Config(Payload):
    """One setting of a way to hand in."""

    plugin: Words = ""
    subtype: Words = ""
    name: Words = ""
    value: Words = ""


class Work(Payload):
    """An assignment; `grade` is its maximum, below 0 a scale's number, 0 none."""

    id: Id
    cmid: Id
    name: Words = ""
    intro: Words = ""
    nosubmissions: Maybe = False
    duedate: Seconds = 0
    allowsubmissionsfromdate: Seconds = 0
    cutoffdate: Seconds = 0
    grade: Decimal = Decimal(0)
    timemodified: Seconds = 0
    teamsubmission: Maybe = False
    attemptreopenmethod: Words = ""
    maxattempts: int = -1
    markingworkflow: Maybe = False
    configs: list[Config] = []


class WorkCourse(Payload):
    id: Id
    assignments: list[Work] = []


class Works(Payload):
    courses: list[WorkCourse] = []


class Level(Payload):
    id: Id
    score: Decimal = Decimal(0)
    definition: Words = ""


class Criterion(Payload):
    id: Id
    description: Words = ""
    levels: list[Level] = []


class Criteria(Payload):
    rubric_criteria: list[Criterion] = []


class Definition(Payload):
    method: Words = ""
    rubric: Criteria | None = None


class Area(Payload):
    cmid: Id
    activemethod: Words = ""
    definitions: list[Definition] = []


class Areas(Payload):
    areas: list[Area] = []


class Handed(Payload):
    """A file somebody handed in."""

    filename: Words = ""
    filesize: int | None = None
    fileurl: Words = ""
    mimetype: Words = ""


class FileArea(Payload):
    area: Words = ""
    files: list[Handed] = []


class Field(Payload):
    name: Words = ""
    text: Words = ""


class Plugin(Payload):
    """One way of handing in, with what came that way."""

    type: Words = ""
    fileareas: list[FileArea] = []
    editorfields: list[Field] = []


class Attempt(Payload):
    """What somebody, or a team (`userid` 0), handed in; attempts are counted from 0."""

    id: Id
    userid: Id
    attemptnumber: int = 0
    timemodified: Seconds = 0
    status: Words = ""  # new | draft | submitted | reopened
    groupid: int = 0
    gradingstatus: Words = ""
    plugins: list[Plugin] = []


class Attempts(Payload):
    assignmentid: Id
    submissions: list[Attempt] = []


class Submitted(Payload):
    assignments: list[Attempts] = []


class Grade(Payload):
    """One grade; -1 is none."""

    userid: Id
    attemptnumber: int = 0
    timemodified: Seconds = 0
    grade: Decimal


class Grades(Payload):
    assignmentid: Id
    grades: list[Grade] = []


class Graded(Payload):
    assignments: list[Grades] = []


class Quiz(Payload):
    """A quiz, without its questions; limits of 0 are none."""

    id: Id
    coursemodule: Id
    name: Words = ""
    intro: Words = ""
    timelimit: Seconds = 0
    attempts: Seconds = 0


class Quizzes(Payload):
    quizzes: list[Quiz] = []


class Role(Payload):
    shortname: Words = ""


class Person(Payload):
    id: Id
    fullname: Words = ""
    email: Words = ""
    lang: Words = ""
    roles: list[Role] = []


class Group(Payload):
    id: Id
    name: Words = ""


class GroupMembers(Payload):
    groupid: Id
    userids: list[Id] = []


class Grouping(Payload):
    id: Id
    groups: list[Group] = []
