"""Bearer sessions: one per launch."""

from tutorai.errors import NotSignedIn
from tutorai.lmsdm.schema import Actor


def actor(token: str) -> Actor:
    """Return who holds this access token; raise NotSignedIn."""
    raise NotSignedIn()
