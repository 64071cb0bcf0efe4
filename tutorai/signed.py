"""Addresses of files that are good for a minute: they name the file, and the session it is for."""

from uuid import UUID

from django.conf import settings
from django.core import signing

from tutorai.errors import NotFound

SALT = "file"
SECONDS = 60
ASKED = "asked/"  # what students send along with a question


def path(item: UUID, session: UUID | None, place: str = "") -> str:
    """Return the path of a file's address; `place` is the folder of files of another kind."""
    named = signing.dumps([str(item), str(session)], salt=SALT + place, compress=False)
    return f"/files/{place}{named}"


def address(item: UUID, session: UUID | None) -> str:
    """Return the whole address."""
    return f"{settings.PUBLIC_URL}{path(item, session)}"


def meant(named: str, place: str = "") -> tuple[UUID, UUID]:
    """Return the file and the session that a fresh address names; raise NotFound."""
    try:
        item, session = signing.loads(named, salt=SALT + place, max_age=SECONDS)
        return UUID(item), UUID(session)
    except (signing.BadSignature, ValueError) as error:
        raise NotFound() from error
