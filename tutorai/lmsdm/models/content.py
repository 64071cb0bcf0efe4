"""What there is to read in a course, and who sees it when."""

from django.db import models
from django.db.models import Q

from tutorai.ids import new_id
from tutorai.lmsdm.models.schools import Course, User
from tutorai.lmsdm.schema import Kind, Unreadable

# Choices as plain values: migrations must not import our enums.
KINDS = [(kind.value, kind.value) for kind in Kind]
REASONS = [(reason.value, reason.value) for reason in Unreadable]


class Windowed(models.Model):
    """Who sees a row, and when: LMS-DM's Window as columns."""

    published = models.BooleanField(default=True)
    available_from = models.DateTimeField(null=True, blank=True)
    available_until = models.DateTimeField(null=True, blank=True)
    sections = models.JSONField(null=True, blank=True)  # null: everyone; else LMS section ids
    condition = models.JSONField(null=True, blank=True)  # null: none; else a schema.Condition

    class Meta:
        abstract = True


class ContentItem(Windowed):
    """One thing to read in a course: a page's HTML, or a file in storage."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="items")
    source = models.TextField()  # "canvas:<connector>" or "upload"
    source_id = models.TextField()  # "page:123": kind and id, for ids repeat across kinds
    kind = models.CharField(max_length=12, choices=KINDS)
    title = models.TextField(blank=True)
    body = models.TextField(blank=True)  # sanitised HTML
    blob = models.FileField(upload_to="items/%Y/%m", max_length=300, blank=True)
    url = models.TextField(blank=True)
    mime = models.TextField(blank=True)
    size = models.BigIntegerField(null=True, blank=True)  # bytes
    version = models.TextField(blank=True)  # what the source said last; unchanged: not read again
    # {"version", "window"}: what the source told of it by itself at the last reading
    told = models.JSONField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of body or file: what is indexed
    indexed_sha256 = models.CharField(max_length=64, blank=True)  # what the index holds
    unreadable = models.CharField(max_length=12, choices=REASONS, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)  # in the LMS
    generation = models.BigIntegerField(default=0)  # of the last full sync that saw it
    deleted_at = models.DateTimeField(null=True, blank=True)  # gone from the LMS
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "source", "source_id"], name="one_item_a_source"
            )
        ]
        indexes = [
            models.Index(
                fields=["course"], condition=Q(deleted_at=None), name="idx_items_course_alive"
            ),
            models.Index(
                fields=["course"],
                condition=Q(condition__isnull=False),
                name="idx_items_restricted",
            ),
        ]

    def __str__(self) -> str:
        return self.source_id


class TocNode(Windowed):
    """A line of a course's table of contents."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="toc")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True)
    item = models.ForeignKey(ContentItem, models.SET_NULL, null=True, blank=True)
    source = models.TextField()
    source_id = models.TextField()
    title = models.TextField(blank=True)
    position = models.IntegerField(default=0)
    kind = models.CharField(max_length=12, choices=KINDS)
    url = models.TextField(blank=True)
    generation = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "source", "source_id"], name="one_toc_node_a_source"
            )
        ]

    def __str__(self) -> str:
        return self.source_id


class Quiz(Windowed):
    """A quiz of the LMS with its questions, for its teachers; students never read it here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="quizzes")
    source = models.TextField()
    source_id = models.TextField()
    title = models.TextField(blank=True)
    record = models.JSONField(default=dict)  # a schema.Quiz
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "source", "source_id"], name="one_quiz_a_source"
            )
        ]

    def __str__(self) -> str:
        return self.source_id
