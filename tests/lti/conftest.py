"""Platforms that do as a test says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import Running
from tests.lti.platform import Platform, Server, new, serving


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
