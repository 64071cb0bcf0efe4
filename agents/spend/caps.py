"""What may be spent in a month: the operator's cap, and those that an institution set itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from agents.models.money import Limit
from agents.spend.who import For, heading
from tutorai.lmsdm.models import Institution

CENT = 10_000  # millionths of a dollar


@dataclass(frozen=True)
class Cap:
    """A cap on one tally; amounts in millionths of a dollar, None where there is none."""

    key: str
    soft: int | None
    hard: int | None


def caps(who: For) -> list[Cap]:
    """Return every cap that a call is under."""
    return [Cap("", None, operators(who) * CENT), *_own(who)]


def operators(who: For) -> int:
    """Return what the operator lets the institution spend in a month, in cents."""
    told = Institution.objects.values_list("monthly_cap_cents", flat=True)
    cents = told.get(pk=who.institution_id)
    most: int = settings.MONTHLY_CAP_CENTS
    return most if cents is None else cents


def _own(who: For) -> Iterator[Cap]:
    rows = Limit.objects.filter(
        Q(course=None) | Q(course=who.course_id),
        institution=who.institution_id,
        capability__in=["", who.capability],
    )
    for row in rows:
        if row.each_person and who.user_id is None:
            continue  # nobody in particular: a job's call
        user = who.user_id if row.each_person else None
        key = heading(row.course_id, user, row.capability)
        yield Cap(key, _millionths(row.soft_cents), _millionths(row.hard_cents))


def _millionths(cents: int | None) -> int | None:
    return None if cents is None else cents * CENT
