"""One-time links by which a platform registers itself for a school."""

import secrets
from datetime import datetime

from lti.models import Invite
from lti.oidc import digest
from tutorai.lmsdm.models import Institution


def make(institution: Institution, *, expires_at: datetime) -> str:
    """Write an invite down and return its secret, which exists nowhere else."""
    secret = secrets.token_urlsafe(32)
    Invite.objects.create(
        institution=institution, secret_hash=digest(secret), expires_at=expires_at
    )
    return secret
