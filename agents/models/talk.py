"""Conversations, what was said in them, and what people thought of it."""

from django.db import models
from django.db.models import Q

from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User


class Conversation(models.Model):
    """One person's talk with the tutor in one course. Nobody else reads it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+", db_index=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="conversations")
    user = models.ForeignKey(User, models.CASCADE, related_name="conversations", db_index=False)
    title = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "course", "-updated_at"], name="idx_conversations_user")
        ]

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """A question, or the answer to one. An answer grows while its state is `streaming`."""

    class Who(models.TextChoices):
        USER = "user"
        TUTOR = "tutor"

    class State(models.TextChoices):
        STREAMING = "streaming"
        DONE = "done"
        STOPPED = "stopped"  # by the person who asked
        INTERRUPTED = "interrupted"  # the process that wrote it went away
        ERROR = "error"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    role = models.CharField(max_length=5, choices=Who.choices)
    text = models.TextField(blank=True)  # Markdown; marks [n] of checked citations only
    mode = models.CharField(max_length=8, blank=True)  # model | passages | refused
    notice = models.TextField(blank=True)  # what the reader should know beside the answer
    citations = models.JSONField(default=list)  # [{n, chunk_id, item_id, item_hash, title, …}]
    state = models.CharField(max_length=11, choices=State.choices, default=State.DONE)
    turn = models.TextField(blank=True)  # the client's id of the question, for replays
    model = models.TextField(blank=True)
    prompt_hash = models.CharField(max_length=64, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.BigIntegerField(default=0)  # millionths of a dollar, of all its calls
    # How the turn was taken (`agents.tutor.records`).
    way = models.CharField(max_length=7, blank=True)  # guide | explain
    assessment = models.JSONField(null=True, blank=True)  # an Assessment
    intent = models.CharField(max_length=20, blank=True)
    hint_level = models.PositiveSmallIntegerField(null=True, blank=True)
    held_back = models.PositiveSmallIntegerField(default=0)  # times that the gate stopped it
    tools = models.JSONField(default=list)  # [{"name", "failed"}], in order
    created_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField(auto_now_add=True)  # a streaming answer says it is alive

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "turn"],
                condition=~Q(turn="") & Q(role="tutor"),
                name="one_answer_a_turn",
            )
        ]
        indexes = [
            models.Index(
                fields=["user"], condition=Q(state="streaming"), name="idx_messages_streaming"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Attachment(models.Model):
    """What a student sent along with a question: a picture, a PDF or code."""

    class Kind(models.TextChoices):
        PICTURE = "picture"
        PDF = "pdf"
        CODE = "code"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    message = models.ForeignKey(  # the question; null: not sent yet
        Message, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    kind = models.CharField(max_length=7, choices=Kind.choices)
    name = models.TextField()
    mime = models.TextField()
    size = models.PositiveIntegerField()  # bytes
    blob = models.FileField(upload_to="asked/%Y/%m", max_length=300)
    text = models.TextField(blank=True)  # what could be read in it
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)


class Feedback(models.Model):
    """A thumb on an answer, and why."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True)
    good = models.BooleanField()
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.message_id)
