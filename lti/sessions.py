"""Bearer sessions: one per launch, 12 hours at most, ended at once when the role changes."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from lti.models import Deployment, LaunchSession
from tutorai.errors import NotSignedIn
from tutorai.lmsdm.models import Enrolment
from tutorai.lmsdm.schema import Actor, Role

ACCESS = 600  # seconds
LONGEST = timedelta(hours=12)
# A page that is left while its renewal is under way never hears of the new secret.
GRACE = timedelta(seconds=20)


@dataclass(frozen=True)
class Begun:
    """A session with its two secrets, which exist nowhere else."""

    session: LaunchSession
    access_token: str
    refresh_secret: str


def begin(**fields: Any) -> Begun:
    """Begin a session; older ones of this person here that have another role end."""
    now = timezone.now()
    row = LaunchSession(**fields, expires_at=now + LONGEST)
    secret = _secret(row.pk)
    row.refresh_hash = _digest(secret)
    row.save(force_insert=True)
    LaunchSession.objects.filter(
        user_id=row.user_id, course_id=row.course_id, revoked_at=None
    ).exclude(role=row.role).update(revoked_at=now)
    return Begun(_alive(row.pk), _access(row.pk), secret)


def actor(token: str) -> Actor:
    """Return who holds this access token; raise NotSignedIn. One query."""
    row = _alive(_unsigned(token, salt="lti.access", max_age=ACCESS))
    return Actor(
        institution_id=row.user.institution_id,
        user_id=row.user_id,
        course_id=row.course_id,
        role=Role(row.role),
        session_id=row.pk,
        sections=tuple(row.sections),
        locale=row.locale or "en",
        name=row.user.name,
        time_zone=row.time_zone,
        signed_in_at=row.created_at,
    )


@transaction.atomic
def _rotate(pk: UUID, secret: str) -> Begun | None:
    """Return the session under a new secret; None when the old one had been used before."""
    held = LaunchSession.objects.select_for_update().filter(pk=pk).first()
    if held is None:
        raise NotSignedIn()
    now, given = timezone.now(), _digest(secret)
    late = given == held.previous_hash and held.refreshed_at > now - GRACE
    if given != held.refresh_hash and not late:
        LaunchSession.objects.filter(pk=pk, revoked_at=None).update(revoked_at=now)
        return None
    row, fresh = _alive(pk), _secret(pk)
    LaunchSession.objects.filter(pk=pk).update(
        refresh_hash=_digest(fresh), previous_hash=held.refresh_hash, refreshed_at=now
    )
    return Begun(row, _access(pk), fresh)


def refresh(secret: str, *, launch_id: UUID) -> Begun:
    """Return the session with new secrets. A secret used twice ends it; raises NotSignedIn."""
    pk = _unsigned(
        secret.rpartition("~")[0], salt="lti.refresh", max_age=int(LONGEST.total_seconds())
    )
    begun = _rotate(pk, secret) if pk == launch_id else None
    if begun is None:
        raise NotSignedIn()
    return begun


def end(session_id: UUID) -> None:
    """End a session."""
    LaunchSession.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=timezone.now())


def facts(row: LaunchSession) -> dict[str, Any]:
    """Return what `GET /v1/me` tells."""
    course = {"id": str(row.course.pk), "title": row.course.title} if row.course else None
    return {
        "role": row.role,
        "course": course,
        "message_type": row.message_type,
        "user": {"name": row.user.name},
        "locale": row.locale,
        "return_url": row.return_url,
        "platform_storage": row.platform_storage,
    }


def facts_of(session_id: UUID) -> dict[str, Any]:
    """`facts` of a session that still stands; raise NotSignedIn."""
    return facts(_alive(session_id))


def frame_origins(launch_id: UUID) -> list[str]:
    """Return who may frame this launch's page; [] when unknown."""
    found = LaunchSession.objects.filter(pk=launch_id).values_list("frame_origins", flat=True)
    return list(found.first() or [])


def _alive(pk: UUID) -> LaunchSession:
    gone = Enrolment.objects.filter(
        user_id=OuterRef("user_id"), course_id=OuterRef("course_id"), active=False
    )
    row = (
        LaunchSession.objects.select_related("user", "course")
        .filter(
            ~Exists(gone),
            pk=pk,
            revoked_at=None,
            expires_at__gt=timezone.now(),
            deployment__status=Deployment.Status.ACTIVE,
            deployment__registration__active=True,
        )
        .first()
    )
    if row is None:
        raise NotSignedIn()
    return row


def _access(pk: UUID) -> str:
    return signing.TimestampSigner(salt="lti.access").sign(pk.hex)


def _secret(pk: UUID) -> str:
    signed = signing.TimestampSigner(salt="lti.refresh").sign(pk.hex)
    return f"{signed}~{secrets.token_urlsafe(32)}"


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _unsigned(token: str, *, salt: str, max_age: int) -> UUID:
    try:
        return UUID(signing.TimestampSigner(salt=salt).unsign(token, max_age=max_age))
    except (signing.BadSignature, ValueError) as error:
        raise NotSignedIn() from error
