"""Counters that are right across processes: they live in Redis, and only ever grow there.

Counting never fails its caller and never waits twice for a Redis that is away: what could not be
told is kept here, added up, and goes with the next count that gets through. A Redis that was
emptied looks like a counter's restart, which Prometheus understands. A count whose answer got
lost on the way back is told again: close, not exact, when Redis falls.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from connectors import lua
from tutorai.ledger.models import Job

logger = logging.getLogger(__name__)

HOSTS = 200  # that have counters of their own, as a teacher may name any; the rest is "other"
KEPT = 7 * 24 * 3600  # seconds the counters of a host that nobody calls are remembered
LENGTH = 255  # characters of a host
HELD = 2000  # different counters kept while Redis is away
REST = 5.0  # seconds without a try after one that failed
# Upper bounds of the LMS's answer times, in seconds.
BUCKETS = ("0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "+Inf")

# KEYS hosts, counters; ARGV most hosts, kept s, then host, field, amount each.
# A host's counters are a hash of their own, so that they go when nobody calls it any more.
ADD = """
local now = tonumber(redis.call('TIME')[1])
local most, kept = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - kept)
for i = 3, #ARGV, 3 do
  local host, key = ARGV[i], KEYS[2]
  if host ~= '' then
    if not redis.call('ZSCORE', KEYS[1], host) and redis.call('ZCARD', KEYS[1]) >= most then
      host = 'other'
    end
    redis.call('ZADD', KEYS[1], now, host)
    key = key .. ':' .. host
  end
  redis.call('HINCRBYFLOAT', key, ARGV[i + 1], ARGV[i + 2])
  if host ~= '' then redis.call('EXPIRE', key, kept) end
end
"""

Counter = tuple[str, str]  # host ("" for none), field


def hosts_key() -> str:
    """Return the key of the sorted set of hosts, by when they were called last."""
    return lua.key("{metrics}", "hosts")


def counters_key(host: str = "") -> str:
    """Return the key of a host's counters, or of those that belong to none."""
    return lua.key("{metrics}", "counters", *([host] if host else []))


def field(*words: str) -> str:
    """Return the name of a counter within its hash: what it counts, then its labels."""
    return json.dumps(words, separators=(",", ":"))


class Counts:
    """This process's way to the counters. Safe to use from several threads."""

    def __init__(self, redis: Callable[[], Redis] = lua.redis, rest: float = REST) -> None:
        self._redis = redis
        self._rest = rest
        self._held: dict[Counter, float] = {}
        self._lock = threading.Lock()
        self._quiet_until = 0.0  # monotonic seconds

    def add(self, amounts: Mapping[Counter, float]) -> None:
        """Count in one round trip, together with what is still held; never raises."""
        with self._lock:
            self._keep(amounts)
            if time.monotonic() < self._quiet_until:
                return
            told, self._held = self._held, {}
        try:
            self._tell(told)
        except RedisError as error:
            logger.warning("%d counters wait for Redis: %s", len(told), type(error).__name__)
            with self._lock:
                self._keep(told)
                self._quiet_until = time.monotonic() + self._rest

    def _keep(self, amounts: Mapping[Counter, float]) -> None:
        for counter, amount in amounts.items():
            if counter in self._held or len(self._held) < HELD:
                self._held[counter] = self._held.get(counter, 0.0) + amount

    def _tell(self, amounts: Mapping[Counter, float]) -> None:
        args: list[Any] = [HOSTS, KEPT]
        for (host, name), amount in amounts.items():
            args += [host, name, f"{amount:.6f}"]
        lua.run(self._redis(), ADD, [hosts_key(), counters_key()], args)


@cache
def counts() -> Counts:
    """Return this process's counts, made after any fork."""
    return Counts()


def job_ended(job: Job, how: str) -> None:
    """Count how one attempt of a job ended."""
    counts().add({("", field("job_attempts", job.queue, job.kind, how)): 1})


def task_ran(sender: Any, state: str, **_: Any) -> None:
    """Count a task of the scheduler's when Celery says how it ended; jobs have their own count."""
    name = str(sender.name).rpartition(".")[2]
    if name != "run":
        counts().add({("", field("tasks", name, state.lower())): 1})


def lms_called(host: str, service: str, outcome: str, seconds: float) -> None:
    """Count one call to an LMS, and how long it took until it began to answer."""
    bucket = next(bound for bound in BUCKETS if seconds <= float(bound))
    host = host[:LENGTH]
    counts().add(
        {
            (host, field("lms_calls", service, outcome)): 1,
            (host, field("lms_seconds", bucket)): 1,
            (host, field("lms_seconds_sum")): seconds,
        }
    )


def model_called(capability: str, how: str, tokens_in: int, tokens_out: int, spent: int) -> None:
    """Count one call of a model that ended, what it read and wrote, and what it cost."""
    counts().add(
        {
            ("", field("model_calls", capability, how)): 1,
            ("", field("model_tokens", capability, "in")): tokens_in,
            ("", field("model_tokens", capability, "out")): tokens_out,
            ("", field("model_dollars", capability)): spent / 1_000_000,
        }
    )


def token_refreshed(host: str, outcome: str) -> None:
    """Count one request for a new access token."""
    counts().add({(host[:LENGTH], field("token_refreshes", outcome)): 1})
