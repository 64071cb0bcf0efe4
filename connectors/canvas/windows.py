"""Who sees a thing of Canvas's, and when: its dates and overrides → a window. Pure.

An override is an audience with dates of its own; a date it does not name is everyone's. Named
students' dates come before those of their groups and sections, and these before everyone's; of
several of the same rank the most generous counts. `unassign_item` takes the thing away.

Source: canvas-lms, app/models/assignment_override.rb and lib/assignment_override_applicator.rb;
https://canvas.instructure.com/doc/api/learning_object_dates.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from connectors.canvas.payloads import Dates, Override
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Condition, Test


class Rank(IntEnum):
    """Whose dates count before whose."""

    ALL = 0
    PART = 1
    PERSON = 2


@dataclass(frozen=True)
class Span:
    """From when until when; None: no limit."""

    start: datetime | None
    end: datetime | None

    def holds(self, other: "Span") -> bool:
        """Whether all of the other lies in this one."""
        early = self.start is None or (other.start is not None and other.start >= self.start)
        late = self.end is None or (other.end is not None and other.end <= self.end)
        return early and late

    def conditions(self) -> list[Condition]:
        """Return it as conditions."""
        start = [Condition(test=Test.FROM, at=self.start)] if self.start else []
        end = [Condition(test=Test.UNTIL, at=self.end)] if self.end else []
        return start + end


@dataclass(frozen=True)
class Leg:
    """One audience and its dates; `whom` None: everybody."""

    rank: Rank
    whom: Condition | None
    span: Span

    def condition(self, others: Iterable["Leg"]) -> Condition:
        """Return who comes in this way: those for whom none of the others, stricter, counts."""
        stricter = tuple(
            other.whom
            for other in others
            if other.rank > self.rank and other.whom and not other.span.holds(self.span)
        )
        without = [Condition(test=Test.NONE, of=stricter)] if stricter else []
        return every([*([self.whom] if self.whom else []), *self.span.conditions(), *without])


def window(dates: Dates, *, published: bool) -> schema.Window:
    """Map who sees a thing, and when: exactly, and where we cannot tell, nobody."""
    legs = _legs(dates)
    taken = tuple(_whom(each)[1] for each in dates.overrides if each.unassign_item)
    lost = Condition(test=Test.NONE, of=taken) if taken else None
    simple = _simple(legs)
    if simple is not None:
        return simple.model_copy(update={"published": published, "condition": lost})
    ways = [leg.condition(legs) for leg in legs]
    opened = ways[0] if len(ways) == 1 else Condition(test=Test.ANY, of=tuple(ways))
    whole = every([opened, lost]) if lost else opened
    return schema.Window(published=published, condition=whole)


def every(parts: Sequence[Condition]) -> Condition:
    """Return what asks for all of these."""
    return parts[0] if len(parts) == 1 else Condition(test=Test.ALL, of=tuple(parts))


def _legs(dates: Dates) -> list[Leg]:
    base = Span(dates.unlock_at, dates.lock_at)
    given = [_leg(each, base) for each in dates.overrides if not each.unassign_item]
    if dates.only_visible_to_overrides:
        return given
    if any(leg.whom is None for leg in given):  # everybody has dates of their own
        return given
    return [Leg(Rank.ALL, None, base), *given]


def _leg(told: Override, base: Span) -> Leg:
    rank, whom = _whom(told)
    named = told.model_fields_set
    span = Span(
        told.unlock_at if "unlock_at" in named else base.start,
        told.lock_at if "lock_at" in named else base.end,
    )
    return Leg(rank, None if rank is Rank.ALL else whom, span)


def _whom(told: Override) -> tuple[Rank, Condition]:
    """Return an override's audience; that of mastery paths nobody can tell."""
    if told.student_ids is not None:
        return Rank.PERSON, Condition(test=Test.PERSON, ids=tuple(sorted(told.student_ids)))
    if told.group_id is not None:
        return Rank.PART, Condition(test=Test.GROUP, ids=(told.group_id,))
    if told.course_section_id is not None:
        return Rank.PART, Condition(test=Test.SECTION, ids=(told.course_section_id,))
    if told.course_id is not None:
        return Rank.ALL, Condition(test=Test.ALL)
    return Rank.PERSON, Condition(test=Test.UNKNOWN, why="audience")


def _simple(legs: Sequence[Leg]) -> schema.Window | None:
    """Return a window without a condition, where the audiences are sections of the same dates."""
    if not legs:
        return schema.Window(sections=())
    if len({leg.span for leg in legs}) > 1:
        return None
    span = legs[0].span
    if any(leg.whom is None for leg in legs):
        return schema.Window(available_from=span.start, available_until=span.end)
    named = [leg.whom for leg in legs if leg.whom and leg.whom.test is Test.SECTION]
    if len(named) < len(legs):
        return None
    return schema.Window(
        available_from=span.start,
        available_until=span.end,
        sections=tuple(sorted(name for whom in named for name in whom.ids)),
    )
