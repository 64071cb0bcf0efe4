"""When a person is needed: who asked for one, and whom an institution names for distress."""

from django.db import models
from django.db.models import Q

from agents.models.talk import Conversation
from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User


class Plea(models.Model):
    """A student's wish for a person, or a sign of distress. Nothing of what was said is copied."""

    class Kind(models.TextChoices):
        PERSON = "person"  # to the teachers of the course
        DISTRESS = "distress"  # to those whom the institution named

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    course = models.ForeignKey(Course, models.CASCADE, related_name="pleas")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    conversation = models.ForeignKey(
        Conversation, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True)  # what the student wants to say to the person
    share_talk = models.BooleanField(default=False)  # the student lets the person read the talk
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    read_account = models.UUIDField(null=True, blank=True)  # of the institution, who read it
    reply = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["course", "kind"], condition=Q(closed_at=None), name="idx_pleas_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class CarePlan(models.Model):
    """What an institution does for a student in distress. Set-up warns until it is there."""

    institution = models.OneToOneField(
        Institution, models.CASCADE, primary_key=True, related_name="care"
    )
    contacts = models.JSONField(default=list)  # [{"name", "how", "hours"}], shown at once
    recipients = models.JSONField(default=list)  # e-mail addresses that are told
    hours = models.TextField(blank=True)  # when they read it, in words
    mail_teachers = models.BooleanField(default=False)  # of pleas for a person, without text
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.institution_id)
