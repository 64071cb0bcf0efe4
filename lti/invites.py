"""One-time links by which a platform registers itself for a school.

An invite is claimed while a platform is asked, so that two at once make one registration, and
given back when that fails. A claim whose process died lapses. What was spent expires at once.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from lti.models import Invite, Registration
from lti.oidc import digest
from lti.registration.errors import InviteExpired, InviteUnknown, InviteUsed
from tutorai.lmsdm.models import Institution

LIFETIME = timedelta(days=7)  # of an invite made on a page
CLAIM = timedelta(minutes=2)  # far longer than a platform is asked


def make(
    institution: Institution,
    *,
    expires_at: datetime,
    by: UUID | None = None,
    renews: Registration | None = None,
) -> str:
    """Write an invite down, by that account, and return its secret, which exists nowhere else."""
    secret = secrets.token_urlsafe(32)
    Invite.objects.create(
        institution=institution,
        secret_hash=digest(secret),
        expires_at=expires_at,
        by_id=by,
        renews=renews,
    )
    return secret


def address(secret: str) -> str:
    """Return the link to paste into a platform."""
    return f"{settings.PUBLIC_URL}/lti/register/{secret}"


def find(secret: str) -> Invite:
    """Return an invite that may be used now; raise InviteUnknown, InviteUsed, InviteExpired."""
    held = Invite.objects.select_related("institution", "renews")
    row = held.filter(secret_hash=digest(secret)).first()
    if row is None:
        raise InviteUnknown()
    now = timezone.now()
    if row.used_at and (row.expires_at <= row.used_at or row.used_at > now - CLAIM):
        raise InviteUsed()
    if row.expires_at <= now:
        raise InviteExpired()
    return row


def claim(row: Invite) -> datetime:
    """Take an invite for oneself, and return when; raise InviteUsed where another was faster."""
    now = timezone.now()
    if not _free(now).filter(pk=row.pk).update(used_at=now):
        raise InviteUsed()
    return now


def give_back(row: Invite, claimed: datetime) -> None:
    """Let an invite be used again, unless it was spent."""
    held = Invite.objects.filter(pk=row.pk, used_at=claimed, expires_at__gt=claimed)
    held.update(used_at=None)


def spend(row: Invite, claimed: datetime, registration: Registration) -> None:
    """End a claimed invite: this came of it. Raises InviteUsed where the claim had lapsed."""
    held = Invite.objects.filter(pk=row.pk, used_at=claimed, expires_at__gt=claimed)
    if not held.update(expires_at=claimed, registration=registration):
        raise InviteUsed()


def waiting(institution: Institution) -> QuerySet[Invite]:
    """Return a school's invites that may still be used, newest first."""
    held = _free(timezone.now()).filter(institution=institution)
    return held.select_related("renews").order_by("-created_at")


def withdraw(row: Invite) -> None:
    """End an invite nobody used; one that is claimed right now ends as it ends."""
    _free(timezone.now()).filter(pk=row.pk).delete()


def _free(now: datetime) -> QuerySet[Invite]:
    unclaimed = Q(used_at=None) | Q(used_at__lt=now - CLAIM)
    return Invite.objects.filter(unclaimed, expires_at__gt=now)
