"""The outbox of grades: promise one, take it back, let it go. (`delivery` brings it to the LMS.)

A grade is promised in the transaction that approves it. Until it is released nothing was ever
sent, and it can be undone. The newest grade of a (line item, person) counts: what waits is
replaced by it, what is on its way arrives first.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from tutorai.ledger import jobs
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.ledger.waiting import scaled
from tutorai.lmsdm.models import LineItem

logger = logging.getLogger(__name__)

KIND = "send_grade"
QUEUE = "grades"  # of tutorai.celery, which stands above us
State = GradeIntent.State
PENDING = (State.HELD, State.QUEUED)
ASIDE = (State.UNDONE, State.REPLACED)  # these count no more
CELL = ("line_item_id", "user_id")


@dataclass(frozen=True)
class Promise:
    """What a person approved, and from when on it may leave; `release_at` None: when told to."""

    proposal: Proposal
    line_item: LineItem
    user_id: UUID
    points: Decimal
    maximum: Decimal
    comment: str
    release_at: datetime | None
    overwrite: bool = False


def held_for(minutes: int) -> timedelta:
    """Return how long so many minutes of a hold are here."""
    return scaled(timedelta(minutes=minutes))


def key(line_item_id: UUID | str, user_id: UUID | str) -> str:
    """Return the name of a cell of a gradebook: its jobs are one behind the other."""
    return f"{line_item_id}:{user_id}"


@transaction.atomic
def promise(given: Promise, *, by: UUID | None) -> GradeIntent:
    """Write an approved grade into the outbox, with the job that will send it."""
    now = timezone.now()
    cell = GradeIntent.objects.filter(line_item=given.line_item, user_id=given.user_id)
    _alone(key(given.line_item.pk, given.user_id))
    newest = cell.aggregate(newest=Max("version"))["newest"] or 0
    held = given.release_at is None or given.release_at > now
    intent = GradeIntent(
        institution_id=given.proposal.institution_id,
        line_item=given.line_item,
        user_id=given.user_id,
        proposal=given.proposal,
        version=newest + 1,
        points=given.points,
        maximum=given.maximum,
        comment=given.comment,
        overwrite=given.overwrite,
        state=State.HELD if held else State.QUEUED,
        release_at=given.release_at,
    )
    if given.release_at is not None:
        ask(intent, by=by, due_at=given.release_at)
    replaced(cell.filter(state__in=PENDING))  # after the job: see `ask`
    intent.save(force_insert=True)
    return intent


def _alone(name: str) -> None:
    """Wait for whoever else promises something for the same cell, until our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [name])


def replaced(rows: QuerySet[GradeIntent]) -> None:
    """Put these aside: a newer grade was approved before they left."""
    proposals = list(rows.select_for_update().values_list("proposal", flat=True))
    rows.update(state=State.REPLACED)
    refused = {"state": Proposal.State.REFUSED, "reason": State.REPLACED.value}
    Proposal.objects.filter(pk__in=proposals).update(**refused)


def ask(
    intent: GradeIntent,
    *,
    by: UUID | None = None,
    due_at: datetime | None = None,
    again: bool = False,
) -> Job:
    """Have the cell's grade sent, from `due_at` on; with `again`, also one that was given up.

    Call it before a grade of the cell is changed: a worker too locks the job first, then its
    grades, so none waits for the other. Of many cells, in the order of their keys.
    """
    return jobs.add_all([_sending(intent, by=by, due_at=due_at, again=again)])[0]


def _sending(
    intent: GradeIntent,
    *,
    by: UUID | None,
    due_at: datetime | None = None,
    again: bool = False,
) -> Job:
    cell = {"line_item": str(intent.line_item_id), "user": str(intent.user_id)}
    return Job(
        kind=KIND,
        payload={**cell, **({jobs.REPLAYED: True} if again else {})},
        queue=QUEUE,
        key=key(intent.line_item_id, intent.user_id),
        institution_id=intent.institution_id,
        course_id=intent.line_item.course_id,
        asked_by_id=by,
        due_at=due_at or timezone.now(),
    )


@transaction.atomic
def undo(rows: QuerySet[GradeIntent]) -> list[GradeIntent]:
    """Take back what is still held, and return it: nothing of it was sent. They are drafts again."""
    held = list(_locked(rows.filter(state=State.HELD)))
    GradeIntent.objects.filter(pk__in=[one.pk for one in held]).update(state=State.UNDONE)
    proposals = Proposal.objects.filter(pk__in=[one.proposal_id for one in held])
    proposals.update(state=Proposal.State.DRAFT, approver=None, approved_at=None)
    return held


@transaction.atomic
def release(rows: QuerySet[GradeIntent], *, by: UUID | None) -> list[GradeIntent]:
    """Let go now of what is held; return it."""
    still = rows.filter(state=State.HELD).select_related("line_item")
    jobs.add_all([_sending(intent, by=by) for intent in still.order_by(*CELL)])
    held = list(_locked(still))
    told = {"state": State.QUEUED, "release_at": timezone.now()}
    GradeIntent.objects.filter(pk__in=[one.pk for one in held]).update(**told)
    return held


def _locked(rows: QuerySet[GradeIntent]) -> QuerySet[GradeIntent]:
    """Those rows, one after the other, ours until our transaction ends."""
    return rows.order_by(*CELL).select_for_update(of=("self",))


@transaction.atomic
def retry(rows: QuerySet[GradeIntent], *, by: UUID | None) -> list[GradeIntent]:
    """Have another go at what was given up; return it. Its buried job is dug up again.

    What a newer grade has come after stays given up: the newest counts.
    """
    same_cell = GradeIntent.objects.filter(line_item=OuterRef("line_item"), user=OuterRef("user"))
    newer = same_cell.filter(version__gt=OuterRef("version")).exclude(state__in=ASIDE)
    given_up = rows.filter(~Exists(newer), state=State.DEAD)
    dead = list(given_up.select_related("line_item").order_by(*CELL))
    for intent in dead:
        buried = Job.objects.filter(
            kind=KIND, key=key(intent.line_item_id, intent.user_id), state=Job.State.BURIED
        )
        last = buried.order_by("-finished_at").first()
        if last is not None:
            jobs.replay(last)
        else:
            ask(intent, by=by, again=True)
    return dead


def bury(job: Job) -> None:
    """The job is given up: what it should have sent waits for a person to look.

    What is held for later still goes out in its time, by a job of its own. A payload that names
    no cell is no reason not to bury its job.
    """
    try:
        cell = cell_of(job)
    except (KeyError, TypeError, ValueError, ValidationError):
        logger.warning("Job %s names no cell of a gradebook", job.pk)
        return
    now = timezone.now()
    due = Q(state__in=[State.SENDING, State.QUEUED]) | Q(state=State.HELD, release_at__lte=now)
    cell.filter(due).update(state=State.DEAD, error=job.error)
    later = cell.filter(state=State.HELD, release_at__gt=now).first()
    if later is not None:
        ask(later, due_at=later.release_at)


def cell_of(job: Job) -> QuerySet[GradeIntent]:
    """Return all grades there were for the cell a job is about."""
    named = {"line_item_id": job.payload["line_item"], "user_id": job.payload["user"]}
    return GradeIntent.objects.filter(**named).select_related("line_item")


def forsaken() -> QuerySet[GradeIntent]:
    """What should be on its way and has no job: nothing does that, and nothing may stay so.

    A job buried since, by a worker that did not know what to do with it, waits for a person.
    """
    cell = Concat(
        Cast("line_item_id", TextField()),
        Value(":"),
        Cast("user_id", TextField()),
        output_field=TextField(),
    )
    mine = Job.objects.filter(kind=KIND, key=OuterRef("cell"))
    buried = Q(state=Job.State.BURIED, finished_at__gt=OuterRef("created_at"))
    looked_after = mine.filter(Q(state__in=Job.LIVE) | buried)
    due = Q(state__in=[State.SENDING, State.QUEUED]) | Q(
        state=State.HELD, release_at__lte=timezone.now()
    )
    rows = GradeIntent.objects.filter(due).annotate(cell=cell)
    return rows.filter(~Exists(looked_after)).select_related("line_item")


def newest(cells: QuerySet[GradeIntent]) -> QuerySet[GradeIntent]:
    """Return the newest of each cell, what was taken back or put aside left out."""
    counted = cells.exclude(state__in=ASIDE)
    return counted.order_by("line_item", "user", "-version").distinct("line_item", "user")
