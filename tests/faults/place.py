"""Where the trials run: an installation of its own, as real processes, beside a pretend LMS."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.faults.crew import BEAT, Crew
from tutorai import embedded

DELAYS = "0.05"  # our pauses, leases and holds: a minute is three seconds
SWEEP = "1"  # seconds
WORKERS = ("worker-1", "worker-2")
SIZE = 2  # processes a worker


@dataclass(frozen=True)
class Place:
    """Servers and processes."""

    crew: Crew
    servers: dict[str, embedded.Server]
    tool: str
    lms: str

    def flush(self) -> None:
        """Let Redis forget everything: messages, tokens, breakers."""
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as server:
            server.flushall()

    def stop(self, name: str) -> None:
        """Stop "Postgres" or "Valkey"."""
        self.servers[name].stop()

    def start(self, name: str) -> None:
        """Start it again, at its old address."""
        self.servers[name].start()


@contextmanager
def made() -> Iterator[Place]:
    """Start everything but workers and schedulers; stop it and clean up."""
    folder = Path(tempfile.mkdtemp(prefix="tutorai-faults-"))
    os.environ |= {"DEVELOPMENT": "1", "DEBUG": "0", "DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}
    os.environ |= {"DELAYS": os.environ.get("DELAYS", DELAYS), "SWEEP_SECONDS": SWEEP}
    for name in ("DATABASE_URL", "REDIS_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)  # ours are stopped and flushed: nobody else's may be
    crew, servers = Crew(folder), embedded.start(folder, fast=True)
    # The LMS keeps its rows elsewhere: when our database is away, theirs is not.
    theirs = embedded.Postgres(folder / "lms", fast=True)
    try:
        os.environ["SANDBOX_DATABASE_URL"] = embedded.with_database(theirs.start(), "sandbox")
        port, beside = embedded.free_port(), embedded.free_port()
        tool, lms = f"http://localhost:{port}", f"http://127.0.0.1:{beside}"
        os.environ |= {"PUBLIC_URL": tool, "DJANGO_SETTINGS_MODULE": "tutorai.settings"}
        _migrate()
        crew.start(
            "lms",
            *("connectors.sandbox", "--port", str(beside), "--tool-url", tool),
            ready=f"{lms}/sandbox/health",
        )
        crew.start(
            "web",
            *("uvicorn", "tutorai.asgi:application", "--lifespan", "on", "--port", str(port)),
            *("--log-level", "warning", "--no-access-log", "--no-proxy-headers"),
            ready=f"{tool}/healthz",
        )
        yield Place(crew, {server.name: server for server in servers}, tool, lms)
    finally:
        crew.end()
        embedded.stop([theirs, *servers])
        if os.environ.get("FAULTS_KEEP") != "1":
            shutil.rmtree(folder, ignore_errors=True)


def _migrate() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    from tutorai.management.commands.messages import compile_all

    compile_all()
    call_command("migrate", verbosity=0)


def man(place: Place, **env: str) -> None:
    """Start workers and two schedulers."""
    for name in WORKERS:
        place.crew.worker(name, SIZE, **env)
    for name in ("beat-1", "beat-2"):
        place.crew.start(name, *BEAT)
