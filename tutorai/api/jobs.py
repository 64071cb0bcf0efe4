"""What Tutor.AI does for the course in the background, for its staff."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from pydantic import TypeAdapter

from agents.reads.records import Page, Part
from tutorai import letters
from tutorai.api.answers import Limit, Offset, actor_of, read, refusals, told
from tutorai.errors import NotFound, NotYours, words
from tutorai.ledger.models import Job
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor

router = Router(tags=["jobs"])


class JobOut(Schema):
    """A job, and how far it is."""

    job_id: UUID
    kind: str = Field(examples=["sync_course"])
    about: str = Field(description="What it does, in words")
    state: str = Field(description="waiting, running, done, buried (it needs a person), discarded")
    step: str
    done: int
    total: int
    attempts: int
    due_at: datetime
    waiting_since: datetime | None = Field(description="The other side is away since then")
    error: str = Field(description="The last error's code", examples=["", "lms_unavailable"])
    detail: str = Field(description="The same in words")
    created_at: datetime
    finished_at: datetime | None


LISTED, ONE = TypeAdapter(list[JobOut]), TypeAdapter(JobOut)


@router.get("/jobs", response={200: list[JobOut], 304: None, **refusals()})
async def listed(
    request: HttpRequest, state: str = "", limit: Limit = 100, offset: Offset = 0
) -> HttpResponse:
    """The course's jobs, newest first; `state` leaves the others out."""
    page = await read(request, _listed, actor_of(request), state, Part(limit, offset))
    return told(request, LISTED, list(page.rows), after=page.after)


@router.get("/jobs/{job_id}", response={200: JobOut, 304: None, **refusals()})
async def one(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One of them."""
    return told(request, ONE, await read(request, _one, actor_of(request), job_id))


def _jobs(actor: Actor) -> QuerySet[Job]:
    course = scope.course(actor, actor.course_id or "")
    if not actor.is_staff:
        raise NotYours()
    return Job.objects.filter(course=course)


def _listed(actor: Actor, state: str, part: Part) -> Page[JobOut]:
    rows = _jobs(actor).order_by("-created_at", "-pk")
    rows = rows.filter(state=state.replace("\x00", "")) if state else rows
    return part.of([_told(job) for job in rows[part.slice]])


def _one(actor: Actor, job_id: UUID) -> JobOut:
    found = _jobs(actor).filter(pk=job_id).first()
    if found is None:
        raise NotFound()
    return _told(found)


def _told(job: Job) -> JobOut:
    return JobOut(
        job_id=job.pk,
        kind=job.kind,
        about=letters.kind(job.kind),
        state=job.state,
        step=job.step,
        done=job.done,
        total=job.total,
        attempts=job.attempts,
        due_at=job.due_at,
        waiting_since=job.away_since,
        error=job.error,
        detail=words(job.error) if job.error else "",
        created_at=job.created_at,
        finished_at=job.finished_at,
    )
