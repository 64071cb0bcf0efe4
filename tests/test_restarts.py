"""A restart of Postgres costs nobody a request: what it ended is not taken from the pool again."""

import os

import psycopg
from django.db import connection


def test_a_connection_that_postgres_ended_meanwhile_is_not_used_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    connection.close()  # back to the pool
    with psycopg.connect(os.environ["TEST_SERVER"], autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (other,) = cursor.fetchone()

    assert other != pid
