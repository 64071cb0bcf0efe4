"""Each night everything is compared, whatever quick readings saw."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from connectors.models import Connector, SyncCursor
from tests.sync.scripted import a_class
from tutorai import tasks
from tutorai.ledger.models import Job


def test_each_night_every_open_course_is_compared_that_was_not_lately() -> None:
    due, lately, paused, over = (a_class() for _ in range(4))
    now = timezone.now()
    for there, hours in ((due, 22), (lately, 20)):
        at = now - timedelta(hours=hours)
        SyncCursor.objects.create(
            connector=there.row, course=there.course, kind="course", full_at=at
        )
    Connector.objects.filter(pk=paused.row.pk).update(status=Connector.Status.PAUSED)
    type(over.course).objects.filter(pk=over.course.pk).update(end_at=now - timedelta(days=1))
    courses = [there.course for there in (due, lately, paused, over)]

    tasks.reconcile()

    (job,) = Job.objects.filter(kind="sync_course", course__in=courses)
    assert job.course_id == due.course.pk
    assert "asked" in job.payload  # to compare everything
    assert now <= job.due_at <= timezone.now() + timedelta(hours=3)


def test_the_scheduler_asks_for_it_every_night() -> None:
    planned = settings.CELERY_BEAT_SCHEDULE["reconcile"]

    assert planned["task"] == tasks.reconcile.name
    assert planned["schedule"].hour == {settings.SYNC_NIGHT_HOUR}
