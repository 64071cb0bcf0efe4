"""Many launches at once, and what each of them cost whom."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from tests.bench import browser, machine
from tests.bench.place import Place, Tool
from tests.bench.platform import Platform, Visit

SAMPLE = 25  # one session in as many is used afterwards


@dataclass(frozen=True)
class Round:
    """Launches that all succeeded, and CPU seconds by who spent them."""

    launches: int
    seconds: float
    server: float
    database: float
    redis: float
    generator: float
    machine: float  # all of the machine, with what does not belong to the bench

    def __add__(self, other: "Round") -> "Round":
        mine, theirs = vars(self), vars(other)
        return Round(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def cpu(self) -> float:
        """Server milliseconds a launch."""
        return 1000 * self.server / self.launches

    @property
    def rate(self) -> float:
        """Launches a second."""
        return self.launches / self.seconds


def run(
    place: Place, tool: Tool, platform: Platform, visits: list[Visit], clients: int
) -> tuple[Round, list[browser.Came]]:
    """Launch every visit, `clients` at a time; raise Failed if one does not get in."""
    before, start = _meters(place, tool), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        came = list(pool.map(partial(browser.launch, tool, platform), visits))
    seconds = time.perf_counter() - start
    costs = [then - now for then, now in zip(_meters(place, tool), before, strict=True)]
    for one in came[::SAMPLE]:
        browser.ask_who(tool, one)
    return Round(len(visits), seconds, *costs), came


def _meters(place: Place, tool: Tool) -> list[float]:
    return [
        machine.spent([tool.pid]),
        machine.spent([place.postgres_pid] if place.postgres_pid else []),
        machine.spent([place.redis_pid] if place.redis_pid else []),
        sum(os.times()[:2]),
        machine.busy(),
    ]
