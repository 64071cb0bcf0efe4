"""Launches about a person: a teacher's look at somebody's work, a look at what we hold of somebody.

Sources: 1EdTech, LTI Submission Review 1.0; Data Privacy Launch (a draft). `for_user` names the
person by the platform's id; who asks for somebody else has to have a right to.
"""

from uuid import UUID

from lti.claims import PRIVACY
from lti.errors import NotAboutYou
from lti.roles import PRIVACY_ADMINS
from lti.visits import Visit
from tutorai.lmsdm.models import Identity, User
from tutorai.lmsdm.schema import GRADERS


def check(visit: Visit) -> None:
    """Raise NotAboutYou where a launch is about somebody whom this person may not ask about."""
    told = visit.told
    if not told.for_user or told.for_user == told.sub:
        return
    if told.message_type == PRIVACY:
        allowed = bool(PRIVACY_ADMINS.intersection(told.roles))
    else:
        allowed = visit.role in GRADERS
    if not allowed:
        raise NotAboutYou()


def subject(visit: Visit, own: UUID) -> UUID | None:
    """Return whom a checked launch is about; None where we do not know that person, or nobody.

    `own` is who launched.
    """
    told = visit.told
    if not told.for_user:
        return None
    if told.for_user == told.sub:
        return own
    named = Identity.objects.filter(
        institution_id=visit.institution,
        source=f"lti:{visit.registration.pk}",
        kind=Identity.Of.USER,
        external_id=told.for_user,
    )
    people = User.objects.filter(pk__in=named.values("row"), institution_id=visit.institution)
    return people.values_list("pk", flat=True).first()
