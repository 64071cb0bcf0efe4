"""What the pages of an institution need to be tried."""

from collections.abc import Iterator

import pytest

from tests import people
from tests.conftest import Running
from tests.lti.platform import Platform, Server, new, serving


@pytest.fixture
def letters() -> people.Letters:
    """The letters that the tool has sent."""
    return people.Letters()


@pytest.fixture(scope="session")
def keys_of_platforms() -> Iterator[Server]:
    """One server for the keys of all platforms."""
    with serving() as server:
        yield server


@pytest.fixture
def platform(tool: Running, keys_of_platforms: Server) -> Platform:
    """A registered platform, with a school of its own."""
    made = new(tool, keys_of_platforms)
    made.register()
    return made
