"""A day's calls in Redis: who may use them, and what is kept for whom."""

import socket

import pytest
from redis import Redis

from connectors import lua
from connectors.quota import Quota, Spend
from tutorai.errors import LMSThrottled
from tutorai.ids import new_id


def a_day(most: int = 10, redis: Redis | None = None) -> Quota:
    return Quota(redis or lua.redis(), lua.key("test", str(new_id())), most)


def spend(day: Quota, what: Spend, calls: int = 100) -> int:
    """Spend until there is no more, and return how many calls there were."""
    for done in range(calls):
        try:
            day.take(what)
        except LMSThrottled:
            return done
    return calls


def test_reading_courses_leaves_what_grades_and_people_need() -> None:
    day = a_day()

    assert spend(day, Spend.SYNC) == 5
    assert spend(day, Spend.INTERACTIVE) == 2
    assert spend(day, Spend.GRADES) == 3


def test_grades_have_their_share_whatever_the_others_spent() -> None:
    day = a_day()
    spend(day, Spend.INTERACTIVE)
    spend(day, Spend.SYNC)

    assert spend(day, Spend.GRADES) == 3


def test_whoever_comes_too_late_learns_when_calls_come_back() -> None:
    day = a_day(most=2)
    spend(day, Spend.GRADES)

    with pytest.raises(LMSThrottled) as told:
        day.take(Spend.GRADES)

    assert 23 * 3600 < (told.value.retry_after or 0) <= 24 * 3600 + 600


def test_what_was_spent_a_day_ago_is_there_again() -> None:
    day, redis = a_day(), lua.redis()
    now = int(redis.time()[0]) // 600
    redis.hset(day.key, mapping={f"{now - 146}:grades": 10, f"{now - 143}:grades": 2})

    assert spend(day, Spend.GRADES) == 6
    assert redis.hexists(day.key, f"{now - 146}:grades") is False


def test_what_was_spent_less_than_a_day_ago_still_counts() -> None:
    day, redis = a_day(), lua.redis()
    earliest = int(redis.time()[0]) // 600 - 144  # some of it may have been just within a day
    redis.hset(day.key, f"{earliest}:grades", 10)

    with pytest.raises(LMSThrottled) as told:
        day.take(Spend.GRADES)

    assert (told.value.retry_after or 0) <= 600


def test_a_call_that_did_not_leave_here_is_given_back_and_the_day_says_how_it_stands() -> None:
    day = a_day()
    day.take(Spend.SYNC)
    day.take(Spend.GRADES)
    day.give_back(Spend.SYNC)

    told = day.standing()

    assert (told.most, told.used[Spend.GRADES], told.used[Spend.SYNC]) == (10, 1, 0)
    assert told.left == 5
    assert 0 < int(lua.redis().ttl(day.key)) <= 87_600


def test_without_redis_a_process_spreads_a_days_calls_over_the_day() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    day = a_day(redis=lua.client(f"redis://127.0.0.1:{port}"))

    day.take(Spend.GRADES)
    with pytest.raises(LMSThrottled) as told:
        day.take(Spend.GRADES)

    assert 8000 < (told.value.retry_after or 0) <= 8640
