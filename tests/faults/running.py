"""Run one trial: grades on their way while something fails, then rest, then judge."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults import verdict
from tests.faults.classwork import Classwork
from tests.faults.trials import AGAIN, Life, Stage
from tests.faults.verdict import Verdict

PATIENCE = 240  # seconds until all of a trial's grades have arrived
MOST = 12  # workers killed in one trial
TICK = 0.1  # seconds


@dataclass(frozen=True)
class Trial:
    """What a trial came to."""

    name: str
    verdict: Verdict
    seconds: float
    kills: int
    restarts: int
    again: int  # messages handed out again
    requests: int  # that the LMS met

    @property
    def idle(self) -> bool:
        """Whether nothing failed: what was to strike did not, which proves nothing."""
        unkilled = "killed " in self.name and not self.restarts
        return unkilled or (self.name == AGAIN and not self.again)

    @property
    def violations(self) -> int:
        """How much is not as it must be."""
        return self.verdict.violations + self.idle

    def told(self) -> dict[str, Any]:
        """The same as plain data."""
        found = {**vars(self), **vars(self.verdict), "states": dict(self.verdict.states)}
        return {name: value for name, value in found.items() if name != "verdict"}


def run(name: str, spoil: Callable[[Stage], Life], at: Stage) -> Trial:
    """Let grades go out while `spoil` does its work."""
    crew = at.place.crew
    for school in at.schools:
        school.forget()
    before = _marks(at)
    start = time.monotonic()
    work = Classwork(at.schools, name, at.size)
    for _ in spoil(at):
        work.step()
        crew.tend()
        time.sleep(TICK)
    while work.step() or verdict.left(at.schools):
        if time.monotonic() > start + PATIENCE:
            break
        if _marks(at)[0] - before[0] >= MOST:
            crew.order()
        crew.tend()
        time.sleep(TICK)
    crew.order()
    seconds = time.monotonic() - start
    kills, restarts, again = (then - now for then, now in zip(_marks(at), before, strict=True))
    asked = sum(school.requests() for school in at.schools)
    return Trial(name, verdict.judge(work), round(seconds, 1), kills, restarts, again, asked)


def _marks(at: Stage) -> tuple[int, int, int]:
    crew = at.place.crew
    return len(crew.noted("kills")), crew.restarts.total(), len(crew.noted("redelivered"))


def settle(at: Stage, end: float) -> None:
    """Wait until nothing is on its way any more, or until `end` (monotonic seconds)."""
    while verdict.left(at.schools) and time.monotonic() < end:
        at.place.crew.tend()
        time.sleep(5 * TICK)
