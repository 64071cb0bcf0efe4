"""Add a job, attempt it, bury it. Claimed by a conditional update, so two workers never share one.

A failure of the item itself is retried after 10 s, 60 s and 300 s, then the job is buried. While
the other side is away or throttles us, nothing counts as an attempt: the job waits, for a day.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from tutorai.errors import TutorError
from tutorai.ids import new_id
from tutorai.ledger.models import Job

logger = logging.getLogger(__name__)

PAUSES = (timedelta(seconds=10), timedelta(seconds=60), timedelta(seconds=300))
LEASE = timedelta(minutes=3)  # `progress` renews it; then the worker counts as lost
PATIENCE = timedelta(hours=24)  # how long a job waits for an LMS that is away
AWAY = timedelta(seconds=30)  # the pause when the other side named none

nudge: Callable[[Job], None] | None = None  # Celery's door, handed over by tutorai.apps


class LeaseLost(Exception):
    """Another worker holds this job now: stop without writing anything more."""


def add(
    kind: str,
    payload: Mapping[str, Any],
    *,
    queue: str,
    key: str | None = None,
    institution_id: UUID | None = None,
    course_id: UUID | None = None,
    asked_by: UUID | None = None,
    due_at: datetime | None = None,
) -> Job:
    """Write a job down; Celery is nudged when the transaction commits.

    With a `key`, one live job per (kind, key): a waiting one is returned as it is, a running
    one is asked to run once more afterwards.
    """
    job = Job(
        kind=kind,
        payload=dict(payload),
        queue=queue,
        key=key,
        institution_id=institution_id,
        course_id=course_id,
        asked_by_id=asked_by,
        due_at=due_at or timezone.now(),
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        return _join(job)
    transaction.on_commit(lambda: _nudge(job))
    return job


def _join(job: Job) -> Job:
    """Coalesce with the live job of the same key."""
    live = Job.objects.filter(
        kind=job.kind, key=job.key, state__in=[Job.State.WAITING, Job.State.RUNNING]
    )
    live.filter(state=Job.State.RUNNING).update(again=True)
    held = live.first()
    if held is None:  # it ended between our two statements
        job.save(force_insert=True)
        transaction.on_commit(lambda: _nudge(job))
        return job
    return held


def _nudge(job: Job) -> None:
    """Tell Celery, if it can be told; the sweeper finds the job otherwise."""
    if nudge is not None:
        try:
            nudge(job)
        except Exception as error:  # the broker's own errors are many; the row is what counts
            logger.warning("No nudge for job %s: %s", job.pk, type(error).__name__)


def claim(job_id: UUID | str) -> Job | None:
    """Take the job under a lease of this worker's own, or return None: done, or taken."""
    lease = new_id()
    claimed = (
        Job.objects.due()
        .filter(pk=job_id)
        .update(
            state=Job.State.RUNNING,
            attempts=F("attempts") + 1,
            lease=lease,
            lease_until=timezone.now() + LEASE,
            again=False,
        )
    )
    return Job.objects.get(pk=job_id) if claimed else None


def attempt(job_id: UUID | str, work: Mapping[str, Callable[[Job], None]]) -> None:
    """Try a job once, and write down how it ended. Returns at once when it is not due."""
    job = claim(job_id)
    if job is None:
        return
    if job.attempts > len(PAUSES) + 1:  # it took its worker down each time
        _end(job, state=Job.State.BURIED, error="lost_worker")
        return
    try:
        work[job.kind](job)
    except LeaseLost:
        logger.warning("Job %s went to another worker", job.pk)
    except TutorError as error:
        logger.info("Job %s (%s): %s", job.pk, job.kind, error.code)
        _failed(job, error)
    except Exception:
        logger.exception("Job %s (%s) met a bug", job.pk, job.kind)
        _again_or_bury(job, "bug")
    else:
        _end(job, state=Job.State.DONE, error="")


def progress(job: Job, done: int, total: int, step: str = "") -> None:
    """Show how far the job is, and renew its lease. Raises LeaseLost."""
    job.done, job.total, job.step = done, total, step
    held = Job.objects.filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING).update(
        done=done, total=total, step=step, lease_until=timezone.now() + LEASE
    )
    if not held:
        raise LeaseLost()


def sweep(limit: int = 200) -> int:
    """Nudge what is due and return how many: losing every message costs only latency."""
    late: Iterable[Job] = Job.objects.due().order_by("due_at")[:limit]
    due = list(late)
    for job in due:
        _nudge(job)
    return len(due)


def replay(job: Job) -> Job:
    """Dig a buried job up and run it again."""
    Job.objects.filter(pk=job.pk, state=Job.State.BURIED).update(
        state=Job.State.WAITING, attempts=0, due_at=timezone.now(), finished_at=None
    )
    job.refresh_from_db()
    _nudge(job)
    return job


def _failed(job: Job, error: TutorError) -> None:
    if not error.retry:
        _end(job, state=Job.State.BURIED, error=error.code)
    elif error.counted:
        _again_or_bury(job, error.code)
    elif timezone.now() - job.created_at > PATIENCE:
        _end(job, state=Job.State.BURIED, error=error.code)
    else:
        pause = AWAY if error.retry_after is None else timedelta(seconds=error.retry_after)
        _wait(job, pause, error.code, attempts=job.attempts - 1)


def _again_or_bury(job: Job, code: str) -> None:
    if job.attempts > len(PAUSES):
        _end(job, state=Job.State.BURIED, error=code)
    else:
        _wait(job, PAUSES[job.attempts - 1], code, attempts=job.attempts)


def _wait(job: Job, pause: timedelta, code: str, *, attempts: int) -> None:
    Job.objects.filter(pk=job.pk, lease=job.lease).update(
        state=Job.State.WAITING,
        due_at=timezone.now() + pause,
        attempts=attempts,
        error=code,
        lease=None,
        lease_until=None,
    )


def _end(job: Job, *, state: str, error: str) -> None:
    """Close the job; asked for again meanwhile, it waits for its next run instead."""
    mine = Job.objects.filter(pk=job.pk, lease=job.lease)
    closed = mine.filter(again=False).update(
        state=state, error=error, lease=None, lease_until=None, finished_at=timezone.now()
    )
    if not closed and mine.update(
        state=Job.State.WAITING,
        again=False,
        attempts=0,
        error=error,
        due_at=timezone.now(),
        lease=None,
        lease_until=None,
    ):
        job.refresh_from_db()
        _nudge(job)
