"""The Celery app. It carries job ids; what must happen stands in Postgres (tutorai.ledger)."""

import os
from enum import StrEnum
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorai.settings")


class Queue(StrEnum):
    """One queue for each thing that must not wait behind another."""

    GRADES = "grades"  # what a teacher approved
    INTERACTIVE = "interactive"  # a person is waiting
    SYNC = "sync"  # reads from an LMS
    BULK = "bulk"  # embedding, backfill, exports


class HandBack(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Let others go on at once with what this worker, asked to end, had no time to finish.

    Celery's signal for the end of a worker is not sent where tasks were cut off.
    """

    def stop(self, worker: Any) -> None:
        """The worker ends, in whatever way it was asked to."""
        from tutorai.ledger import attempts, jobs

        jobs.hand_back(attempts.worker)

    terminate = stop


app = Celery("tutorai")
app.steps["worker"].add(HandBack)
app.config_from_object("django.conf:settings", namespace="CELERY")
# Every task has a line here. `run` goes to its job's own queue (tutorai.tasks.nudge).
app.conf.task_routes = {
    "tutorai.tasks.run": {"queue": Queue.INTERACTIVE.value},
    "tutorai.tasks.resync": {"queue": Queue.SYNC.value},
    "tutorai.tasks.reconcile": {"queue": Queue.SYNC.value},
    "tutorai.tasks.turn_keys": {"queue": Queue.BULK.value},
    "tutorai.tasks.tidy": {"queue": Queue.BULK.value},
    "tutorai.tasks.alarm": {"queue": Queue.INTERACTIVE.value},
    "tutorai.tasks.sweep": {"queue": Queue.INTERACTIVE.value},
}
app.autodiscover_tasks(["tutorai"])
