"""Connections to an LMS, and how far each was read."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tutorai import crypto
from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User

# What `tutorai.crypto` binds our ciphertexts to.
PURPOSE, APPLICATION = "lms-token", "lms-application"


class Application(models.Model):
    """Tutor.AI as an LMS knows it: a Canvas developer key, a Blackboard application.

    A school's own; with `institution` null the operator's, for every school on that LMS.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(
        Institution, models.CASCADE, null=True, blank=True, related_name="applications"
    )
    lms = models.CharField(max_length=16)
    base_url = models.TextField(blank=True)  # of the LMS; empty: any of that kind (Blackboard)
    client_id = models.TextField()  # Blackboard: the application key
    client_secret = models.TextField()  # encrypted, purpose "lms-application"
    scopes = models.JSONField(default=list)  # that it was granted; empty: not restricted
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "lms", "base_url"],
                name="one_application_an_lms",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.lms} {self.pk}"

    def secret(self) -> str:
        """Return the client secret in clear; raise SecretUnreadable."""
        return crypto.decrypt(self.client_secret, purpose=APPLICATION)


class Connector(models.Model):
    """One way into an LMS's REST API: of one course, or of a whole institution (course null).

    A course's may go `through` its school's: then that one's token is used.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        NEEDS_REAUTH = "needs_reauth"  # the token is dead; what was read stays
        PAUSED = "paused"  # a person disconnected it; what was read stays

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="connectors")
    course = models.OneToOneField(
        Course, models.CASCADE, null=True, blank=True, related_name="connector"
    )
    through = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="courses"
    )
    # What renews its tokens; null: they were pasted in, and somebody pastes the next one.
    application = models.ForeignKey(
        Application, models.SET_NULL, null=True, blank=True, related_name="connectors"
    )
    lms = models.CharField(max_length=16)
    base_url = models.TextField()
    external_id = models.TextField(blank=True)  # the LMS's id of `course`
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    error = models.CharField(max_length=40, blank=True)  # the last error's code
    # What its token may not do there that we would use: names of functions or scopes.
    lacks = models.JSONField(default=list)
    looked_at = models.DateTimeField(null=True, blank=True)  # `lacks` was asked for last
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    account = models.ForeignKey(  # who made a school's
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "connectors"
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "lms", "base_url"],
                condition=Q(course=None),
                name="one_connector_a_school",
            )
        ]

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
        OAUTH = "oauth"  # somebody's consent; with a refresh token
        SERVICE = "service"  # of a Moodle's service account
        CLIENT = "client"  # the application's own (client credentials): asked for again

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connector = models.ForeignKey(Connector, models.CASCADE, related_name="tokens")
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True)  # whose it is
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PERSONAL)
    access = models.TextField()  # encrypted, purpose "lms-token"
    refresh = models.TextField(blank=True)  # encrypted, the same purpose
    expires_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    # Somebody asks for the next one, at most until then: the others wait for their answer.
    renewing_until = models.DateTimeField(null=True, blank=True)
    owner = models.TextField(blank=True)  # the LMS's own id of whose it is
    scopes = models.JSONField(default=list)
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
    full_at = models.DateTimeField(null=True, blank=True)  # everything was compared last
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


class Consent(models.Model):
    """Somebody on the way to an LMS's "may Tutor.AI …?" page and back: good for one answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    # Of the secret that the window keeps in which it goes on; empty: no window has begun.
    binder_hash = models.CharField(max_length=64, blank=True)
    application = models.ForeignKey(Application, models.CASCADE)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")  # for which
    base_url = models.TextField()
    external_id = models.TextField(blank=True)  # the LMS's id of `course`
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True)
    session_id = models.UUIDField(null=True, blank=True)  # the launch it came from
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    verifier = models.TextField(blank=True)  # PKCE, encrypted, purpose "lms-token"
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)
