"""Jobs that were done go in time; those that were buried stay."""

from datetime import timedelta

from django.utils import timezone

from tutorai.ids import new_id
from tutorai.ledger import jobs
from tutorai.ledger.models import Job


def ended(state: str, days: int) -> Job:
    job = jobs.add("kind", {}, queue="nowhere", key=str(new_id()))
    at = timezone.now() - timedelta(days=days)
    Job.objects.filter(pk=job.pk).update(state=state, finished_at=at)
    return job


def test_a_job_done_a_month_ago_goes_and_a_buried_one_stays() -> None:
    old, buried, fresh = ended("done", 31), ended("buried", 31), ended("done", 1)

    jobs.forget()

    left = Job.objects.filter(pk__in=[old.pk, buried.pk, fresh.pk])
    assert {job.pk for job in left} == {buried.pk, fresh.pk}
