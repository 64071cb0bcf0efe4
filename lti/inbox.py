"""Installations (deployments) that nobody knew: written down, told, decided on by their school.

A registration that one school has to itself leads to that school. Where schools share one
(Blackboard) nobody sees a list: who has been there claims it (docs/installations.md).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.core.cache import cache as store
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from lti import roles
from lti.claims import LTI, Launch
from lti.errors import DeploymentPending, DeploymentUnclaimed, SwitchedOff
from lti.models import Deployment, LaunchState, Registration
from tutorai.errors import NotFound, TooMany, TutorError
from tutorai.ledger import audit, jobs
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Institution
from tutorai.lmsdm.schema import Role

TELL = "tell_of_deployment"  # the kind of job
QUEUE = "interactive"  # somebody stands before a page that says "ask your administrator"
PROOF = timedelta(days=1)  # as long a support id of the page that said "unclaimed" is good
WRONG, WINDOW = 20, 3600  # claims that fail, of one school within so many seconds


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
    # Never where schools share it: one of them looks after it, and others' would become its own.
    approved = registration.auto_approve_deployments and registration.only_institution()
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


def refusal(registration: Registration, *, claimed: bool) -> DeploymentPending:
    """Return why a launch from an installation is sent away that nobody has opened yet."""
    listed = claimed or registration.only_institution() is not None
    return DeploymentPending() if listed else DeploymentUnclaimed()


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
    away = {DeploymentPending.code, DeploymentUnclaimed.code, SwitchedOff.code}
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


@transaction.atomic
def claim(institution: Institution, deployment_id: str, support_id: str, *, by: UUID) -> Claimed:
    """Say that an installation is this school's: `deployment_id` as its platform shows it.

    `support_id` is the proof that one of ours was there: a launch by a teacher or administrator
    was sent away under it, within `PROOF`. The installation opens at once unless another school
    claimed it before or launches from the same platform; then an operator confirms. Raises
    NotFound, whatever does not fit, and TooMany.
    """
    pk = _proved(deployment_id, support_id)
    held = Deployment.objects.select_for_update(of=("self",)).select_related("registration")
    row = held.filter(pk=pk).first() if pk else None
    if row is None or row.status == Deployment.Status.DISABLED:
        raise _missed(institution)
    if row.status == Deployment.Status.ACTIVE:
        if row.institution_id == institution.pk:
            return Claimed.YOURS
        raise _missed(institution)
    _remember(Verb.DEPLOYMENT_CLAIM, row, institution, by)
    _tell(row, anew=True)
    if row.institution_id not in {None, institution.pk}:
        return Claimed.DISPUTED
    if _alone_there(row, institution):
        _decide(row, Deployment.Status.ACTIVE, institution)
        return Claimed.YOURS
    row.institution = institution
    row.save()
    return Claimed.ASKED


def _proved(deployment_id: str, support_id: str) -> UUID | None:
    """Return the deployment from which somebody who teaches or administrates was sent away."""
    if "\x00" in deployment_id + support_id or not support_id.strip():
        return None
    rows = LaunchState.objects.select_related("deployment__registration").filter(
        failure=DeploymentUnclaimed.code,
        support_id__iexact=support_id.strip(),
        created_at__gt=timezone.now() - PROOF,
        deployment__deployment_id=deployment_id,
    )
    fitting = (row.deployment_id for row in rows if _leads(row))
    return next(fitting, None)


def _leads(row: LaunchState) -> bool:
    told = (row.shown or {}).get(f"{LTI}roles")
    uris = {uri for uri in told if isinstance(uri, str)} if isinstance(told, list) else set()
    role = roles.effective(uris, overrides=row.registration.roles_in(None), admins=True)
    return role in {Role.TEACHER, Role.ADMIN}


def _missed(institution: Institution) -> TutorError:
    """Return why a claim fails, and count it: nobody finds a support id by trying."""
    name = f"claims-missed:{institution.pk}"
    with suppress(RedisError):
        store.add(name, 0, WINDOW)
        if store.incr(name) > WRONG:
            return TooMany(retry_after=WINDOW)
    return NotFound()


def _alone_there(row: Deployment, institution: Institution) -> bool:
    """Whether no other school launches from the platform that this one is in."""
    guid = row.platform.get("guid", "")
    others = Deployment.objects.filter(registration=row.registration).exclude(
        Q(institution=institution) | Q(institution=None)
    )
    seen = {f"{LTI}tool_platform": {"guid": guid}}
    launched = LaunchState.objects.filter(deployment__in=others, shown__contains=seen)
    return not guid or not (others.filter(platform__guid=guid).exists() or launched.exists())


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
