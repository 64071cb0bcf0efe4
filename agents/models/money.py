"""Which models there are, and what was spent on them.

Amounts are whole millionths of a US dollar.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User


class Endpoint(models.Model):
    """Where a model is, what it can do and what it costs. `institution` null: the operator's."""

    class Size(models.TextChoices):
        LARGE = "large"  # speaks with students
        SMALL = "small"  # judges a turn; speaks where the soft cap is reached
        VECTORS = "vectors"  # embeds

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(
        Institution, models.CASCADE, null=True, blank=True, related_name="endpoints"
    )
    name = models.CharField(max_length=80)
    size = models.CharField(max_length=7, choices=Size.choices, default=Size.LARGE)
    position = models.PositiveSmallIntegerField(default=0)  # the lowest is asked first
    base_url = models.TextField()
    model = models.TextField()
    key = models.TextField(blank=True)  # encrypted, purpose "model-key"
    price_in = models.DecimalField(max_digits=12, decimal_places=6, default=0)  # $ a million tokens
    price_out = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    context = models.PositiveIntegerField(default=8192)  # tokens
    tools = models.BooleanField(null=True, blank=True)  # null: not probed
    json_schema = models.BooleanField(null=True, blank=True)
    vision = models.BooleanField(null=True, blank=True)
    stream_usage = models.BooleanField(null=True, blank=True)
    data_region = models.CharField(max_length=40, blank=True)  # where texts are processed
    residency = models.TextField(blank=True)  # what the provider promises, in a sentence
    probed_at = models.DateTimeField(null=True, blank=True)
    probe_error = models.CharField(max_length=40, blank=True)  # an error's code
    off_at = models.DateTimeField(null=True, blank=True)  # switched off
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "name"], nulls_distinct=False, name="one_endpoint_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Limit(models.Model):
    """A cap on a month's spending: of an institution, a course, each person, a capability.

    `course` null: every course together; `each_person`: what one person may spend.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="limits")
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True, related_name="+")
    each_person = models.BooleanField(default=False)
    capability = models.CharField(max_length=12, blank=True)  # "": all of them
    soft_cents = models.PositiveIntegerField(null=True, blank=True)  # from here the small model
    hard_cents = models.PositiveIntegerField(null=True, blank=True)  # from here none

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "course", "each_person", "capability"],
                nulls_distinct=False,
                name="one_limit_a_thing",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Tally(models.Model):
    """What was spent and set aside in a month under one heading (`key` of `agents.spend`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+", db_index=False)
    month = models.DateField()  # its first day, UTC
    key = models.CharField(max_length=160)  # "", "course:<id>", "user:<id>", "capability:ask", …
    reserved = models.BigIntegerField(default=0)
    settled = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "month", "key"], name="one_tally_a_month"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(settled__gte=0), name="tally_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.month} {self.key}"


class Charge(models.Model):
    """One call of a model: set aside before it, settled after it, whoever made it."""

    class State(models.TextChoices):
        OPEN = "open"
        SETTLED = "settled"
        LOST = "lost"  # whoever called went away: what was set aside counts as spent

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    course = models.ForeignKey(Course, models.SET_NULL, null=True, blank=True, related_name="+")
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    capability = models.CharField(max_length=12)
    message = models.UUIDField(null=True, blank=True)  # the answer it was made for
    endpoint = models.CharField(max_length=80, blank=True)  # its name then
    model = models.TextField(blank=True)
    month = models.DateField()  # whose tallies hold it
    reserved = models.BigIntegerField()
    spent = models.BigIntegerField(default=0)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField(default=timezone.now)
    alive_until = models.DateTimeField()  # then it counts as lost
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["alive_until"], condition=Q(state="open"), name="idx_charges_open"
            ),
            models.Index(fields=["institution", "month"], name="idx_charges_month"),
        ]

    def __str__(self) -> str:
        return f"{self.capability} {self.state}"
