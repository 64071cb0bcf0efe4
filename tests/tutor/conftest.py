"""A fake model over real HTTP, and a school that uses it with a key of its own."""

from collections.abc import Iterator

import pytest

from tests.fake_openai import FakeOpenAI
from tests.tutor.talking import School


@pytest.fixture(scope="session")
def fake() -> Iterator[FakeOpenAI]:
    server = FakeOpenAI()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def school(fake: FakeOpenAI) -> School:
    return School(fake)
