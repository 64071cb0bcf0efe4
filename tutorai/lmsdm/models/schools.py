"""A school, its people and its courses, and what outside ids mean there."""

from django.db import models

from tutorai.ids import new_id
from tutorai.lmsdm.schema import ENDED

OWN = "tutor-app"  # the source of a course that was made here, and of what was put into it


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
    # Of a course that was made here and has moved to an LMS: where it lives now.
    moved_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="moved_from"
    )
    # Which side counts where a course of our own and the LMS's both say something.
    truth = models.CharField(
        max_length=4, choices=[("lms", "lms"), ("ours", "ours")], default="lms"
    )
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
        """Whether the course is over, or lives elsewhere now: it can be read, and changes no more."""
        return self.state in ENDED or self.moved_to_id is not None

    @property
    def is_own(self) -> bool:
        """Whether it was made here, so that no LMS is behind it."""
        return self.source == OWN


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
