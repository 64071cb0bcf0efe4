"""A real worker is killed at every named point of a grade's life: each arrives, and arrives once."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Running
from tests.faults import verdict
from tests.faults.classwork import Classwork
from tests.faults.crew import Crew
from tests.faults.schools import DIALECTS, a_school
from tutorai import flows
from tutorai.ledger import points

pytestmark = pytest.mark.long

GRADES = 200
CELLS = 159  # 53 in each school: see `tests.faults.classwork.FATES`
DELAYS = 0.03  # a minute is 1.8 s
EVERY = 6  # grades that a process sees, about, before it is killed
POINTS = (points.BEFORE_CLAIM, points.AFTER_CLAIM, points.AFTER_SEND, points.BEFORE_COMMIT)
PATIENCE = 240  # seconds; the machine may be busy


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    """A worker that dies where it is told to."""
    crew = Crew(tmp_path)
    crew.env = {"DELAYS": str(DELAYS)}
    crew.worker("worker", 2)
    yield crew
    crew.kill("worker")  # it would take its time, and has nothing left to do
    crew.end()


def test_200_grades_arrive_once_whenever_their_worker_is_killed(
    sandbox: Running, tool: Running, crew: Crew, settings: Any
) -> None:
    settings.DELAYS = DELAYS
    schools = [a_school(sandbox.url, dialect, CELLS // 3, tool.url) for dialect in DIALECTS]
    work = Classwork(schools, "Killed", CELLS)

    still_to_come = list(POINTS)
    crew.order(still_to_come[0], EVERY)
    end = time.monotonic() + PATIENCE
    while (work.step() or verdict.left(schools)) and time.monotonic() < end:
        flows.sweep()
        crew.tend()
        if still_to_come and still_to_come[0] in crew.noted("kills"):
            still_to_come.pop(0)
            crew.order(still_to_come[0] if still_to_come else "", EVERY)
        time.sleep(0.05)

    found = verdict.judge(work)
    assert sorted(set(crew.noted("kills"))) == sorted(POINTS)
    assert found.grades >= GRADES
    assert (found.violations, found.examples) == (0, [])
