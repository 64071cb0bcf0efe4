"""Write down what must happen, find what is due, dig up what was buried. (`attempts` does it.)"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from tutorai.ledger.models import Job
from tutorai.ledger.waiting import scaled

logger = logging.getLogger(__name__)

KEPT = timedelta(days=30)  # a job that is done, or discarded
REPLAYED = "replayed"  # in a payload: a person asked for it once more
RENUDGE = timedelta(minutes=1)  # a message that was not followed counts as lost

nudge: Callable[[Job], None] | None = None  # Celery's door, handed over by tutorai.apps
ended: Callable[[Job, str], None] | None = None  # who counts how attempts end, likewise
DEAF = 10  # times as long as a failed nudge took, nobody here tries another: a class has hundreds
_deaf_until = 0.0  # monotonic seconds


def add(
    kind: str,
    payload: Mapping[str, Any],
    *,
    queue: str,
    key: str | None = None,
    version: int = 1,
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
        version=version,
        queue=queue,
        key=key,
        institution_id=institution_id,
        course_id=course_id,
        asked_by_id=asked_by,
        due_at=due_at or timezone.now(),
    )
    return add_all([job])[0]


def add_all(wanted: Sequence[Job]) -> list[Job]:
    """Write jobs down as `add` does, all at once; of many, in the order of their keys.

    That order is kept while they are written and again while others are joined, so that two who
    do so at the same time do not wait for each other.
    """
    Job.objects.bulk_create(wanted, ignore_conflicts=True)
    ours = Job.objects.filter(pk__in=[job.pk for job in wanted])
    written = set(ours.values_list("pk", flat=True))
    held = [job if job.pk in written else _joined(job) for job in wanted]
    for job in held:
        transaction.on_commit(partial(wake, job))
    return held


def _joined(job: Job) -> Job:
    """Coalesce with the live job of the same key; where it has ended by now, this one is new."""
    # The live job may end, and another begin, between our statements.
    tries = (_join(job) or _written(job) for _ in count())
    return next(job for job in tries if job is not None)


def _written(job: Job) -> Job | None:
    Job.objects.bulk_create([job], ignore_conflicts=True)
    return job if Job.objects.filter(pk=job.pk).exists() else None


@transaction.atomic
def _join(job: Job) -> Job | None:
    """Coalesce with the live job of the same key; None when there is none.

    Its row stays locked until our transaction ends: no worker may begin before it can see what
    made us ask.
    """
    alive = Q(state__in=Job.LIVE)
    held = Job.objects.select_for_update().filter(alive, kind=job.kind, key=job.key).first()
    if held is None:
        return None
    runs = held.state == Job.State.RUNNING
    known = {} if runs and not held.again else held.payload
    if job.version >= held.version:  # else an old one was dug up: its form is not this one's
        held.payload, held.version = {**known, **job.payload}, job.version
    held.again = runs
    held.due_at = held.due_at if runs else min(held.due_at, job.due_at)
    held.save(update_fields=["payload", "version", "again", "due_at"])
    return held


def wake(job: Job) -> None:
    """Tell Celery, if it can be told; the sweeper finds the job otherwise."""
    global _deaf_until
    start = time.monotonic()
    if nudge is None or start < _deaf_until:
        return
    try:
        nudge(job)
    except Exception as error:  # the broker's own errors are many; the row is what counts
        logger.warning("No nudge for job %s: %s", job.pk, type(error).__name__)
        now = time.monotonic()
        _deaf_until = now + DEAF * (now - start)


def sweep(limit: int = 200) -> int:
    """Nudge what is due and return how many: losing every message costs only latency.

    What somebody is just changing is left for the next time: nobody waits for us, nor we for them.
    """
    now = timezone.now()
    quiet = Q(nudged_at=None) | Q(nudged_at__lt=now - scaled(RENUDGE))
    due = Job.objects.due(now).filter(quiet).order_by("due_at")
    with transaction.atomic():
        late = list(due.select_for_update(skip_locked=True)[:limit])
        Job.objects.filter(pk__in=[job.pk for job in late]).update(nudged_at=now)
    for job in late:
        wake(job)
    return len(late)


def hand_back(name: str) -> int:
    """Let others go on at once with what a worker that ends did not finish; return how many."""
    with transaction.atomic():  # in the order of `add_all`: so none waits for the other
        left = Job.objects.filter(worker=name, state=Job.State.RUNNING).order_by("kind", "key")
        pks = list(left.select_for_update().values_list("pk", flat=True))
        return Job.objects.filter(pk__in=pks).update(**{**anew(), "attempts": F("attempts") - 1})


def forget() -> int:
    """Delete what was done long ago; return how many rows. Buried jobs stay until somebody looks."""
    ended = [Job.State.DONE, Job.State.DISCARDED]
    old = Job.objects.filter(state__in=ended, finished_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def replay(job: Job) -> Job:
    """Dig a buried job up and run it again; return it, or the live job of its key instead.

    Its payload says so from then on: what was given up is not begun again by accident.
    """
    job.payload = {**job.payload, REPLAYED: True}
    held: Job | None = None
    while held is None:  # as above
        held = _dig(job) or _join(job)
    transaction.on_commit(partial(wake, held))
    return held


def discard(job: Job, *, by: UUID, reason: str) -> bool:
    """Say that a buried job need not happen any more; whether it was buried."""
    buried = Job.objects.filter(pk=job.pk, state=Job.State.BURIED)
    return bool(buried.update(state=Job.State.DISCARDED, discarded_by=by, reason=reason))


def _dig(job: Job) -> Job | None:
    """Make a buried job wait again; None when its key has a live job by now."""
    buried = Job.objects.filter(pk=job.pk, state=Job.State.BURIED)
    try:
        with transaction.atomic():
            buried.update(**anew(), finished_at=None, payload=job.payload)
    except IntegrityError:
        return None
    return Job.objects.get(pk=job.pk)


def anew() -> dict[str, Any]:
    """The columns of a job that begins from the start."""
    return {
        "state": Job.State.WAITING,
        "again": False,
        "attempts": 0,
        "due_at": timezone.now(),
        "nudged_at": None,
        "away_since": None,
        "waits": 0,
        "lease": None,
        "lease_until": None,
    }
