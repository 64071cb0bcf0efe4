"""Whom an observer is there for: the students whom the LMS lists with their launch, and no others."""

from uuid import UUID

from django.utils import timezone

from lti.visits import Visit
from tutorai.lmsdm.models import Identity, Observing, User
from tutorai.lmsdm.schema import Role


def note(visit: Visit, *, observer: UUID, course_id: UUID) -> None:
    """Make the rows say what this launch lists; who is no observer any more has none.

    A student whom we do not know yet is not there to be seen; the next launch finds them.
    """
    listed = _known(visit) if visit.role is Role.OBSERVER else []
    rows = Observing.objects.filter(course_id=course_id, observer_id=observer)
    rows.exclude(student__in=listed).delete()
    now = timezone.now()
    Observing.objects.bulk_create(
        [
            Observing(course_id=course_id, observer_id=observer, student_id=one, told_at=now)
            for one in listed
        ],
        update_conflicts=True,
        unique_fields=["course", "observer", "student"],
        update_fields=["told_at"],
    )


def _known(visit: Visit) -> list[UUID]:
    named = Identity.objects.filter(
        institution_id=visit.institution,
        source=f"lti:{visit.registration.pk}",
        kind=Identity.Of.USER,
        external_id__in=visit.told.observed,
    )
    people = User.objects.filter(pk__in=named.values("row"), institution_id=visit.institution)
    return list(people.values_list("pk", flat=True))
