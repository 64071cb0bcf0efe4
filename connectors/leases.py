"""How many calls of ours an LMS has to answer at the same time, over all our workers.

A bucket is not enough: Canvas takes a call's price before it knows it, so a dozen at once look
like an attack. Whoever dies with a lease loses it when its time is over. While Redis is away
nobody counts: the bucket lets one call a second out then.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from connectors import lua
from tutorai.errors import LMSThrottled
from tutorai.ids import new_id

PATIENCE = 2.0  # seconds we wait in line; longer waits go back to the ledger
HELD = 90_000  # ms, longer than one answer may take
LOOK = 0.05  # seconds between two looks, on average

# KEYS leases; ARGV name, how many at once, ms → 1: ours
ENTER = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""


@dataclass(frozen=True)
class Leases:
    """The calls under way of one `key`: at most `at_once`."""

    redis: Redis
    key: str
    at_once: int

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold one for as long as a call takes; raise LMSThrottled when none gets free in time."""
        name = str(new_id())
        end = time.monotonic() + PATIENCE
        while not self._enter(name):
            if time.monotonic() > end:
                raise LMSThrottled(retry_after=random.uniform(1, 5))  # noqa: S311 - jitter
            time.sleep(random.uniform(0.5, 1.5) * LOOK)  # noqa: S311 - jitter
        try:
            yield
        finally:
            self._leave(name)

    def _enter(self, name: str) -> bool:
        try:
            return bool(lua.run(self.redis, ENTER, [self.key], [name, self.at_once, HELD]))
        except RedisError:
            return True

    def _leave(self, name: str) -> None:
        try:
            self.redis.zrem(self.key, name)
        except RedisError:
            return  # its time ends by itself
