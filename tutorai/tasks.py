"""Celery's door to flows; decides nothing."""

from celery import shared_task
from django.conf import settings

from tutorai import flows
from tutorai.flows import WORK
from tutorai.ledger import jobs
from tutorai.ledger.models import Job


@shared_task
def run(job_id: str) -> None:
    """Do one job. Losing this message loses nothing: the ledger still knows the job is due."""
    jobs.attempt(job_id, WORK)


@shared_task(expires=settings.CELERY_BEAT_SCHEDULE["sweep"]["schedule"])
def sweep() -> None:
    """Nudge every job that is due."""
    jobs.sweep()


@shared_task
def resync() -> None:
    """Begin to read again the courses that were not read for a while."""
    flows.sync_stale()


@shared_task
def tidy() -> None:
    """Let go of what launches, jobs and answers left behind; give vectors to what lacks them."""
    flows.tidy()


def nudge(job: Job) -> None:
    """Send the job's id to its queue, to be run when it is due."""
    run.apply_async(args=[str(job.pk)], queue=job.queue, eta=None, retry=False)
