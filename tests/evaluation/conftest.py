"""The sets, and the models that know them."""

from collections.abc import Iterator

import pytest

from agents.evaluation import scenarios
from agents.evaluation.scenarios import Set
from agents.llm.places import Place
from tests.fake_openai import FakeOpenAI
from tests.misbehaving import Behaving, Misbehaving


@pytest.fixture(scope="session")
def sets() -> tuple[Set, ...]:
    return scenarios.load(scenarios.OWN)


@pytest.fixture(scope="session")
def bad(sets: tuple[Set, ...]) -> Iterator[Misbehaving]:
    server = Misbehaving(sets)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def good(sets: tuple[Set, ...]) -> Iterator[Behaving]:
    server = Behaving(sets)
    server.start()
    yield server
    server.stop()


def at(server: FakeOpenAI) -> Place:
    """Where a server is, and all that it can do."""
    return Place(
        "fake",
        server.url,
        "key",
        "fake",
        trusted=True,
        tools=True,
        json_schema=True,
        stream_usage=True,
    )
