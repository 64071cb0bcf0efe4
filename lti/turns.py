"""One of us at a time, in all our processes: no transaction is held while a platform is waited for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.cache import cache as store
from redis.exceptions import RedisError

from tutorai.errors import NotSent
from tutorai.ids import new_id

LEASE = 180  # seconds one may take; whoever takes longer counts as lost
PATIENCE = 60.0  # seconds to wait for another
STEP = 0.05  # seconds between two looks at whether it has ended


@contextmanager
def turn(name: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a turn; raise NotSent when others have it longer than `patience`, or Redis is away."""
    mine = str(new_id())
    try:
        _wait(name, mine, patience)
    except RedisError as error:
        raise NotSent() from error
    try:
        yield
    finally:
        with suppress(RedisError):  # then it ends by itself
            _leave(name, mine)


def _wait(name: str, mine: str, patience: float) -> None:
    end = time.monotonic() + patience
    while not store.add(name, mine, LEASE):
        if time.monotonic() > end:
            raise NotSent()
        time.sleep(STEP)


def _leave(name: str, mine: str) -> None:
    """Give the turn up, unless it ended before and is another's now."""
    if store.get(name) == mine:
        store.delete(name)
