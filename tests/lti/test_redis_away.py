"""Launches while Redis, which keeps the platforms' keys, is not there."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import Running, running
from tests.lti.platform import Platform, Server, badly, new
from tutorai import embedded


@pytest.fixture(scope="module")
def alone(database: None) -> Iterator[Running]:
    """A tool that knows no Redis."""
    port = embedded.free_port()
    url = f"http://localhost:{port}"
    words = f"uvicorn tutorai.asgi:application --lifespan on --port {port} --log-level warning"
    env = {"PUBLIC_URL": url, "REDIS_URL": f"redis://127.0.0.1:{embedded.free_port()}"}
    with running(*words.split(), url=url, ready=f"{url}/healthz", env=env) as process:
        yield process


@pytest.fixture
def platform(alone: Running, key_server: Server) -> Platform:
    """A platform registered with that tool."""
    made = new(alone, key_server)
    made.register()
    return made


def test_a_launch_works_and_the_keys_are_fetched_once(platform: Platform) -> None:
    roles = [platform.launch().role for _ in range(3)]

    assert len(set(roles)) == 1
    assert platform.fetches == 1


def test_a_key_nobody_knows_is_asked_for_no_more_than_once_a_minute(platform: Platform) -> None:
    platform.launch()

    answers = [platform.launch(header={"kid": "unheard-of"}) for _ in range(3)]

    assert all(answer.refused(401, "unknown_kid") for answer in answers)
    assert platform.fetches == 1


def test_a_platform_without_keys_costs_the_launch_and_nothing_more(platform: Platform) -> None:
    platform.answer = badly(500)

    answers = [platform.launch() for _ in range(2)]

    assert all(answer.refused(503, "keys_unavailable") for answer in answers)
    assert platform.fetches == 1


def test_it_says_that_it_is_not_ready(alone: Running) -> None:
    answer = httpx.get(f"{alone.url}/readyz")

    assert (answer.status_code, answer.text) == (503, "waiting for Redis")
