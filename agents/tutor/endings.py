"""Ending an answer that its writer will not end, and settling what was set aside for it."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents import spend
from agents.models.talk import Message

SILENCE = timedelta(seconds=60)  # without a beat: whoever wrote the answer is gone


def silent(message: Message) -> bool:
    """Whether nobody writes the answer any more."""
    return message.beat_at < timezone.now() - SILENCE


def end(messages: QuerySet[Message], institution_id: UUID) -> None:
    """End those that are under way, inside a transaction; what was said stays."""
    for message in messages.filter(state=Message.State.STREAMING).select_for_update():
        lost = silent(message)
        held, message.reserved = message.reserved, 0
        message.state = Message.State.INTERRUPTED if lost else Message.State.STOPPED
        message.save(update_fields=["state", "reserved"])
        if held:
            # Nobody is left to count what a lost answer cost: it is taken to be what was set aside.
            spend.settle(institution_id, held, held if lost else 0)


def end_silent() -> None:
    """End the answers that nobody writes any more."""
    lost = Message.objects.filter(
        state=Message.State.STREAMING, beat_at__lt=timezone.now() - SILENCE
    )
    for pk, institution_id in lost.values_list("pk", "conversation__institution_id"):
        with transaction.atomic():
            end(lost.filter(pk=pk), institution_id)
