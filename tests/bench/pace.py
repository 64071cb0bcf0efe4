"""Eight processes on one bucket: how many calls go out, beside what the bucket allows."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from connectors import lua
from connectors.bucket import Bucket
from tutorai.errors import LMSThrottled
from tutorai.ids import new_id

PROCESSES = 8
SECONDS = 4.0
CAPACITY, REFILL = 5.0, 40.0  # units, of which a call costs one
ASKED = 2000  # calls of a bucket that is never empty, to time one


def measure() -> dict[str, Any]:
    """Return how many calls were let out, the theory's number, and what asking costs."""
    key = lua.key("bench", str(new_id()))
    # Not before all of them are there: the slowest to start would find a full bucket.
    begin = time.time() + 2.0
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        let_out = list(pool.map(_taken, [key] * PROCESSES, [begin] * PROCESSES))
    theory = CAPACITY + REFILL * SECONDS
    return {
        "processes": PROCESSES,
        "let_out": sum(let_out),
        "allowed": theory,
        "ratio": round(sum(let_out) / theory, 3),
        "least_of_one": min(let_out),
        "most_of_one": max(let_out),
        "asking_us": round(_cost() * 1e6),
    }


def _taken(key: str, begin: float) -> int:
    lua.redis.cache_clear()  # the parent's connection is not ours
    bucket = Bucket(lua.redis(), key, CAPACITY, REFILL, 1)
    time.sleep(max(0.0, begin - time.time()))
    count = 0
    while time.time() < begin + SECONDS:
        try:
            bucket.take()
        except LMSThrottled:
            continue
        count += time.time() < begin + SECONDS
    return count


def _cost() -> float:
    """Return the seconds that asking and settling take."""
    bucket = Bucket(lua.redis(), lua.key("bench", str(new_id())), 1e9, 1e6, 1)
    start = time.perf_counter()
    for _ in range(ASKED):
        bucket.take()
        bucket.settle(spent=1)
    return (time.perf_counter() - start) / ASKED
