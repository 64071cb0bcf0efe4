"""The few statements of the hot path, planned once for each connection instead of every time."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def rows(sql: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows; raises Django's database errors.

    Django's own cursors put the values into the text, so Postgres plans it anew each time: for a
    launch that is more than running it. This one binds them, and psycopg prepares what comes
    often (`DATABASE_PREPARE`; a transaction pooler may not allow that).
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return list(cursor.execute(sql.encode(), given).fetchall())
