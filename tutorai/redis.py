"""The way to Redis: one connection pool a process, keys of this installation's own."""

import logging
import time
from functools import cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

REST = 5.0  # seconds it is left alone after it gave no answer, by those who ask `resting`
_rest_until = 0.0


def client(url: str) -> Redis:
    """Return a client that gives up at once: who calls it has a way without Redis."""
    return Redis.from_url(
        url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


@cache
def redis() -> Redis:
    """Return this process's client; it connects when it is first used, after any fork."""
    return client(settings.REDIS_URL)


def key(*parts: str) -> str:
    """Return a key of this installation; several may share one server."""
    return ":".join((settings.REDIS_PREFIX, *parts))


@cache
def script(client: Redis, text: str) -> Script:
    """Return a script of this client's, run by its hash after the first time."""
    return client.register_script(text)


def resting() -> bool:
    """Whether Redis gave no answer just now: whoever has a way without it takes that at once."""
    return time.monotonic() < _rest_until


def rest(error: RedisError) -> None:
    """Leave Redis alone for a moment."""
    global _rest_until
    _rest_until = time.monotonic() + REST
    logger.info("Redis is left alone for %d s: %s", REST, type(error).__name__)


def begin() -> None:
    """Forget what is known of Redis, its address too."""
    global _rest_until
    _rest_until = 0.0
    redis.cache_clear()
