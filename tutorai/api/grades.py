"""Give a grade: what a signed-in teacher posts counts as that person's approval."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from ninja.responses import Status

from tutorai import flows, gradebook, limits, once
from tutorai.api.answers import refusals
from tutorai.errors import BadRequest, NotFound
from tutorai.ledger import grades
from tutorai.ledger.models import GradeIntent
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread

router = Router(tags=["grades"])


class GradeIn(Schema):
    """`hold_minutes` absent: as long as the course holds its grades."""

    user_id: UUID
    score: Decimal
    feedback: str = Field("", max_length=gradebook.LONGEST)
    hold_minutes: int | None = Field(None, ge=0, le=gradebook.MOST_MINUTES)


class PushedIn(GradeIn):
    course_id: UUID
    assignment_id: UUID


class GradeOut(Schema):
    """How a grade stands. `state`: held, queued, sending, delivered, superseded, rejected, dead."""

    grade_id: UUID
    proposal_id: UUID
    user_id: UUID
    score: Decimal
    max_points: Decimal
    feedback: str
    state: str
    version: int
    release_at: datetime | None = None
    delivered_at: datetime | None = None
    error: str = ""

    @classmethod
    def of(cls, intent: GradeIntent) -> "GradeOut":
        """Describe a grade."""
        return cls(
            grade_id=intent.pk,
            proposal_id=intent.proposal_id,
            user_id=intent.user_id,
            score=intent.points,
            max_points=intent.maximum,
            feedback=intent.comment,
            state=intent.state,
            version=intent.version,
            release_at=intent.release_at,
            delivered_at=intent.delivered_at,
            error=intent.error,
        )


def _actor(request: HttpRequest, course_id: UUID) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    if actor.course_id != course_id:
        raise NotFound()
    return actor


@router.post(
    "/courses/{course_id}/assignments/{assignment_id}/grade",
    response={202: GradeOut, **refusals(409)},
)
async def grade(
    request: HttpRequest, course_id: UUID, assignment_id: UUID, body: GradeIn
) -> Status[GradeOut]:
    """Approve a grade for one person; it is held, then brought to the LMS. Needs a key."""
    actor = _actor(request, course_id)
    return Status(202, await in_slow_thread(_give)(request, actor, assignment_id, body))


@router.post("/push_grade", response={202: GradeOut, **refusals(409)})
async def push_grade(request: HttpRequest, body: PushedIn) -> Status[GradeOut]:
    """The same under its other name, with all ids in the body."""
    actor = _actor(request, body.course_id)
    return Status(202, await in_slow_thread(_give)(request, actor, body.assignment_id, body))


@router.get(
    "/courses/{course_id}/assignments/{assignment_id}/grades",
    response={200: list[GradeOut], **refusals()},
)
async def listed(request: HttpRequest, course_id: UUID, assignment_id: UUID) -> list[GradeOut]:
    """The newest grade of each student, and how it stands."""
    return await in_slow_thread(_list)(_actor(request, course_id), assignment_id)


def _give(request: HttpRequest, actor: Actor, assignment_id: UUID, body: GradeIn) -> GradeOut:
    limits.take(actor)
    if once.HEADER not in request.headers:
        raise BadRequest(why=_("a grade needs an Idempotency-Key"))
    line_item = gradebook.column(actor, assignment_id)
    entry = gradebook.Entry(body.user_id, gradebook.cents(body.score), body.feedback)
    minutes = body.hold_minutes
    hold = None if minutes is None else gradebook.Hold(minutes=minutes)
    with transaction.atomic():
        (draft,) = gradebook.draft(actor, line_item, [entry])
        (made,) = flows.approve(actor, [draft.pk], hold)
    return GradeOut.of(made)


def _list(actor: Actor, assignment_id: UUID) -> list[GradeOut]:
    limits.take(actor)
    line_item = gradebook.column(actor, assignment_id)
    return [GradeOut.of(each) for each in grades.newest(gradebook.given(actor, line_item))]
