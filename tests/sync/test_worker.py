"""Reading by a real Celery worker, and what a killed one leaves behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import Running, running
from tests.sync.making import PATIENCE, School, a_school, joined, snapshot
from tutorai import flows
from tutorai.ledger import jobs
from tutorai.ledger.models import Job

pytestmark = pytest.mark.long

WORDS = "celery -A tutorai worker -c 2 -l error -Q grades,interactive,sync,bulk"


def wait(until: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


def kill(worker: Running) -> None:
    """End a worker and its children the way a lost machine does."""
    asked = ["pgrep", "-P", str(worker.process.pid)]
    children = subprocess.run(asked, capture_output=True, check=True, text=True).stdout
    for pid in [worker.process.pid, *map(int, children.split())]:
        os.kill(pid, signal.SIGKILL)
    worker.process.wait()


def overdue(school: School) -> None:
    """Let the lost worker's leases run out now."""
    Job.objects.filter(course=school.course, state=Job.State.RUNNING).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def unindexed(school: School) -> list[str]:
    return [each.title for each in school.course.items.all() if each.sha256 != each.indexed_sha256]


def ending(seconds: str) -> dict[str, str]:
    """The environment of a worker that has as long to finish, as production's has."""
    return {"REMAP_SIGTERM": "SIGQUIT", "SHUTDOWN_SECONDS": seconds}


def test_a_worker_killed_while_it_reads_costs_nothing_and_one_asked_to_end_hands_back_the_rest(
    sandbox: Running,
) -> None:
    whole, school = a_school(sandbox), a_school(sandbox, key="study")
    cut = joined(whole.url, whole.told, key=whole.key)
    whole.read()
    cut.fault("delay", "/pages/", after=25, times=1, seconds=600)

    with running(*WORDS.split()) as worker:
        job = cut.connect()
        wait(cut.spent)
        kill(worker)
    held = cut.course.items.exclude(version="").count()
    overdue(cut)
    with running(*WORDS.split(), env=ending("0.5")) as worker:
        jobs.sweep()
        wait(lambda: not Job.objects.filter(course=cut.course, state="running").exists())
        jobs.sweep()
        cut.settled()
        school.fault("delay", "/courses/", times=1, seconds=600, after=2)
        other = school.connect()
        wait(school.spent)
        worker.process.terminate()
        worker.process.wait(60)

    job.refresh_from_db()
    assert 3 <= held < whole.course.items.exclude(version="").count()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)
    assert snapshot(cut.course) == snapshot(whole.course)
    assert unindexed(cut) == []
    assert cut.indexed("Friction and drag")
    other.refresh_from_db()
    assert (other.state, other.attempts, other.lease) == (Job.State.WAITING, 0, None)
    assert other.due_at <= timezone.now()


def test_a_worker_reads_a_course_once_at_a_time_and_asked_to_end_finishes_what_it_can(
    sandbox: Running,
) -> None:
    school, last = a_school(sandbox), a_school(sandbox, key="study")
    last.fault("delay", "/courses/", times=1, seconds=1, after=2)

    with running(*WORDS.split(), env=ending("20")) as worker:
        school.connect()
        for _time in range(3):
            flows.sync_now(school.teacher)
        school.settled()
        job = last.connect()
        wait(last.spent)
        worker.process.terminate()
        worker.process.wait(60)

    assert Job.objects.filter(course=school.course, kind="sync_course").count() == 1
    assert school.cursor.generation <= 2  # what was asked for meanwhile is one more reading
    assert school.cursor.status == "ok"
    assert unindexed(school) == []
    job.refresh_from_db()
    assert job.state == Job.State.DONE
