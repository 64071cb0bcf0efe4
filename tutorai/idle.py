"""Waiting for somebody else without keeping others from the database."""

from django.db import close_old_connections, connection


def release() -> None:
    """Give this thread's connection back to the pool, before a wait that may be long.

    Within a transaction it stays: that one would be cut.
    """
    if not connection.in_atomic_block:
        close_old_connections()
