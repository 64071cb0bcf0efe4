"""A token's successor is asked for once, stored before it is used, and asked for in time."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from connectors import renewing
from connectors.canvas.wire import Wire
from connectors.models import Connector, Token
from connectors.tokens import Stored
from tests.connections.making import consented
from tests.sync.making import School

TOKEN = "/login/oauth2/token"


def stale(school: School) -> Connector:
    """A connection whose token Canvas does not take any more, long before its end."""
    row = consented(school)
    secret = Token.objects.get(connector=row).secret()
    school.control("tokens", value=secret, expired=True)
    school.forget()
    return row


def test_sixty_threads_with_a_dead_token_ask_once_and_all_get_their_answer(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    row = stale(school)
    before = Token.objects.get(connector=row)
    caplog.set_level(logging.DEBUG)

    def call(_: int) -> str:
        try:
            wire = Wire(school.url, Stored(row), patience=60)
            return str(wire.get(f"courses/{school.external['id']}")["id"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(call, range(60)))

    after = Token.objects.get(connector=row)
    assert answers == [school.external["id"]] * 60
    assert len(school.requests(TOKEN)) == 1
    assert (after.version, after.refresh) == (before.version + 1, before.refresh)
    assert after.renewing_until is None
    for secret in (before.secret(), after.secret(), renewing._read(before.refresh)):
        assert secret not in caplog.text
