"""Bearer sessions: one per launch, 12 hours at most, ended at once when the role changes."""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from lti.claims import origin
from lti.models import Deployment, LaunchSession
from tutorai.errors import NotSignedIn
from tutorai.lmsdm.models import Enrolment, Institution
from tutorai.lmsdm.schema import Actor, Role
from tutorai.prepared import rows

ACCESS = 600  # seconds
LONGEST = timedelta(hours=12)
# A page that is left while its renewal is under way never hears of the new secret. A cookie no
# script can read may then tell the old one once more; a secret that scripts hold may not.
GRACE = timedelta(seconds=20)

# Which sessions without a deployment stand: of courses that were made here. Handed over by
# tutorai.apps, for offices are no matter of launches.
own = Q(pk__in=[])
LAUNCHED = Q(
    deployment__status=Deployment.Status.ACTIVE.value, deployment__registration__active=True
)


# Of the hot path: bound and prepared, see tutorai.prepared.
BEGIN = """
WITH seen AS (
  UPDATE lti_launchstate SET deployment_id = %(deployment_id)s, shown = %(shown)s::jsonb,
                             clock = %(clock)s
   WHERE id = %(id)s
)
INSERT INTO lti_launchsession (id, deployment_id, account_id, user_id, course_id, resource_link_id, role,
                               message_type, locale, time_zone, sections, placement, masquerade,
                               return_url, frame_origins, platform_storage, placed_id, subject_id,
                               deep_link, refresh_hash, previous_hash, refreshed_at, created_at,
                               expires_at)
VALUES (%(id)s, %(deployment_id)s, %(account_id)s, %(user_id)s, %(course_id)s, %(resource_link_id)s, %(role)s,
        %(message_type)s, %(locale)s, %(time_zone)s, %(sections)s::jsonb, %(placement)s,
        %(masquerade)s, %(return_url)s, %(frame_origins)s::jsonb, %(platform_storage)s::jsonb,
        %(placed_id)s, %(subject_id)s, %(deep_link)s::jsonb, %(refresh_hash)s, '', now(), now(),
        %(expires_at)s)
RETURNING id
"""


@dataclass(frozen=True)
class Begun:
    """A session with its two secrets, which exist nowhere else."""

    session: LaunchSession
    access_token: str
    refresh_secret: str


def begin(
    *, shown: dict[str, Any] | None = None, clock: float | None = None, **fields: Any
) -> Begun:
    """Begin a session; `user` and `course` are known by id and name.

    `shown` and `clock` go to its login's row, for the diagnose page.
    """
    row = LaunchSession(**fields, expires_at=timezone.now() + LONGEST)
    secret = _secret(row.pk)
    row.refresh_hash = _digest(secret)
    written = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    written |= {"shown": shown, "clock": clock}
    for name in ("sections", "frame_origins", "platform_storage", "deep_link", "shown"):
        written[name] = None if written[name] is None else json.dumps(written[name])
    rows(BEGIN, written)
    return Begun(row, _access(row.pk), secret)


def end_other_roles(user_id: UUID, course_id: UUID | None, role: Role) -> None:
    """End the person's sessions here that have another role: it is not theirs any more."""
    here: dict[str, Any] = {"user_id": user_id, "course_id": course_id}
    older = LaunchSession.objects.filter(**here, revoked_at=None).exclude(role=role.value)
    older.update(revoked_at=timezone.now())


def actor(token: str) -> Actor:
    """Return who holds this access token; raise NotSignedIn. One query; two where none launched it."""
    return actor_of(_unsigned(token, salt="lti.access", max_age=ACCESS))


def actor_of(pk: UUID) -> Actor:
    """Return whose session this is, if it still stands; raise NotSignedIn."""
    row = _alive(pk)
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
        placement=row.placement,
        acted_by=row.masquerade,
        signed_in_at=row.created_at,
        is_test=row.user.is_test,
        ended=row.course is not None and row.course.ended,
        message=row.message_type,
        subject_id=row.subject_id,
        placed_id=row.placed_id,
        about=row.placed.about if row.placed else "",
        about_id=row.placed.target if row.placed else None,
    )


def refresh(secret: str, *, launch_id: UUID, from_cookie: bool = False) -> Begun:
    """Return the session with new secrets and today's role. A secret used twice ends it.

    Raises NotSignedIn.
    """
    signed = secret.rpartition("~")[0]
    pk = _unsigned(signed, salt="lti.refresh", max_age=int(LONGEST.total_seconds()))
    begun = _rotate(pk, secret, GRACE if from_cookie else timedelta()) if pk == launch_id else None
    if begun is None:
        raise NotSignedIn()
    return begun


@transaction.atomic
def _rotate(pk: UUID, secret: str, grace: timedelta) -> Begun | None:
    """Return the session under a new secret; None when it ended, which has to be stored."""
    held = LaunchSession.objects.select_for_update().filter(pk=pk).first()
    if held is None:
        return None
    now, given = timezone.now(), _digest(secret)
    once_more = given == held.previous_hash and held.refreshed_at > now - grace
    if given != held.refresh_hash and not once_more:
        end(pk)
        return None
    LaunchSession.objects.filter(pk=pk).update(**_place_now(held))
    try:
        row = _alive(pk)
    except NotSignedIn:
        end(pk)
        return None
    fresh = _secret(pk)
    LaunchSession.objects.filter(pk=pk).update(
        refresh_hash=_digest(fresh),
        previous_hash="" if once_more else held.refresh_hash,
        refreshed_at=now,
    )
    return Begun(row, _access(pk), fresh)


def _place_now(row: LaunchSession) -> dict[str, Any]:
    """What the person is in the course today; without a course, what the launch said."""
    here: dict[str, Any] = {"user_id": row.user_id, "course_id": row.course_id}
    held = Enrolment.objects.filter(**here).values("role", "sections").first()
    place: dict[str, Any] = {**held} if held else {"role": row.role}
    readers = Institution.objects.filter(users=row.user_id, admins_may_read=True)
    if place["role"] == Role.ADMIN and not readers.exists():
        place["role"] = Role.GUEST.value  # the school let its administrators read once
    return place


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
        "masquerade": bool(row.masquerade),
        "test_student": row.user.is_test,
        "ended": row.course is not None and row.course.ended and not row.course.moved_to_id,
        "moved": row.course is not None and row.course.moved_to_id is not None,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "return_url": row.return_url,
        "platform_storage": row.platform_storage,
    }


def facts_of(session_id: UUID) -> dict[str, Any]:
    """`facts` of a session that still stands; raise NotSignedIn."""
    return facts(_alive(session_id))


def page_origins(launch_id: UUID) -> tuple[list[str], list[str]]:
    """Return who may frame this launch's page, and whom it may send a form; [] when unknown."""
    held = LaunchSession.objects.filter(pk=launch_id)
    found = held.only("frame_origins", "deep_link", "deployment").first()
    if found is None:
        return [], []
    nobody = ["'none'"] if found.deployment_id is None else []  # no LMS is about
    return list(found.frame_origins) or nobody, form_origins(found)


def form_origins(row: LaunchSession) -> list[str]:
    """Return whom a launch's page may send a form: the platform, where something is placed."""
    return [origin(row.deep_link["return_url"])] if row.deep_link else []


def _alive(pk: UUID) -> LaunchSession:
    """Return a session that stands: the role it was begun with is still the person's."""
    gone = Enrolment.objects.filter(
        ~Q(role=OuterRef("role")) | Q(active=False),
        user_id=OuterRef("user_id"),
        course_id=OuterRef("course_id"),
    )
    row = (
        LaunchSession.objects.select_related("user", "course", "placed")
        .defer("course__description")
        .filter(
            LAUNCHED | Q(deployment=None),
            ~Exists(gone),
            pk=pk,
            revoked_at=None,
            expires_at__gt=timezone.now(),
        )
        .first()
    )
    if row is None or (row.deployment_id is None and not _stands(pk)):
        raise NotSignedIn()
    return row


def _stands(pk: UUID) -> bool:
    """Whether a session that nobody launched stands: a query of its own, which launches are spared."""
    return LaunchSession.objects.filter(own, pk=pk).exists()


@cache
def _signer(salt: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=salt)


def _access(pk: UUID) -> str:
    return _signer("lti.access").sign(pk.hex)


def _secret(pk: UUID) -> str:
    return f"{_signer('lti.refresh').sign(pk.hex)}~{secrets.token_urlsafe(32)}"


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _unsigned(token: str, *, salt: str, max_age: int) -> UUID:
    try:
        return UUID(_signer(salt).unsign(token, max_age=max_age))
    except (signing.BadSignature, ValueError) as error:
        raise NotSignedIn() from error
