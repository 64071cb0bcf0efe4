"""A code that a course's page shows its teacher, and that the window of a program is given.

Teachers come by launch and have no password. So the page inside their course shows a code that is
good for ten minutes and once, and the window in which a program asks takes it: who types it is who
opened that page.
"""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from lti import sessions
from tutorai.agency import places, secrets
from tutorai.agency.models import Ticket
from tutorai.errors import BadRequest, NotSignedIn, NotYours
from tutorai.lmsdm.schema import Actor

LASTS = timedelta(minutes=10)


def make(actor: Actor) -> str:
    """Return a new code for this session; the one before it is good no more. Raises NotYours."""
    place = places.of_session(actor)
    now = timezone.now()
    Ticket.objects.filter(expires_at__lt=now).delete()
    Ticket.objects.filter(user=actor.user_id, course=place.course).delete()
    code = secrets.code()
    Ticket.objects.create(
        code_hash=secrets.digest(code),
        course=place.course,
        user_id=place.user_id,
        session=actor.session_id or UUID(int=0),
        expires_at=now + LASTS,
    )
    return code


def holder(code: str) -> Actor:
    """Return whose page showed this code, as they stand now; raise BadRequest."""
    named = secrets.digest(secrets.typed(code))
    row = Ticket.objects.filter(code_hash=named, expires_at__gt=timezone.now()).first()
    try:
        if row is None:
            raise NotSignedIn()
        actor = sessions.actor_of(row.session)
        places.of_session(actor)
    except (NotSignedIn, NotYours) as error:
        raise BadRequest(why=_("this code is not good: make a new one in your course")) from error
    return actor


def spend(code: str) -> None:
    """Use a code up; raise BadRequest where somebody has."""
    used, _rows = Ticket.objects.filter(code_hash=secrets.digest(secrets.typed(code))).delete()
    if not used:
        raise BadRequest(why=_("this code is not good: make a new one in your course"))
