"""What processes cost, from Linux's /proc, so that a busy machine does not blur a figure."""

import os
import platform
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")  # ticks a second
PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes
PROC = Path("/proc")


def measurable() -> bool:
    """Whether this system has a /proc as we read it."""
    return (PROC / "self" / "stat").exists()


def described() -> dict[str, Any]:
    """Say what figures were taken on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "python": platform.python_version(),
        "load": load(),
    }


def cores() -> int:
    """Return how many cores we may use."""
    return len(os.sched_getaffinity(0))


def load() -> float:
    """Return the load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def busy() -> float:
    """Return the CPU seconds all of the machine has spent since it started."""
    line = (PROC / "stat").read_text().splitlines()[0]
    user, nice, system, _idle, _wait, *interrupts = map(int, line.split()[1:8])
    return (user + nice + system + sum(interrupts)) / TICK


def spent(roots: Iterable[int]) -> float:
    """Return the CPU seconds of these processes and all below them, ended ones too."""
    children: dict[int, list[int]] = defaultdict(list)
    seconds: dict[int, float] = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (stat := _stat(folder)):
            pid, (parent, seconds[pid]) = int(folder.name), stat
            children[parent].append(pid)
    total, waiting = 0.0, list(roots)
    while waiting:
        pid = waiting.pop()
        total += seconds.get(pid, 0.0)
        waiting += children[pid]
    return total


def _stat(folder: Path) -> tuple[int, float] | None:
    """Return (parent, CPU seconds with those of children that have ended); None: it is gone."""
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(map(int, fields[11:15])) / TICK


def resident(root: int) -> float:
    """Return the MB of memory that a process and those below it hold, shared pages in each."""
    below: dict[int, list[int]] = defaultdict(list)
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (told := _parent(folder)) is not None:
            below[told].append(int(folder.name))
    found, waiting = 0.0, [root]
    while waiting:
        pid = waiting.pop()
        waiting += below[pid]
        with suppress(OSError, ValueError, IndexError):
            found += int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE / 1e6
    return found


def _parent(folder: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return None
