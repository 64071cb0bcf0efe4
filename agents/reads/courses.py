"""Courses: a session belongs to one."""

from uuid import UUID

from agents.reads import records
from tutorai.lmsdm import models, scope
from tutorai.lmsdm.schema import Actor


def listed(actor: Actor) -> list[records.Course]:
    """Return the course of the reader's session; whoever is signed in may know that much."""
    return [_told(actor, row) for row in scope.courses(actor)]


def one(actor: Actor, course_id: UUID) -> records.Course:
    """Return it by its id."""
    return _told(actor, scope.course(actor, course_id))


def _told(actor: Actor, row: models.Course) -> records.Course:
    return records.Course(
        course_id=row.pk,
        title=row.title,
        description=row.description,
        instructor=row.instructor,
        code=row.code,
        state=row.state,
        source=row.source.partition(":")[0],
        start_at=row.start_at,
        end_at=row.end_at,
        time_zone=row.time_zone,
        language=row.language,
        opened=row.opened_at is not None,
        role=actor.role,
    )
