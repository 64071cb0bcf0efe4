"""Two worlds for each dialect: one that tests only read, and one whose LMS they may spoil."""

from collections.abc import Iterator

import pytest

from tests.conftest import Running
from tests.dialects.contract import HTTP, Adapter, adapters

EVERY = adapters()


@pytest.fixture(scope="session", params=sorted(EVERY))
def lms(request: pytest.FixtureRequest, sandbox: Running) -> Adapter:
    """A course that every test may read and none may change."""
    return EVERY[request.param].open(sandbox)


@pytest.fixture(scope="session")
def spoilt(lms: Adapter, sandbox: Running) -> Adapter:
    """A course of the same LMS that tests add to, and whose LMS is made to answer badly."""
    return type(lms).open(sandbox)


@pytest.fixture
def own(spoilt: Adapter) -> Iterator[Adapter]:
    """That course, for one test alone: what was ordered of its LMS is forgotten afterwards."""
    spoilt.mend()  # tests of other files may have made its LMS ask for a pause
    yield spoilt
    spoilt.mend()


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Close what talked to the controls."""
    yield
    HTTP.close()
