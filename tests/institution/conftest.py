"""What the pages of an institution need to be tried."""

import pytest

from tests import people


@pytest.fixture
def letters() -> people.Letters:
    """The letters that the tool has sent."""
    return people.Letters()
