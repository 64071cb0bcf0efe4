"""The outbox of pages, announcements and quizzes: promise one, try it again, give it up.

One is promised in the transaction that approves it, with the job that will bring it to the LMS
(`connectors.publishing`). What is sent is its proposal's payload, which nobody changes any more.
"""

import logging
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from tutorai.ids import new_id
from tutorai.ledger import jobs
from tutorai.ledger.models import Job, Proposal, Publication

logger = logging.getLogger(__name__)

KIND = "publish"
QUEUE = "interactive"  # of tutorai.celery, which stands above us
State = Publication.State
PENDING = (State.QUEUED, State.SENDING)


def promise(proposal: Proposal, *, by: UUID | None) -> Publication:
    """Write what was approved into the outbox; in the caller's transaction."""
    made = Publication.objects.create(
        institution_id=proposal.institution_id,
        course_id=proposal.course_id,
        proposal=proposal,
        kind=proposal.kind,
        mark=new_id().hex,
    )
    ask(made, by=by)
    return made


def ask(publication: Publication, *, by: UUID | None = None, again: bool = False) -> Job:
    """Have it brought to the LMS; with `again`, also one that was given up."""
    told = {"publication": str(publication.pk)}
    return jobs.add(
        KIND,
        {**told, **({jobs.REPLAYED: True} if again else {})},
        queue=QUEUE,
        key=str(publication.pk),
        institution_id=publication.institution_id,
        course_id=publication.course_id,
        asked_by=by,
    )


def of(job: Job) -> QuerySet[Publication]:
    """Return what the job is about; nothing for a payload that names none."""
    try:
        named = UUID(str(job.payload["publication"]))
    except (KeyError, ValueError):
        logger.warning("Job %s names no publication", job.pk)
        return Publication.objects.none()
    return Publication.objects.filter(pk=named)


@transaction.atomic
def retry(publication: Publication, *, by: UUID | None) -> bool:
    """Have another go at what was given up; whether it was. Its buried job is dug up again."""
    rows = Publication.objects.filter(pk=publication.pk, state=State.DEAD)
    if not rows.exists():
        return False
    buried = Job.objects.filter(kind=KIND, key=str(publication.pk), state=Job.State.BURIED)
    last = buried.order_by("-finished_at").first()
    if last is not None:
        jobs.replay(last)
    else:
        ask(publication, by=by, again=True)
    return bool(rows.update(state=State.QUEUED, error=""))


def bury(job: Job) -> None:
    """The job is given up: what it should have brought waits for a person to look."""
    of(job).filter(state__in=PENDING).update(state=State.DEAD, error=job.error)


def forsaken() -> QuerySet[Publication]:
    """What should be on its way and has no job: nothing does that, and nothing may stay so."""
    mine = Job.objects.filter(kind=KIND, key=OuterRef("own"))
    buried = Q(state=Job.State.BURIED, finished_at__gt=OuterRef("created_at"))
    rows = Publication.objects.filter(state__in=PENDING)
    rows = rows.annotate(own=Cast("pk", TextField()))
    return rows.filter(~Exists(mine.filter(Q(state__in=Job.LIVE) | buried)))
