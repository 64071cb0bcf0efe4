"""What the tutor was tried on, and how it did."""

from django.db import models

from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution


class Evaluation(models.Model):
    """One run of a scenario set against an endpoint, with a prompt and a persona."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        BROKEN = "broken"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(
        Institution, models.CASCADE, null=True, blank=True, related_name="+"
    )
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True, related_name="+")
    scenarios = models.CharField(max_length=80)  # the set's name
    scenarios_hash = models.CharField(max_length=64)
    endpoint = models.CharField(max_length=80)
    model = models.TextField(blank=True)
    prompt_hash = models.CharField(max_length=64)
    persona_hash = models.CharField(max_length=64, blank=True)
    judge = models.TextField(blank=True)  # the model that judged; "": none
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING)
    passed = models.BooleanField(default=False)  # every invariant held in every scenario
    figures = models.JSONField(default=dict)  # {"scenarios", "invariants": {…}, "judged": {…}}
    failures = models.JSONField(default=list)  # [{"scenario", "turn", "invariant", "why"}]
    begun_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.scenarios} {self.model}"
