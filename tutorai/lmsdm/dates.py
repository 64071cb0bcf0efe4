"""When work is due for one person: of several dates that are theirs. Pure."""

from collections.abc import Iterable
from datetime import datetime

from tutorai.lmsdm.conditions import Facts
from tutorai.lmsdm.schema import Override


def due(usual: datetime | None, overrides: Iterable[Override], facts: Facts) -> datetime | None:
    """Return the date that holds for somebody.

    A date of their own comes before those of their groups and sections; of several the last
    counts, as LMSs have it. Source: Canvas, "How do I assign an assignment to a course section?";
    Moodle, "Assignment overrides" (a user's before a group's).
    """
    told = [one for one in overrides if one.due_date is not None]
    own = [one for one in told if _meets(one.people, facts.people)]
    parts = [
        one
        for one in told
        if _meets(one.sections, facts.sections) or _meets(one.groups, facts.groups)
    ]
    dates = [one.due_date for one in own or parts if one.due_date is not None]
    return max(dates, default=usual)


def _meets(named: Iterable[str], known: frozenset[str] | None) -> bool:
    return known is not None and not known.isdisjoint(named)
