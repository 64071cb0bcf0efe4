"""What all rows of the sandbox share: where their ids and secrets come from, and their names.

Ids come from one sequence for all tables: a course id in the place of a user id finds nothing.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime

from django.db import connection, models


def next_id() -> int:
    """Return the next number no other row of any table has."""
    return next_ids(1)[0]


def next_ids(count: int) -> list[int]:
    """Return so many of them, for whoever makes many rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('sandbox_ids') FROM generate_series(1, %s)", [count])
        return [int(row[0]) for row in cursor.fetchall()]


def new_uuid() -> str:
    """Return the kind of id LTI shows where REST shows a number."""
    return str(uuid.uuid4())


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe()


class Named(models.Model):
    """What a row is called in a message: its table and its key, never a person's name."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class Row(Named):
    """What most rows share: an id that is unique over the whole sandbox."""

    id = models.BigIntegerField(primary_key=True, default=next_id)

    class Meta:
        abstract = True


def instant(moment: datetime | None) -> str | None:
    """Write a moment as Canvas does: UTC, whole seconds, Z."""
    written = "%Y-%m-%dT%H:%M:%SZ"
    return None if moment is None else moment.astimezone(UTC).strftime(written)
