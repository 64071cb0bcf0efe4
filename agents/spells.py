"""When somebody can sit an activity, and whether that locks the tutor. Pure.

What is not known of somebody counts against them here, as it does not where pages are shown: who
may be in the section that sits an exam is taken to be in it. A teacher can let them out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.schema import Condition, Handed, Override, Window

LONGEST = timedelta(days=1)  # that a lock lasts where nobody knows an end
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
Try = tuple[int, Handed]  # an attempt's number, and how it stands
TICK = timedelta(microseconds=1)
DONE = frozenset({Handed.SUBMITTED, Handed.GRADED, Handed.EXCUSED})


@dataclass(frozen=True)
class Spell:
    """A time that an activity is open: from `start`, until just before `end`."""

    start: datetime = FIRST
    end: datetime = LAST


@dataclass(frozen=True)
class Sat:
    """What is known of one student's time at an activity. `tries`: attempts and their states."""

    began: bool = False
    ended: bool = False
    released: bool = False
    tries: tuple[Try, ...] = ()

    @property
    def over(self) -> bool:
        """Whether they are through: handed in, and no other attempt begun since."""
        last = max(self.tries, default=(0, Handed.MISSING))[1]
        return last in DONE or (self.ended and last is not Handed.DRAFT)

    @property
    def begun(self) -> bool:
        """Whether they are known to have begun."""
        return self.began or any(state is not Handed.MISSING for _attempt, state in self.tries)


def open_to(window: Window, known: Facts) -> list[Spell]:
    """Return the times that a window is open to somebody of whom this is known, in order."""
    if window.sections is not None and not _among(window.sections, known):
        return []
    own = [window.available_from, window.available_until]
    marks = sorted({at for at in [*own, *_moments(window.condition)] if at is not None})
    edges = [FIRST, *marks, LAST]
    found: list[Spell] = []
    for start, end in pairwise(edges):
        probe = start if start > FIRST else (end - TICK)
        if start == end or not _open(window, replace(known, now=probe)):
            continue
        if found and found[-1].end == start:
            found[-1] = replace(found[-1], end=end)
        else:
            found.append(Spell(start, end))
    return found


def _among(sections: Sequence[str], known: Facts) -> bool:
    return bool(sections) and (known.sections is None or not known.sections.isdisjoint(sections))


def _moments(condition: Condition | None) -> Iterator[datetime]:
    if condition is not None:
        if condition.at is not None:
            yield condition.at
        for one in condition.of:
            yield from _moments(one)


def _open(window: Window, known: Facts) -> bool:
    if window.available_from is not None and known.now < window.available_from:
        return False
    if window.available_until is not None and known.now >= window.available_until:
        return False
    return window.condition is None or holds(window.condition, known) is not False


def overridden(given: Iterable[Override], window: Window, due: datetime | None) -> Spell | None:
    """Return the time that overrides meant for somebody give them; None: none gives a time.

    The earliest opening and the latest end count, as in the LMSs. An override that names no end
    ends when its work is due.
    """
    dated = [one for one in given if one.available_from or one.available_until or one.due_date]
    if not dated:
        return None
    base = window.available_until or due or LAST
    starts = [one.available_from or window.available_from or FIRST for one in dated]
    ends = [one.available_until or one.due_date or base for one in dated]
    return Spell(min(starts), max(ends))


def sittings(
    base: Sequence[Spell],
    own: Spell | None,
    *,
    due: datetime | None,
    opens: datetime | None,
    closes: datetime | None,
    marked: datetime,
) -> list[Spell]:
    """Return the times at which a student sits an activity, in order; each has an end.

    `base`: everybody's; `own`: what overrides give this student; `opens` and `closes`: what the
    teacher said instead of the LMS, which never shortens a student's own time; `marked`: when they
    marked it.
    """
    if own is not None:
        found = [replace(own, end=_later(own.end, closes))]
    elif base and (opens or closes):
        found = [Spell(opens or base[0].start, closes or base[-1].end)]
    else:
        found = list(base)
    return [_bounded(one, due, marked) for one in found if one.start < one.end]


def _later(end: datetime, closes: datetime | None) -> datetime:
    if closes is None:
        return end
    return closes if end == LAST else max(end, closes)


def _bounded(spell: Spell, due: datetime | None, marked: datetime) -> Spell:
    """The same with an end: when the work is due, else a day after it opened or was marked."""
    if spell.end < LAST:
        return spell
    if due is not None and due > spell.start:
        return replace(spell, end=due)
    return replace(spell, end=(spell.start if spell.start > FIRST else marked) + LONGEST)


def until(times: Sequence[Spell], sat: Sat, now: datetime) -> datetime | None:
    """Return until when the tutor is locked for a student; None: it is not."""
    if sat.released or sat.over:
        return None
    early = sat.begun and not any(spell.end <= now for spell in times)
    for spell in times:
        if now < spell.end and (spell.start <= now or early):
            return spell.end
    return None


def ahead(times: Sequence[Spell], sat: Sat, now: datetime, tries: int | None) -> bool:
    """Whether a student can still come to sit it, or may never: then its text stays away.

    `tries`: how many attempts there are; None: as many as one likes.
    """
    if sat.released:
        return False
    used = sum(state in DONE for _attempt, state in sat.tries)
    if sat.over and (sat.ended or (tries is not None and used >= tries)):
        return False
    return not times or any(now < spell.end for spell in times)
