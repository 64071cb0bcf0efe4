"""When work is due for one person: the dates that an LMS set for some count for them.

Of several that are for the same person, the latest counts, as in the LMSs themselves.
https://canvas.instructure.com/doc/api/assignments.html ("overrides")
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from tutorai.lmsdm import scope
from tutorai.lmsdm.conditions import Facts
from tutorai.lmsdm.models import Assignment
from tutorai.lmsdm.schema import Actor, Override


def dates(actor: Actor, works: Iterable[Assignment]) -> dict[UUID, datetime | None]:
    """Return when each work is due for the actor; None: at no time that is known."""
    listed = list(works)
    if not any(work.overrides for work in listed):
        return {work.pk: work.due_date for work in listed}
    known = scope.facts(actor, timezone.now())
    return {work.pk: due(work, known) for work in listed}


def due(work: Assignment, known: Facts) -> datetime | None:
    """Return when a work is due for somebody of whom this is known."""
    told = [Override.model_validate(each) for each in work.overrides]
    own = [each.due_date for each in told if each.due_date and meant(each, known)]
    return max(own) if own else work.due_date


def meant(told: Override, known: Facts) -> bool:
    """Whether an override is for somebody of whom this is known."""
    return bool(
        (known.sections or frozenset()) & {*told.sections}
        or (known.groups or frozenset()) & {*told.groups}
        or (known.people or frozenset()) & {*told.people}
    )
