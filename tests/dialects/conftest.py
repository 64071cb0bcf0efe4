"""One world for each dialect: one that tests may read, and a new one for whoever changes it."""

from collections.abc import Iterator

import pytest

from tests.conftest import Running
from tests.dialects.contract import HTTP, Adapter, adapters

EVERY = adapters()


@pytest.fixture(scope="session", params=sorted(EVERY))
def lms(request: pytest.FixtureRequest, sandbox: Running) -> Adapter:
    """A course that every test may read and none may change."""
    return EVERY[request.param].open(sandbox)


@pytest.fixture
def own(lms: Adapter, sandbox: Running) -> Adapter:
    """A course of this test's own, of the same LMS."""
    return type(lms).open(sandbox)


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Close what talked to the controls."""
    yield
    HTTP.close()
