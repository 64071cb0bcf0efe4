"""Redis away, for tests of what goes on without it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tutorai import embedded, redis
from tutorai.lmsdm import cache


@pytest.fixture
def nobody_there(settings: Settings) -> Iterator[None]:
    """This process as if it had just begun, and Redis were not there."""
    settings.REDIS_URL = f"redis://127.0.0.1:{embedded.free_port()}"
    redis.begin()
    cache.begin()
    yield
    redis.begin()
    cache.begin()
