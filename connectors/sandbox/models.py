"""What the pretend LMS remembers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from connectors.sandbox.rows import Named, Row, instant, new_secret, new_uuid, next_id


class SigningKey(Named):
    """The key that signs id_tokens; kept, so that a restart breaks no registration."""

    kid = models.TextField(primary_key=True)
    pem = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)


class World(Row):
    """One school with courses, people and one registered tool; worlds never meet."""

    name = models.TextField(unique=True)
    dialect = models.TextField(default="canvas")  # whose gradebook it has: `dialects`
    created_at = models.DateTimeField(default=timezone.now)
    anchor = models.DateField()  # the day that relative dates were counted from


class Tool(Row):
    """The tool's registration: an LTI developer key and an API key side by side."""

    world = models.OneToOneField(World, models.CASCADE)
    name = models.TextField(default="Tutor.AI")
    client_id = models.TextField(unique=True)
    url = models.TextField()  # where the tool lives; the addresses below start with it
    api_client_id = models.TextField(unique=True)
    api_secret = models.TextField(default=new_secret)

    @property
    def login_url(self) -> str:
        """Where a launch begins (OIDC third-party initiated login)."""
        return f"{self.url}/lti/login"

    @property
    def launch_url(self) -> str:
        """The only redirect URI that may receive an id_token."""
        return f"{self.url}/lti/launch"

    @property
    def jwks_url(self) -> str:
        """Where the keys are that sign the tool's service requests."""
        return f"{self.url}/lti/jwks"

    @property
    def api_redirect_uri(self) -> str:
        """Where an OAuth code for REST access goes."""
        return f"{self.url}/connect/canvas/callback"


class Deployment(Row):
    """One installation of a tool; its id is what the tool sees in every launch."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    deployment_id = models.TextField(unique=True)


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
    state = models.TextField(default="available")
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


class Announcement(Row):
    """A message to the course; `{due:<assignment name>}` in it becomes that date when read."""

    course = models.ForeignKey(Course, models.CASCADE)
    title = models.TextField()
    message = models.TextField()
    posted_at = models.DateTimeField()

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
    external_url = models.TextField(default="")

    @property
    def content(self) -> Page | File | Assignment | None:
        """The page, file or assignment behind this line."""
        return self.page or self.file or self.assignment

    @property
    def published(self) -> bool:
        """A line is published when what it shows is."""
        return self.content is None or self.content.published


class Override(Row):
    """One section's own dates for a page, an assignment or a whole module."""

    section = models.ForeignKey(Section, models.CASCADE)
    page = models.ForeignKey(Page, models.CASCADE, null=True, related_name="overrides")
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, related_name="overrides")
    module = models.ForeignKey(Module, models.CASCADE, null=True, related_name="overrides")
    due_at = models.DateTimeField(null=True)
    unlock_at = models.DateTimeField(null=True)
    lock_at = models.DateTimeField(null=True)


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


class AccessToken(Row):
    """A REST token. Refreshing writes the same row anew: the old value dies at once."""

    person = models.ForeignKey(Person, models.CASCADE)
    tool = models.ForeignKey(Tool, models.CASCADE, null=True)  # null: a personal access token
    value = models.TextField(unique=True)
    refresh_value = models.TextField(default="")  # empty: cannot be refreshed
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # permanent expiry: no refresh helps
    revoked = models.BooleanField(default=False)
    scopes = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["refresh_value"],
                condition=~models.Q(refresh_value=""),
                name="refresh_value_once",
            )
        ]


class AuthorizationCode(Named):
    """A code on its way to the token endpoint; spent by deleting it."""

    value = models.TextField(primary_key=True, default=new_secret)
    tool = models.ForeignKey(Tool, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    redirect_uri = models.TextField()
    scopes = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now)


class Launch(Row):
    """A launch somebody began; its hint comes back from the tool unchanged."""

    hint = models.TextField(unique=True, default=new_secret)
    deployment = models.ForeignKey(Deployment, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, null=True)
    options = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)


class SeenNonce(Named):
    """A nonce the tool has used; a second request with it is refused."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    nonce = models.TextField()

    class Meta:
        unique_together = (("tool", "nonce"),)


class ServiceToken(Named):
    """A token for NRPS and AGS, from client credentials."""

    value = models.TextField(primary_key=True, default=new_secret)
    tool = models.ForeignKey(Tool, models.CASCADE)
    scopes = models.TextField()
    expires_at = models.DateTimeField()


class SeenAssertion(Named):
    """The `jti` of a client assertion; each counts once."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    jti = models.TextField()

    class Meta:
        unique_together = (("tool", "jti"),)


class LineItem(Row):
    """A gradebook column of the tool."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    label = models.TextField()
    maximum = models.DecimalField(max_digits=12, decimal_places=5)
    resource_id = models.TextField(default="")
    resource_link_id = models.TextField(default="")
    tag = models.TextField(default="")
    coupled = models.BooleanField(default=False)  # the LMS's own column of an activity


class Score(Row):
    """The cell of one person in one column; without a timestamp nothing counts in it."""

    line_item = models.ForeignKey(LineItem, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    timestamp = models.DateTimeField(null=True)
    given = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    maximum = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    activity_progress = models.TextField(default="")
    grading_progress = models.TextField(default="")
    comments = models.JSONField(default=list)  # Canvas appends, the others keep one
    overridden = models.BooleanField(default=False)  # by a teacher, as Moodle knows it
    locked = models.BooleanField(default=False)  # likewise
    posts = models.IntegerField(default=0)  # accepted scores

    class Meta:
        unique_together = (("line_item", "person"),)

    @property
    def points(self) -> Decimal | None:
        """What the gradebook shows: the score in points of its column."""
        if self.given is None or not self.maximum:
            return self.given
        return self.given * self.line_item.maximum / self.maximum
