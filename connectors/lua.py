"""The way to Redis for bucket and breaker: one connection pool a process, scripts by hash."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry


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
def _script(client: Redis, text: str) -> Script:
    return client.register_script(text)


def run(client: Redis, text: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
    """Run a script, by its hash after the first time."""
    return _script(client, text)(keys=list(keys), args=list(args))


def digest(secret: str) -> str:
    """Return a name for something that must not stand in a key itself."""
    return hashlib.sha256(secret.encode()).hexdigest()[:24]
