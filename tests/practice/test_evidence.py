"""What tries tell of a skill: the share, its bounds, and the day of the next review."""

from datetime import datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from agents import evidence
from agents.evidence import Evidence

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("UTC"))
DAY = timedelta(days=1)
# One answer: right or not, with help or not, and how many days after the one before.
ANSWER = st.tuples(st.booleans(), st.booleans(), st.floats(0, 400))
PAST = st.lists(ANSWER, max_size=25)
LEAN = settings(max_examples=25, deadline=None)


def lived(answers: list[tuple[bool, bool, float]]) -> tuple[Evidence, datetime]:
    """The evidence after these answers, and when the last of them was."""
    held, at = Evidence(), NOON
    for right, assisted, days in answers:
        at += timedelta(days=days)
        held = evidence.after(held, right=right, assisted=assisted, at=at)
    return held, at


def shared(held: Evidence) -> float:
    found = evidence.share(held)
    assert found is not None
    return found


@LEAN
@given(PAST, st.booleans(), st.floats(0, 400))
def test_an_answer_with_help_moves_no_share(
    past: list[tuple[bool, bool, float]], right: bool, days: float
) -> None:
    held, at = lived(past)

    new = evidence.after(held, right=right, assisted=True, at=at + days * DAY)

    assert (new.right, new.wrong, new.tries) == (held.right, held.wrong, held.tries)
    assert evidence.share(new) == evidence.share(held)


@LEAN
@given(PAST, st.floats(0, 400))
def test_a_right_answer_lowers_no_share_and_a_wrong_one_raises_none(
    past: list[tuple[bool, bool, float]], days: float
) -> None:
    held, at = lived(past)
    before, at = evidence.share(held), at + days * DAY

    better = shared(evidence.after(held, right=True, assisted=False, at=at))
    worse = shared(evidence.after(held, right=False, assisted=False, at=at))

    assert 0 <= worse < better <= 1
    assert before is None or (worse <= before + 1e-9 and better >= before - 1e-9)


@LEAN
@given(PAST)
def test_whatever_went_before_enough_right_answers_reach_steady(
    past: list[tuple[bool, bool, float]],
) -> None:
    held, at = lived(past)

    held = reduce(
        lambda one, _n: evidence.after(one, right=True, assisted=False, at=at),
        range(evidence.ENOUGH),
        held,
    )

    assert shared(held) >= evidence.STEADY


def test_steady_takes_three_right_answers_and_weak_is_left_again() -> None:
    shares = []
    held = Evidence()
    for right in (True, True, True, False, False, True, True):
        held = evidence.after(held, right=right, assisted=False, at=NOON)
        shares.append(shared(held))

    assert shares[:3] == [0.5, 0.75, 1.0]
    assert shares[1] < evidence.STEADY <= shares[2]
    assert shares[4] < evidence.WEAK <= shares[6]


def test_few_tries_say_little_either_way() -> None:
    once = evidence.after(Evidence(), right=False, assisted=False, at=NOON)
    twice = evidence.after(once, right=False, assisted=False, at=NOON)

    assert evidence.share(Evidence()) is None
    assert (shared(once), shared(twice)) == (evidence.AT_LEAST[0], evidence.AT_LEAST[1])


def test_what_was_long_ago_counts_less() -> None:
    wrong = evidence.after(Evidence(), right=False, assisted=False, at=NOON)
    soon = late = wrong
    for _n in range(3):
        soon = evidence.after(soon, right=True, assisted=False, at=NOON)
        late = evidence.after(late, right=True, assisted=False, at=NOON + 90 * DAY)

    assert shared(soon) < shared(late)


@LEAN
@given(PAST, st.booleans(), st.floats(0, 400))
def test_reviews_come_later_after_right_answers_and_sooner_after_mistakes(
    past: list[tuple[bool, bool, float]], assisted: bool, days: float
) -> None:
    held, at = lived(past)
    at += days * DAY

    wrong = evidence.after(held, right=False, assisted=assisted, at=at)
    right = evidence.after(held, right=True, assisted=assisted, at=at)

    assert evidence.SHORTEST <= wrong.interval <= max(held.interval / 2, evidence.SHORTEST)
    assert wrong.due_at is not None
    assert at < wrong.due_at <= at + 64 * DAY
    assert held.interval <= right.interval <= evidence.LONGEST
    if held.due_at is not None and (at < held.due_at or assisted):
        assert right.due_at == held.due_at  # a full evening of practice is one review


def test_reviews_that_are_kept_come_after_1_2_4_8_days_and_a_lapse_halves_that() -> None:
    held, at, gaps = Evidence(), NOON, []
    for right in (True, True, True, True, False):
        held = evidence.after(held, right=right, assisted=False, at=at)
        gaps.append(held.interval)
        assert held.due_at is not None
        at = held.due_at

    assert gaps == [1, 2, 4, 8, 4]


def test_a_review_at_the_same_hour_of_the_next_day_is_due() -> None:
    held = evidence.after(Evidence(), right=True, assisted=False, at=NOON)

    assert held.due_at is not None
    assert held.due_at <= NOON + DAY - timedelta(hours=1)


def test_the_mean_is_of_what_is_known() -> None:
    assert evidence.mean([None, 0.5, 1.0]) == 0.75
    assert evidence.mean([None]) is None
