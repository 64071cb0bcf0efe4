"""Ending an answer that its writer will not end. What its calls used is settled where they are."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.models.talk import Message

SILENCE = timedelta(seconds=60)  # without a beat: whoever wrote the answer is gone


def silent(message: Message) -> bool:
    """Whether nobody writes the answer any more."""
    return message.beat_at < timezone.now() - SILENCE


def end(messages: QuerySet[Message]) -> None:
    """End those that are under way, inside a transaction; what was said stays."""
    for message in messages.filter(state=Message.State.STREAMING).select_for_update():
        lost = silent(message)
        message.state = Message.State.INTERRUPTED if lost else Message.State.STOPPED
        message.save(update_fields=["state"])


def end_silent() -> None:
    """End the answers that nobody writes any more."""
    lost = Message.objects.filter(
        state=Message.State.STREAMING, beat_at__lt=timezone.now() - SILENCE
    )
    for pk in lost.values_list("pk", flat=True):
        with transaction.atomic():
            end(lost.filter(pk=pk))
