"""Installations (deployments) that nobody knew: written down, told, decided on by their school.

A registration that one school has to itself leads to that school. Where schools share one
(Blackboard) nobody sees a list: who knows the installation's id claims it (docs/installations.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from lti.claims import LTI, Launch
from lti.errors import DeploymentPending, SwitchedOff
from lti.models import Deployment, LaunchState, Registration
from tutorai.errors import NotFound
from tutorai.ledger import audit, jobs
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Institution

TELL = "tell_of_deployment"  # the kind of job
QUEUE = "interactive"  # somebody stands before a page that says "ask your administrator"
UNGUESSED = 20  # characters of an id that nobody finds by trying


@dataclass(frozen=True)
class Tries:
    """How often somebody came from a deployment that was not approved, and when last."""

    count: int
    last: datetime


class Claimed(StrEnum):
    """What became of a claim."""

    YOURS = "yours"  # it is open now, or was already
    ASKED = "asked"  # an operator has to confirm
    DISPUTED = "disputed"  # another school has claimed it before; an operator decides


def record(registration: Registration, told: Launch) -> None:
    """Write an unknown deployment down, and ask for its administrators to be told: once.

    Whose it is, a person says: schools may share a client.
    """
    approved = registration.auto_approve_deployments and registration.institution_id
    now = timezone.now()
    with transaction.atomic():
        row, new = Deployment.objects.get_or_create(
            registration_id=registration.pk,
            deployment_id=told.deployment_id,
            defaults={
                "status": Deployment.Status.ACTIVE if approved else Deployment.Status.PENDING,
                "institution_id": registration.institution_id if approved else None,
                "decided_at": now if approved else None,
                "platform": told.platform_itself,
            },
        )
        if new and not approved:
            _tell(row)


def waiting(institution: Institution) -> list[Deployment]:
    """Return what waits for this school: of its own platforms, and what it claimed."""
    rows = _rows().filter(status=Deployment.Status.PENDING)
    claimed = list(rows.filter(institution=institution))
    unclaimed = rows.filter(institution=None, registration__institution=institution)
    alone = _alone(institution, (row.registration for row in unclaimed))
    return claimed + [row for row in unclaimed if row.registration_id in alone]


def decided(institution: Institution) -> list[Deployment]:
    """Return what this school opened or closed."""
    rows = _rows().exclude(status=Deployment.Status.PENDING)
    refused = rows.filter(institution=None, registration__institution=institution)
    alone = _alone(institution, (row.registration for row in refused))
    theirs = Q(institution=institution) | Q(institution=None, registration__in=alone)
    return list(rows.filter(theirs))


def tries(deployments: Iterable[Deployment]) -> dict[UUID, Tries]:
    """Return how often people came from these and were sent away, as far back as launches go."""
    away = {DeploymentPending.code, SwitchedOff.code}
    rows = LaunchState.objects.filter(deployment__in=list(deployments), failure__in=away)
    counted = rows.values("deployment").annotate(many=Count("pk"), last=Max("created_at"))
    return {UUID(str(one["deployment"])): Tries(one["many"], one["last"]) for one in counted}


@transaction.atomic
def approve(institution: Institution, pk: UUID, *, by: UUID) -> None:
    """Open a deployment to launches, for this school; raise NotFound.

    What another school has is never moved: to this one it is not there.
    """
    row = _mine(institution, pk)
    if row.status == Deployment.Status.ACTIVE:
        return
    if row.status == Deployment.Status.PENDING and row.institution_id:
        raise NotFound()  # claimed: an operator has the word
    _decide(row, Deployment.Status.ACTIVE, institution)
    _remember(Verb.DEPLOYMENT_APPROVE, row, institution, by)


@transaction.atomic
def refuse(institution: Institution, pk: UUID, *, by: UUID) -> None:
    """Close a deployment to launches, or take a claim back; raise NotFound."""
    row = _mine(institution, pk)
    claimed = row.status == Deployment.Status.PENDING and row.institution_id
    if claimed:
        row.institution = None
        row.save()
    else:
        _decide(row, Deployment.Status.DISABLED, row.institution)
    _remember(Verb.DEPLOYMENT_REFUSE, row, institution, by)


def claimable(institution: Institution) -> list[Registration]:
    """Return the registrations that schools share, and that this one may use."""
    open_to = Q(institution=None) | Q(institution=institution)
    used = Q(deployment__institution=institution)
    rows = Registration.objects.filter(open_to | used, active=True).order_by("name").distinct()
    return [row for row in rows.select_related("institution") if row.only_institution() is None]


@transaction.atomic
def claim(institution: Institution, registration: UUID, deployment_id: str, *, by: UUID) -> Claimed:
    """Say that an installation is this school's; `deployment_id` as its platform shows it.

    It opens at once when nobody could have guessed the id and the platform is known to be no
    other school's; else an operator confirms. Raises NotFound for what has not been tried yet,
    and for what another school uses: nobody learns which is so.
    """
    shared = next((row for row in claimable(institution) if row.pk == registration), None)
    held = Deployment.objects.select_for_update(of=("self",)).select_related("registration")
    row = held.filter(registration=shared, deployment_id=deployment_id).first() if shared else None
    if row is None:
        raise NotFound()
    if row.status != Deployment.Status.PENDING:
        if row.status == Deployment.Status.ACTIVE and row.institution_id == institution.pk:
            return Claimed.YOURS
        raise NotFound()
    _remember(Verb.DEPLOYMENT_CLAIM, row, institution, by)
    _tell(row, anew=True)
    if row.institution_id not in {None, institution.pk}:
        return Claimed.DISPUTED
    if _sure(row, institution):
        _decide(row, Deployment.Status.ACTIVE, institution)
        return Claimed.YOURS
    row.institution = institution
    row.save()
    return Claimed.ASKED


def _sure(row: Deployment, institution: Institution) -> bool:
    """Whether a claim needs nobody else's word."""
    guid = row.platform.get("guid", "")
    if not guid or len(row.deployment_id) < UNGUESSED:
        return False
    others = Deployment.objects.filter(registration=row.registration).exclude(
        Q(institution=institution) | Q(institution=None)
    )
    seen = {f"{LTI}tool_platform": {"guid": guid}}
    launched = LaunchState.objects.filter(deployment__in=others, shown__contains=seen)
    return not others.filter(platform__guid=guid).exists() and not launched.exists()


def _rows() -> QuerySet[Deployment]:
    return Deployment.objects.select_related("registration").order_by("-created_at")


def _alone(institution: Institution, registrations: Iterable[Registration]) -> set[UUID]:
    """Return those of the registrations that this school has to itself."""
    rows = {row.pk: row for row in registrations}
    return {pk for pk, row in rows.items() if row.only_institution() == institution}


def _mine(institution: Institution, pk: UUID) -> Deployment:
    """Return a deployment that this school may decide on, locked; raise NotFound."""
    held = Deployment.objects.select_for_update(of=("self",)).select_related("registration")
    row = held.filter(pk=pk).first()
    if row is not None and row.institution_id == institution.pk:
        return row
    if row is None or row.institution_id or row.registration.only_institution() != institution:
        raise NotFound()
    return row


def _decide(row: Deployment, status: Deployment.Status, institution: Institution | None) -> None:
    row.status, row.institution, row.decided_at = status, institution, timezone.now()
    row.save()  # not update(): the change is remembered


def _remember(verb: Verb, row: Deployment, institution: Institution, by: UUID) -> None:
    audit.record(
        verb=verb,
        account=by,
        object_kind="deployment",
        object_id=row.pk,
        institution=institution.pk,
    )


def _tell(row: Deployment, *, anew: bool = False) -> None:
    """Have those told who can decide; `anew`: operators, of a claim."""
    jobs.add(
        TELL,
        {"deployment": str(row.pk), **({"claim": True} if anew else {})},
        queue=QUEUE,
        key=str(row.pk),
        institution_id=row.registration.institution_id,
    )
