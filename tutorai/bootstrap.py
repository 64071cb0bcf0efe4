"""Make .venv ready; `make` calls this when what it should hold has changed.

Needs nothing but Python, and says in one sentence what is missing. Older Pythons must be able to
read it, or they could not say that they are too old.
"""

import fcntl
import os
import shutil
import subprocess
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(HOME, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
READY = os.path.join(VENV, ".ready")
LOCKED = [os.path.join(HOME, name) for name in ("pyproject.toml", "uv.lock")]
UV = "uv==0.13.9"
DISK = 1500  # MB that .venv and .data take


def main() -> str:
    """Do it; return what is in the way, or nothing."""
    version = sys.version_info[:2]
    if not (3, 11) <= version <= (3, 14):
        words = "Tutor.AI needs Python 3.11 to 3.14, this is {}.{}: make PYTHON=python3.12 run"
        return words.format(*version)
    with open(LOCKED[0]) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second make waits here until the first has done it
        return "" if ready() else installed()


def ready() -> bool:
    """Whether .venv is newer than what it should hold."""
    return os.path.exists(READY) and all(
        os.path.getmtime(READY) > os.path.getmtime(each) for each in LOCKED
    )


def installed() -> str:
    """Install what uv.lock names; return what is in the way, or nothing."""
    if not os.access(HOME, os.W_OK):
        return "Tutor.AI cannot write in " + HOME
    if not os.path.exists(PYTHON) and shutil.disk_usage(HOME).free < DISK * 2**20:
        return "Tutor.AI needs 1.5 GB of free disk here."
    if fault(PYTHON, "-m", "pip", "--version") is not None:
        print("Setting .venv up, once …", flush=True)  # noqa: T201
        said = fault(sys.executable, "-m", "venv", "--clear", VENV)
        if said is not None:
            words = (
                "This Python makes no virtual environment (Debian: apt-get install python3-venv)."
            )
            return words + " It said: " + said
    said = fault(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", UV)
    if said is None:
        sync = [PYTHON, "-m", "uv", "sync", "--frozen", "--inexact"]
        # The system's certificates first: a school's proxy may have one of its own.
        said = fault(*sync, "--system-certs") and fault(*sync)
    if said is not None:
        return "The packages cannot be installed; is there a network, and disk? It said: " + said
    with open(READY, "w"):
        return ""


def fault(*command: str) -> "str | None":
    """Run a program; return the last line it said when it failed, None when it did not."""
    try:
        done = subprocess.run(
            command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
    except OSError as error:
        return str(error)
    lines = done.stdout.decode(errors="replace").strip().splitlines() or ["nothing"]
    return lines[-1] if done.returncode else None


if __name__ == "__main__":
    try:
        sys.exit(main() or 0)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"Tutor.AI cannot be set up here: {error}")
