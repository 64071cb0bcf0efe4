"""Scripts for Redis, by hash; and names for what must not stand in a key itself."""

import hashlib
from collections.abc import Sequence
from typing import Any

from redis import Redis

from tutorai.redis import client as client
from tutorai.redis import key as key
from tutorai.redis import redis as redis
from tutorai.redis import script


def run(client: Redis, text: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
    """Run a script, by its hash after the first time."""
    return script(client, text)(keys=list(keys), args=list(args))


def digest(secret: str) -> str:
    """Return a name for something that must not stand in a key itself."""
    return hashlib.sha256(secret.encode()).hexdigest()[:24]
