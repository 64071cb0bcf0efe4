"""A day's calls, where an LMS counts them: a sliding window in Redis, shared by all our workers.

Blackboard gives an application so many calls in 24 hours, for all schools together. Grades and
people who wait keep a share that reading whole courses may not use. Only what we sent ourselves is
counted: what one school's site says is left must not stop the others. The server's clock counts,
in slots of ten minutes, whose calls come back a day after the last of them.
"""

import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from redis import Redis
from redis.exceptions import RedisError

from connectors import lua
from tutorai.errors import LMSThrottled

DAY = 86_400  # seconds


class Spend(StrEnum):
    """What a call is for."""

    GRADES = "grades"
    INTERACTIVE = "interactive"  # a person waits
    SYNC = "sync"


# KEYS the day's hash: "<slot>:<class>" → calls; ARGV class, a day's calls, calls to take (0: look
# only) → {seconds to wait (0: taken), used by grades, interactive and sync, what the class has left}
TAKE = """
local now = tonumber(redis.call('TIME')[1])
local slot, oldest = math.floor(now / 600), math.floor((now - 86400) / 600)
-- parts of the day that nobody else may use
local shares = {grades = 0.3, interactive = 0.2}
local most, used, slots = tonumber(ARGV[2]), {grades = 0, interactive = 0, sync = 0}, {}
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local at, class = string.match(held[i], '^(%d+):(%a+)$')
  if at and tonumber(at) < oldest then
    redis.call('HDEL', KEYS[1], held[i])
  elseif at then
    local n = tonumber(held[i + 1])
    used[class] = used[class] + n
    slots[#slots + 1] = {tonumber(at), class, n}
  end
end
local function free()
  local left = most - used.grades - used.interactive - used.sync
  for class, share in pairs(shares) do
    if class ~= ARGV[1] then left = left - math.max(0, share * most - used[class]) end
  end
  return left
end
local told = {0, used.grades, used.interactive, used.sync, math.floor(free())}
local wanted = tonumber(ARGV[3])
if wanted < 0 or wanted > 0 and free() >= wanted then
  redis.call('HINCRBY', KEYS[1], slot .. ':' .. ARGV[1], wanted)
  redis.call('EXPIRE', KEYS[1], 87600)
elseif wanted > 0 then
  table.sort(slots, function(one, other) return one[1] < other[1] end)
  told[1] = 600
  for _, spent in ipairs(slots) do
    used[spent[2]] = used[spent[2]] - spent[3]
    told[1] = math.max(1, (spent[1] + 1) * 600 + 86400 - now)
    if free() >= wanted then break end
  end
end
return told
"""


@dataclass(frozen=True)
class Standing:
    """How a day's calls stand: how many there are, who used them, and what `sync` has left."""

    most: int
    used: dict[Spend, int]
    left: int


@dataclass(frozen=True)
class Quota:
    """The calls of a day that one `key` counts: `most` of them."""

    redis: Redis
    key: str
    most: int

    def take(self, spend: Spend) -> None:
        """Take one call; raise LMSThrottled with the seconds until there is one."""
        try:
            wait = float(self._told(spend, 1)[0])
        except RedisError:
            wait = _alone(self.key, DAY / self.most)
        if wait:
            raise LMSThrottled(retry_after=wait)

    def give_back(self, spend: Spend) -> None:
        """Give back the call that did not leave here."""
        try:
            self._told(spend, -1)
        except RedisError:
            return  # it comes back by itself, a day later

    def standing(self) -> Standing:
        """Return how the day stands; raise RedisError."""
        _wait, *used, left = self._told(Spend.SYNC, 0)
        return Standing(self.most, dict(zip(Spend, used, strict=True)), max(0, left))

    def _told(self, spend: Spend, calls: int) -> list[int]:
        found: list[int] = lua.run(self.redis, TAKE, [self.key], [spend.value, self.most, calls])
        return found


_last: dict[str, float] = {}
_lock = threading.Lock()


def _alone(key: str, apart: float) -> float:
    """Pace this process without Redis, so that a day holds its calls; return seconds to wait."""
    with _lock:
        wait = _last.get(key, -apart) + apart - time.monotonic()
        if wait <= 0:
            _last[key] = time.monotonic()
        return max(0.0, wait)
