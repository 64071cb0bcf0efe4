"""Who did or read what, of whom, and when: rows that nobody changes any more.

`audit_logs` is partitioned by month and kept by rights of the database: the application may read
and add (`tutorai.rights`). Ids and codes only, and no foreign keys: an event outlives the person
it tells of, and tells nobody who that was.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tutorai.ids import new_id

CODE = r"^[a-z_.]*$"


class AuditEvent(models.Model):
    """One thing that somebody did or read. Made by `tutorai.ledger.audit.record` alone."""

    class By(models.TextChoices):
        USER = "user"  # of a course, by launch
        ACCOUNT = "account"  # of the staff site
        SYSTEM = "system"  # nobody asked for it just then

    pk = models.CompositePrimaryKey("id", "created_at")  # Postgres wants the month in it
    id = models.UUIDField(default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    institution = models.UUIDField(null=True, blank=True)
    actor_kind = models.CharField(max_length=7, choices=By.choices)
    actor = models.UUIDField(null=True, blank=True)
    acted_by = models.CharField(max_length=40, blank=True)  # the LMS's id of who acts as `actor`
    verb = models.CharField(max_length=40)  # tutorai.ledger.audit.Verb
    object_kind = models.CharField(max_length=20, blank=True)
    object = models.UUIDField(null=True, blank=True)
    subject = models.UUIDField(null=True, blank=True)  # of whom
    course = models.UUIDField(null=True, blank=True)

    class Meta:
        db_table = "audit_logs"
        indexes = [
            models.Index(fields=["institution", "created_at"], name="idx_audit_institution"),
            models.Index(fields=["subject", "created_at"], name="idx_audit_subject"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(verb__regex=CODE) & Q(object_kind__regex=CODE), name="audit_codes_only"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.id}"
