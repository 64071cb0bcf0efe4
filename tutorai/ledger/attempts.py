"""Attempt a job, bury it. Claimed by a conditional update, so two workers never share one.

A failure of the item itself is retried after 10 s, 60 s and 300 s, then the job is buried. While
the other side is away or throttles us, nothing counts as an attempt: the job waits, for a day.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from tutorai.errors import Bug, LostWorker, NewerPayload, OldPayload, TutorError, UnknownWork
from tutorai.ids import new_id
from tutorai.ledger import jobs, points, waiting
from tutorai.ledger.models import Job, JobQuery
from tutorai.ledger.waiting import scaled

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)  # renewed while the worker lives; then it counts as lost

# What `JobQuery.due` finds, in one statement with its row.
CLAIM = """
UPDATE jobs
SET state = 'running', attempts = attempts + 1, lease = %s, lease_until = %s, worker = %s, again = false
WHERE id = %s AND (state = 'waiting' AND due_at <= %s OR state = 'running' AND lease_until < %s)
RETURNING *
"""

worker = ""  # the worker process this is; named when Celery starts it

Run = Callable[[Job], datetime | None]


@dataclass(frozen=True)
class Work:
    """How a kind of job is done.

    `run` may return when it wants to run again, which is no failure: nothing is counted.
    It understands payloads of the versions `since` to `version`. `buried` is told of a job given
    up, in the transaction that does so.
    """

    run: Run
    version: int = 1
    since: int = 1
    buried: Callable[[Job], None] | None = None

    def begin(self, job: Job) -> datetime | None:
        """Run, if the payload's form is one we know; an older worker leaves a newer one alone."""
        if job.version > self.version:
            raise NewerPayload()
        if job.version < self.since:
            raise OldPayload()
        return self.run(job)


Works = Mapping[str, Work]


class LeaseLost(Exception):
    """Another worker holds this job now: stop without writing anything more."""


def claim(job_id: UUID | str, lease: timedelta | None = None) -> Job | None:
    """Take the job under a lease of this worker's own, or return None: done, or taken."""
    now = timezone.now()
    until = now + (lease or scaled(LEASE))
    given = [new_id(), until, worker, job_id, now, now]
    return next(iter(Job.objects.raw(CLAIM, given)), None)


def attempt(job_id: UUID | str, works: Works, lease: timedelta | None = None) -> None:
    """Try a job once, and write down how it ended. Returns at once when it is not due."""
    points.reach(points.BEFORE_CLAIM)
    job = claim(job_id, lease)
    if job is None:
        return
    points.reach(points.AFTER_CLAIM)
    work = works.get(job.kind, Work(_unknown, version=job.version))
    if job.attempts > len(waiting.PAUSES) + 1:  # it took its worker down each time
        _bury(job, work, LostWorker.code)
        return
    try:
        with _renewed(job, lease or scaled(LEASE)):
            later = work.begin(job)
    except LeaseLost:
        logger.warning("Job %s went to another worker", job.pk)
        _told(job, "lost")
    except TutorError as error:
        logger.info("Job %s (%s): %s", job.pk, job.kind, error.code)
        _failed(job, work, error)
    except Exception:
        logger.exception("Job %s (%s) met a bug", job.pk, job.kind)
        _failed(job, work, Bug())
    else:
        _done(job, later)


def _unknown(job: Job) -> None:
    """A kind without code here: a newer worker may know it, so it is not given up at once."""
    raise UnknownWork()


@contextmanager
def _renewed(job: Job, lease: timedelta) -> Iterator[None]:
    """Renew the lease from a thread of its own while the work runs, however long one step is.

    A worker that died renews nothing; one that hangs is ended by Celery's time limit.
    """
    over = threading.Event()

    def renew() -> None:
        while not over.wait(lease.total_seconds() / 3):
            try:
                _mine(job).update(lease_until=timezone.now() + lease)
            except Exception as error:  # the database is away: the lease may run out meanwhile
                logger.warning("Lease of job %s not renewed: %s", job.pk, type(error).__name__)
            finally:
                connections.close_all()  # back to the pool

    beat = threading.Thread(target=renew, name=f"lease-{job.pk}", daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()


@contextmanager
def holding(job: Job) -> Iterator[bool]:
    """A transaction in which the job is surely ours; raise LeaseLost when it is not any more.

    Yields whether somebody asked for it once more since it was claimed.
    """
    with transaction.atomic():
        held = _mine(job).select_for_update().values_list("again", flat=True)[:1]
        asked = list(held)
        if not asked:
            raise LeaseLost()
        yield asked[0]


def progress(job: Job, done: int, total: int, step: str = "") -> None:
    """Show how far the job is. Raises LeaseLost when it is another worker's by now."""
    job.done, job.total, job.step = done, total, step
    told: dict[str, Any] = {"done": done, "total": total, "step": step}
    if done:  # the other side answers again
        told |= {"away_since": None, "waits": 0}
        job.away_since, job.waits = None, 0
    if not _mine(job).update(**told):
        raise LeaseLost()


def _mine(job: Job) -> JobQuery:
    return Job.objects.filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING)


def _failed(job: Job, work: Work, error: TutorError) -> None:
    """Try again, wait or give up, as the error says."""
    now = timezone.now()
    if error.retry and not error.counted:
        since = job.away_since or now
        if now - since <= scaled(waiting.PATIENCE):
            pause = waiting.away(job.waits, error.retry_after)
            kept = {"attempts": job.attempts - 1, "away_since": since, "waits": job.waits + 1}
            _wait(job, now + pause, error=error.code, **kept)
            _told(job, "waiting")
            return
    elif error.retry and job.attempts <= len(waiting.PAUSES):
        pause = scaled(waiting.PAUSES[job.attempts - 1])
        _wait(job, now + pause, error=error.code, attempts=job.attempts)
        _told(job, "again")
        return
    _bury(job, work, error.code)


def _wait(job: Job, until: datetime, **columns: Any) -> None:
    """Let go of the job until then."""
    _mine(job).update(**{**jobs.anew(), "due_at": until, **columns})


def _bury(job: Job, work: Work, code: str) -> None:
    """Give the job up; asked for again meanwhile, it begins anew instead."""
    mine = _mine(job)
    with transaction.atomic():
        buried = mine.filter(again=False).update(
            state=Job.State.BURIED,
            error=code,
            lease=None,
            lease_until=None,
            finished_at=timezone.now(),
        )
        if buried and work.buried is not None:
            job.error = code
            work.buried(job)
    if buried:
        _told(job, "buried")
    elif mine.update(**jobs.anew(), error=code):
        _nudge_again(job)


def _done(job: Job, later: datetime | None) -> None:
    """Close the job, or let it wait until `later`; asked for meanwhile, it runs again at once.

    To wait so is no failure and no success: whatever was counted stays.
    """
    ends: dict[str, Any] = {"lease": None, "lease_until": None}
    if later is None:
        ends |= {"state": Job.State.DONE, "error": "", "finished_at": timezone.now()}
    else:
        ends |= {"state": Job.State.WAITING, "attempts": job.attempts - 1}
        ends |= {"due_at": later, "nudged_at": None}
    mine = _mine(job)
    ended = mine.filter(again=False).update(**ends)
    if (not ended and mine.update(**jobs.anew(), error="")) or later is not None:
        _nudge_again(job)
    _told(job, "done")


def _nudge_again(job: Job) -> None:
    job.refresh_from_db()
    jobs.wake(job)


def _told(job: Job, how: str) -> None:
    if jobs.ended is not None:
        jobs.ended(job, how)
