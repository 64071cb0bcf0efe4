"""What must happen, as rows: Postgres remembers, Celery only carries ids."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tutorai.ids import new_id
from tutorai.ledger.publications import Publication as Publication  # likewise
from tutorai.ledger.trail import AuditEvent as AuditEvent  # Django looks for models here
from tutorai.lmsdm.models import Course, Institution, LineItem, User


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
        DISCARDED = "discarded"  # somebody said why it need not happen any more

    LIVE = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True, blank=True)
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    kind = models.CharField(max_length=40)
    queue = models.CharField(max_length=16)
    payload = models.JSONField(default=dict)
    version = models.PositiveSmallIntegerField(default=1)  # of the payload's form
    key = models.TextField(null=True, blank=True)  # noqa: DJ001 - null: no key; unique while alive
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    nudged_at = models.DateTimeField(null=True, blank=True)  # the sweeper's last message
    away_since = models.DateTimeField(null=True, blank=True)  # waits for the other side since
    waits = models.PositiveIntegerField(default=0)  # how often it did, one after the other
    lease_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)  # of the attempt that holds it
    worker = models.CharField(max_length=120, blank=True)  # the worker process it runs in
    again = models.BooleanField(default=False)  # asked for once more while running
    error = models.CharField(max_length=40, blank=True)  # the last error's code
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True)  # what it does now, a code for words
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.UUIDField(null=True, blank=True)  # the account that did
    reason = models.TextField(blank=True)  # why it was discarded

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
            ),
            # Counted on every page of the staff site, and at every scrape.
            models.Index(
                fields=["queue", "kind"], condition=Q(state="buried"), name="idx_jobs_buried"
            ),
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
    reason = models.CharField(max_length=40, blank=True)  # why it was refused, a code for words
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


class GradeIntent(models.Model):
    """One approved grade on its way to an LMS: the outbox.

    The newest of a (line item, person) counts. What is sent is frozen before the first try, so
    that every further try sends the same bytes.
    """

    class State(models.TextChoices):
        HELD = "held"  # until `release_at`, or until the teacher releases it: may be undone
        QUEUED = "queued"  # released: goes out as soon as a worker is free
        SENDING = "sending"  # a worker has it, or had it when it died
        DELIVERED = "delivered"
        SUPERSEDED = "superseded"  # a person changed the grade in the LMS: theirs stands
        REJECTED = "rejected"  # the LMS will not take it
        DEAD = "dead"  # its job was buried: a person looks
        UNDONE = "undone"  # taken back while it was held: nothing was sent
        REPLACED = "replaced"  # a newer grade was approved before this one left

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="intents")
    user = models.ForeignKey(User, models.CASCADE, related_name="intents")
    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="intents")
    version = models.PositiveIntegerField()  # 1, 2, …: the newest counts
    points = models.DecimalField(max_digits=10, decimal_places=2)
    maximum = models.DecimalField(max_digits=10, decimal_places=2)
    comment = models.TextField(blank=True)
    overwrite = models.BooleanField(default=False)  # also what a person changed in the LMS
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    release_at = models.DateTimeField(null=True, blank=True)  # null: when the teacher says so
    stamp = models.DateTimeField(null=True, blank=True)  # the score's timestamp, once frozen
    body = models.TextField(blank=True)  # what is sent, byte for byte, once frozen
    posted_at = models.DateTimeField(null=True, blank=True)  # may have reached the LMS since
    restamps = models.PositiveSmallIntegerField(default=0)  # new timestamps after a clock's fault
    error = models.CharField(max_length=40, blank=True)  # why not, a code for words
    lms_points = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "grade_intents"
        constraints = [
            models.UniqueConstraint(
                fields=["line_item", "user", "version"], name="one_intent_a_version"
            ),
            models.UniqueConstraint(
                fields=["line_item", "user"],
                condition=Q(state__in=["held", "queued"]),
                name="one_waiting_intent",
            ),
            models.UniqueConstraint(
                fields=["line_item", "user"],
                condition=Q(state="sending"),
                name="one_intent_in_flight",
            ),
            models.CheckConstraint(
                condition=Q(points__gte=0) & Q(maximum__gt=0), name="intent_in_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "release_at"],
                condition=Q(state__in=["held", "queued", "sending"]),
                name="idx_intents_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.version}"


class Call(models.Model):
    """A request with an Idempotency-Key, and what was answered; kept for a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE)
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.TextField()
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # null: under way
    content_type = models.TextField(blank=True)
    headers = models.JSONField(default=dict)  # of the answer, those worth repeating
    answer = models.BinaryField(default=bytes)
    lease_until = models.DateTimeField()  # under way no longer than that
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "idempotent_calls"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_call_a_key")]
        indexes = [models.Index(fields=["created_at"], name="idx_calls_created")]

    def __str__(self) -> str:
        return f"{self.method} {self.status}"


class Lease(models.Model):
    """Who alone may do something now, e.g. be the scheduler; whoever renews it in time keeps it."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.UUIDField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Alarm(models.Model):
    """What operators were told of: how large the pile of buried jobs was, and when."""

    name = models.CharField(primary_key=True, max_length=40)
    count = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
