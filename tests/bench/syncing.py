"""Reading a course from each pretend LMS: all of it, once more, and after one page changed.

Each reading is a process of its own (the command `sync`), so that its memory can be told. What was
written is what Postgres counted, beside the jobs and cursors that say how it went.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from django.db import connection, transaction

from connectors import tokens
from connectors.base import Grant
from connectors.content import UNSETTLED
from connectors.models import Connector
from tests import factories
from tests.bench import machine
from tests.bench.place import HOME
from tests.faults.crew import Crew
from tutorai import embedded
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import ContentItem

DIALECTS = ("canvas", "moodle", "blackboard")
MODULES = 20
CLIENT = httpx.Client(timeout=300)
SIZES = (1000, 10_000)  # items of the courses whose reading's memory is told
OF_RUNS = frozenset({"jobs", "connectors_synccursor", "connectors", "tokens"})  # rows of each run
# The pretend LMSs answer as fast as they can: how fast a real one may be asked is not measured.
UNHURRIED = {"MOODLE_RATE": "10000", "BLACKBOARD_DAILY_CALLS": "1000000"}


Tell = Callable[[str], None]


def measure(tool: str, items: int, tell: Tell, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Read a course of each LMS four times; return calls, seconds, memory and what was written.

    A third of its items are files. `tell` is told of each reading as it ends.
    """
    with _lms(tool) as url:
        worlds = {name: _world(name, url, items) for name in DIALECTS}
        time.sleep(UNSETTLED.total_seconds() + 5)  # what is that new is read twice on purpose
        read = {name: _dialect(world, tell) for name, world in worlds.items()}
    memory = {str(size): json.loads(_child("tests.bench.reader", str(size))[0]) for size in sizes}
    return {
        "load": machine.load(),
        "items": items,
        "read": read,
        "memory": memory,
    }


@contextmanager
def _lms(tool: str) -> Iterator[str]:
    crew, port = Crew(Path(os.environ["DATA_DIR"])), embedded.free_port()
    url = f"http://127.0.0.1:{port}"
    words = ("connectors.sandbox", "--port", str(port), "--tool-url", tool)
    try:
        crew.start("lms", *words, ready=f"{url}/sandbox/health")
        yield url
    finally:
        crew.end()


@dataclass(frozen=True)
class There:
    """A course of a pretend LMS, and who may read it."""

    lms: str
    url: str
    told: dict[str, Any]

    @property
    def course(self) -> dict[str, Any]:
        """The course as the sandbox describes it."""
        return dict(next(iter(self.told["courses"].values())))

    def asked(self) -> int:
        """Return how many requests it saw so far."""
        where = {"world": self.told["world"]}
        return len(CLIENT.get(f"{self.url}/sandbox/log", params=where).json())


def _world(lms: str, url: str, items: int) -> There:
    files = items // 3
    fill = {"filler_pages": items - files, "filler_files": files, "filler_modules": MODULES}
    world = {"dialect": lms, "courses": ["chemistry"], **fill}
    return There(lms, url, CLIENT.post(f"{url}/sandbox/worlds", json=world).json())


def _dialect(there: There, tell: Tell) -> dict[str, Any]:
    row, found = _connected(there), {}

    def run(name: str, *how: str) -> None:
        found[name] = _run(there, row, *how)
        tell(f"{'Sync: ' + there.lms:<20}{name}: {words(found[name])}")

    run("full")
    run("unchanged", "--quick")
    run("unchanged_full")
    page = next(iter(there.course["pages"].values()))["id"]
    edit = {"body": "<p>Marbles zigzag through treacle.</p>"}
    CLIENT.post(f"{there.url}/sandbox/pages/{page}", json=edit).raise_for_status()
    run("one_changed", "--quick")
    return found


def words(one: dict[str, Any]) -> str:
    """One reading in a line for people."""
    wrote = f"{sum(one['rows_written'].values())} rows written, {one['indexed_anew']} to index"
    return f"{one['requests']} requests, {one['seconds']} s, {one['peak_mb']} MB, {wrote}"


def _connected(there: There) -> Connector:
    course, own = factories.a_course(), there.course["id"]
    row = Connector.objects.create(
        institution=course.institution,
        course=course,
        lms=there.lms,
        base_url=there.url,
        external_id=f"_{own}_1" if there.lms == "blackboard" else own,
    )
    who = there.told["people"].get("service", there.told["people"]["teacher"])
    with transaction.atomic():
        tokens.keep(row, Grant(who["token"]))
    return row


def _run(there: There, row: Connector, *how: str) -> dict[str, Any]:
    """Read once; what is to be indexed is counted, and left."""
    jobs = Job.objects.filter(course=row.course_id, kind="index_item")
    jobs.delete()
    time.sleep(1)  # what others wrote just before is counted by then
    asked, before, start = there.asked(), _written(), time.perf_counter()
    said, peak = _child("django", "sync", "--course", str(row.course_id), *how)
    seconds = time.perf_counter() - start
    (told,) = json.loads(said)["courses"]
    after = _written()
    changed = {name: after[name] - before.get(name, 0) for name in after}
    return {
        "state": told["state"],
        "status": {kind: each["status"] for kind, each in told["read"].items()},
        "requests": there.asked() - asked,
        "seconds": round(seconds, 1),
        "peak_mb": peak // 1024,
        "items": ContentItem.objects.filter(course=row.course_id, deleted_at=None).count(),
        "indexed_anew": jobs.count(),
        "rows_written": {
            name: rows for name, rows in changed.items() if rows and name not in OF_RUNS
        },
    }


def _child(module: str, *words: str) -> tuple[str, int]:
    """Run a module of ours; return what it printed, and its peak memory in KiB."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=HOME,
        env={**os.environ, **UNHURRIED},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{module} {words} ended with {process.returncode}")
    return said, used.ru_maxrss


def _written() -> dict[str, int]:
    """Return how many rows of each table were written so far, as Postgres counts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables")
        return dict(cursor.fetchall())
