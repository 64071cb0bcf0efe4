"""What launches leave behind, and for how long."""

from datetime import timedelta

from django.utils import timezone

from lti import placements
from lti.models import LaunchSession, LaunchState

UNPROVED = timedelta(hours=1)  # names and addresses of a launch whose browser never came back
KEPT = timedelta(days=30)  # what was refused and why, and sessions that ended


def forget() -> None:
    """Let go of what is too old."""
    now = timezone.now()
    unproved = LaunchState.objects.filter(created_at__lt=now - UNPROVED)
    unproved.exclude(claims=None).update(claims=None)
    unproved.filter(used_at=None).delete()  # anybody may begin a login; nobody came back
    LaunchState.objects.filter(created_at__lt=now - KEPT).delete()
    LaunchSession.objects.filter(expires_at__lt=now - KEPT).delete()
    placements.forget()
