"""Grades on their way to an LMS: the ledger beside plain Celery tasks that make the same calls.

The plain tasks read the cell and send the score, as the ledger does, and remember nothing: what
they cost more or less is the price of the guarantees. The LMS is the pretend Canvas.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from django.core.cache import cache

from tests.bench import machine, place, plain
from tests.faults.crew import Crew
from tests.faults.schools import Column, School, a_school
from tutorai import embedded, flows, gradebook
from tutorai.gradebook import Entry, Hold
from tutorai.ledger.models import GradeIntent

GOAL = 0.7  # of the plain tasks' throughput
PATIENCE = 180  # seconds for one round
LOOK = 0.05  # seconds between two looks at whether all have arrived
SIZE = "3"  # processes of the worker


@dataclass
class Side:
    """What one way of sending grades did, round by round."""

    rates: list[float] = field(default_factory=list)  # grades a second
    cpu: list[float] = field(default_factory=list)  # milliseconds of the worker a grade


def measure(at: place.Place, tool: place.Tool, rounds: int, size: int, calm: int) -> dict[str, Any]:
    """Send `size` grades at once in each of `rounds`, both ways in turn; then `calm` one by one."""
    with _lms(tool.url) as url, _worker() as crew:
        school = a_school(url, "canvas", max(size, calm), tool.url)
        ours, beside = Side(), Side()
        sides = [(ours, _ledger(school)), (beside, _plain(school))]
        for turn in range(rounds + 1):
            # Whoever is first finds other caches: they take turns in that, too.
            for side, send in sides if turn % 2 else reversed(sides):
                rate, cpu = _round(crew, send, size if turn else 30)
                if turn:  # the first round warms up
                    side.rates.append(rate)
                    side.cpu.append(cpu)
                    name = "ledger" if side is ours else "plain"
                    sys.stderr.write(f"  {name:>6}  {rate:5.1f} a second, {cpu:.1f} ms CPU\n")
        times = _calm(school, calm)
    cuts = quantiles(times, n=20)
    rates = [a / b for a, b in zip(ours.rates, beside.rates, strict=True)]
    return {
        "grades_each": rounds * size,
        "rate_ratio": {**_spread(rates), "goal": GOAL},
        "cpu_ratio": _spread([a / b for a, b in zip(ours.cpu, beside.cpu, strict=True)]),
        "ours": _told(ours),
        "plain": _told(beside),
        "arrival_ms": {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1), "of": len(times)},
    }


@contextmanager
def _lms(tool: str) -> Iterator[str]:
    """The pretend LMS, with a database beside ours."""
    crew, port = Crew(Path(os.environ["DATA_DIR"])), embedded.free_port()
    url = f"http://127.0.0.1:{port}"
    words = ("connectors.sandbox", "--port", str(port), "--tool-url", tool)
    try:
        crew.start("lms", *words, ready=f"{url}/sandbox/health")
        yield url
    finally:
        crew.end()


@contextmanager
def _worker() -> Iterator[Crew]:
    crew = Crew(Path(os.environ["DATA_DIR"]))
    words = "celery -q -A tests.bench.plain worker -l warning -Q grades,interactive -c"
    try:
        crew.start("worker", *words.split(), SIZE)
        yield crew
    finally:
        crew.end()


# Makes so many grades ready, and returns what lets them go and what says how many arrived.
Sender = Callable[[int], tuple[Callable[[], object], Callable[[], int]]]


def _entries(school: School, column: Column, size: int) -> list[Entry]:
    users = list(school.students.values())[:size]
    return [Entry(user.pk, Decimal(80), f"{column.row.label}: well done.") for user in users]


def _ledger(school: School) -> Sender:
    """Approved and held; released at once."""
    names = count()

    def ready(size: int) -> tuple[Callable[[], object], Callable[[], int]]:
        column = school.column(f"Ledger {next(names)}")
        held = school.approve(column, _entries(school, column, size), Hold())
        pks = [intent.pk for intent in held]
        there = GradeIntent.objects.filter(line_item=column.row, state="delivered")
        return lambda: gradebook.release(school.teacher, pks), there.count

    return ready


def _plain(school: School) -> Sender:
    """One task a grade."""
    names = count()

    def ready(size: int) -> tuple[Callable[[], object], Callable[[], int]]:
        column = school.column(f"Plain {next(names)}")
        entries = _entries(school, column, size)
        cache.set(plain.DONE, 0, None)

        def go() -> None:
            for entry in entries:
                told = (str(entry.user_id), str(entry.points), entry.comment)
                plain.send.delay(str(column.row.pk), *told)

        return go, lambda: int(cache.get(plain.DONE) or 0)

    return ready


def _round(crew: Crew, send: Sender, size: int) -> tuple[float, float]:
    """Send so many at once; return grades a second, and the worker's CPU milliseconds for one."""
    worker = crew.running["worker"].pid
    go, arrived = send(size)
    spent, start = machine.spent([worker]), time.perf_counter()
    go()
    while arrived() < size:
        if time.perf_counter() - start > PATIENCE:
            raise RuntimeError(f"{arrived()} of {size} arrived: {crew.log('worker')[-2000:]}")
        time.sleep(LOOK)
    seconds = time.perf_counter() - start
    return size / seconds, 1000 * (machine.spent([worker]) - spent) / size


def _calm(school: School, size: int) -> list[float]:
    """Approve one grade after the other; return the milliseconds from release to arrival."""
    column, times = school.column("Calm"), []
    for entry in _entries(school, column, size):
        drafts = gradebook.draft(school.teacher, column.row, [entry])
        made = flows.approve(school.teacher, [drafts[0].pk], Hold(minutes=0))[0]
        end = time.monotonic() + PATIENCE
        while made.delivered_at is None:
            assert time.monotonic() < end, made.state
            time.sleep(LOOK)
            made.refresh_from_db()
        assert made.release_at is not None  # it was approved with a hold of no minutes
        times.append(1000 * (made.delivered_at - made.release_at).total_seconds())
    return times


def _spread(found: list[float]) -> dict[str, float]:
    """Ours over the plain one's, round by round: each pair of rounds met the same machine."""
    named = {"median": median(found), "least": min(found), "most": max(found)}
    return {name: round(value, 2) for name, value in named.items()}


def _told(side: Side) -> dict[str, float]:
    return {"per_second": round(median(side.rates), 1), "cpu_ms": round(median(side.cpu), 1)}
