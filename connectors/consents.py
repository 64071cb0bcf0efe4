"""Somebody on the way to an LMS's page of consent and back.

Two secrets belong to a way, and only their digests rest here. The state goes to the LMS and comes
back by the browser. The binder stays in the window that goes on, as a cookie: whoever is sent an
address that another began with has no such cookie, so nobody's consent lands in another's course.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from connectors import registry, renewing
from connectors.base import Grant, OAuth
from connectors.errors import ConsentOver
from connectors.models import PURPOSE, Application, Consent
from connectors.places import Place
from tutorai import crypto
from tutorai.errors import BadRequest, LMSUnauthorised, SecretUnreadable
from tutorai.lmsdm.models import Course, Institution

LIFETIME = timedelta(minutes=10)
KEPT = timedelta(hours=1)  # until its row goes


@dataclass(frozen=True)
class Way:
    """Where a window goes on to, and the secret it keeps meanwhile."""

    url: str
    binder: str


def begin(
    institution: Institution,
    application: Application,
    place: Place,
    *,
    course: Course | None = None,
    user: UUID | None = None,
    session: UUID | None = None,
    account: UUID | None = None,
) -> str:
    """Write down that somebody wants to consent; return the state, which exists nowhere else."""
    oauth(application.lms)
    forget()
    state = secrets.token_urlsafe(32)
    Consent.objects.create(
        state_hash=digest(state),
        application=application,
        institution=institution,
        base_url=place.base_url,
        external_id=place.external_id,
        course=course,
        user_id=user,
        session_id=session,
        account_id=account,
        verifier=crypto.encrypt(secrets.token_urlsafe(48), purpose=PURPOSE),
    )
    return state


def leave(state: str) -> Way:
    """Bind a way to the window that goes on; raise ConsentOver: one window may, once."""
    binder = secrets.token_urlsafe(32)
    if not _open(state).filter(binder_hash="").update(binder_hash=digest(binder)):
        raise ConsentOver()
    row = Consent.objects.select_related("application").get(state_hash=digest(state))
    url = oauth(row.application.lms).consent_url(
        row.base_url,
        renewing.client(row.application),
        redirect_uri=renewing.callback(row.application.lms),
        state=state,
        verifier=_verifier(row),
    )
    return Way(url, binder)


def come_back(lms: str, state: str, binder: str) -> Consent:
    """Return whose way this is and end it; raise ConsentOver for another's, or one that is over."""
    ways = _open(state).exclude(binder_hash="").filter(application__lms=lms)
    if not ways.filter(binder_hash=digest(binder)).update(used_at=timezone.now()):
        raise ConsentOver()
    rows = Consent.objects.select_related("application", "institution", "course")
    return rows.get(state_hash=digest(state))


def exchange(consent: Consent, code: str) -> Grant:
    """Return what a code is good for; raise LMSError."""
    application = consent.application
    return oauth(application.lms).exchange(
        consent.base_url,
        renewing.client(application),
        code=code,
        redirect_uri=renewing.callback(application.lms),
        verifier=_verifier(consent),
    )


def forget() -> None:
    """Let go of ways that are over."""
    Consent.objects.filter(created_at__lt=timezone.now() - KEPT).delete()


def oauth(lms: str) -> OAuth:
    """Return how an LMS asks for consent; raise BadRequest where it does not."""
    found = registry.oauth(lms)
    if found is None:
        raise BadRequest(why=lms[:40])
    return found


def digest(secret: str) -> str:
    """Return what rests of a secret."""
    return sha256(secret.encode(errors="replace")).hexdigest()


def key(state: str) -> str:
    """Return what tells the cookie of one way from another's."""
    return digest(state)[:12]


def _open(state: str) -> QuerySet[Consent]:
    since = timezone.now() - LIFETIME
    return Consent.objects.filter(state_hash=digest(state), used_at=None, created_at__gt=since)


def _verifier(row: Consent) -> str:
    try:
        return crypto.decrypt(row.verifier, purpose=PURPOSE)
    except SecretUnreadable as error:
        raise LMSUnauthorised() from error
