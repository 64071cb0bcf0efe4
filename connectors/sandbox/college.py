"""The college: its people, its courses, and what is in them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from connectors.sandbox.rows import Row, instant, new_uuid, next_id

if TYPE_CHECKING:
    from connectors.sandbox.installed import Tool


class World(Row):
    """One school with courses, people and registered tools; worlds never meet."""

    name = models.TextField(unique=True)
    dialect = models.TextField(default="canvas")  # which LMS it plays: `dialects`
    created_at = models.DateTimeField(default=timezone.now)
    anchor = models.DateField()  # the day that relative dates were counted from

    @property
    def tool(self) -> Tool:
        """The first tool: the one the world was made with, else what was registered first."""
        found = self.tool_set.order_by("id").first()
        if found is None:
            raise self.tool_set.model.DoesNotExist
        return found


class Person(Row):
    """Somebody with a login; `uuid` is the `sub` of LTI, `id` the user id of REST."""

    world = models.ForeignKey(World, models.CASCADE)
    key = models.TextField()  # short name in the world's files: teacher, ta, student, …
    uuid = models.TextField(unique=True, default=new_uuid)
    name = models.TextField()
    given_name = models.TextField()
    family_name = models.TextField()
    sortable_name = models.TextField()
    email = models.TextField()
    login_id = models.TextField()
    sis_id = models.TextField(default="")  # what the registry calls them; may be empty
    admin = models.BooleanField(default=False)  # of the whole site
    locale = models.TextField(default="en")
    time_zone = models.TextField(default="Europe/Dublin")

    class Meta:
        unique_together = (("world", "key"),)


class Course(Row):
    """A course; its uuid is the LTI context id."""

    world = models.ForeignKey(World, models.CASCADE)
    key = models.TextField()
    uuid = models.TextField(unique=True, default=new_uuid)
    name = models.TextField()
    code = models.TextField()
    description = models.TextField()
    syllabus_body = models.TextField()
    state = models.TextField(default="available")  # available, completed (concluded)
    sis_id = models.TextField(default="")
    history = models.JSONField(default=list)  # uuids of what it was copied from, newest first
    time_zone = models.TextField(default="Europe/Dublin")
    created_at = models.DateTimeField(default=timezone.now)


class Section(Row):
    """A part of a course's people."""

    course = models.ForeignKey(Course, models.CASCADE)
    key = models.TextField()
    name = models.TextField()


class Enrolment(Row):
    """A person in a section, in Canvas's words for types and states."""

    course = models.ForeignKey(Course, models.CASCADE)
    section = models.ForeignKey(Section, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    type = models.TextField()
    state = models.TextField(default="active")
    limit_to_section = models.BooleanField(default=False)
    observed = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)


class Visible(Row):
    """A thing in a course that may be unpublished, dated, or for named sections only."""

    course = models.ForeignKey(Course, models.CASCADE)
    published = models.BooleanField(default=True)
    only_visible_to_overrides = models.BooleanField(default=False)
    unlock_at = models.DateTimeField(null=True)
    lock_at = models.DateTimeField(null=True)
    # What else an LMS asks, in its own form: Moodle's `availability`, Blackboard's rules.
    restriction = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Page(Visible):
    """A wiki page; `url` is its slug and changes with the title."""

    url = models.TextField()
    title = models.TextField()
    body = models.TextField()
    front_page = models.BooleanField(default=False)

    class Meta:
        unique_together = (("course", "url"),)


class File(Visible):
    """A file; unpublished means locked for students, hidden means out of their list."""

    display_name = models.TextField()
    content_type = models.TextField()
    content = models.BinaryField()
    hidden = models.BooleanField(default=False)


class Assignment(Visible):
    """Work to hand in by a date."""

    name = models.TextField()
    description = models.TextField()
    points_possible = models.DecimalField(max_digits=8, decimal_places=2)
    due_at = models.DateTimeField(null=True)
    submission_types = models.JSONField(default=list)
    position = models.IntegerField(default=1)
    rubric = models.JSONField(default=list)  # [{"id", "description", "points", "ratings": […]}, …]
    attempts = models.IntegerField(null=True)  # null: as often as one likes


class Group(Row):
    """A group of students."""

    course = models.ForeignKey(Course, models.CASCADE)
    name = models.TextField()
    people = models.ManyToManyField(Person)


class Quiz(Visible):
    """A quiz; one that counts has a column: its assignment."""

    title = models.TextField()
    description = models.TextField(default="")
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True)
    minutes = models.IntegerField(null=True)
    attempts = models.IntegerField(null=True)  # null: as often as one likes
    shuffle = models.BooleanField(default=False)
    told = models.JSONField(default=dict)  # what else was sent of it


class QuizQuestion(Row):
    """One question, in the LMS's own form."""

    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="questions")
    position = models.IntegerField(default=1)
    told = models.JSONField(default=dict)


class Announcement(Row):
    """A message to the course; `{due:<assignment name>}` in it becomes that date when read."""

    course = models.ForeignKey(Course, models.CASCADE)
    title = models.TextField()
    message = models.TextField()
    posted_at = models.DateTimeField()
    author = models.ForeignKey(Person, models.SET_NULL, null=True)

    @property
    def html(self) -> str:
        """The message with the deadlines it names written out, in the course's zone."""
        text, zone = self.message, ZoneInfo(self.course.time_zone)
        for work in Assignment.objects.filter(course=self.course):
            due = work.due_at and work.due_at.astimezone(zone)
            shown = f"{due:%A} {due.day} {due:%B}" if due else "no date"
            text = text.replace(f"{{due:{work.name}}}", shown)
        return text


class Module(Visible):
    """A chapter of the course."""

    name = models.TextField()
    position = models.IntegerField()


class ModuleItem(Row):
    """A line in a module: at most one of page, file and assignment is its content."""

    module = models.ForeignKey(Module, models.CASCADE, related_name="items")
    position = models.IntegerField()
    indent = models.IntegerField(default=0)
    type = models.TextField()
    title = models.TextField()
    page = models.ForeignKey(Page, models.CASCADE, null=True)
    file = models.ForeignKey(File, models.CASCADE, null=True)
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True)
    quiz = models.ForeignKey(Quiz, models.CASCADE, null=True)
    external_url = models.TextField(default="")
    told = models.JSONField(default=dict)  # what else there is of it, in the LMS's own form

    @property
    def content(self) -> Page | File | Assignment | Quiz | None:
        """The page, file, assignment or quiz behind this line."""
        return self.page or self.file or self.assignment or self.quiz

    @property
    def published(self) -> bool:
        """A line is published when what it shows is."""
        return self.content is None or self.content.published


class Override(Row):
    """One section's, group's or some students' own dates for a page, an assignment or a module."""

    section = models.ForeignKey(Section, models.CASCADE, null=True)
    group = models.ForeignKey(Group, models.CASCADE, null=True)
    people = models.ManyToManyField(Person)
    file = models.ForeignKey(File, models.CASCADE, null=True, related_name="overrides")
    quiz = models.ForeignKey(Quiz, models.CASCADE, null=True, related_name="overrides")
    page = models.ForeignKey(Page, models.CASCADE, null=True, related_name="overrides")
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, related_name="overrides")
    module = models.ForeignKey(Module, models.CASCADE, null=True, related_name="overrides")
    due_at = models.DateTimeField(null=True)
    unlock_at = models.DateTimeField(null=True)
    lock_at = models.DateTimeField(null=True)
    unassigned = models.BooleanField(default=False)  # the thing is taken from these

    @property
    def title(self) -> str:
        """Whom it is for, as Canvas titles it."""
        part = self.section or self.group
        return part.name if part else f"{self.people.count()} students"


class Submission(Row):
    """What a student handed in, and the points for it."""

    assignment = models.ForeignKey(Assignment, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    score = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    submitted_at = models.DateTimeField(null=True)
    comments = models.JSONField(default=list)  # [{"id", "author_id", "comment", "created_at"}, …]
    graded_at = models.DateTimeField(null=True)
    grader = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    posts = models.IntegerField(default=0)  # accepted over REST
    excused = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        unique_together = (("assignment", "person"),)

    def say(self, words: str, author: Person | None, at: datetime) -> None:
        """Add one more comment."""
        said = {
            "id": next_id(),
            "author_id": author and author.id,
            "comment": words,
            "created_at": instant(at),
        }
        self.comments = [*self.comments, said]


class Attempt(Row):
    """One time that a student handed in; of a submission the last one counts."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="tries")
    number = models.IntegerField(default=1)
    kind = models.TextField(default="online_text_entry")  # or online_upload, online_url
    draft = models.BooleanField(default=False)
    body = models.TextField(default="")  # HTML, or the address
    late = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        unique_together = (("submission", "number"),)


class Attachment(Row):
    """A file that was handed in."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="files")
    name = models.TextField()
    content_type = models.TextField()
    content = models.BinaryField()
