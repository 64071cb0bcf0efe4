"""An institution's platforms: which it looks after, which it shares, and changes to them.

Whoever registered a platform looks after it. Other schools that use the same one (Blackboard,
Schoology) hold deployments of it, and may look.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from lti.models import Deployment, LaunchSession, Registration
from lti.platforms.profile import host_of
from lti.registration.entry import Entered
from tutorai.errors import Conflict, NotFound
from tutorai.ids import new_id
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Institution

CHANGEABLE = (
    "name",
    "client_id",
    "auth_url",
    "token_url",
    "jwks_url",
    "token_audience",
    "family",
    "accepts_anonymous",
    "auto_approve_deployments",
    "roles",
)


def own(institution: Institution) -> QuerySet[Registration]:
    """Return the registrations this school looks after."""
    return Registration.objects.filter(institution=institution).order_by("name", "created_at")


def shared(institution: Institution) -> QuerySet[Registration]:
    """Return the registrations that others look after and this school has a deployment of."""
    theirs = Registration.objects.filter(deployment__institution=institution).distinct()
    return theirs.exclude(institution=institution).order_by("name")


def find(institution: Institution, pk: UUID) -> Registration:
    """Return a registration this school looks after; raise NotFound."""
    row = own(institution).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def deployments(institution: Institution, row: Registration) -> list[Deployment]:
    """Return a registration's deployments, without those that are or may be other schools'."""
    held = Deployment.objects.filter(registration=row).order_by("created_at")
    mine = {institution.pk, *([None] if row.only_institution() == institution else [])}
    return [one for one in held if one.institution_id in mine]


def activated(row: Registration) -> bool:
    """Whether somebody has come in, so that no administrator has to turn anything on."""
    came = LaunchSession.objects.filter(deployment__registration=row)
    return not row.awaits_activation or came.exists()


def taken(institution: UUID | None, client_id: str, token_url: str) -> bool:
    """Whether a registration of another school asks that host for tokens under that client id.

    A second one, whatever its issuer is called, would read and grade there in the first one's name.
    """
    named = Registration.objects.filter(client_id__iexact=client_id.strip())
    others = named.exclude(institution=institution)
    return any(host_of(row.token_url) == host_of(token_url) for row in others)


def add(
    institution: Institution,
    told: Entered,
    *,
    name: str,
    family: str,
    client_id: str,
    deployment_id: str,
    by: UUID,
) -> Registration:
    """Write a platform down, with its deployment where that is known.

    Raises Conflict where this issuer and client id are registered, by whomever.
    """
    if taken(institution.pk, client_id, told.token_url):
        raise Conflict()
    try:
        with transaction.atomic():
            row = Registration.objects.create(
                name=name,
                institution=institution,
                family=family,
                client_id=client_id,
                login_slug=new_id().hex,
                source=Registration.Source.MANUAL,
                **vars(told),
            )
            if deployment_id:
                _approved(row, deployment_id, institution)
            _tell(Verb.PLATFORM_ADD, row, by)
    except IntegrityError as error:
        raise Conflict() from error
    return row


def _approved(row: Registration, deployment_id: str, institution: Institution) -> None:
    Deployment.objects.create(
        registration=row,
        deployment_id=deployment_id,
        institution=institution,
        status=Deployment.Status.ACTIVE,
        decided_at=timezone.now(),
    )


def change(row: Registration, given: Mapping[str, Any], *, by: UUID) -> None:
    """Change what may be changed; its issuer never: people of two platforms would mix.

    Raises Conflict where the client id is another registration's.
    """
    changed = [name for name in CHANGEABLE if name in given]
    for name in changed:
        setattr(row, name, given[name])
    moved = {"client_id", "token_url"} & set(changed)
    if moved and taken(row.institution_id, row.client_id, row.token_url):
        raise Conflict()
    try:
        with transaction.atomic():
            row.save(update_fields=changed)  # not what somebody else changes at this moment
            _tell(Verb.PLATFORM_CHANGE, row, by)
    except IntegrityError as error:
        raise Conflict() from error


@transaction.atomic
def disable(row: Registration, *, by: UUID) -> None:
    """Let nobody in any more, at once; everything there is stays."""
    now = timezone.now()
    if not Registration.objects.filter(pk=row.pk, active=True).update(
        active=False, disabled_at=now
    ):
        return
    open_ = LaunchSession.objects.filter(deployment__registration=row, revoked_at=None)
    open_.update(revoked_at=now)
    _tell(Verb.PLATFORM_DISABLE, row, by)


@transaction.atomic
def enable(row: Registration, *, by: UUID) -> None:
    """Let people in again."""
    off = Registration.objects.filter(pk=row.pk, active=False)
    if off.update(active=True, disabled_at=None):
        _tell(Verb.PLATFORM_ENABLE, row, by)


def _tell(verb: Verb, row: Registration, by: UUID) -> None:
    audit.record(
        verb=verb,
        account=by,
        object_kind="registration",
        object_id=row.pk,
        institution=row.institution_id,
    )
