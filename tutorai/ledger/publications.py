"""What is on its way into an LMS, or was made as a file: the outbox of everything but grades."""

from django.db import models
from django.db.models import Q

from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution


class Publication(models.Model):
    """One approved page, announcement or quiz on its way to an LMS.

    What is sent carries `mark`, so that whoever does not know whether it arrived can look.
    """

    class Kind(models.TextChoices):
        PAGE = "page"
        ANNOUNCEMENT = "announcement"
        QUIZ = "quiz"

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"  # a worker has it, or had it when it died
        DONE = "done"
        REJECTED = "rejected"  # the LMS will not take it
        DEAD = "dead"  # its job was buried: a person looks

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, related_name="publications")
    proposal = models.OneToOneField("ledger.Proposal", models.CASCADE, related_name="publication")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    mark = models.CharField(max_length=32, unique=True)
    posted_at = models.DateTimeField(null=True, blank=True)  # may have reached the LMS since
    external_id = models.TextField(blank=True)  # what the LMS calls it
    url = models.TextField(blank=True)  # where it opens in the LMS
    steps = models.JSONField(default=dict)  # what of it is there already: {"questions": 3}
    error = models.CharField(max_length=40, blank=True)  # why not, a code for words
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "publications"
        indexes = [
            models.Index(
                fields=["course", "created_at"],
                name="idx_publications_course",
            ),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["queued", "sending"]),
                name="idx_publications_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
