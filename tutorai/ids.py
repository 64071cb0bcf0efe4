"""Identifiers made here, not in the database, so that a record knows its name before it is stored."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUIDv7: unique, and sorted by the time it was made (kind to Postgres indexes)."""
    return uuid7()
