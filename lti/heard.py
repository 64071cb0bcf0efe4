"""What platforms' token endpoints said last: shown on the diagnose page, told to operators.

Kept in Redis for a month: one that refuses us says so again at the next call.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache as store
from redis.exceptions import RedisError

KEPT = 30 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Heard:
    """How a request for an access token ended."""

    at: datetime
    code: str  # of the error; "" when there was a token
    scopes: frozenset[str]  # that it is good for


def remember(registration_id: UUID, code: str, scopes: Iterable[str] = ()) -> None:
    """Keep how a request for a token ended; while Redis is away it is not kept."""
    told = {"at": time.time(), "code": code, "scopes": sorted(scopes)}
    with suppress(RedisError):
        store.set(_name(registration_id), told, KEPT)


def of(registrations: Iterable[UUID]) -> dict[UUID, Heard]:
    """Return what was heard of these; nothing while Redis is away."""
    names = {_name(one): one for one in registrations}
    told: dict[str, Any] = {}
    with suppress(RedisError):
        told = store.get_many(names)
    return {names[name]: _read(one) for name, one in told.items()}


def _name(registration_id: UUID) -> str:
    return f"token-heard:{registration_id}"


def _read(told: dict[str, Any]) -> Heard:
    at = datetime.fromtimestamp(told["at"], UTC)
    return Heard(at, told["code"], frozenset(told["scopes"]))
