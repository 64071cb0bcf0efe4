"""A leaky bucket in Redis: how many calls an LMS will bear, shared by all our workers.

Costs are taken before a call and given back after it, as Canvas itself counts. The server's
clock counts. While Redis is away, one call a second goes out from each process: slow, not open.
"""

import math
import threading
import time
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from connectors import lua
from tutorai.errors import LMSThrottled

PATIENCE = 2.0  # seconds we wait in line; longer waits go back to the ledger
TTL = 3_600_000  # ms an idle bucket is remembered

# KEYS bucket; ARGV capacity, refill a second, cost, ttl ms → ms to wait (0: taken)
TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'left', 'at', 'shut')
local capacity, refill, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local left, at = tonumber(held[1]) or capacity, tonumber(held[2]) or now
local shut = tonumber(held[3]) or 0
left = math.min(capacity, left + math.max(0, now - at) * refill / 1000)
local wait = 0
if now < shut then
  wait = shut - now
elseif left < cost then
  wait = math.ceil((cost - left) * 1000 / refill)
else
  left = left - cost
end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[4]), wait + 1000))
return wait
"""

# KEYS bucket; ARGV capacity, back, what the other side says is left (-1: nothing), pause ms, label
SETTLE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local left = tonumber(redis.call('HGET', KEYS[1], 'left') or ARGV[1])
left = math.min(tonumber(ARGV[1]), left + tonumber(ARGV[2]))
local said = tonumber(ARGV[3])
if said >= 0 and said < left then left = said end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'label', ARGV[5], 'most', ARGV[1])
local pause = tonumber(ARGV[4])
if pause > 0 then
  local shut = tonumber(redis.call('HGET', KEYS[1], 'shut') or '0')
  if now + pause > shut then redis.call('HSET', KEYS[1], 'shut', now + pause) end
end
return 0
"""


@dataclass(frozen=True)
class Bucket:
    """One bucket; several clients of the same `key` share it."""

    redis: Redis
    key: str
    capacity: float
    refill: float  # units a second
    cost: float  # of one call, before it is known
    label: str = ""  # what people call it; never a token

    def take(self) -> None:
        """Take a call's cost, waiting up to two seconds; raise LMSThrottled beyond."""
        end = time.monotonic() + PATIENCE
        while wait := self._ask():
            if time.monotonic() + wait > end:
                raise LMSThrottled(retry_after=wait)
            time.sleep(wait)

    def _ask(self) -> float:
        args = [self.capacity, self.refill, self.cost, TTL]
        try:
            return int(lua.run(self.redis, TAKE, [self.key], args)) / 1000
        except RedisError:
            return _alone(self.key)

    def settle(self, *, spent: float, left: float | None = None, pause: float = 0) -> None:
        """Give back what the call did not cost; `left` and `pause` (seconds) as the LMS says."""
        args = [
            self.capacity,
            self.cost - spent,
            -1 if left is None else max(0.0, left),
            int(pause * 1000),
            self.label,
        ]
        try:
            lua.run(self.redis, SETTLE, [self.key], args)
        except RedisError:
            return  # `_alone` holds the pace meanwhile


_last: dict[str, float] = {}
_lock = threading.Lock()


def _alone(key: str) -> float:
    """Pace this process without Redis: one call a second; return the seconds to wait."""
    with _lock:
        wait = _last.get(key, 0.0) + 1 - time.monotonic()
        if wait <= 0:
            _last[key] = time.monotonic()
        return max(0.0, wait)


@dataclass(frozen=True)
class Level:
    """How one bucket stands: the share of its units that is left, and seconds it is shut yet."""

    label: str
    share: float
    shut: int


def levels(redis: Redis) -> list[Level]:
    """Return how the buckets stand that were used within the hour, the emptiest first.

    Raises RedisError. What has flowed in since is not counted: it is how the last call left them.
    """
    found = []
    seconds, micros = redis.time()
    now = seconds * 1000 + micros // 1000
    for key in redis.scan_iter(match=f"{lua.key('')}*", count=1000, _type="HASH"):
        told = redis.hmget(key, ["label", "left", "most", "shut"])
        label, left, most, shut = (value.decode() if value else "" for value in told)  # type: ignore[union-attr]  # ours are bytes
        if label and left and most:
            share = max(0.0, min(1.0, float(left) / float(most)))
            rest = math.ceil(max(0.0, float(shut or 0) - now) / 1000)
            found.append(Level(label, share, rest))
    return sorted(found, key=lambda level: (-level.shut, level.share))
