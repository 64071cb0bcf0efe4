"""Who reads: what they may read of their course, and what is known of them."""

from collections.abc import Iterable
from uuid import UUID

from tutorai.errors import NotOpen, NotYours
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course, Identity
from tutorai.lmsdm.schema import Actor, Role

APART = frozenset({Role.OBSERVER, Role.GUEST})  # content is not theirs to read


def course(actor: Actor, course_id: UUID) -> Course:
    """Return the course for somebody who may read its content.

    Raises NotFound, NotYours, and NotOpen for students of a course that is not open to them.
    """
    found = scope.course(actor, course_id)
    if actor.role in APART:
        raise NotYours()
    if found.opened_at is None and not actor.is_staff:
        raise NotOpen()
    return found


def lms_ids(institution_id: UUID, people: Iterable[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Return (LMS, id there) of those people whom an LMS named to us by its own ids."""
    told = Identity.objects.filter(
        institution_id=institution_id, kind=Identity.Of.USER, row__in=list(people)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    rows = told.exclude(source__startswith="lti:").order_by("pk")
    for row, source, external_id in rows.values_list("row", "source", "external_id"):
        named = (source.partition(":")[0], external_id.rpartition("/")[2])
        if named not in found.setdefault(row, []):
            found[row].append(named)
    return found
