"""When a course is read from its LMS, and how much of it.

Quick readings come by themselves, every few hours and after an event of the LMS; one that compares
everything comes at night, and when a person asks. One reading of a course runs at a time: its job
is known by the course (`jobs.add`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from connectors import columns, cursors, linking, reading, registry
from connectors.models import Connector, SyncCursor
from lti import matching
from tutorai import rollover
from tutorai.celery import Queue
from tutorai.errors import Conflict
from tutorai.ledger import attempts, jobs
from tutorai.ledger.models import Job
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor

KIND = "sync_course"
SOON = timedelta(minutes=1)  # events of one edit come in flocks
QUIET = timedelta(minutes=10)  # between two readings that events ask for
NIGHT = timedelta(hours=3)  # over which the readings of one night begin

Told = Callable[[Course, UUID], None]


def now(actor: Actor, *, anyway: bool = False) -> Job:
    """Compare everything, now, as the course's author asks; raises Conflict: nothing is connected.

    `anyway` takes out what is missing, however much it is.
    """
    course = scope.authored_course(actor, actor.course_id or "")
    row = Connector.objects.filter(course=course).exclude(status=Connector.Status.PAUSED).first()
    if row is None:
        raise Conflict()
    return ask(row, course, by=actor.user_id, anyway=anyway)


def stale() -> int:
    """Begin to read again what was not read for a while; return how many courses that are.

    What was buried lately is left to a person: it would only be buried again.
    """
    rows = list(_left_alone(linking.stale()))
    for row in rows:
        if row.course is not None:
            ask(row, row.course, full=False)
    return len(rows)


def nightly() -> int:
    """Begin to compare everything of all courses, spread over the night; return how many."""
    day = cursors.FULL - NIGHT
    done = SyncCursor.objects.filter(
        connector=OuterRef("pk"), kind=cursors.COURSE, full_at__gt=timezone.now() - day
    )
    rows = list(_left_alone(linking.opened().filter(~Exists(done))))
    for number, row in enumerate(rows):
        if row.course is not None:
            ask(row, row.course, due_at=timezone.now() + NIGHT * number / len(rows))
    return len(rows)


def soon(row: Connector, *, full: bool = False) -> Job | None:
    """Read a course again in a while, as its LMS hints that something changed; None: it is paused.

    `full`: that a quick reading would not see.
    """
    if row.course is None or row.status != Connector.Status.ACTIVE:
        return None
    last = cursors.held(row, row.course.pk, cursors.COURSE)
    rest = last.tried_at + QUIET if last else timezone.now()
    return ask(row, row.course, full=full, due_at=max(timezone.now() + SOON, rest))


def ask(
    row: Connector,
    course: Course,
    *,
    by: UUID | None = None,
    anyway: bool = False,
    full: bool = True,
    due_at: datetime | None = None,
) -> Job:
    """Write down that a course is to be read; `full`: that everything is to be compared."""
    payload: dict[str, Any] = {"connector": str(row.pk)}
    if anyway:
        payload["anyway"] = True
    if full:
        payload["asked"] = (due_at or timezone.now()).isoformat()
    return jobs.add(
        KIND,
        payload,
        queue=Queue.SYNC,
        key=str(course.pk),
        institution_id=course.institution_id,
        course_id=course.pk,
        asked_by=by,
        due_at=due_at,
    )


def read(job: Job, told: Told) -> Course | None:
    """Make the course say what its LMS says; return it, None where nothing is read any more.

    `told` is told of each item that changed, in the transaction that changed it. Begun again
    after a crash, it reads only what it does not hold yet.
    """
    row = Connector.objects.select_related("course").get(pk=job.payload["connector"])
    course = row.course
    if course is None or row.status == Connector.Status.PAUSED:
        return None
    asked = job.payload.get("asked")
    reading.read(
        registry.reopen(row),
        row,
        course.pk,
        show=partial(attempts.progress, job),
        told=partial(told, course),
        anyway=bool(job.payload.get("anyway")),
        asked=datetime.fromisoformat(asked) if asked else None,
    )
    columns.of_assignments(course)
    matching.mend(course)
    rollover.settle(course)
    return course


def _left_alone(rows: QuerySet[Connector]) -> QuerySet[Connector]:
    since = timezone.now() - timedelta(hours=settings.SYNC_HOURS)
    buried = Job.objects.filter(kind=KIND, state=Job.State.BURIED, finished_at__gt=since)
    return rows.exclude(course__in=buried.exclude(course=None).values("course"))
