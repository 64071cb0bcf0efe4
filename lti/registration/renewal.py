"""A platform that registers anew keeps all there is: the same row, with new words in it.

People are known by (registration, sub) and courses by (deployment, context id), so both rows stay
and change; nothing is copied or moved.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from lti.models import Deployment, LaunchState, Registration
from tutorai.errors import Conflict


def carry(row: Registration, deployment_id: str, institution: UUID, *, anew: bool) -> Deployment:
    """See that a registration has this deployment, active, of this school.

    A platform with one deployment for each registration (Moodle) names another one when it
    registers `anew`, under another client id: that is the old one's new name. One that another
    school has stays there.
    """
    held = list(Deployment.objects.select_for_update().filter(registration=row))
    named = next((one for one in held if one.deployment_id == deployment_id), None)
    own = [one for one in held if one.institution_id == institution]
    if named is None and anew and len(held) == len(own) == 1:
        named = own[0]
        named.deployment_id = deployment_id
    elif named is None:
        named = Deployment(registration=row, deployment_id=deployment_id)
    if named.institution_id in {None, institution}:
        named.institution_id = institution
        named.status, named.decided_at = Deployment.Status.ACTIVE, timezone.now()
    named.save()
    return named


@transaction.atomic
def take_place(new: Deployment, old: Deployment) -> None:
    """Let a deployment that waits go on where another one of its registration was.

    Canvas and D2L name a new installation when Tutor.AI is installed again: without this its
    courses would begin empty. Raises Conflict where the new one is at work already, or claimed.
    """
    pair = Deployment.objects.select_for_update().filter(pk__in=[new.pk, old.pk])
    held = {one.pk: one for one in pair}
    waits, goes = held.get(new.pk), held.get(old.pk)
    if (
        waits is None
        or goes is None
        or waits.registration_id != goes.registration_id
        or waits.status != Deployment.Status.PENDING
        or waits.institution_id  # claimed: an operator has the word
    ):
        raise Conflict()
    name = waits.deployment_id
    LaunchState.objects.filter(deployment=waits).update(deployment=goes)
    waits.delete()  # nobody ever came through it
    goes.deployment_id, goes.status = name, Deployment.Status.ACTIVE
    goes.platform = waits.platform or goes.platform
    goes.save()
