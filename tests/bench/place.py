"""Where the bench runs: servers and databases of its own, the two tools as real processes."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg

from tests.bench.platform import CLIENT, DEPLOYMENT
from tutorai import embedded

HOME = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds for a tool to answer; the machine may be busy


@dataclass(frozen=True)
class Place:
    """What both tools use. A process id is 0 where the server is not ours to measure."""

    database: str  # URL of ours, as the tool connects
    beside: str  # URL of the stock tool's
    redis: str
    port: int  # where our tool will answer
    postgres_pid: int
    redis_pid: int

    @property
    def url(self) -> str:
        """Our tool's PUBLIC_URL."""
        return f"http://localhost:{self.port}"


@dataclass(frozen=True)
class Tool:
    """A tool that runs."""

    name: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its address as the platform knows it."""
        return f"http://localhost:{self.port}"


@contextmanager
def made() -> Iterator[Place]:
    """Start servers where none are named, make two databases, set the environment; clean up."""
    folder = Path(tempfile.mkdtemp(prefix="tutorai-bench-"))
    os.environ |= {"DEVELOPMENT": "1", "DEBUG": "0", "DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}
    servers = embedded.start(folder)
    pids = {server.name: server.process.pid for server in servers if server.process}
    tool, name = os.environ["DATABASE_URL"], f"bench_{os.getpid()}"
    server = os.environ.get("DATABASE_OWNER_URL") or tool
    try:
        place = Place(
            database=embedded.beside(tool, name),
            beside=embedded.with_database(server, f"{name}_stock"),
            redis=os.environ["REDIS_URL"],
            port=embedded.free_port(),
            postgres_pid=pids.get("Postgres", 0),
            redis_pid=pids.get("Valkey", 0),
        )
        os.environ["DATABASE_OWNER_URL"] = embedded.with_database(server, name)
        os.environ |= {"DATABASE_URL": place.database, "REDIS_PREFIX": name}
        os.environ |= {"PUBLIC_URL": place.url, "DJANGO_SETTINGS_MODULE": "tutorai.settings"}
        yield place
        _drop(server, name, f"{name}_stock")
    finally:
        embedded.stop(servers)
        shutil.rmtree(folder, ignore_errors=True)


def _drop(server: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as link:
        for name in names:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@contextmanager
def ours(place: Place, **environment: str) -> Iterator[Tool]:
    """Our tool, by the command of `make run`."""
    from tutorai.management.commands import up

    words = up.commands(place.port, 0, place.url)[1]
    with _running("ours", place.port, words, environment, f"{place.url}/healthz") as tool:
        yield tool


@contextmanager
def stock(place: Place, platform: str) -> Iterator[Tool]:
    """The stock tool under gunicorn with two workers."""
    environment = {
        "DATABASE_URL": place.beside,
        "REDIS_PREFIX": f"{os.environ['REDIS_PREFIX']}:stock",
        "DJANGO_SETTINGS_MODULE": "tests.bench.stock.settings",
        "STOCK_PLATFORM": platform,
        "STOCK_CLIENT": CLIENT,
        "STOCK_DEPLOYMENT": DEPLOYMENT,
    }
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"],
        cwd=HOME,
        env={**os.environ, **environment, "PYTHONPATH": str(HOME)},
        check=True,
    )
    port = embedded.free_port()
    words = ["gunicorn", "tests.bench.stock.wsgi:application", "--workers", "2"]
    words += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
    ready = f"http://localhost:{port}/lti/jwks"
    with _running("stock", port, words, environment, ready) as tool:
        yield tool


@contextmanager
def _running(
    name: str, port: int, words: list[str], environment: dict[str, str], ready: str
) -> Iterator[Tool]:
    """Run `python -m words…` until the block ends; it answers when the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=HOME,
        env={**os.environ, **environment},
        preexec_fn=embedded.dies_with_owner(signal.SIGTERM),
    )
    try:
        _wait_for(ready, process)
        yield Tool(name, port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a tool answers; raise when it ends or takes too long."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer ({process.args!r}, {process.poll()})")
