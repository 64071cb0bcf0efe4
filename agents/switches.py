"""What is switched off: the rows of `Switch`, read afresh, so that off is off at once. Blocking."""

from uuid import UUID

from django.db.models import Q, QuerySet

from agents.models.teaching import Switch
from agents.spend.who import For


def off(who: For) -> bool:
    """Whether a call is switched off: for the institution, the course or the activity."""
    found = rows(who.institution_id, who.course_id, who.capability)
    return found.filter(Q(activity=None) | Q(activity=who.activity_id)).exists()


def rows(institution_id: UUID, course_id: UUID | None, capability: str) -> QuerySet[Switch]:
    """What switches the capability, or all, off there: for the whole of it, or for an activity."""
    here = Q(course=None) if course_id is None else Q(course=None) | Q(course=course_id)
    held = Switch.objects.filter(here, institution=institution_id)
    return held.filter(capability__in={"", capability})
