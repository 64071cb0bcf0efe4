"""The running parts: tool, worker and sandbox as real processes on this worker's own database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest
from django.test import override_settings
from xdist.scheduler import LoadFileScheduling

from tests import boot, schema
from tests.fake_openai import FakeOpenAI
from tutorai import embedded
from tutorai.management.commands.messages import compile_all

HOME = Path(__file__).resolve().parent.parent
PATIENCE = 90  # seconds for a process to answer; the machine may be busy


@dataclass(frozen=True)
class Running:
    """A process of ours, and where it answers (empty for a worker)."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def running(
    *words: str,
    url: str = "",
    ready: str = "",
    env: Mapping[str, str] | None = None,
    out: IO[bytes] | None = None,
) -> Iterator[Running]:
    """Run `python -m words…` until the test session ends; wait until `ready` answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=HOME,
        env={**os.environ, "PYTHONWARNINGS": "default", **(env or {})},
        stdout=out,
        stderr=out,
        preexec_fn=embedded.dies_with_owner(signal.SIGTERM),
    )
    try:
        if ready:
            wait_for(ready, process)
        yield Running(url, process)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)  # what it covered is written as it ends
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until `url` answers; raise when the process ends or it takes too long."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            urlopen(url, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest (`pytest.mark.long`), so that no core waits for it at the end.

    A browser's tests take longest, and a file of theirs goes to one core: see below.
    """
    browser = HOME / "tests" / "browser"
    items.sort(
        key=lambda item: (item.get_closest_marker("long") is None, browser not in item.path.parents)
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run one more than there are cores: a third of their time tests wait for other processes.

    Where coverage is measured, as in CI, they are busy themselves.
    """
    return (os.cpu_count() or 1) + ("COVERAGE_RUN" not in os.environ)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Give each file to one core: what its tests share (a worker, a read course) starts once."""
    config.option.loadscopereorder = False  # the long ones first, not those of many tests
    return LoadFileScheduling(config, log)


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The database is ours: see `database`."""


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Tables in this worker's own database, open to every test; nothing is truncated."""
    compile_all()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django has no types
        schema.fill(HOME / ".pytest_cache" / "schema")
        yield
        from django.db import connections

        for connection in connections.all():
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]  # the stubs lack it
    with psycopg.connect(os.environ["TEST_SERVER"], autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{boot.DATABASE}" WITH (FORCE)'.encode())


@pytest.fixture(scope="session")
def tool(database: None) -> Iterator[Running]:
    """The tool under uvicorn, as production runs it."""
    url = os.environ["PUBLIC_URL"]
    words = ["uvicorn", "tutorai.asgi:application", "--lifespan", "on", "--port", str(boot.PORT)]
    with running(*words, "--log-level", "warning", url=url, ready=f"{url}/healthz") as process:
        yield process


def working() -> AbstractContextManager[Running]:
    """Run a Celery worker on every queue."""
    words = "celery -A tutorai worker -c 2 -l warning -Q grades,interactive,sync,bulk"
    return running(*words.split())


@pytest.fixture(scope="module")
def worker(database: None) -> Iterator[Running]:
    """A worker, a module long: elsewhere tests do their own jobs."""
    with working() as process:
        yield process


@pytest.fixture
def as_officer(tool: Running) -> Iterator[Callable[..., Any]]:
    """Return a function that signs somebody in to an office, without the way through the forms.

    `as_officer("support")` or `as_officer(Office.Role.OWNER, institution)` returns a
    `tests.people.Browser`.
    """
    from tests import people  # models are there only once Django is

    with ExitStack() as opened:
        yield lambda role="owner", institution=None: opened.enter_context(
            people.officer(tool.url, role, institution)
        )


@pytest.fixture
def nobody_there() -> Iterator[None]:
    """This process as if it had just begun, and Redis were not there."""
    from tutorai import redis
    from tutorai.lmsdm import cache

    with override_settings(REDIS_URL=f"redis://127.0.0.1:{embedded.free_port()}"):
        redis.begin()
        redis.redis()  # a listening thread may ask at any moment; it gets this one until the end
        cache.begin()
        yield
    redis.begin()
    cache.begin()


@pytest.fixture(scope="session")
def sandbox(database: None) -> Iterator[Running]:
    """The pretend LMS, on another site than the tool."""
    port = embedded.free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["connectors.sandbox", "--port", str(port), "--tool-url", os.environ["PUBLIC_URL"]]
    with running(*words, url=url, ready=f"{url}/sandbox/health") as process:
        yield process


@pytest.fixture(scope="session")
def fake_openai() -> Iterator[FakeOpenAI]:
    """A pretend OpenAI-compatible server; a test scripts it under a key of its own."""
    server = FakeOpenAI()
    server.start()
    yield server
    server.stop()
