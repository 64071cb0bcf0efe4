"""Whether a reader sees a thing that is at hand: `scope.visible`, for what came out of a cache.

Both say the same; a test holds them to it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from tutorai.lmsdm import scope
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.models import Windowed
from tutorai.lmsdm.schema import Actor, Condition, Window


@dataclass
class Eyes:
    """One reader, at one moment. What is known of them is read when a condition first asks."""

    actor: Actor
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def facts(self) -> Facts:
        """What is known of the reader."""
        return scope.facts(self.actor, self.now)

    def see(self, *windows: Window) -> bool:
        """Whether all these windows are open to the reader; staff see everything."""
        return self.actor.is_staff or all(map(self._open, windows))

    def _open(self, window: Window) -> bool:
        if not window.published:
            return False
        if window.available_from is not None and window.available_from > self.now:
            return False
        if window.available_until is not None and window.available_until <= self.now:
            return False
        if window.sections is not None and not set(window.sections) & set(self.actor.sections):
            return False
        return window.condition is None or holds(window.condition, self.facts) is True


def window(row: Windowed) -> Window:
    """Return a row's columns as LMS-DM says them."""
    told = row.condition
    return Window(
        published=row.published,
        available_from=row.available_from,
        available_until=row.available_until,
        sections=None if row.sections is None else tuple(row.sections),
        condition=None if told is None else Condition.model_validate(told),
    )
