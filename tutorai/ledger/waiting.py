"""How long a job waits: after a failure of its own, and while the other side is away."""

import random
from datetime import timedelta

from django.conf import settings

PAUSES = (timedelta(seconds=10), timedelta(seconds=60), timedelta(seconds=300))
PATIENCE = timedelta(hours=24)  # how long a job waits for an LMS that is away
AWAY = timedelta(seconds=10)  # the first pause when the other side named none, doubling
LONGEST_AWAY = timedelta(minutes=15)
LONGEST = timedelta(hours=1)  # the most we take it at its word
SOON = timedelta(seconds=1)  # the least: never without a pause


def scaled(pause: timedelta) -> timedelta:
    """Return our own delay as this installation measures it: trials run faster than life."""
    return timedelta(seconds=pause.total_seconds() * settings.DELAYS)


def away(waits: int, asked: float | None) -> timedelta:
    """Return the next pause: what the other side asked for (seconds), else longer each time.

    With full jitter, so that what waited together does not come back together.
    """
    if asked is not None:
        # max and min in this order: whatever number the other side wrote, a pause comes of it.
        return timedelta(seconds=min(max(1.0, asked), LONGEST.total_seconds()))
    longest = min(AWAY * 2 ** min(waits, 10), LONGEST_AWAY)
    return scaled(max(SOON, longest * random.random()))  # noqa: S311 - jitter, no secret
