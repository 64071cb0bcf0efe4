"""The same language as tables. Whose row it is always leads back to one Institution."""

from django.db import models
from django.db.models import Q

from tutorai.ids import new_id
from tutorai.lmsdm.schema import ENDED, Kind, Role, Unreadable

# Choices as plain values: migrations must not import our enums.
ROLES = [(role.value, role.value) for role in Role]
KINDS = [(kind.value, kind.value) for kind in Kind]
REASONS = [(reason.value, reason.value) for reason in Unreadable]


class Institution(models.Model):
    """The tenant: a school. Reached through the LTI deployment, never through a client id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.TextField()
    slug = models.SlugField(max_length=80, unique=True)
    admins_may_read = models.BooleanField(default=False)  # institution administrators as readers
    # Cents of a US dollar a month for language models; null: the installation's default.
    monthly_cap_cents = models.PositiveIntegerField(null=True, blank=True)
    # A model of the school's own; empty fields fall back to the installation's settings.
    model_base_url = models.TextField(blank=True)
    model_name = models.TextField(blank=True)
    model_key = models.TextField(blank=True)  # encrypted, purpose "model-key"
    hold_minutes = models.PositiveSmallIntegerField(default=5)  # an approved grade waits as long
    audit_months = models.PositiveSmallIntegerField(default=24)  # the record of who did what
    observers_may_see = models.BooleanField(default=False)  # parents, their own students' progress
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug


class User(models.Model):
    """A learner or teacher. Never signs in to Django; comes by launch."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="users")
    name = models.TextField(blank=True)
    email = models.TextField(blank=True)
    locale = models.CharField(max_length=35, blank=True)
    is_test = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "users"

    def __str__(self) -> str:
        return str(self.id)


class Course(models.Model):
    """A course as it stands with us, whatever sources tell of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="courses")
    source = models.TextField()  # who told first: "lti:<deployment>", "canvas:<connector>"
    source_id = models.TextField()  # its id there
    title = models.TextField(blank=True)
    description = models.TextField(blank=True)
    instructor = models.TextField(blank=True)
    code = models.TextField(blank=True)
    state = models.CharField(max_length=16, default="available")
    start_at = models.DateTimeField(null=True, blank=True)
    end_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, blank=True)  # of its text, detected; empty: unknown
    opened_at = models.DateTimeField(null=True, blank=True)  # a teacher opened it to students
    opened_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="opened_courses"
    )
    hold_minutes = models.PositiveSmallIntegerField(null=True, blank=True)  # null: the school's
    # The course it was copied from, as the LMS told or a teacher said; its settings came along.
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="copies"
    )
    copied_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "courses"
        indexes = [models.Index(fields=["source", "source_id"], name="idx_courses_source")]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "source", "source_id"], name="one_course_a_source"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def ended(self) -> bool:
        """Whether the course is over: everything in it can still be read."""
        return self.state in ENDED


class Identity(models.Model):
    """What an outside id means here: (institution, source, kind, external id) → one row.

    Sources join only through what an LMS itself asserts, never by e-mail or name.
    """

    class Of(models.TextChoices):
        USER = "user"
        COURSE = "course"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The unique key below begins with it; an index of its own would tempt the planner.
    institution = models.ForeignKey(
        Institution, models.CASCADE, related_name="identities", db_index=False
    )
    source = models.TextField()  # "lti:<registration>" for people, "lti:<deployment>" for courses
    kind = models.CharField(max_length=8, choices=Of.choices)
    external_id = models.TextField()
    row = models.UUIDField()  # the id in users or courses

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "source", "kind", "external_id"], name="one_row_an_identity"
            )
        ]
        indexes = [models.Index(fields=["row"], name="idx_identity_row")]

    def __str__(self) -> str:
        return f"{self.source} {self.kind}"


class Enrolment(models.Model):
    """A person's role in a course; re-read at every launch."""

    class From(models.TextChoices):
        LAUNCH = "launch"
        NRPS = "nrps"
        REST = "rest"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="enrolments")
    course = models.ForeignKey(Course, models.CASCADE, related_name="enrolments")
    role = models.CharField(max_length=8, choices=ROLES)
    sections = models.JSONField(default=list)  # the LMS's section ids
    groups = models.JSONField(default=list)  # the LMS's group ids
    active = models.BooleanField(default=True)
    left_at = models.DateTimeField(null=True, blank=True)  # the roster has them no more
    # What a roster said last; only when that changes does it count more than a launch.
    roster_role = models.CharField(max_length=8, choices=ROLES, blank=True)
    seen_from = models.CharField(max_length=8, choices=From.choices)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "course"], name="one_enrolment_a_course")
        ]

    def __str__(self) -> str:
        return self.role


class CourseGroup(models.Model):
    """A part of a course's people, as the LMS cut it: a section, or a group of students."""

    class Kind(models.TextChoices):
        SECTION = "section"
        GROUP = "group"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="parts")
    source = models.TextField()  # "lti:<deployment>", "canvas:<connector>"
    kind = models.CharField(max_length=8, choices=Kind.choices)
    external_id = models.TextField()
    name = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "source", "kind", "external_id"], name="one_part_a_source"
            )
        ]

    def __str__(self) -> str:
        return self.external_id


class Observing(models.Model):
    """An observer (a parent, say) and a student whom the LMS lists as theirs, in one course."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    observer = models.ForeignKey(User, models.CASCADE, related_name="observes")
    student = models.ForeignKey(User, models.CASCADE, related_name="observers")
    told_at = models.DateTimeField()  # the launch that listed them

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "observer", "student"], name="one_observing_each"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Windowed(models.Model):
    """Who sees a row, and when: LMS-DM's Window as columns."""

    published = models.BooleanField(default=True)
    available_from = models.DateTimeField(null=True, blank=True)
    available_until = models.DateTimeField(null=True, blank=True)
    sections = models.JSONField(null=True, blank=True)  # null: everyone; else LMS section ids

    class Meta:
        abstract = True


class ContentItem(Windowed):
    """One thing to read in a course: a page's HTML, or a file in storage."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="items")
    source = models.TextField()  # "canvas:<connector>" or "upload"
    source_id = models.TextField()  # "page:123": kind and id, for ids repeat across kinds
    kind = models.CharField(max_length=12, choices=KINDS)
    title = models.TextField(blank=True)
    body = models.TextField(blank=True)  # sanitised HTML
    blob = models.FileField(upload_to="items/%Y/%m", max_length=300, blank=True)
    url = models.TextField(blank=True)
    mime = models.TextField(blank=True)
    size = models.BigIntegerField(null=True, blank=True)  # bytes
    version = models.TextField(blank=True)  # what the source said last; unchanged: not read again
    sha256 = models.CharField(max_length=64, blank=True)  # of body or file: what is indexed
    indexed_sha256 = models.CharField(max_length=64, blank=True)  # what the index holds
    unreadable = models.CharField(max_length=12, choices=REASONS, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)  # in the LMS
    generation = models.BigIntegerField(default=0)  # of the last full sync that saw it
    deleted_at = models.DateTimeField(null=True, blank=True)  # gone from the LMS
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "source", "source_id"], name="one_item_a_source"
            )
        ]
        indexes = [
            models.Index(
                fields=["course"], condition=Q(deleted_at=None), name="idx_items_course_alive"
            )
        ]

    def __str__(self) -> str:
        return self.source_id


class TocNode(Windowed):
    """A line of a course's table of contents."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="toc")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True)
    item = models.ForeignKey(ContentItem, models.SET_NULL, null=True, blank=True)
    source = models.TextField()
    source_id = models.TextField()
    title = models.TextField(blank=True)
    position = models.IntegerField(default=0)
    kind = models.CharField(max_length=12, choices=KINDS)
    url = models.TextField(blank=True)
    generation = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "source", "source_id"], name="one_toc_node_a_source"
            )
        ]

    def __str__(self) -> str:
        return self.source_id


class Assignment(Windowed):
    """Work to hand in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="assignments")
    source = models.TextField()
    source_id = models.TextField()
    title = models.TextField(blank=True)
    content = models.TextField(blank=True)  # sanitised HTML
    due_date = models.DateTimeField(null=True, blank=True)
    max_points = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    url = models.TextField(blank=True)
    generation = models.BigIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "assignments"
        indexes = [models.Index(fields=["course"], name="idx_assignments_course_id")]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "source", "source_id"], name="one_assignment_a_source"
            )
        ]

    def __str__(self) -> str:
        return self.source_id


class Submission(models.Model):
    """What a student handed in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="submissions")
    user = models.ForeignKey(User, models.CASCADE, related_name="submissions")
    source = models.TextField()
    source_id = models.TextField()
    attempt = models.PositiveIntegerField(default=1)
    content_url = models.TextField(blank=True)
    score = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    feedback = models.TextField(blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "submissions"
        indexes = [models.Index(fields=["user"], name="idx_submissions_user_id")]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "user", "attempt"], name="one_submission_an_attempt"
            )
        ]

    def __str__(self) -> str:
        return self.source_id


class LineItem(models.Model):
    """A gradebook column of an LMS that we may write to.

    `url` is its address: for AGS that of the line item, query string included (Moodle needs it);
    for REST that of the assignment.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="line_items")
    assignment = models.ForeignKey(
        Assignment, models.CASCADE, null=True, blank=True, related_name="line_items"
    )
    source = models.TextField(blank=True)  # "lti:<deployment>": AGS; "canvas:<connector>": REST
    url = models.TextField()
    label = models.TextField(blank=True)
    maximum = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    resource_id = models.TextField(blank=True)  # ours, of a column that we made
    tag = models.TextField(blank=True)  # ours: what the column is for
    resource_link_id = models.TextField(blank=True)  # the LMS's, of an activity's own column
    gone_at = models.DateTimeField(null=True, blank=True)  # the LMS no longer has it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "url"], name="one_line_item_a_url")
        ]

    def __str__(self) -> str:
        return str(self.id)
