"""What people of an institution do with its connections: each step is written down."""

from uuid import UUID

from django.db import transaction

from connectors import applications, consents, registry
from connectors import schools as held
from connectors.base import Grant, Standing
from connectors.models import Application, Connector, Consent, Token
from connectors.places import Place
from tutorai import connecting
from tutorai.errors import NotFound, NotYours, TutorError
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Institution
from tutorai.models import Office


def connect_by_token(
    institution: Institution, *, lms: str, base_url: str, secret: str, by: UUID
) -> Connector:
    """Connect a school by a service account's token; raise LMSError (AdminToken), UrlRefused."""
    grant, standing = held.by_token(lms, base_url, secret)
    return _kept(institution, lms, base_url, grant, standing, Token.Kind.SERVICE, None, by)


def connect_by_application(
    institution: Institution, application: Application, base_url: str, *, by: UUID
) -> Connector:
    """Connect a school by an application's own token; raise LMSError.

    Raises NotFound for a site that is not the application's own, nor one that launches named.
    """
    mine = application.institution_id == institution.pk and application.base_url == base_url
    if not mine and (base_url, application) not in held.offered(institution, application.lms):
        raise NotFound()
    grant, standing = held.by_application(application, base_url)
    where = (institution, application.lms, base_url)
    return _kept(*where, grant, standing, Token.Kind.CLIENT, application, by)


def ask(application: Application, *, by: UUID) -> str:
    """Begin a way to the LMS's page of consent, for the school; return its state."""
    assert application.institution is not None
    place = Place(application.base_url, "", application.lms)
    return consents.begin(application.institution, application, place, account=by)


def connect_by_consent(consent: Consent, code: str) -> Connector:
    """Connect a school with what the LMS gives for an account's consent.

    Raises LMSError, and NotYours for an account that has no such office any more.
    """
    assert consent.account_id is not None
    changers = Office.objects.filter(
        account=consent.account_id,
        institution=consent.institution,
        role__in=(Office.Role.OWNER, Office.Role.ADMINISTRATOR),
    )
    if not changers.exists():
        raise NotYours()
    application = consent.application
    grant = consents.exchange(consent, code)
    try:
        standing = held.by_consent(application, consent.base_url, grant)
    except TutorError:
        connecting.give_back(application.lms, consent.base_url, grant.access)
        raise
    where = (consent.institution, application.lms, consent.base_url)
    return _kept(*where, grant, standing, Token.Kind.OAUTH, application, consent.account_id)


def _kept(
    institution: Institution,
    lms: str,
    base_url: str,
    grant: Grant,
    standing: Standing,
    kind: Token.Kind,
    application: Application | None,
    by: UUID,
) -> Connector:
    with transaction.atomic():
        row = held.keep(
            institution,
            lms=lms,
            base_url=base_url,
            grant=grant,
            kind=kind,
            lacks=standing.lacks,
            application=application,
            account=by,
        )
        _tell(Verb.SCHOOL_CONNECT, row, institution, by)
    return row


def disconnect(institution: Institution, row: Connector, *, by: UUID) -> bool:
    """Forget a school's token, and end it at the LMS; return whether that heard of it."""
    secrets = connecting.revocable(row)
    with transaction.atomic():
        held.pause(row)
        _tell(Verb.SCHOOL_DISCONNECT, row, institution, by)
    return connecting.give_back(row.lms, row.base_url, *secrets)


def add_application(
    institution: Institution, *, lms: str, base_url: str, client_id: str, secret: str, by: UUID
) -> Application:
    """Enter an application; for the same address, a new key and secret."""
    registry.dialect(lms)
    with transaction.atomic():
        row = applications.keep(
            institution, lms=lms, base_url=base_url, client_id=client_id, secret=secret
        )
        _tell(Verb.APPLICATION_SET, row, institution, by)
    return row


def remove_application(institution: Institution, pk: UUID, *, by: UUID) -> None:
    """Forget an application. What it renewed works until its tokens end; raise NotFound."""
    with transaction.atomic():
        row = applications.of(institution).filter(pk=pk).first()
        if row is None:
            raise NotFound()
        _tell(Verb.APPLICATION_REMOVE, row, institution, by)
        row.delete()


def _tell(verb: Verb, row: Application | Connector, institution: Institution, by: UUID) -> None:
    kind = "application" if isinstance(row, Application) else "connector"
    audit.record(
        verb=verb, account=by, object_kind=kind, object_id=row.pk, institution=institution.pk
    )
