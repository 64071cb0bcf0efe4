"""Who is in a course, as what, and in which part of it."""

from django.db import models

from tutorai.ids import new_id
from tutorai.lmsdm.models.schools import Course, User
from tutorai.lmsdm.schema import Role

# Choices as plain values: migrations must not import our enums.
ROLES = [(role.value, role.value) for role in Role]


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
