"""Who is in a course, for the cover that hides them from a model. Blocking."""

import hashlib
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings

from agents.reads import reader
from agents.tutor.cover import Cover, Known
from tutorai.lmsdm import models
from tutorai.lmsdm.schema import Actor


def cover(actor: Actor) -> Cover:
    """Return a cover for all people of the actor's course, and for the actor."""
    if actor.course_id is None:
        return Cover([], _key(actor.institution_id))
    return of_course(actor.institution_id, actor.course_id)


def of_course(institution_id: UUID, course_id: UUID) -> Cover:
    """Return a cover for all people of a course, for a job that nobody in particular asked for."""
    return Cover(_people(institution_id, course_id), _key(course_id))


def _people(institution_id: UUID, course_id: UUID) -> Iterator[Known]:
    people = models.User.objects.filter(
        institution_id=institution_id, enrolments__course_id=course_id
    )
    rows = {row.pk: row for row in people.only("pk", "name", "email")}
    ids = reader.lms_ids(institution_id, rows)
    for pk, row in rows.items():
        marks = [str(pk), row.email, *(one for _lms, one in ids.get(pk, []))]
        names = (row.name,) if row.name else ()
        yield Known(str(pk), names, tuple(one for one in marks if one))


def _key(of: UUID) -> bytes:
    return hashlib.sha256(f"cover:{of}:{settings.SECRET_KEY}".encode()).digest()
