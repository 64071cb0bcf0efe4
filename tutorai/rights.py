"""Who may do what in the database: the owner migrates, the application reads and writes rows.

The application's role owns nothing, so what it may not do (change the audit log) it cannot allow
itself. Both are named by their URLs: DATABASE_OWNER_URL and DATABASE_URL.
"""

from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

TRAIL = "public.audit_logs"
MADE = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation)
GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
"""
# Its months are reached through the table alone, which may be read and added to.
SEALS = """
REVOKE ALL ON {months} FROM {role};
REVOKE UPDATE, DELETE ON {trail} FROM {role};
GRANT EXECUTE ON FUNCTION public.audit_ahead(integer), public.audit_retire() TO {role};
"""


def owner() -> str:
    """Return the alias of the database as its owner sees it; "default" where nobody else does."""
    return "owner" if "owner" in settings.DATABASES else "default"


def parted() -> bool:
    """Whether the application connects as another role than the owner of the tables."""
    return len({settings.DATABASES[alias].get("USER") for alias in ("default", owner())}) == 2


def make_role(server: psycopg.Connection[Any], name: str, password: str) -> None:
    """Make a role that may sign in and owns nothing, unless there is one of that name.

    Raises InvalidPassword without one, and what Postgres has against it.
    """
    if server.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None:
        return
    if not password:
        raise psycopg.errors.InvalidPassword("its password is missing")
    # Hashed here: a server may log its statements.
    kept = server.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
    with suppress(*MADE), server.transaction():  # somebody may be faster
        server.execute(made.format(sql.Identifier(name), sql.Literal(kept.decode())))


def grant(link: psycopg.Connection[Any], role: str) -> None:
    """Give the application's role its rights on the tables there are now, and no others."""
    names = {"role": sql.Identifier(role), "trail": sql.SQL(TRAIL)}
    with link.transaction():
        link.execute(sql.SQL(GRANTS).format(**names))
        months = link.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)",
            [TRAIL],
        ).fetchall()
        if months:  # else the table is not made yet
            names["months"] = sql.SQL(", ").join(sql.SQL(name) for (name,) in months)
            link.execute(sql.SQL(SEALS).format(**names))
