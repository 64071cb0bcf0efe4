"""What somebody has been shown of an item lately: who saw its answer is helped when asked again.

Kept in Redis for most of a day. Where that cannot be asked, an answer counts as helped: then it
raises nothing that it should not.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

KEPT = timedelta(hours=20)  # then it is another day, and what was seen is to be remembered


def first(user_id: UUID, mark: str) -> bool:
    """Note that the answer is shown now; return whether nothing of it was before."""
    try:
        return bool(cache.add(_key(user_id, mark), 1, KEPT.total_seconds()))
    except RedisError:
        return False


def note(user_id: UUID, mark: str) -> None:
    """Note that a hint, or the answer, is shown."""
    with suppress(RedisError):
        cache.set(_key(user_id, mark), 1, KEPT.total_seconds())


def any_of(user_id: UUID, marks: Iterable[str]) -> set[str]:
    """Return which of these were shown."""
    keys = {_key(user_id, mark): mark for mark in marks}
    try:
        return {keys[key] for key in cache.get_many(keys)}
    except RedisError:
        return set()


def _key(user_id: UUID, mark: str) -> str:
    return f"practice:shown:{user_id}:{mark}"
