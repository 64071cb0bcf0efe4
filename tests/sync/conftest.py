"""What the tests of reading a course share."""

import pytest

from tests.conftest import Running
from tests.sync.making import School, a_school


@pytest.fixture
def school(sandbox: Running) -> School:
    """A school of this test's own."""
    return a_school(sandbox)
