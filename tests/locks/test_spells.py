"""When an activity locks the tutor: what holds for any times, and any student."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import spells
from agents.spells import FIRST, LAST, LONGEST, Sat, Spell
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.schema import Condition, Handed, Override, Test, Window

DAY = datetime(2026, 10, 24, 12, tzinfo=UTC)  # clocks go back in Europe the night after
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Asia/Kathmandu")

moments = st.integers(0, 96).map(lambda quarter: DAY + timedelta(minutes=15 * quarter))
maybe = st.none() | moments
ids = st.frozensets(st.sampled_from("AB"), max_size=2)
conditions = st.recursive(
    st.builds(Condition, test=st.sampled_from([Test.FROM, Test.UNTIL]), at=moments)
    | st.builds(Condition, test=st.just(Test.SECTION), ids=ids.map(tuple))
    | st.just(Condition(test=Test.UNKNOWN)),
    lambda inner: st.builds(
        Condition,
        test=st.sampled_from([Test.ALL, Test.ANY, Test.NONE]),
        of=st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=5,
)
windows = st.builds(
    Window,
    available_from=maybe,
    available_until=maybe,
    sections=st.none() | ids.map(tuple),
    condition=st.none() | conditions,
)
facts = st.builds(Facts, now=st.just(DAY), sections=st.none() | ids)
overrides = st.builds(
    Override, due_date=maybe, available_from=maybe, available_until=maybe, sections=st.just(("A",))
)
tries = st.lists(st.sampled_from(Handed), max_size=3).map(lambda told: tuple(enumerate(told, 1)))
students = st.builds(Sat, st.booleans(), st.booleans(), st.booleans(), tries)
fresh = Sat()


@st.composite
def sat_times(draw: st.DrawFn) -> list[Spell]:
    """When somebody sits something, from all that an LMS and a teacher can say of it."""
    window, due = draw(windows), draw(maybe)
    return spells.sittings(
        spells.open_to(window, draw(facts)),
        spells.overridden(draw(st.lists(overrides, max_size=2)), window, due),
        due=due,
        opens=draw(maybe),
        closes=draw(maybe),
        marked=draw(moments),
    )


@settings(max_examples=150, deadline=None)
@given(windows, facts, moments)
def test_a_window_is_open_in_its_spells_and_at_no_other_time(
    window: Window, known: Facts, at: datetime
) -> None:
    there = Facts(now=at, sections=known.sections)
    since = window.available_from is None or window.available_from <= at
    before = window.available_until is None or at < window.available_until
    among = window.sections is None or (
        bool(window.sections)
        and (known.sections is None or bool({*window.sections} & known.sections))
    )
    met = window.condition is None or holds(window.condition, there) is not False

    found = spells.open_to(window, known)

    assert any(spell.start <= at < spell.end for spell in found) is (
        since and before and among and met
    )
    assert found == sorted(found, key=lambda spell: spell.start)


@settings(max_examples=150, deadline=None)
@given(sat_times(), students, moments)
def test_a_lock_ends_and_holds_nobody_who_is_through_or_was_let_out(
    times: list[Spell], sat: Sat, now: datetime
) -> None:
    until = spells.until(times, sat, now)
    last = max((spell.end for spell in times), default=DAY)

    assert last < LAST
    assert spells.until(times, sat, last) is None
    if sat.released or sat.over:
        assert until is None
    if until is not None:
        assert now < until <= last
        assert spells.ahead(times, sat, now, None)  # what locks is out of retrieval, too


@settings(max_examples=100, deadline=None)
@given(sat_times(), students, moments)
def test_who_is_not_known_to_have_begun_is_locked_while_it_is_open_and_a_known_start_adds_to_that(
    times: list[Spell], sat: Sat, now: datetime
) -> None:
    opened = any(spell.start <= now < spell.end for spell in times)
    begun = Sat(began=True)

    assert (spells.until(times, fresh, now) is not None) is opened
    if opened:
        assert spells.until(times, begun, now) is not None


@settings(max_examples=100, deadline=None)
@given(moments, moments, maybe, st.sampled_from(ZONES), moments)
def test_a_students_own_time_is_never_shortened_and_the_zone_it_is_written_in_says_nothing(
    start: datetime, end: datetime, closes: datetime | None, zone: str, now: datetime
) -> None:
    def found(own: Spell, closing: datetime | None) -> list[Spell]:
        return spells.sittings([], own, due=None, opens=None, closes=closing, marked=DAY)

    own = Spell(start, end)
    here = ZoneInfo(zone)
    there = Spell(start.astimezone(here), end.astimezone(here))
    times = found(own, closes)

    assert all(spell.end >= end for spell in times)
    told = spells.until(
        found(there, closes.astimezone(here) if closes else None), fresh, now.astimezone(here)
    )
    # A time of the hour that comes twice in autumn equals none of another zone (PEP 495).
    assert spells.until(times, fresh, now) == (told and told.astimezone(UTC))


BEGUN, IN = Handed.DRAFT, Handed.SUBMITTED


@pytest.mark.parametrize(
    ("told", "over"),
    [
        ((), False),
        (((1, Handed.MISSING),), False),
        (((1, BEGUN),), False),
        (((1, IN),), True),
        (((1, Handed.EXCUSED),), True),
        (((1, IN), (2, BEGUN)), False),
        (((1, IN), (2, Handed.GRADED)), True),
    ],
    ids=["nothing", "missing", "begun", "in", "excused", "begun again", "in again"],
)
def test_the_last_attempt_says_whether_somebody_is_through(
    told: tuple[tuple[int, Handed], ...], over: bool
) -> None:
    assert Sat(tries=told).over is over


def test_a_begun_attempt_locks_before_the_opening_that_everybody_was_told() -> None:
    times = [Spell(DAY + timedelta(hours=2), DAY + timedelta(hours=4))]

    assert spells.until(times, fresh, DAY) is None
    assert spells.until(times, Sat(tries=((1, BEGUN),)), DAY) == times[0].end


@pytest.mark.parametrize(
    ("spell", "end"),
    [
        (Spell(), DAY + LONGEST),
        (Spell(start=DAY + timedelta(hours=5)), DAY + timedelta(hours=5) + LONGEST),
    ],
    ids=["without any time", "without an end"],
)
def test_where_nobody_knows_an_end_a_lock_lasts_a_day(spell: Spell, end: datetime) -> None:
    made = spells.sittings([spell], None, due=None, opens=None, closes=None, marked=DAY)

    assert made == [Spell(spell.start, end)]


def test_extra_time_and_a_teachers_own_times() -> None:
    """An override's end counts for whom it is, and what a teacher says for everybody else."""
    at = [DAY + timedelta(hours=n) for n in range(6)]
    window = Window(available_from=at[0], available_until=at[2])
    own = spells.overridden([Override(due_date=at[3]), Override(due_date=at[1])], window, at[2])

    def made(own: Spell | None, closes: datetime | None = None) -> list[Spell]:
        base = spells.open_to(window, Facts(now=DAY))
        return spells.sittings(base, own, due=at[2], opens=None, closes=closes, marked=DAY)

    assert made(None) == [Spell(at[0], at[2])]
    assert made(own) == [Spell(at[0], at[3])]
    assert made(None, at[1]) == [Spell(at[0], at[1])]
    assert made(own, at[1]) == [Spell(at[0], at[3])]
    assert made(own, at[4]) == [Spell(at[0], at[4])]
    assert spells.overridden([Override()], window, None) is None


def test_what_is_sat_stays_away_until_there_is_no_attempt_left() -> None:
    times = [Spell(FIRST, DAY)]
    now = DAY - timedelta(hours=1)
    once = Sat(tries=((1, IN),))

    assert spells.ahead(times, fresh, now, 1)
    assert spells.ahead(times, once, now, None)
    assert spells.ahead(times, once, now, 2)
    assert not spells.ahead(times, once, now, 1)
    assert not spells.ahead(times, Sat(released=True), now, 1)
    assert not spells.ahead(times, fresh, DAY, 1)
    assert spells.ahead([], fresh, DAY, 1)
