"""Platforms that do as a test says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import Running
from tests.lti.platform import Platform, Server, new, serving
from tests.lti.scripted import Place, Scripted, a_place, scripted


@pytest.fixture(scope="session")
def key_server() -> Iterator[Server]:
    """One server for the keys of all platforms."""
    with serving() as server:
        yield server


@pytest.fixture
def platform(tool: Running, key_server: Server) -> Platform:
    """A registered platform of the test's own, with an institution of its own."""
    made = new(tool, key_server)
    made.register()
    return made


@pytest.fixture
def another(tool: Running, key_server: Server) -> Callable[..., Platform]:
    """Return a function that makes more platforms; they register when told to."""

    def make(**fields: Any) -> Platform:
        return new(tool, key_server, **fields)

    return make


@pytest.fixture(scope="session")
def services() -> Iterator[Scripted]:
    """One server for the services of all scripted platforms."""
    with scripted() as server:
        yield server


@pytest.fixture
def place(services: Scripted) -> Place:
    """A course on a platform that says what the test orders."""
    return a_place(services)


@pytest.fixture
def place_on(services: Scripted) -> Callable[..., Place]:
    """Return a function that makes such a course on a platform of some family."""

    def make(family: str, **fields: Any) -> Place:
        return a_place(services, family=family, **fields)

    return make
