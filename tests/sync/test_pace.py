"""Bucket and breaker in Redis: how many calls go out, and when none do."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from connectors import lua
from connectors.breaker import LEAST, Breaker
from connectors.bucket import Bucket
from connectors.leases import Leases
from tutorai.errors import LMSThrottled, LMSUnavailable
from tutorai.ids import new_id


@pytest.fixture
def breaker() -> Breaker:
    """A breaker that reopens quickly."""
    return Breaker(lua.redis(), f"test-{new_id()}", open_ms=150)


@pytest.fixture
def gone() -> Redis:
    """A Redis that is not there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return lua.client(f"redis://127.0.0.1:{port}")


def a_bucket(redis: Redis | None = None, **fields: float) -> Bucket:
    told = {"capacity": 100.0, "refill": 10.0, "cost": 50.0, **fields}
    key = lua.key("test", str(new_id()))
    return Bucket(redis or lua.redis(), key, told["capacity"], told["refill"], told["cost"])


def broken(breaker: Breaker) -> str:
    return [breaker.report(breaker.allow(), ok=False) for _ in range(LEAST)][-1]


def test_a_bucket_gives_what_it_holds_and_then_asks_to_wait() -> None:
    bucket = a_bucket(refill=1.0)
    bucket.take()
    bucket.take()

    with pytest.raises(LMSThrottled) as told:
        bucket.take()

    assert 40 < (told.value.retry_after or 0) <= 50


def test_a_short_wait_is_waited_here() -> None:
    bucket = a_bucket(refill=500.0)
    bucket.take()
    bucket.take()
    start = time.monotonic()

    bucket.take()

    assert time.monotonic() - start < 2


def test_what_a_call_did_not_cost_comes_back() -> None:
    bucket = a_bucket(refill=0.001)
    for _ in range(10):
        bucket.take()
        bucket.settle(spent=1)


def test_what_the_lms_says_is_left_counts_when_it_is_less() -> None:
    bucket = a_bucket(refill=1.0)
    bucket.take()
    bucket.settle(spent=1, left=10)

    with pytest.raises(LMSThrottled):
        bucket.take()


def test_a_pause_shuts_the_bucket() -> None:
    bucket = a_bucket()
    bucket.take()
    bucket.settle(spent=1, pause=30)

    with pytest.raises(LMSThrottled) as told:
        bucket.take()

    assert 25 < (told.value.retry_after or 0) <= 30


def test_without_redis_one_call_a_second_goes_out(gone: Redis) -> None:
    bucket = a_bucket(gone)
    start = time.monotonic()

    bucket.take()
    bucket.settle(spent=1)
    bucket.take()

    assert 0.9 < time.monotonic() - start < 4


def test_a_breaker_opens_when_half_of_the_last_calls_failed(breaker: Breaker) -> None:
    for _ in range(LEAST // 2):
        breaker.report(breaker.allow(), ok=True)

    told = [breaker.report(breaker.allow(), ok=False) for _ in range(LEAST // 2)]

    assert told[-1] == "tripped"
    with pytest.raises(LMSUnavailable):
        breaker.allow()


def test_one_call_tries_again_and_its_success_closes(breaker: Breaker) -> None:
    assert broken(breaker) == "tripped"
    time.sleep(0.2)
    probe = breaker.allow()
    with pytest.raises(LMSUnavailable):
        breaker.allow()

    assert breaker.report(probe, ok=True) == "closed"
    breaker.allow()


def test_a_failed_try_opens_for_longer(breaker: Breaker) -> None:
    broken(breaker)
    time.sleep(0.2)

    assert breaker.report(breaker.allow(), ok=False) == "open"
    with pytest.raises(LMSUnavailable):
        breaker.allow()


def test_an_answer_from_before_it_opened_changes_nothing(breaker: Breaker) -> None:
    early = breaker.allow()
    broken(breaker)

    assert breaker.report(early, ok=True) == "stale"


def test_without_redis_the_circuit_is_closed(gone: Redis) -> None:
    breaker = Breaker(gone, "away")

    assert breaker.report(breaker.allow(), ok=False) == "closed"


def test_of_many_calls_one_tries_whether_the_lms_is_back(breaker: Breaker) -> None:
    broken(breaker)
    time.sleep(0.2)

    def tries(_: int) -> bool:
        try:
            breaker.allow()
        except LMSUnavailable:
            return False
        return True

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(tries, range(20))) == 1


def test_no_more_calls_are_under_way_at_once_than_the_lms_bears() -> None:
    leases = Leases(lua.redis(), lua.key("test", str(new_id())), at_once=3)
    now, most, lock, three = 0, 0, threading.Lock(), threading.Barrier(3, timeout=30)

    def call(_: int) -> None:
        nonlocal now, most
        with leases.held():
            with lock:
                now += 1
                most = max(most, now)
            three.wait()
            with lock:
                now -= 1

    with ThreadPoolExecutor(9) as threads:
        list(threads.map(call, range(9)))

    assert most == 3


def test_the_lease_of_a_worker_that_died_ends_by_itself(gone: Redis) -> None:
    key = lua.key("test", str(new_id()))
    lua.redis().zadd(key, {"dead": 1.0})

    with Leases(lua.redis(), key, at_once=1).held(), Leases(gone, key, at_once=1).held():
        assert lua.redis().zscore(key, "dead") is None
