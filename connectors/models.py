"""Connections to an LMS, and how far each was read."""

from django.db import models
from django.db.models import Q

from tutorai import crypto
from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User

PURPOSE = "lms-token"  # what `tutorai.crypto` binds our ciphertexts to


class Connector(models.Model):
    """One way into an LMS's REST API: of one course, or of a whole institution (course null)."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        NEEDS_REAUTH = "needs_reauth"  # the token is dead; what was read stays
        PAUSED = "paused"  # a person disconnected it; what was read stays

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="connectors")
    course = models.OneToOneField(
        Course, models.CASCADE, null=True, blank=True, related_name="connector"
    )
    lms = models.CharField(max_length=16)
    base_url = models.TextField()
    external_id = models.TextField(blank=True)  # the LMS's id of `course`
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    error = models.CharField(max_length=40, blank=True)  # the last error's code
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "connectors"

    def __str__(self) -> str:
        return f"{self.lms} {self.status}"

    @property
    def source(self) -> str:
        """How rows that came this way name their source."""
        return f"{self.lms}:{self.id}"


class Token(models.Model):
    """What opens a connector. Encrypted; `version` grows with every new value."""

    class Kind(models.TextChoices):
        PERSONAL = "personal"  # an access token a person made in the LMS
        OAUTH = "oauth"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connector = models.ForeignKey(Connector, models.CASCADE, related_name="tokens")
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True)  # whose it is
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PERSONAL)
    access = models.TextField()  # encrypted, purpose "lms-token"
    refresh = models.TextField(blank=True)  # encrypted, the same purpose
    expires_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "tokens"
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "user"], name="one_token_a_person", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"

    def secret(self) -> str:
        """Return the access token in clear; raise SecretUnreadable."""
        return crypto.decrypt(self.access, purpose=PURPOSE)


class SyncCursor(models.Model):
    """How far one kind of thing of one course was read, and how the last reading ended."""

    class Status(models.TextChoices):
        NEVER = "never"
        OK = "ok"
        PARTIAL = "partial"  # some items failed; the rest stands
        SUSPECT = "suspect"  # so much was missing that nothing was taken out
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connector = models.ForeignKey(Connector, models.CASCADE, related_name="cursors")
    course = models.ForeignKey(Course, models.CASCADE, related_name="cursors")
    kind = models.CharField(max_length=16)
    # {"page": 40, "file": 7, …}: seen of each kind; suspect, {"missing": 12} besides
    cursor = models.JSONField(default=dict)
    generation = models.PositiveBigIntegerField(default=0)  # complete readings so far
    tried_at = models.DateTimeField(auto_now=True)  # the last run's end, however it ended
    last_ok_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.NEVER)
    error = models.CharField(max_length=40, blank=True)
    faults = models.JSONField(default=list)  # [{"item": "page:7", "code": "lms_not_found"}, …]
    seen = models.PositiveIntegerField(default=0)  # things told by the LMS
    changed = models.PositiveIntegerField(default=0)  # of them new or different

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "course", "kind"], name="one_cursor_a_kind"
            ),
            models.CheckConstraint(condition=~Q(kind=""), name="cursor_has_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
