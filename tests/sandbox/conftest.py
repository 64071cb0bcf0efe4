"""What the tests of the pretend LMS share. None of them needs the tool itself."""

from collections.abc import Iterator

import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College, PretendTool, a_college, pretend_tool


@pytest.fixture(scope="session")
def pretend() -> Iterator[PretendTool]:
    """A tool that publishes keys."""
    with pretend_tool() as tool:
        yield tool
    HTTP.close()


@pytest.fixture
def college(sandbox: Running, pretend: PretendTool) -> Iterator[College]:
    """A college of this test's own."""
    made = a_college(sandbox.url, pretend)
    yield made
    made.close()


@pytest.fixture(scope="session")
def library(sandbox: Running, pretend: PretendTool) -> Iterator[College]:
    """A college that every test may read and none may change.

    Asking for tokens is dear in Canvas, so the tests that do take a college of their own.
    """
    made = a_college(sandbox.url, pretend)
    yield made
    made.close()
