"""Grant a program a place, list and end what was granted, and say whom a token works for today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tutorai.agency import places, scopes, secrets
from tutorai.agency.models import AccessToken, Client, Delegation
from tutorai.agency.places import Place
from tutorai.errors import BadRequest, NotFound, NotSignedIn, TooMany
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.schema import Actor, Role
from tutorai.models import Account

DAYS = (7, 30, 90, 180)  # how long a token of a page may hold
LONGEST = timedelta(days=180)  # of what a program was granted by OAuth; then it asks again
MOST = 50  # of one person in one course at a time
NAME = 80  # characters
FRESH = timedelta(minutes=1)  # how exactly it is known when one was last used


@dataclass(frozen=True)
class Working:
    """For whom a program works, as it stands right now, and what it may do."""

    actor: Actor
    delegation_id: UUID
    scopes: frozenset[str]


def standing(token: str) -> Working:
    """Return for whom a token works; raise NotSignedIn. Blocking: two or three short queries.

    Nothing of this is kept: who lost the role a moment ago has lost it here.
    """
    known = AccessToken.objects.select_related(
        "user__course", "user__institution", "user__user", "user__deployment__registration"
    )
    now = timezone.now()
    row = known.filter(token_checksum=secrets.digest(token), expires__gt=now).first()
    if row is None or row.resource != [scopes.RESOURCE]:
        raise NotSignedIn()
    held = row.user
    sections = places.stands(held)
    if sections is None:
        raise NotSignedIn()
    if held.used_at is None or held.used_at < now - FRESH:
        Delegation.objects.filter(pk=held.pk).update(used_at=now)
    return Working(_actor(held, sections), held.pk, frozenset(row.scope.split()))


def _actor(held: Delegation, sections: tuple[str, ...]) -> Actor:
    return Actor(
        institution_id=held.institution_id,
        user_id=held.user_id,
        course_id=held.course_id,
        role=Role(held.role),
        sections=sections,
        locale=held.locale or "en",
        name=held.user.name,
        time_zone=held.time_zone,
        ended=held.course.ended,
    )


@transaction.atomic
def grant(place: Place, client: Client, scope: str, *, by: Actor | UUID) -> Delegation:
    """Grant a program that asked by OAuth; `by` is who did: a session's actor, or an account."""
    return _granted(place, client.name or _("A program"), scope, LONGEST, by, client=client)


@transaction.atomic
def make_token(
    place: Place, name: str, scope: str, days: int, *, by: Actor | UUID
) -> tuple[Delegation, str]:
    """Make a token on a page; it is returned this once. Raises BadRequest, TooMany."""
    if days not in DAYS:
        raise BadRequest(why=_("choose how long it holds"))
    held = _granted(place, name, scope, timedelta(days=days), by)
    token = secrets.access()
    AccessToken.objects.create(
        user=held,
        token="",
        token_checksum=secrets.digest(token),
        expires=held.expires_at,
        scope=scope,
        resource=[scopes.RESOURCE],
    )
    return held, token


def _granted(
    place: Place,
    name: str,
    scope: str,
    lasts: timedelta,
    by: Actor | UUID,
    client: Client | None = None,
) -> Delegation:
    name = " ".join(name.replace("\x00", "").split())[:NAME]
    if not name:
        raise BadRequest(why=_("give it a name"))
    here = {"user_id": place.user_id, "course": place.course}
    if _alive(Delegation.objects.filter(**here)).count() >= MOST:
        raise TooMany(retry_after=0)
    held = Delegation.objects.create(
        institution_id=place.institution_id,
        role=place.role.value,
        deployment_id=place.deployment_id,
        account_id=place.account_id,
        client=client,
        name=name,
        scope=scope,
        sections=list(place.sections),
        locale=place.locale,
        time_zone=place.time_zone,
        expires_at=timezone.now() + lasts,
        **here,
    )
    _tell(Verb.PROGRAM_GRANT, held, by)
    return held


def of_person(actor: Actor) -> QuerySet[Delegation]:
    """Return what the actor has granted in this course and still holds, the newest first."""
    rows = Delegation.objects.filter(user=actor.user_id, course=actor.course_id or UUID(int=0))
    return _alive(rows).filter(institution=actor.institution_id).order_by("-created_at")


def of_institution(institution_id: UUID) -> QuerySet[Delegation]:
    """Return what is granted in all of an institution's courses, the newest first."""
    rows = Delegation.objects.filter(institution=institution_id).select_related("course", "user")
    return _alive(rows).order_by("-created_at")


def _alive(rows: QuerySet[Delegation]) -> QuerySet[Delegation]:
    return rows.filter(ended_at=None, expires_at__gt=timezone.now())


@transaction.atomic
def end(
    rows: QuerySet[Delegation], pk: UUID, why: Delegation.Ended, *, by: Actor | UUID | None = None
) -> None:
    """End one of these: its tokens open nothing from now on. Raises NotFound."""
    held = rows.filter(pk=pk, ended_at=None).select_for_update(of=("self",)).first()
    if held is None:
        raise NotFound()
    held.ended_at, held.ended_by = timezone.now(), why.value
    held.save(update_fields=["ended_at", "ended_by"])
    AccessToken.objects.filter(user=held).delete()
    _tell(Verb.PROGRAM_REVOKE, held, by)


def proposed(working: Working) -> None:
    """Write down that a program proposed something; what it is stands beside it."""
    audit.record(
        verb=Verb.PROGRAM_PROPOSE,
        actor=working.actor,
        object_kind="delegation",
        object_id=working.delegation_id,
    )


def _tell(verb: Verb, held: Delegation, by: Actor | UUID | None) -> None:
    audit.record(
        verb=verb,
        actor=by if isinstance(by, Actor) else None,
        account=by if isinstance(by, UUID) else None,
        object_kind="delegation",
        object_id=held.pk,
        subject=held.user_id,
        institution=held.institution_id,
        course=held.course_id,
    )


def accounts(rows: Iterable[Delegation]) -> dict[UUID, str]:
    """Return the addresses of the accounts that granted these, for the institution's own page."""
    wanted = {row.account_id for row in rows if row.account_id}
    return dict(Account.objects.filter(pk__in=wanted).values_list("pk", "email"))


def tidy(now: datetime | None = None) -> None:
    """Delete what opens nothing any more, and programs that nobody granted anything in a day."""
    now = now or timezone.now()
    over = Q(expires_at__lt=now - timedelta(days=30)) | Q(ended_at__lt=now - timedelta(days=30))
    Delegation.objects.filter(over).delete()
    AccessToken.objects.filter(expires__lt=now - timedelta(days=31)).delete()
    idle = Client.objects.filter(delegations=None, seen_at__lt=now - timedelta(days=1))
    idle.delete()
