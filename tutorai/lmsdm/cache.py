"""What is read again and again, kept for a minute: in Redis, and near by (`near`).

What is kept is the same for everybody; who may see it is asked anew for each reader, after it was
taken from here (`eyes`). It is filed under its institution and its course. Whoever changes what is
kept calls `changed`: from the moment their transaction stands nobody is given the old any more.

How a change takes effect: each course has a mark in Redis, what is kept is filed under it, and a
change draws a new one. Whoever read just before cannot put the old back: it lands under the old
mark. Where Redis could not be told of a change it is told with the next one; until then the old may
be read elsewhere, for at most `SECONDS`.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import transaction
from pydantic import TypeAdapter, ValidationError
from redis.exceptions import RedisError

from tutorai import idle, redis
from tutorai.ids import new_id
from tutorai.lmsdm.near import Near

T = TypeVar("T")

SECONDS = 60  # that anything is kept
SMALL = 32 * 1024  # bytes of what is kept, unless a shelf says otherwise
MARK = 24 * 3600  # seconds a course's mark is remembered after the last change
LEASE = 5_000  # ms that one has for making what all wait for
PATIENCE = 0.5  # seconds the others wait, before each makes it for itself
LOOK = 0.01  # seconds until they look again
LARGE = b"-"  # stands for what is too large to be kept: nobody waits for it

# KEYS mark, base of names; ARGV a new mark, mark s, who asks, lease ms
# → {name, what is kept or "", ms it is good for, 1: make it, and all wait for you}
TAKE = """
local mark = redis.call('GET', KEYS[1])
if not mark then
  mark = ARGV[1]
  redis.call('SET', KEYS[1], mark, 'EX', ARGV[2])
end
local name = KEYS[2] .. ':' .. mark
local kept = redis.call('GET', name)
if kept then return {name, kept, redis.call('PTTL', name), 0} end
local mine = redis.call('SET', name .. ':maker', ARGV[3], 'NX', 'PX', ARGV[4])
return {name, '', 0, mine and 1 or 0}
"""


def changed(course_id: UUID) -> None:
    """Say that something of a course that is read through here is new, gone or of other people.

    Call it within the transaction that changed it; it is told once that stands.
    """
    transaction.on_commit(partial(_tell, course_id))


def _tell(course_id: UUID) -> None:
    """Draw new marks for the course, and for those that Redis could not be told of before."""
    _near.forget(course_id)
    with _lock:
        _owed.add(course_id)
        telling = set(_owed)
    if redis.resting():
        return
    try:
        with redis.redis().pipeline(transaction=False) as line:
            for each in telling:
                line.set(_mark(each), new_id().hex, ex=MARK)
                line.publish(_channel(), str(each))
            line.execute()
    except RedisError as error:
        redis.rest(error)
        return
    with _lock:
        _owed.difference_update(telling)


def _mark(course_id: UUID) -> str:
    return redis.key("read", f"{{{course_id}}}")  # one hash slot in a Redis cluster


def _channel() -> str:
    return redis.key("changed")


def begin() -> None:
    """Hold nothing, hear nothing: a child of a fork has none of its parent's threads."""
    global _near
    _near = Near(redis.redis, _channel())


_near: Near
_owed: set[UUID] = set()  # changed, and not told yet
_lock = threading.Lock()
begin()
os.register_at_fork(after_in_child=begin)


def near() -> Near:
    """Return what this process holds itself."""
    return _near


@dataclass(frozen=True)
class Shelf(Generic[T]):
    """One kind of what is kept; `most` bytes of it, larger is made anew each time.

    What it returns is shared: it must not be changed, nor ever be None.
    """

    name: str
    form: TypeAdapter[T]
    most: int = SMALL

    def of(self, institution_id: UUID, course_id: UUID, make: Callable[[], T], part: str = "") -> T:
        """Return what is kept of a course (a `part` of it), or make it and keep it."""
        name = f"{institution_id}:{self.name}:{part}"
        held = _near.get((course_id, name))
        if held is not None:
            kept: T = held
            return kept
        if redis.resting():
            return make()
        changes = _near.changes  # before anything is read
        try:
            value, seconds = self._shared(course_id, name, make)
        except RedisError as error:
            redis.rest(error)
            return make()
        if seconds > 0:
            _near.keep((course_id, name), value, seconds, changes)
        return value

    def _shared(self, course_id: UUID, name: str, make: Callable[[], T]) -> tuple[T, float]:
        """Return it and how many seconds it is good for, from Redis or made now."""
        end = time.monotonic() + PATIENCE
        while True:
            where, kept, left, mine = _take(course_id, name)
            if kept == LARGE:
                return make(), 0.0
            if kept:
                try:
                    return self.form.validate_json(kept), left / 1000
                except ValidationError:  # another version of us wrote it
                    return make(), 0.0
            if mine or time.monotonic() > end:
                return self._made(where, make)
            idle.release()
            time.sleep(LOOK)

    def _made(self, where: str, make: Callable[[], T]) -> tuple[T, float]:
        try:
            value = make()
        except BaseException:
            with suppress(RedisError):
                redis.redis().delete(f"{where}:maker")  # nobody waits for what does not come
            raise
        dumped = self.form.dump_json(value)
        kept = dumped if len(dumped) <= self.most else LARGE
        try:
            redis.redis().set(where, kept, ex=SECONDS)
        except RedisError as error:
            redis.rest(error)
            return value, 0.0
        return value, float(SECONDS) if kept is dumped else 0.0


def _take(course_id: UUID, name: str) -> tuple[str, bytes, int, bool]:
    mark = _mark(course_id)
    told: Any = _script()(
        keys=[mark, f"{mark}:{name}"], args=[new_id().hex, MARK, new_id().hex, LEASE]
    )
    where, kept, left, mine = told
    return where.decode(), kept, left, bool(mine)


def _script() -> Any:
    return redis.script(redis.redis(), TAKE)
