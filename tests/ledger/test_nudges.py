"""A broker that is away keeps nobody waiting: the sweeper finds what it was not told."""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

from django.db import connections, transaction

from tutorai.ids import new_id
from tutorai.ledger import jobs
from tutorai.ledger.models import Job

NUDGE = """
import django, time
django.setup()
from tutorai.ledger import jobs
from tutorai.ledger.models import Job
jobs.wake(Job(queue="grades"))
start = time.monotonic()
time.sleep(0.5)
jobs.wake(Job(queue="grades"))
print(time.monotonic() - start)
"""


def test_a_nudge_does_not_wait_for_a_broker_that_is_away() -> None:
    away = {"REDIS_URL": "redis://127.0.0.1:1", "DJANGO_SETTINGS_MODULE": "tutorai.settings"}
    words = [sys.executable, "-c", NUDGE]
    said = subprocess.run(words, env={**os.environ, **away}, capture_output=True, text=True)

    assert said.stderr.count("No nudge") >= 1
    assert float(said.stdout) < 2


def eventually(job: Job, heard: list[UUID], times: int) -> None:
    """Wake the job until the door was tried so often."""
    end = time.monotonic() + 20
    while len(heard) < times and time.monotonic() < end:
        jobs.wake(job)
        time.sleep(0.01)


def test_who_could_not_reach_the_broker_does_not_try_for_each_of_many_jobs() -> None:
    tried: list[UUID] = []
    heard: list[UUID] = []

    def away(job: Job) -> None:
        tried.append(job.pk)
        time.sleep(0.05)
        raise ConnectionError()

    several = [Job(pk=new_id()) for _ in range(5)]
    before, jobs.nudge = jobs.nudge, away
    try:
        eventually(several[0], tried, 1)
        for job in several[1:]:
            jobs.wake(job)
        assert tried == [several[0].pk]

        jobs.nudge = lambda job: heard.append(job.pk)
        eventually(several[1], heard, 1)
        jobs.wake(several[2])
    finally:
        jobs.nudge = before

    assert heard == [several[1].pk, several[2].pk]


def test_the_sweeper_waits_for_nobody_who_changes_a_job() -> None:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    job = jobs.add("kind", {}, queue="sync", due_at=long_ago)
    swept: list[int] = []

    def sweep() -> None:
        swept.append(jobs.sweep())
        connections.close_all()

    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        sweeper.join(20)

    job.refresh_from_db()
    assert (len(swept), job.nudged_at) == (1, None)
    jobs.sweep()
    job.refresh_from_db()
    assert job.nudged_at is not None
