"""What must happen, as rows: Postgres remembers, Celery only carries ids."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User


class JobQuery(models.QuerySet["Job"]):
    """Jobs by what may happen to them."""

    def due(self, at: datetime | None = None) -> Self:
        """Waiting and due, or running under a lease that ran out (its worker counts as lost)."""
        now = at or timezone.now()
        waiting = Q(state=Job.State.WAITING, due_at__lte=now)
        return self.filter(waiting | Q(state=Job.State.RUNNING, lease_until__lt=now))


class Job(models.Model):
    """One thing to do. The payload holds ids only: no names, no text, no tokens."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        BURIED = "buried"  # a dead letter: a person looks, retries or discards it

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, blank=True)
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    kind = models.CharField(max_length=40)
    queue = models.CharField(max_length=16)
    payload = models.JSONField(default=dict)
    key = models.TextField(null=True, blank=True)  # noqa: DJ001 - null: no key; unique while alive
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    nudged_at = models.DateTimeField(null=True, blank=True)  # the sweeper's last message
    away_since = models.DateTimeField(null=True, blank=True)  # waits for the other side since
    lease_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)  # of the worker that holds it
    again = models.BooleanField(default=False)  # asked for once more while running
    error = models.CharField(max_length=40, blank=True)  # the last error's code
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True)  # what it does now, a code for words
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuery.as_manager()

    class Meta:
        db_table = "jobs"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_live_job_a_key",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="idx_jobs_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state} {self.error}".strip()


class Proposal(models.Model):
    """Something that would reach a gradebook, a class or another person, were it approved.

    `tutorai.flows.approve` is the only door from here to an effect.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        QUEUED = "queued"
        DONE = "done"
        REFUSED = "refused"

    class Maker(models.TextChoices):
        AI = "ai"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    made_by = models.CharField(max_length=8, choices=Maker.choices)
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    approver = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Nothing leaves the draft without a person's name on it.
            models.CheckConstraint(
                condition=Q(state__in=["draft", "refused"]) | Q(approved_at__isnull=False),
                name="approved_by_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
