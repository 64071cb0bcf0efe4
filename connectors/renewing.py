"""A token's successor: asked for once by all our workers, stored before it is used.

Whoever takes the lease (one UPDATE, no lock is held while the LMS thinks) asks; the others look
until the version has grown. In Canvas the old token dies as the new one is given, so somebody may
be refused with it in between: whoever is, reads again before asking.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from connectors.base import Client, Grant, OAuth
from connectors.errors import ClientRefused
from connectors.models import PURPOSE, Application, Connector, Token
from tutorai import crypto
from tutorai.errors import LMSUnauthorised, NotSent, SecretUnreadable
from tutorai.idle import release

EARLY = 120.0  # seconds before its end that a token is renewed
JITTER = 60.0  # and up to so many more, so that not all come at once
LAST = 15.0  # seconds left of an application's own token in which no call begins
LEASE = timedelta(seconds=30)  # longer than two tries take
PATIENCE = 25.0  # seconds to wait for another's asking
STEP = (0.02, 0.1)  # seconds between two looks

# Which dialect asks how; handed over by connectors.apps, for the registry stands above.
oauth_of: Callable[[str], OAuth | None] | None = None


def callback(lms: str) -> str:
    """Return where an LMS sends people back, as its administrator registers it."""
    return f"{settings.PUBLIC_URL}/connect/{lms}/callback"


def newest(connector_id: UUID) -> Token:
    """Return the token that opens a connector; raise LMSUnauthorised without one."""
    rows = Token.objects.select_related("connector__application")
    token = rows.filter(connector=connector_id).order_by("-version").first()
    if token is None:
        raise LMSUnauthorised()
    return token


def renews(token: Token) -> bool:
    """Whether its successor can be had without a person."""
    if token.connector.application is None:
        return False
    return token.kind == Token.Kind.CLIENT or bool(token.kind == Token.Kind.OAUTH and token.refresh)


def due(token: Token) -> bool:
    """Whether it is time for the next one.

    An application's own is used to its end: asked before, Blackboard gives the same one again.
    """
    if token.expires_at is None or not renews(token):
        return False
    early = LAST if token.kind == Token.Kind.CLIENT else EARLY + random.uniform(0, JITTER)  # noqa: S311 - jitter, not a secret
    return token.expires_at - timezone.now() < timedelta(seconds=early)


def successor(token: Token, *, refused: bool = False) -> Token:
    """Return what came after `token`, or ask for it; `refused`: the LMS took it no more.

    Raises LMSUnauthorised when a person must connect again (and notes that), ClientRefused,
    LMSUnavailable; NotSent when another's asking takes too long.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        held = newest(token.connector_id)
        if held.version != token.version:
            return held
        if not renews(held):
            over(held)
            raise LMSUnauthorised()
        if _leased(held):
            return _asked(held, refused)
        release()
        time.sleep(random.uniform(*STEP))  # noqa: S311 - jitter, not a secret
    raise NotSent()


def over(token: Token) -> None:
    """Note that a person must connect again, unless somebody has meanwhile."""
    row = Connector.objects.filter(pk=token.connector_id, status=Connector.Status.ACTIVE)
    same = row.filter(tokens__pk=token.pk, tokens__version=token.version)
    same.update(status=Connector.Status.NEEDS_REAUTH, error=LMSUnauthorised.code)


def client(application: Application) -> Client:
    """Return who we are there; raise ClientRefused when the secret cannot be read."""
    try:
        return Client(application.client_id, application.secret())
    except SecretUnreadable as error:
        raise ClientRefused() from error


def _leased(token: Token) -> bool:
    """Take the right to ask; whoever dies with it loses it when its time is over."""
    now = timezone.now()
    free = Q(renewing_until=None) | Q(renewing_until__lt=now)
    row = Token.objects.filter(free, pk=token.pk, version=token.version)
    return row.update(renewing_until=now + LEASE) == 1


def _asked(token: Token, refused: bool) -> Token:
    try:
        return _stored(token, _grant(token, refused))
    except LMSUnauthorised:
        over(token)
        raise
    finally:  # whoever waits may try at once, where this failed
        Token.objects.filter(pk=token.pk, version=token.version).update(renewing_until=None)


def _grant(token: Token, refused: bool) -> Grant:
    """Ask the LMS; raise NotSent where there will be another one only in a moment."""
    row = token.connector
    oauth = oauth_of(row.lms) if oauth_of else None
    if oauth is None or row.application is None:
        raise LMSUnauthorised()
    us, before = client(row.application), _read(token.access)
    if token.kind == Token.Kind.CLIENT:
        grant = oauth.own(row.base_url, us)
        if grant.seconds is not None and grant.seconds <= LAST:
            raise NotSent(retry_after=grant.seconds + 1.0)
        if refused and grant.access == before:
            raise LMSUnauthorised()
        return grant
    return oauth.refresh(
        row.base_url, us, refresh=_read(token.refresh), redirect_uri=callback(row.lms)
    )


def _read(sealed: str) -> str:
    try:
        return crypto.decrypt(sealed, purpose=PURPOSE)
    except SecretUnreadable as error:
        raise LMSUnauthorised() from error


def _stored(token: Token, grant: Grant) -> Token:
    """Store the successor, unless somebody connected anew meanwhile; return what counts now."""
    told = {
        "access": crypto.encrypt(grant.access, purpose=PURPOSE),
        "expires_at": until(grant),
        "version": token.version + 1,
        "renewing_until": None,
        "received_at": timezone.now(),
    }
    if grant.refresh:
        told["refresh"] = crypto.encrypt(grant.refresh, purpose=PURPOSE)
    Token.objects.filter(pk=token.pk, version=token.version).update(**told)
    return newest(token.connector_id)


def until(grant: Grant) -> datetime | None:
    """Return when a grant's token ends, from now; None: nobody says."""
    return None if grant.seconds is None else timezone.now() + timedelta(seconds=grant.seconds)
