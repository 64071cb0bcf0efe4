"""How often one person may call: so many times a minute, counted in Redis, without it here.

A whole school comes from one address, so nobody is counted by that.
"""

import threading
import time
from collections import Counter

from django.conf import settings
from redis.exceptions import RedisError

from tutorai import redis
from tutorai.errors import TooMany
from tutorai.lmsdm.schema import Actor

WINDOW = 60  # seconds

_here: Counter[str] = Counter()
_minute = 0
_lock = threading.Lock()


def take(actor: Actor) -> None:
    """Count one call. Raises TooMany, with the seconds until the next minute begins."""
    most: int = settings.API_PER_MINUTE
    minute, gone = divmod(time.time(), WINDOW)
    if most and _counted(str(actor.user_id), int(minute)) > most:
        raise TooMany(retry_after=WINDOW - gone)


def at_most(most: int, *who: str) -> None:
    """Count one call of somebody who is not signed in; raise TooMany beyond `most` a minute."""
    minute, gone = divmod(time.time(), WINDOW)
    if _counted(":".join(who), int(minute)) > most:
        raise TooMany(retry_after=WINDOW - gone)


def _counted(who: str, minute: int) -> int:
    if not redis.resting():
        key = redis.key("calls", who, str(minute))
        try:
            with redis.redis().pipeline(transaction=False) as line:
                line.incr(key)
                line.expire(key, 2 * WINDOW)
                return int(line.execute()[0])
        except RedisError as error:
            redis.rest(error)
    return _counted_here(who, minute)


def _counted_here(who: str, minute: int) -> int:
    global _minute
    with _lock:
        if minute != _minute:
            _minute = minute
            _here.clear()
        _here[who] += 1
        return _here[who]
