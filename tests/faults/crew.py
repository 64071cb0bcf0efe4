"""The processes of an installation: started, and started again when they were killed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from tutorai import embedded

HOME = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds for a process to answer; the machine may be busy
WORKER = [
    "celery",
    "-q",
    "-A",
    "tests.faults.worker",
    "worker",
    "-l",
    "warning",
    "-Q",
    "grades,interactive,sync,bulk",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
]
BEAT = ["celery", "-q", "-A", "tutorai", "beat", "-l", "info", "--pidfile="]


class Crew:
    """Processes by name. Their words go to `<folder>/<name>.log`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}  # of every process that is started from now on
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.words: dict[str, list[str]] = {}
        self.restarts: Counter[str] = Counter()

    def start(self, name: str, *words: str, ready: str = "") -> None:
        """Run `python -m words…`; wait until `ready` answers."""
        self.words[name] = list(words)
        self._run(name)
        end = time.monotonic() + PATIENCE
        while ready:
            with suppress(OSError), urlopen(ready, timeout=5):
                return
            if self.running[name].poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{name} does not answer: {self.log(name)[-2000:]}")
            time.sleep(0.1)

    def worker(self, name: str, size: int, **env: str) -> None:
        """Start a worker of so many processes, or end it and start it anew."""
        self.end(name)
        self.env |= env
        self.start(name, *WORKER, "-c", str(size))

    def _run(self, name: str) -> None:
        settings: Mapping[str, str] = {
            **os.environ,
            "FAULTS": str(self.folder),
            "PYTHONWARNINGS": "ignore",
            "REMAP_SIGTERM": "SIGQUIT",
            "SHUTDOWN_SECONDS": "1",
            **self.env,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *self.words[name]],
                cwd=HOME,
                env=settings,
                stdout=log,
                stderr=log,
                preexec_fn=embedded.dies_with_owner(signal.SIGTERM),
            )

    def tend(self) -> None:
        """Start again whatever has ended. From the main thread: see `tutorai.embedded`."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.restarts[name] += 1
                self._run(name)

    def kill(self, name: str) -> None:
        """End a process and its children the way a lost machine does."""
        process = self.running[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self, *names: str) -> None:
        """Ask these processes to end, and see that they do; all of them when none is named."""
        ended = [
            self.running.pop(name) for name in names or list(self.running) if name in self.running
        ]
        for process in ended:
            process.terminate()
        for process in ended:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def order(self, point: str = "", every: int = 1) -> None:
        """Have workers die whenever one of them reached a point about so often; or no more."""
        fresh = self.folder / "order.new"
        fresh.write_text(f"{point} {every}" if point else "")
        fresh.replace(self.folder / "order")

    def noted(self, name: str) -> list[str]:
        """Return what workers wrote down: "kills", "redelivered"."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def log(self, name: str) -> str:
        """Return all that a process has said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")
