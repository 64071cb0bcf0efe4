"""What a teacher decides about the tutor, and what they entrust to it."""

from django.db import models
from django.db.models import Q

from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User


class Way(models.TextChoices):
    """How the tutor helps."""

    GUIDE = "guide"  # attempt first, hints, no finished work
    EXPLAIN = "explain"  # plain answers from the course's material


class Guidance(models.Model):
    """How the tutor teaches in a course. No row: as `agents.policy` says by default."""

    course = models.OneToOneField(Course, models.CASCADE, primary_key=True, related_name="guidance")
    way = models.CharField(max_length=7, choices=Way.choices, default=Way.EXPLAIN)
    ceiling = models.CharField(max_length=7, choices=Way.choices, default=Way.EXPLAIN)
    hints = models.PositiveSmallIntegerField(default=3)  # the highest step of the ladder, 0 to 4
    general = models.BooleanField(default=False)  # may explain beyond the course, and says so
    persona = models.TextField(blank=True)  # the teacher's own words to the tutor; in force
    # What the teacher is trying: in force once it has passed the evaluation.
    persona_draft = models.TextField(blank=True)
    persona_passed = models.ForeignKey(
        "agents.Evaluation", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(hints__lte=4), name="guidance_hints"),
            models.CheckConstraint(
                condition=Q(ceiling="explain") | Q(way="guide"), name="guidance_below_ceiling"
            ),
        ]

    def __str__(self) -> str:
        return str(self.course_id)


class Activity(models.Model):
    """What a teacher decided about one activity: an Assignment, a Quiz, an item or a module.

    Empty fields: as the course has it.
    """

    class About(models.TextChoices):
        ASSIGNMENT = "assignment"
        QUIZ = "quiz"
        ITEM = "item"
        MODULE = "module"

    class Exam(models.TextChoices):
        EXAM = "exam"
        QUIZ = "quiz"  # a quiz that counts

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="activities")
    about = models.CharField(max_length=10, choices=About.choices)
    about_id = models.UUIDField()
    way = models.CharField(max_length=7, choices=Way.choices, blank=True)
    ceiling = models.CharField(max_length=7, choices=Way.choices, blank=True)
    hints = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 to 4
    exam = models.CharField(max_length=4, choices=Exam.choices, blank=True)  # it locks the tutor
    # Where the LMS tells no times, or others than the teacher wants the lock to keep.
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "about", "about_id"], name="one_decision_an_activity"
            ),
            models.CheckConstraint(
                condition=Q(hints=None) | Q(hints__lte=4), name="activity_hints"
            ),
        ]
        indexes = [
            models.Index(fields=["course"], condition=~Q(exam=""), name="idx_activities_exam")
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.about_id}"


class Sitting(models.Model):
    """One student's time at an activity that locks: begun, ended, or let out by a teacher.

    Without a row a student's time is that of the activity itself.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="sittings")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # handed in, or the student said so
    released_at = models.DateTimeField(null=True, blank=True)  # a teacher let them out
    released_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "user"], name="one_sitting_a_student")
        ]

    def __str__(self) -> str:
        return str(self.id)


class Secret(models.Model):
    """What the tutor knows of an activity and never says: a solution, or a common mistake."""

    class Kind(models.TextChoices):
        SOLUTION = "solution"
        MISTAKE = "mistake"  # what goes wrong, and what to ask then; may be said in other words

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="vault")
    # null: for all of the course
    activity = models.ForeignKey(
        Activity, models.CASCADE, null=True, blank=True, related_name="vault"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    problem = models.TextField(blank=True)  # what is asked, as the students read it
    text = models.TextField()  # encrypted, purpose "vault"
    answers = models.TextField(blank=True)  # JSON list of final answers; encrypted likewise
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.id)


class Switch(models.Model):
    """Something that is switched off: for an institution, a course or an activity; one capability,
    or all. A row means off.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True, related_name="+")
    activity = models.ForeignKey(Activity, models.CASCADE, null=True, blank=True, related_name="+")
    capability = models.CharField(max_length=12, blank=True)  # of agents.spend; "": all
    by = models.UUIDField(null=True, blank=True)  # the Account or User who did
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "course", "activity", "capability"],
                nulls_distinct=False,
                name="one_switch_a_thing",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
