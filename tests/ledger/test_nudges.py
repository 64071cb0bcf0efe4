"""A broker that is away keeps nobody waiting: the sweeper finds what it was not told."""

import os
import subprocess
import sys
import time
from uuid import UUID

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


def test_who_could_not_reach_the_broker_does_not_try_for_each_of_many_jobs() -> None:
    tried: list[UUID] = []

    def away(job: Job) -> None:
        tried.append(job.pk)
        time.sleep(0.03)
        raise ConnectionError()

    several = [Job(pk=new_id()) for _ in range(5)]
    before, jobs.nudge = jobs.nudge, away
    try:
        for job in several:
            jobs.wake(job)
        assert tried == [several[0].pk]

        time.sleep(0.4)
        jobs.wake(several[1])
        assert tried == [several[0].pk, several[1].pk]
        time.sleep(0.4)
    finally:
        jobs.nudge = before
