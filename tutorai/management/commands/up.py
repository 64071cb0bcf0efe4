"""Everything on this machine: `make run`."""

import fcntl
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from tutorai import embedded
from tutorai.models import Office

PATIENCE = 120  # seconds for a part to answer
OWNER = "owner@example.edu"  # whom the sandbox's school invites
QUEUES = "grades,interactive,sync,bulk"
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Child = subprocess.Popen[bytes]


class Command(BaseCommand):
    help = "Run the tool, the sandbox LMS, a worker and the scheduler until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--attached", action="store_true", help="end when the program that started this ends"
        )

    def handle(self, *, attached: bool, **options: Any) -> None:
        for number in ENDS:
            signal.signal(number, stopped)  # a shell may have had SIGINT ignored
        note = settings.DATA_DIR / "public_url"  # manage.py in this checkout reads it
        children: list[Child] = []
        try:
            with alone(settings.DATA_DIR / "up.lock", note):
                try:
                    self.run(note, children, os.getppid() if attached else None)
                finally:
                    leave(children)
                    note.unlink(missing_ok=True)
        except Stopped:
            self.stdout.write("Stopped.")
        except (OSError, DatabaseError) as error:
            raise CommandError(f"Tutor.AI cannot run: {str(error).strip()}") from error

    def run(self, note: Path, children: list[Child], owner: int | None) -> None:
        """Start everything, say where to click, and watch it."""
        port, beside = named_port("PORT", 8000), named_port("SANDBOX_PORT", 8001)
        tool, sandbox = f"http://localhost:{port}", f"http://127.0.0.1:{beside}"
        os.environ |= {"PUBLIC_URL": tool, "DEVELOPMENT": "1"}
        letters = settings.DATA_DIR.absolute() / "letters"
        mail = os.environ.setdefault("EMAIL_URL", f"filemail:///{letters}")
        call_command("messages", verbosity=0, stdout=StringIO())
        call_command("migrate", verbosity=0)
        note.write_text(tool)
        children.extend(child(*words) for words in commands(port, beside, tool))
        wait_for(f"{sandbox}/sandbox/health", children, owner)
        wait_for(f"{tool}/healthz", children, owner)
        call_command("seed", sandbox=sandbox, tool=tool, stdout=StringIO())
        self.stdout.write(f"\n  Sandbox LMS  {sandbox}\n  Tutor.AI     {tool}\n")
        self.stdout.write(f"  Your school  {owner_link(tool)}\n")
        if mail.endswith(str(letters)):
            self.stdout.write(f"  Letters      {letters}\n")
        self.stdout.write("  Open the sandbox and launch as a student. Ctrl-C stops it all.\n")
        self.stdout.flush()
        while True:
            check(children, owner)
            time.sleep(1)


def owner_link(tool: str) -> str:
    """Return where the sandbox's school is seen to: while it has no owner, how to become one."""
    if Office.objects.filter(institution__slug="default", role=Office.Role.OWNER).exists():
        return f"{tool}/institution/"
    said = StringIO()
    call_command("institution_owner", institution="default", email=OWNER, stdout=said)
    secret = json.loads(said.getvalue())["url"].partition("#")[2]
    return f"{tool}/sign-in/invitation/#{secret}"


class Stopped(BaseException):
    """Somebody asked us to end. No error: nothing that expects errors may keep us."""


def stopped(*_: object) -> NoReturn:
    """Begin to end, whatever signal asks for it; the next one is not heard."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    # A statement cut off in its middle is what was asked for, not worth a warning.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    raise Stopped()


@contextmanager
def alone(lock: Path, note: Path) -> Iterator[None]:
    """Hold the folder for one run; raise CommandError when there is one already."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            where = note.read_text() if note.exists() else "it is just starting"
            raise CommandError(f"Tutor.AI runs in this folder already: {where}") from error
        yield


def named_port(name: str, usual: int) -> int:
    """Return the port that the variable `name` names; raise CommandError if we cannot have it."""
    given = os.environ.get(name) or str(usual)
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CommandError(f"{name}={given} is no port.")
    port = int(given)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken; choose another: make run {name}={port + 10}"
            ) from error
    return port


def commands(port: int, beside: int, tool: str) -> list[list[str]]:
    """Return the parts, each as the words after `python -m`."""
    return [
        ["connectors.sandbox", "--port", str(beside), "--tool-url", tool],
        [
            *("uvicorn", "tutorai.asgi:application", "--lifespan", "on", "--workers", "2"),
            *("--port", str(port), "--log-level", "warning", "--no-access-log"),
            "--no-proxy-headers",
        ],
        [*["celery", "-q", "-A", "tutorai", "worker", "-c", "3", "-l", "warning", "-Q"], QUEUES],
        ["celery", "-q", "-A", "tutorai", "beat", "-l", "warning", "--pidfile="],
    ]


def child(*words: str) -> Child:
    """Start a part that the kernel ends with us."""
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=settings.BASE_DIR,
        env={
            "SHUTDOWN_SECONDS": "5",
            **os.environ,
            "REMAP_SIGTERM": "SIGQUIT",  # a worker hands back what it does not finish
            "PYTHONWARNINGS": "ignore:::celery.platforms",  # a laptop's own root
        },
        preexec_fn=embedded.dies_with_owner(signal.SIGTERM),
    )


def wait_for(url: str, children: list[Child], owner: int | None) -> None:
    """Wait until `url` answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        check(children, owner)
        with suppress(URLError, OSError):
            urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise CommandError(f"{url} does not answer.")


def check(children: list[Child], owner: int | None) -> None:
    """Raise CommandError when a part has ended, Stopped when who started us has."""
    if owner is not None and os.getppid() != owner:
        raise Stopped()
    for process in children:
        if process.poll() is not None:
            name = " ".join(map(str, process.args[2:4]))  # type: ignore[index]  # args is a list
            raise CommandError(f"{name} ended ({process.returncode}).")


def leave(children: list[Child], patience: float = 10) -> None:
    """End every part: ask, then insist after `patience` seconds."""
    for process in children:
        process.terminate()
    for process in children:
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
