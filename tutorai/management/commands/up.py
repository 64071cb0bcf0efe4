"""Everything on this machine: `make run`."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from io import StringIO
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from tutorai import embedded

PATIENCE = 120  # seconds for a part to answer
QUEUES = "grades,interactive,sync,bulk"


class Command(BaseCommand):
    help = "Run the tool, the sandbox LMS, a worker and the scheduler until Ctrl-C."

    def handle(self, **options: Any) -> None:
        port = int(os.environ.get("PORT") or 8000)
        beside = int(os.environ.get("SANDBOX_PORT") or 8001)
        for name, wanted in (("PORT", port), ("SANDBOX_PORT", beside)):
            refuse_taken(name, wanted)
        tool, sandbox = f"http://localhost:{port}", f"http://127.0.0.1:{beside}"
        os.environ |= {"PUBLIC_URL": tool, "DEVELOPMENT": "1"}
        note = settings.DATA_DIR / "public_url"  # manage.py in this checkout reads it
        call_command("messages", verbosity=0, stdout=StringIO())
        call_command("migrate", verbosity=0)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(tool)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        children: list[subprocess.Popen[bytes]] = []
        try:
            children.extend(child(*words) for words in commands(port, beside, tool))
            wait_for(f"{sandbox}/sandbox/health", children)
            wait_for(f"{tool}/healthz", children)
            call_command("seed", sandbox=sandbox, tool=tool, stdout=StringIO())
            self.stdout.write(f"\n  Sandbox LMS  {sandbox}\n  Tutor.AI     {tool}\n")
            self.stdout.write("  Open the sandbox and launch as a student. Ctrl-C stops it all.\n")
            self.stdout.flush()
            watch(children)
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        finally:
            leave(children)
            note.unlink(missing_ok=True)


def commands(port: int, beside: int, tool: str) -> list[list[str]]:
    """Return the parts, each as the words after `python -m`."""
    return [
        ["connectors.sandbox", "--port", str(beside), "--tool-url", tool],
        [
            *("uvicorn", "tutorai.asgi:application", "--lifespan", "on", "--workers", "2"),
            *("--port", str(port), "--log-level", "warning", "--no-access-log"),
        ],
        [*["celery", "-q", "-A", "tutorai", "worker", "-c", "2", "-l", "warning", "-Q"], QUEUES],
        [
            *["celery", "-q", "-A", "tutorai", "beat", "-l", "warning", "--pidfile=", "-s"],
            str(settings.DATA_DIR / "beat"),
        ],
    ]


def child(*words: str) -> subprocess.Popen[bytes]:
    """Start a part that the kernel ends with us."""
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONWARNINGS": "ignore:::celery.platforms"},  # a laptop's own root
        preexec_fn=embedded.dies_with_owner(signal.SIGTERM),
    )


def refuse_taken(name: str, port: int) -> None:
    """Raise CommandError when somebody listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken; choose another: make run {name}={port + 10}"
            ) from error


def wait_for(url: str, children: list[subprocess.Popen[bytes]]) -> None:
    """Wait until `url` answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended(children)
        with suppress(URLError, OSError):
            urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise CommandError(f"{url} does not answer.")


def ended(children: list[subprocess.Popen[bytes]]) -> None:
    """Raise CommandError when a part has ended."""
    for process in children:
        if process.poll() is not None:
            name = " ".join(map(str, process.args[2:4]))  # type: ignore[index]  # args is a list
            raise CommandError(f"{name} ended ({process.returncode}).")


def watch(children: list[subprocess.Popen[bytes]]) -> None:
    """Return never; raise when a part ends."""
    while True:
        ended(children)
        time.sleep(1)


def leave(children: list[subprocess.Popen[bytes]]) -> None:
    """End every part: ask, then insist."""
    for process in children:
        process.terminate()
    for process in children:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
