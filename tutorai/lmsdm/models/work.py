"""What is handed in, and the columns its grades stand in."""

from django.db import models

from tutorai.ids import new_id
from tutorai.lmsdm.models.content import Windowed
from tutorai.lmsdm.models.schools import Course, User
from tutorai.lmsdm.schema import Handed

STATES = [(state.value, state.value) for state in Handed]


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
    overrides = models.JSONField(default=list)  # of schema.Override
    rubric = models.JSONField(null=True, blank=True)  # a schema.Rubric
    attempts = models.PositiveIntegerField(null=True, blank=True)  # null: as often as one likes
    hand_in = models.JSONField(default=list)  # "text", "file", …
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
    state = models.CharField(max_length=10, choices=STATES, default=Handed.SUBMITTED.value)
    body = models.TextField(blank=True)  # sanitised HTML
    files = models.JSONField(default=list)  # of schema.Attached
    late = models.BooleanField(default=False)
    graded_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)  # gone from the LMS

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
