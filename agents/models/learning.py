"""What a student has reached: hints taken, skills practised, checks passed without help."""

from django.db import models
from django.db.models import Q

from agents.models.teaching import Activity
from tutorai.ids import new_id
from tutorai.lmsdm.models import ContentItem, Course, User


class Ladder(models.Model):
    """How far one student has been helped with one problem.

    A problem is an activity, or what the student asked about (`problem` names it).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="ladders")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    activity = models.ForeignKey(
        Activity, models.SET_NULL, null=True, blank=True, related_name="ladders"
    )
    problem = models.CharField(max_length=64)  # of `agents.tutor.ladder.problem`
    title = models.TextField(blank=True)  # what the teacher reads: the activity's, or the subject
    level = models.PositiveSmallIntegerField(default=0)  # 0: no hint yet; 4: a worked like example
    attempts = models.PositiveIntegerField(default=0)  # replies that showed thinking
    hollow = models.PositiveIntegerField(default=0)  # replies that did not
    solved_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(null=True, blank=True)  # when the level last rose

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course", "problem"], name="one_ladder_a_problem"
            ),
            models.CheckConstraint(condition=Q(level__lte=4), name="ladder_level"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Skill(models.Model):
    """Something to be able to do or to know, as the course has it."""

    class Source(models.TextChoices):
        OUTCOME = "outcome"  # the course says "you will be able to …"
        MODULE = "module"  # a part of its table of contents
        TEACHER = "teacher"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="skills")
    title = models.TextField()
    source = models.CharField(max_length=7, choices=Source.choices)
    key = models.CharField(max_length=64)  # of where it was found, so that it is found once
    position = models.IntegerField(default=0)
    items = models.ManyToManyField(ContentItem, related_name="skills", blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)  # a teacher took it out

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "key"], name="one_skill_a_key")]

    def __str__(self) -> str:
        return str(self.id)


class Mastery(models.Model):
    """How well one student has a skill, by what they did; and when to look at it again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="mastery")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    right = models.FloatField(default=0)  # weighted by age; unassisted tries alone
    wrong = models.FloatField(default=0)
    tries = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)  # of the next review
    interval = models.FloatField(default=0)  # days

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["skill", "user"], name="one_mastery_a_skill")
        ]
        indexes = [models.Index(fields=["user", "due_at"], name="idx_mastery_due")]

    def __str__(self) -> str:
        return str(self.id)


class Try(models.Model):
    """One answer to one practice item."""

    class Kind(models.TextChoices):
        PRACTICE = "practice"
        REVIEW = "review"
        CHECK = "check"  # after help, without any

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    skill = models.ForeignKey(Skill, models.CASCADE, null=True, blank=True, related_name="tries")
    ladder = models.ForeignKey(  # the help that a check follows
        Ladder, models.SET_NULL, null=True, blank=True, related_name="checks"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    assisted = models.BooleanField(default=False)  # a hint or the passage was looked at
    right = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "course", "at"], name="idx_tries_user")]

    def __str__(self) -> str:
        return str(self.id)


class Worked(models.Model):
    """Questions with worked feedback that a model made of one passage; paid for once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+", db_index=False)
    sha256 = models.CharField(max_length=64)  # of the passage's text
    prompt = models.CharField(max_length=40)  # version of the words that asked for them
    model = models.TextField(blank=True)
    # [{"question", "choices": [{"text", "right", "why"}], "hint", "worked", "quote"}]; none: useless
    questions = models.JSONField(default=list)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "sha256", "prompt"], name="one_working_a_passage"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
