"""A circuit breaker in Redis: leave an LMS alone that fails, and let one call try it again.

Only what speaks of the LMS's health counts: no answer, and 500, 502, 503, 504. A refusal, a
missing page or a request to slow down are answers. While Redis is away the circuit is closed.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from connectors import lua
from tutorai.errors import LMSError, LMSUnavailable, NotSent
from tutorai.ids import new_id

WINDOW = 30_000  # ms looked back
LEAST = 8  # calls in the window before anything is concluded
RATIO = 0.5  # of them failed: open
# These three times DELAYS.
OPEN = 15_000  # ms the first time, doubling
LONGEST = 300_000  # ms
LEASE = 30_000  # ms one probe has for its answer
KEPT = 7 * 24 * 3600  # seconds a breaker that opened is listed

# KEYS state; ARGV token, lease → {allowed, ms to wait}
ALLOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'open_until', 'probe', 'probe_until')
local open_until = tonumber(held[1])
if not open_until then return {1, 0} end
if now < open_until then return {0, open_until - now} end
local probe_until = tonumber(held[3]) or 0
if held[2] and now < probe_until then return {0, probe_until - now} end
redis.call('HSET', KEYS[1], 'probe', ARGV[1], 'probe_until', now + tonumber(ARGV[2]))
return {1, 0}
"""

# KEYS state, window; ARGV token, ok (1|0), window, least, ratio, open, longest
REPORT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ok = ARGV[2] == '1'
if redis.call('HEXISTS', KEYS[1], 'open_until') == 1 then
  if redis.call('HGET', KEYS[1], 'probe') ~= ARGV[1] then return 'stale' end
  if ok then
    redis.call('DEL', KEYS[1], KEYS[2])
    return 'closed'
  end
  local times = tonumber(redis.call('HGET', KEYS[1], 'times') or '1') + 1
  local pause = math.min(tonumber(ARGV[7]), tonumber(ARGV[6]) * 2 ^ (times - 1))
  redis.call('HSET', KEYS[1], 'open_until', now + pause, 'times', times)
  redis.call('HDEL', KEYS[1], 'probe', 'probe_until')
  redis.call('PEXPIRE', KEYS[1], pause + 3600000)
  return 'open'
end
local window = tonumber(ARGV[3])
redis.call('ZADD', KEYS[2], now, (ok and 's' or 'f') .. ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now - window)
redis.call('PEXPIRE', KEYS[2], window)
local calls, failed = redis.call('ZRANGE', KEYS[2], 0, -1), 0
for _, call in ipairs(calls) do
  if string.sub(call, 1, 1) == 'f' then failed = failed + 1 end
end
if #calls >= tonumber(ARGV[4]) and failed / #calls >= tonumber(ARGV[5]) then
  redis.call('HSET', KEYS[1], 'open_until', now + tonumber(ARGV[6]), 'times', 1)
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[6]) + 3600000)
  return 'tripped'
end
return 'closed'
"""


@dataclass(frozen=True)
class Breaker:
    """The breaker of one host and service, e.g. "canvas.example.edu:rest"."""

    redis: Redis
    name: str
    open_ms: int = OPEN

    def allow(self) -> UUID:
        """Return a token for one call, to be reported; raise LMSUnavailable while open."""
        token = new_id()
        try:
            allowed, wait = lua.run(self.redis, ALLOW, [self._state], [str(token), _scaled(LEASE)])
        except RedisError:
            return token
        if not allowed:
            raise LMSUnavailable(retry_after=max(1.0, int(wait) / 1000))
        return token

    def report(self, token: UUID, *, ok: bool) -> str:
        """Say how the call ended; return closed, tripped, open or stale."""
        pauses = [_scaled(self.open_ms), _scaled(LONGEST)]
        args = [str(token), int(ok), WINDOW, LEAST, RATIO, *pauses]
        try:
            told: bytes = lua.run(self.redis, REPORT, [self._state, self._window], args)
            if told in {b"tripped", b"open"}:
                self.redis.zadd(_listed(), {self.name: time.time()})
        except RedisError:
            return "closed"
        return told.decode()

    @property
    def _state(self) -> str:
        return _key(self.name)

    @property
    def _window(self) -> str:
        return f"{self._state}:calls"


@contextmanager
def guarding(host: str, service: str) -> Iterator[Callable[[], None]]:
    """Guard one call to a host's service: the hook of `lti.wire`.

    Yields what says that the answer speaks of bad health; no answer at all does so by itself.
    Raises NotSent while the host is left alone.
    """
    breaker = Breaker(lua.redis(), f"{host}:{service}")
    try:
        token = breaker.allow()
    except LMSUnavailable as error:
        raise NotSent(retry_after=error.retry_after) from error
    told: list[None] = []
    try:
        yield lambda: told.append(None)
    except LMSError:
        breaker.report(token, ok=False)
        raise
    breaker.report(token, ok=not told)


class State(StrEnum):
    """What a breaker lets through: all, one call to try, or nothing."""

    CLOSED = "closed"
    HALF_OPEN = "half-open"
    OPEN = "open"


def states(redis: Redis) -> dict[str, State]:
    """Return how the breakers stand that opened within a week, by name; raise RedisError.

    The others are closed. Two round trips, however many there are.
    """
    with redis.pipeline(transaction=False) as pipe:
        pipe.zremrangebyscore(_listed(), 0, time.time() - KEPT)
        pipe.zrange(_listed(), 0, -1)
        pipe.time()
        _, listed, (seconds, micros) = pipe.execute()
    names: list[str] = [name.decode() for name in listed]
    now = seconds * 1000 + micros // 1000  # ms, by the clock that opened them
    with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.hget(_key(name), "open_until")
        untils = pipe.execute()
    return {name: _standing(until, now) for name, until in zip(names, untils, strict=True)}


def opens_in(redis: Redis, name: str) -> float:
    """Return the seconds until an open breaker lets one call try; raise RedisError."""
    seconds, micros = redis.time()
    until = redis.hget(_key(name), "open_until")
    return max(0.0, float(until) / 1000 - seconds - micros / 1e6) if until else 0.0


def close(redis: Redis, name: str) -> bool:
    """Let calls out again at once, as a person says; return whether it was not closed already.

    Raises RedisError. One that is still sick trips it anew after a few calls.
    """
    state = _key(name)
    return bool(redis.delete(state, f"{state}:calls"))


def _scaled(ms: int) -> int:
    return int(ms * settings.DELAYS)


def _standing(until: bytes | None, now: int) -> State:
    if until is None:
        return State.CLOSED
    return State.OPEN if now < float(until) else State.HALF_OPEN


def _key(name: str) -> str:
    return lua.key("breaker", f"{{{name}}}")  # one hash slot in a Redis cluster


def _listed() -> str:
    return lua.key("breakers")
