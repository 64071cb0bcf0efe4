"""What is switched off: the rows of `Switch`, read afresh, so that off is off at once. Blocking."""

from django.db.models import Q

from agents.models.teaching import Switch
from agents.spend.who import For


def off(who: For) -> bool:
    """Whether a call is switched off: for the institution, the course or the activity."""
    return Switch.objects.filter(
        Q(course=None) | Q(course=who.course_id),
        Q(activity=None) | Q(activity=who.activity_id),
        institution=who.institution_id,
        capability__in=["", who.capability],
    ).exists()
