"""Whether somebody meets an LMS's restriction. Pure, and three-valued: yes, no, cannot be told.

What cannot be told stays shut: `holds` is asked for True, never for "not False".
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from tutorai.lmsdm.schema import Condition, Test

Ids = frozenset[str]


@dataclass(frozen=True)
class Facts:
    """What is known of somebody; None: nothing is, so that nothing can be concluded."""

    now: datetime
    sections: Ids | None = None
    groups: Ids | None = None
    people: Ids | None = None  # their own ids in the LMS
    done: Ids | None = field(default=None)  # what they have completed


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Return whether `facts` meet the condition; None where they do not tell."""
    match condition.test:
        case Test.ALL:
            return _all([holds(one, facts) for one in condition.of])
        case Test.ANY:
            return _any([holds(one, facts) for one in condition.of])
        case Test.NONE:
            return _not(_any([holds(one, facts) for one in condition.of]))
        case Test.FROM:
            return None if condition.at is None else facts.now >= condition.at
        case Test.UNTIL:
            return None if condition.at is None else facts.now < condition.at
        case Test.SECTION:
            return _meets(condition, facts.sections)
        case Test.GROUP:
            return _meets(condition, facts.groups)
        case Test.PERSON:
            return _meets(condition, facts.people)
        case Test.DONE:
            return None if facts.done is None else set(condition.ids) <= facts.done
        case Test.UNKNOWN:
            return None


def opens(condition: Condition, told: Collection[Test], *, wanted: bool = True) -> bool:
    """Whether there can be somebody of whom we know that the condition is met (not `wanted`: unmet).

    `told` says what is known of people at all: SECTION, GROUP, PERSON. Time passes.
    """
    of = condition.of
    match condition.test:
        case Test.ALL | Test.ANY:
            every = wanted is (condition.test is Test.ALL)
            return (all if every else any)(opens(one, told, wanted=wanted) for one in of)
        case Test.NONE:
            return (all if wanted else any)(opens(one, told, wanted=not wanted) for one in of)
        case Test.FROM | Test.UNTIL:
            return condition.at is not None
        case Test.SECTION | Test.GROUP | Test.PERSON:
            return condition.test in told and (bool(condition.ids) or not wanted)
        case Test.DONE | Test.UNKNOWN:
            return False


def _all(told: list[bool | None]) -> bool | None:
    if False in told:
        return False
    return None if None in told else True


def _any(told: list[bool | None]) -> bool | None:
    if True in told:
        return True
    return None if None in told else False


def _not(told: bool | None) -> bool | None:
    return None if told is None else not told


def _meets(condition: Condition, known: Ids | None) -> bool | None:
    return None if known is None else not known.isdisjoint(condition.ids)
