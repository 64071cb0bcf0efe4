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
    scopes: frozenset[str]  # that were granted, each when it was last asked for
    lacks: frozenset[str]  # that were asked for, and not granted


def remember(
    registration_id: UUID, code: str, scopes: Iterable[str] = (), lacks: Iterable[str] = ()
) -> None:
    """Keep how a request for a token ended; while Redis is away it is not kept.

    Each request asks for some scopes only: of the others stands what was answered before.
    """
    name, has, less = _name(registration_id), set(scopes), set(lacks)
    with suppress(RedisError):
        before = store.get(name) or {}
        has |= set(before.get("scopes", ())) - less
        less |= set(before.get("lacks", ())) - has
        told = {"at": time.time(), "code": code, "scopes": sorted(has), "lacks": sorted(less)}
        store.set(name, told, KEPT)


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
    return Heard(at, told["code"], frozenset(told["scopes"]), frozenset(told.get("lacks", ())))
