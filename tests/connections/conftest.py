"""What the tests of connections share."""

from collections.abc import Iterator

import pytest

from tests.conftest import Running
from tests.lti.scripted import Scripted, scripted
from tests.sync.making import School, a_school


@pytest.fixture
def school(sandbox: Running) -> School:
    """A school of this test's own, whose LMS is the pretend Canvas."""
    return a_school(sandbox)


@pytest.fixture(scope="session")
def server() -> Iterator[Scripted]:
    """A token endpoint that says what a test orders."""
    with scripted() as running:
        yield running
