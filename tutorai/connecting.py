"""The ways into a course's LMS: a token that was pasted, somebody's consent, the school's own.

Which course it is stands first, then the LMS shows that course to the token, and only then is
anything stored: by `tutorai.flows`, which begins to read.
"""

import logging
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from connectors import applications, consents, linking, registry, schools, tokens
from connectors.base import Grant, Standing
from connectors.base import Tokens as Source
from connectors.models import Application, Connector, Consent, Token
from connectors.places import Place
from connectors.tokens import Given, Stored
from lti import services, sessions
from tutorai.errors import BadRequest, LMSError, TutorError
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor

logger = logging.getLogger(__name__)
PASTED = frozenset({"canvas", "moodle"})  # where a person makes a token by hand


@dataclass(frozen=True)
class Opened:
    """A way into a course that the LMS has shown to be one; nothing of it is stored yet."""

    actor: Actor
    course: Course
    place: Place
    standing: Standing
    grant: Grant | None = None  # None: through the school's
    kind: Token.Kind = Token.Kind.PERSONAL
    through: Connector | None = None
    application: Application | None = None


class State(StrEnum):
    """How a course's connection stands, its school's included."""

    ACTIVE = "active"
    PAUSED = "paused"  # a person disconnected it
    ENDED = "ended"  # its token is dead: somebody has to consent or paste anew
    SCHOOL_ENDED = "school_ended"  # the school's is dead, or was disconnected


@dataclass(frozen=True)
class Ways:
    """How a course may be connected, for its teacher's page."""

    lms: str
    title: str  # what the LMS is called
    place: Place | None  # where launches say that the course is
    school: Connector | None  # the school's own, through which it may go
    application: Application | None  # by which somebody may consent
    consents: bool  # this LMS asks for consent
    pastes: bool  # people make tokens there themselves


def ways(course: Course, held: Connector | None) -> Ways | None:
    """Return the ways into a course; None where its LMS is one that we do not read."""
    place = linking.asserted(course)
    lms = held.lms if held else place.lms if place else services.family(course) or "canvas"
    known = registry.DIALECTS.get(lms)
    if known is None:
        return None
    school = course.institution
    base = place.base_url if place else held.base_url if held else ""
    # Where nothing says the address, its teacher does.
    usual = applications.of(school).filter(lms=lms).first() if not base else None
    return Ways(
        lms=lms,
        title=known.title,
        place=place,
        school=schools.serving(school, place) if place else None,
        application=applications.serving(school, lms, base) if base else usual,
        consents=known.oauth is not None,
        pastes=lms in PASTED,
    )


def state(held: Connector) -> State:
    """Return how a course's connection stands."""
    if held.status == Connector.Status.PAUSED:
        return State.PAUSED
    if held.through and held.through.status != Connector.Status.ACTIVE:
        return State.SCHOOL_ENDED
    return State.ENDED if held.status == Connector.Status.NEEDS_REAUTH else State.ACTIVE


def lacking(held: Connector) -> list[tuple[str, str]]:
    """Return what the token of a connection may not do, each with what it would be for."""
    opens = held.through or held
    known = registry.DIALECTS.get(opens.lms)
    why = known.why if known else None
    return [(name, why(name) if why else "") for name in opens.lacks]


def mended_at(held: Connector) -> str:
    """Return the page of the LMS where what is lacking is given; "" where we know of none."""
    opens = held.through or held
    known = registry.DIALECTS.get(opens.lms)
    return known.mend(opens.base_url) if known and known.mend else ""


def by_token(actor: Actor, *, lms: str, address: str, token: str) -> Opened:
    """Open a course with a token that somebody pasted. Raises BadRequest, UrlRefused, LMSError."""
    course = scope.authored_course(actor, actor.course_id or "")
    place = linking.place(course, address, _known(lms))
    kind = Token.Kind.SERVICE if lms == "moodle" else Token.Kind.PERSONAL
    standing = _shown(place, Given(token))
    grant = Grant(token, owner=standing.owner)
    return Opened(actor, course, place, standing, grant, kind)


def through_school(actor: Actor) -> Opened:
    """Open a course by its school's own connection; raise BadRequest, LMSError.

    That one reads every course there is. So the launches of this course must have named the place:
    an address that somebody types would open others'.
    """
    course = scope.authored_course(actor, actor.course_id or "")
    place = linking.asserted(course)
    school = schools.serving(course.institution, place) if place else None
    if place is None or school is None:
        raise BadRequest(why=_("your school has connected no learning platform for this course"))
    standing = _shown(place, Stored(school))
    return Opened(actor, course, place, standing, through=school)


def ask(actor: Actor, *, lms: str, address: str) -> str:
    """Begin a way to the LMS's page of consent; return its state. Raises BadRequest.

    `address` may be empty where launches named the course.
    """
    course = scope.authored_course(actor, actor.course_id or "")
    told = linking.asserted(course)
    here = told if told and told.lms == lms and not address else None
    place = here or linking.place(course, address, _known(lms))
    application = applications.serving(course.institution, lms, place.base_url)
    if application is None:
        raise BadRequest(why=_("your school has not set this up for that address"))
    return consents.begin(
        course.institution,
        application,
        place,
        course=course,
        user=actor.user_id,
        session=actor.session_id,
    )


def by_consent(consent: Consent, code: str) -> Opened:
    """Open the course for which somebody consented.

    Raises LMSError, and NotSignedIn or NotYours for who may not connect it any more. What the LMS
    gave is given back where it is of no use.
    """
    assert consent.session_id is not None
    actor = sessions.actor_of(consent.session_id)
    course = scope.authored_course(actor, actor.course_id or "")
    place = Place(consent.base_url, consent.external_id, consent.application.lms)
    grant = consents.exchange(consent, code)
    try:
        standing = _shown(place, Given(grant.access))
    except TutorError:
        give_back(place.lms, place.base_url, grant.access)
        raise
    return Opened(
        actor,
        course,
        place,
        standing,
        grant,
        Token.Kind.OAUTH,
        application=consent.application,
    )


def _known(lms: str) -> str:
    """Return an LMS's name; raise BadRequest for one that we do not read."""
    registry.dialect(lms)
    return lms


def _shown(place: Place, source: Source) -> Standing:
    """Let the LMS show the course; return what the token is."""
    lms = registry.connect(place.lms, place.base_url, source)
    standing = lms.standing()
    lms.course(place.external_id)
    return standing


def keep(opened: Opened) -> Connector:
    """Store a way that was opened, in the caller's transaction."""
    row = linking.keep(
        opened.course,
        place=opened.place,
        by=opened.actor.user_id,
        through=opened.through,
        application=opened.application,
        lacks=opened.standing.lacks,
    )
    if opened.grant is None:
        row.tokens.all().delete()
    else:
        tokens.keep(row, opened.grant, kind=opened.kind, user_id=opened.actor.user_id)
    audit.record(
        verb=Verb.COURSE_CONNECT, actor=opened.actor, object_kind="connector", object_id=row.pk
    )
    return row


def revocable(row: Connector) -> list[str]:
    """Return the tokens of a connection that end with it at the LMS: those somebody consented to.

    One that a person made there by hand may serve them elsewhere.
    """
    found = []
    for token in row.tokens.filter(kind=Token.Kind.OAUTH):
        try:
            found.append(token.secret())
        except TutorError as error:
            logger.warning("A token of connector %s cannot be ended: %s", row.pk, error.code)
    return found


def give_back(lms: str, base_url: str, *secrets: str) -> bool:
    """End tokens at the LMS; return whether it heard of it. We have forgotten them in any case."""
    oauth = registry.oauth(lms)
    try:
        for secret in secrets if oauth else ():
            oauth.revoke(base_url, Given(secret).current())  # type: ignore[union-attr]
    except LMSError as error:
        logger.warning("A token was not ended at its %s: %s", lms, error.code)
        return False
    return True


def disconnect(actor: Actor) -> bool:
    """Forget a course's token, and end it at the LMS; return whether that heard of it."""
    course = scope.authored_course(actor, actor.course_id or "")
    row = Connector.objects.filter(course=course).first()
    secrets = revocable(row) if row else []
    with transaction.atomic():
        linking.pause(course)
        audit.record(verb=Verb.COURSE_DISCONNECT, actor=actor)
    return give_back(row.lms, row.base_url, *secrets) if row else True
