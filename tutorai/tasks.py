"""Celery's door to flows; decides nothing."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from lti import keys
from tutorai import alerts, flows, key_alerts, syncing
from tutorai.flows import WORK
from tutorai.ledger import attempts
from tutorai.ledger.models import Job

SOON = timedelta(minutes=15)  # far within Redis's visibility timeout


@shared_task
def run(job_id: str) -> None:
    """Do one job. Losing this message loses nothing: the ledger still knows the job is due."""
    attempts.attempt(job_id, WORK)


@shared_task(expires=settings.CELERY_BEAT_SCHEDULE["sweep"]["schedule"])
def sweep() -> None:
    """Nudge every job that is due."""
    flows.sweep()


@shared_task(expires=settings.CELERY_BEAT_SCHEDULE["alarm"]["schedule"])
def alarm() -> None:
    """Tell operators of jobs that were buried since they were last told."""
    alerts.tell()


@shared_task
def resync() -> None:
    """Begin to read again the courses and rosters that were not read for a while."""
    syncing.stale()
    flows.sync_rosters()


@shared_task
def reconcile() -> None:
    """Begin to compare everything of every connected course with its LMS, as each night."""
    syncing.nightly()


@shared_task
def turn_keys() -> None:
    """Tell of what is wrong with our keys; make the next one in time, let go of retired ones."""
    key_alerts.tell()
    keys.rotate()
    keys.forget()


@shared_task
def tidy() -> None:
    """Let go of what launches, jobs and answers left behind; give vectors to what lacks them."""
    flows.tidy()


def nudge(job: Job) -> None:
    """Send the job's id to its queue, if it is due soon; else the sweeper finds it in time.

    Workers keep messages that are early in memory, and Redis hands them out anew after a while.
    """
    early = job.due_at - timezone.now()
    if early < SOON:
        eta = job.due_at if early > timedelta(0) else None
        run.apply_async(args=[str(job.pk)], queue=job.queue, eta=eta, retry=False)
