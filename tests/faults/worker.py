"""A Celery worker as production runs it, which dies where it was ordered to.

Started as `celery -A tests.faults.worker worker`. The folder FAULTS names holds the order, a line
"<point> <n>" in the file `order`: whoever reaches the point about the n-th time is killed with its
whole worker, as when a machine is lost. What happened is written into files beside it.
"""

import os
import random
import signal
from pathlib import Path
from typing import Any

from celery.signals import task_prerun

from tutorai.celery import app as app
from tutorai.ledger import points

# Redis is asked each second for what it may hand out again, and not each hundred.
app.conf.broker_transport_options |= {"unacked_restore_interval": 1, "unacked_restore_throttle": 1}

FOLDER = Path(os.environ["FAULTS"])
chance = random.SystemRandom()  # children are forks: a seed would be the same in each


class Listener:
    """Counts, in this process, how often the ordered point was reached."""

    def __init__(self) -> None:
        self.order = ""
        self.left = 0

    def __call__(self, point: str) -> None:
        """Die, when it is time."""
        order = _read("order")
        named, _space, n = order.partition(" ")
        if named != point:
            return
        if order != self.order:
            self.order, self.left = order, chance.randint(int(n) // 2 + 1, int(n) * 3 // 2)
        self.left -= 1
        if self.left <= 0:
            _note("kills", point)
            os.killpg(0, signal.SIGKILL)


def _read(name: str) -> str:
    try:
        return (FOLDER / name).read_text()
    except FileNotFoundError:
        return ""


def _note(name: str, line: str) -> None:
    """Add a line; whole, whoever else does so at the same time."""
    with (FOLDER / name).open("a") as file:
        file.write(f"{line}\n")


def _handed_out_again(task: Any = None, **_: Any) -> None:
    if (task.request.delivery_info or {}).get("redelivered"):
        _note("redelivered", task.name)


task_prerun.connect(_handed_out_again)
points.listen = Listener()
