"""What a process holds of courses itself, for as long as it hears of every change.

A thread listens to Redis. Whenever it cannot be sure to hear, nothing is held.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from redis import Redis
from redis.exceptions import RedisError

MOST = 128  # things held at once; a long table of contents takes about a megabyte
BEAT = 1.0  # seconds between two questions whether the line still stands
SURE = 3.0  # seconds that an answer to that is good for
Key = tuple[UUID, str]  # the course, and what of it


class Near:
    """A small memory that forgets what changed, and all of it when the line is down."""

    def __init__(self, redis: Callable[[], Redis], channel: str) -> None:
        self._redis, self._channel = redis, channel
        self._held: OrderedDict[Key, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._sure_until = 0.0
        self._changes = 0
        self._thread: threading.Thread | None = None

    @property
    def changes(self) -> int:
        """How many changes were heard; read before what is to be held, and given to `keep`."""
        return self._changes

    @property
    def hears(self) -> bool:
        """Whether changes made elsewhere reach us now."""
        return time.monotonic() < self._sure_until

    def get(self, key: Key) -> Any:
        """Return what is held, or None."""
        self._listens()
        with self._lock:
            until, value = self._held.get(key, (0.0, None))
            return value if time.monotonic() < min(until, self._sure_until) else None

    def keep(self, key: Key, value: Any, seconds: float, changes: int) -> None:
        """Hold it for so long, unless something changed since `changes`."""
        with self._lock:
            if changes != self._changes or time.monotonic() >= self._sure_until:
                return
            self._held[key] = (time.monotonic() + seconds, value)
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)

    def forget(self, course_id: UUID) -> None:
        """Let go of a course."""
        with self._lock:
            self._changes += 1
            for key in [key for key in self._held if key[0] == course_id]:
                del self._held[key]

    def _off(self) -> None:
        with self._lock:
            self._changes += 1
            self._sure_until = 0.0
            self._held.clear()

    def _listens(self) -> None:
        """Begin to listen, once a process: at the first use, after any fork."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._listen, name="near", daemon=True)
                    self._thread.start()

    def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError):  # `cache` says so, when somebody reads
                self._hear()
            self._off()
            time.sleep(BEAT)

    def _hear(self) -> None:
        """Take in what is said, until the line breaks."""
        with self._redis().pubsub() as line:  # type: ignore[no-untyped-call]
            line.subscribe(self._channel)
            asked = time.monotonic()
            while True:
                heard = line.get_message(timeout=BEAT)
                now = time.monotonic()
                if heard is None:
                    pass
                elif heard["type"] == "message":
                    self.forget(UUID(heard["data"].decode()))
                else:
                    if heard["type"] == "subscribe":  # also again: the client mends a broken line
                        self._off()
                    self._sure_until = asked + SURE
                if now - asked >= BEAT:
                    asked = now
                    line.ping()
