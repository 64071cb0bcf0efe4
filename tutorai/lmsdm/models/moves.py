"""The way of a course that was made here into the LMS's course of the same name."""

from django.conf import settings
from django.db import models

from tutorai.ids import new_id
from tutorai.lmsdm.models.content import ContentItem
from tutorai.lmsdm.models.schools import Course, Institution


class Move(models.Model):
    """One course of our own and the LMS's course it is to become, or has become."""

    class State(models.TextChoices):
        UNSURE = "unsure"  # several fit, or none well: an administrator decides
        MATCHED = "matched"  # one fits well; nothing was moved yet
        READY = "ready"  # decided; a dry run says what would happen
        MOVING = "moving"
        DONE = "done"
        UNDONE = "undone"
        REFUSED = "refused"  # it is to stay as it is

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    course = models.OneToOneField(Course, models.CASCADE, related_name="move")  # ours
    target = models.ForeignKey(
        Course, models.SET_NULL, null=True, blank=True, related_name="moves_here"
    )
    score = models.FloatField(default=0)  # 0 to 1: how well the two fit
    reasons = models.JSONField(default=dict)  # {"title": 0.9, "instructor": 1, "dates": 0.5}
    candidates = models.JSONField(default=list)  # [{"course", "score", "reasons"}, …], best first
    state = models.CharField(max_length=8, choices=State.choices, default=State.UNSURE)
    truth = models.CharField(
        max_length=4, choices=[("lms", "lms"), ("ours", "ours")], default="lms"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.state


class MoveItem(models.Model):
    """One thing on its way: what became of it, and what it takes to undo that."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SAME = "same"  # the LMS has it word for word: nothing to do
        CONFLICT = "conflict"  # both have it, and it differs: somebody chooses
        MOVED = "moved"
        KEPT = "kept"  # the LMS's stayed
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    move = models.ForeignKey(Move, models.CASCADE, related_name="items")
    item = models.ForeignKey(ContentItem, models.CASCADE, related_name="+")  # ours
    theirs = models.ForeignKey(
        ContentItem, models.SET_NULL, null=True, blank=True, related_name="+"
    )  # what the LMS's course has in its place
    made = models.ForeignKey(
        ContentItem, models.SET_NULL, null=True, blank=True, related_name="+"
    )  # what moving made there
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    choice = models.CharField(
        max_length=6, choices=[("ours", "ours"), ("theirs", "theirs")], blank=True
    )
    before = models.JSONField(default=dict)  # what was changed of theirs, for undoing it
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["move", "item"], name="one_move_an_item")]

    def __str__(self) -> str:
        return self.state
