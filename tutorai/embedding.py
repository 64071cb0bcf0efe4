"""Vectors for courses: made in the background, and made up for where they are missing."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agents import index
from tutorai.celery import Queue
from tutorai.ledger import attempts, jobs
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course

KIND = "embed_course"


def soon(course: Course) -> None:
    """Have the course's chunks given their vectors."""
    jobs.add(
        KIND,
        {"course": str(course.pk)},
        queue=Queue.BULK,
        key=str(course.pk),
        institution_id=course.institution_id,
        course_id=course.pk,
    )


def embed(job: Job) -> None:
    """Give the course's chunks their vectors; word search answers meanwhile."""
    index.embed_pending(
        job.payload["course"], lambda done, total: attempts.progress(job, done, total, "embed")
    )


def catch_up(courses: QuerySet[Course]) -> None:
    """Embed what lacks vectors, as after a change of the embedder.

    What was buried lately is left alone, and dug up later: it may be the key that was wrong.
    """
    since = timezone.now() - timedelta(hours=settings.SYNC_HOURS)
    held = Job.objects.filter(kind=KIND, course=OuterRef("pk"))
    alive = Q(state__in=Job.LIVE)
    busy = held.filter(alive | Q(state=Job.State.BURIED, finished_at__gt=since))
    for course in courses.filter(~Exists(busy)):
        buried = Job.objects.filter(kind=KIND, course=course, state=Job.State.BURIED)
        last = buried.order_by("finished_at").last()
        if last is None:
            soon(course)
        else:
            jobs.replay(last)
