"""Add a job, attempt it, bury it. Claimed by a conditional update, so two workers never share one.

A failure of the item itself is retried after 10 s, 60 s and 300 s, then the job is buried. While
the other side is away or throttles us, nothing counts as an attempt: the job waits, for a day.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from tutorai.errors import Bug, LostWorker, TutorError
from tutorai.ids import new_id
from tutorai.ledger.models import Job, JobQuery

logger = logging.getLogger(__name__)

PAUSES = (timedelta(seconds=10), timedelta(seconds=60), timedelta(seconds=300))
LEASE = timedelta(minutes=1)  # renewed while the worker lives; then it counts as lost
PATIENCE = timedelta(hours=24)  # how long a job waits for an LMS that is away
KEPT = timedelta(days=30)  # a job that is done
AWAY = timedelta(seconds=30)  # the pause when the other side named none
LONGEST = timedelta(hours=1)  # and the most we take it at its word
RENUDGE = timedelta(minutes=1)  # a message that was not followed counts as lost

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

    With a `key` there is one live job per (kind, key): one that waits takes this one's wishes
    over and is run no later than this one would be; one that runs is run once more afterwards.
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
    held: Job | None = None
    while held is None:  # the live job may end between our two statements
        Job.objects.bulk_create([job], ignore_conflicts=True)
        held = Job.objects.filter(pk=job.pk).first() or _join(job)
    transaction.on_commit(partial(_nudge, held))
    return held


@transaction.atomic
def _join(job: Job) -> Job | None:
    """Coalesce with the live job of the same key; None when there is none.

    Its row stays locked until our transaction ends: no worker may begin before it can see what
    made us ask.
    """
    alive = Q(state__in=[Job.State.WAITING, Job.State.RUNNING])
    held = Job.objects.select_for_update().filter(alive, kind=job.kind, key=job.key).first()
    if held is None:
        return None
    runs = held.state == Job.State.RUNNING
    known = {} if runs and not held.again else held.payload
    held.payload = {**known, **job.payload}
    held.again = runs
    held.due_at = held.due_at if runs else min(held.due_at, job.due_at)
    held.save(update_fields=["payload", "again", "due_at"])
    return held


def _nudge(job: Job) -> None:
    """Tell Celery, if it can be told; the sweeper finds the job otherwise."""
    if nudge is not None:
        try:
            nudge(job)
        except Exception as error:  # the broker's own errors are many; the row is what counts
            logger.warning("No nudge for job %s: %s", job.pk, type(error).__name__)


def claim(job_id: UUID | str, lease: timedelta = LEASE) -> Job | None:
    """Take the job under a lease of this worker's own, or return None: done, or taken."""
    mine = new_id()
    claimed = (
        Job.objects.due()
        .filter(pk=job_id)
        .update(
            state=Job.State.RUNNING,
            attempts=F("attempts") + 1,
            lease=mine,
            lease_until=timezone.now() + lease,
            again=False,
        )
    )
    return Job.objects.get(pk=job_id) if claimed else None


def attempt(
    job_id: UUID | str, work: Mapping[str, Callable[[Job], None]], lease: timedelta = LEASE
) -> None:
    """Try a job once, and write down how it ended. Returns at once when it is not due."""
    job = claim(job_id, lease)
    if job is None:
        return
    if job.attempts > len(PAUSES) + 1:  # it took its worker down each time
        _end(job, state=Job.State.BURIED, error=LostWorker.code)
        return
    try:
        with _renewed(job, lease):
            work[job.kind](job)
    except LeaseLost:
        logger.warning("Job %s went to another worker", job.pk)
    except TutorError as error:
        logger.info("Job %s (%s): %s", job.pk, job.kind, error.code)
        _failed(job, error)
    except Exception:
        logger.exception("Job %s (%s) met a bug", job.pk, job.kind)
        _again_or_bury(job, Bug.code)
    else:
        _end(job, state=Job.State.DONE, error="")


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


def progress(job: Job, done: int, total: int, step: str = "") -> None:
    """Show how far the job is. Raises LeaseLost when it is another worker's by now."""
    job.done, job.total, job.step = done, total, step
    told: dict[str, Any] = {"done": done, "total": total, "step": step}
    if done:  # the other side answers again
        told["away_since"] = job.away_since = None
    if not _mine(job).update(**told):
        raise LeaseLost()


def sweep(limit: int = 200) -> int:
    """Nudge what is due and return how many: losing every message costs only latency."""
    now = timezone.now()
    quiet = Q(nudged_at=None) | Q(nudged_at__lt=now - RENUDGE)
    late = list(Job.objects.due(now).filter(quiet).order_by("due_at")[:limit])
    Job.objects.filter(pk__in=[job.pk for job in late]).update(nudged_at=now)
    for job in late:
        _nudge(job)
    return len(late)


def forget() -> int:
    """Delete what was done long ago; return how many rows. Buried jobs stay until somebody looks."""
    old = Job.objects.filter(state=Job.State.DONE, finished_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def replay(job: Job) -> Job:
    """Dig a buried job up and run it again; return it, or the live job of its key instead."""
    held: Job | None = None
    while held is None:  # as above
        held = _dig(job) or _join(job)
    transaction.on_commit(partial(_nudge, held))
    return held


def _dig(job: Job) -> Job | None:
    """Make a buried job wait again; None when its key has a live job by now."""
    buried = Job.objects.filter(pk=job.pk, state=Job.State.BURIED)
    try:
        with transaction.atomic():
            buried.update(**_anew(), finished_at=None)
    except IntegrityError:
        return None
    return Job.objects.get(pk=job.pk)


def _mine(job: Job) -> JobQuery:
    return Job.objects.filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING)


def _anew() -> dict[str, Any]:
    """The columns of a job that begins from the start."""
    return {
        "state": Job.State.WAITING,
        "again": False,
        "attempts": 0,
        "due_at": timezone.now(),
        "nudged_at": None,
        "away_since": None,
        "lease": None,
        "lease_until": None,
    }


def _failed(job: Job, error: TutorError) -> None:
    if not error.retry:
        _end(job, state=Job.State.BURIED, error=error.code)
    elif error.counted:
        _again_or_bury(job, error.code)
    else:
        _wait_for_the_other_side(job, error)


def _wait_for_the_other_side(job: Job, error: TutorError) -> None:
    now = timezone.now()
    since = job.away_since or now
    if now - since > PATIENCE:
        _end(job, state=Job.State.BURIED, error=error.code)
        return
    pause = AWAY
    if error.retry_after is not None:
        # Whatever the other side wrote: at least a second, or we would ask without a pause.
        pause = timedelta(seconds=min(max(1.0, error.retry_after), LONGEST.total_seconds()))
    _wait(job, pause, error.code, attempts=job.attempts - 1, away_since=since)


def _again_or_bury(job: Job, code: str) -> None:
    if job.attempts > len(PAUSES):
        _end(job, state=Job.State.BURIED, error=code)
    else:
        _wait(job, PAUSES[job.attempts - 1], code, attempts=job.attempts)


def _wait(
    job: Job, pause: timedelta, code: str, *, attempts: int, away_since: datetime | None = None
) -> None:
    due_at = timezone.now() + pause
    _mine(job).update(
        **{
            **_anew(),
            "due_at": due_at,
            "attempts": attempts,
            "away_since": away_since,
            "error": code,
        }
    )


def _end(job: Job, *, state: str, error: str) -> None:
    """Close the job; asked for again meanwhile, it waits for its next run instead."""
    mine = _mine(job)
    closed = mine.filter(again=False).update(
        state=state, error=error, lease=None, lease_until=None, finished_at=timezone.now()
    )
    if not closed and mine.update(**_anew(), error=error):
        job.refresh_from_db()
        _nudge(job)
