"""Who holds an office in an institution: invitations, roles, and that an owner always remains.

Each change is made under a lock on the institution's row: two owners who remove each other at
the same moment would else leave none. What is written down names nobody's address.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from tutorai.errors import AlreadyHere, InvitationOver, LastOwner, NotFound, OneOwnerLeft, TooMany
from tutorai.ledger.audit import Verb, record
from tutorai.lmsdm.models import Institution
from tutorai.models import Account, IdentityProvider, Invitation, Office

LIFETIME = timedelta(days=7)  # of an invitation
KEPT = timedelta(days=30)  # of one that is over
WAITING = 50  # invitations an institution may have open at once


def invite(
    institution: Institution, email: str, role: Office.Role, *, by: UUID | None = None
) -> tuple[Invitation, str]:
    """Write an invitation down; return it and its secret, which exists nowhere else.

    An earlier one to the same address ends. `by` is the account that invites; None: an operator.
    Raises AlreadyHere for one who has an office, TooMany.
    """
    email, secret, now = email.strip().lower(), secrets.token_urlsafe(32), timezone.now()
    with transaction.atomic():
        _lock(institution.pk)
        if Office.objects.filter(institution=institution, account__email__iexact=email).exists():
            raise AlreadyHere()
        _open(institution).filter(email=email).update(revoked_at=now)
        if _open(institution).count() >= WAITING:
            raise TooMany()
        made = Invitation.objects.create(
            institution=institution,
            email=email,
            role=role,
            secret_hash=_digest(secret),
            invited_by_id=by,
            expires_at=now + LIFETIME,
        )
        _tell(Verb.PEOPLE_INVITE, made.institution_id, by, "invitation", made.pk)
    return made, secret


def link(secret: str) -> str:
    """Return the address of an invitation: its secret stands where no server sees it."""
    return f"{settings.PUBLIC_URL}{reverse('invitation')}#{secret}"


def waiting(institution: Institution) -> list[Invitation]:
    """Return the invitations that nobody has accepted yet, those that have run out too."""
    held = Invitation.objects.filter(institution=institution, accepted_at=None, revoked_at=None)
    return list(held.order_by("-created_at"))


def revoke(institution: Institution, invitation: UUID, *, by: UUID) -> None:
    """End an invitation; raise NotFound when it is over already."""
    held = Invitation.objects.filter(institution=institution, accepted_at=None, revoked_at=None)
    with transaction.atomic():
        if not held.filter(pk=invitation).update(revoked_at=timezone.now()):
            raise NotFound()
        _tell(Verb.PEOPLE_REVOKE, institution.pk, by, "invitation", invitation)


def find(secret: str) -> Invitation:
    """Return the open invitation that has this secret; raise InvitationOver."""
    found = _valid().filter(secret_hash=_digest(secret.strip())).first()
    if found is None:
        raise InvitationOver()
    return found


def opened(invitation: UUID) -> Invitation:
    """Return an open invitation by its id; raise InvitationOver."""
    found = _valid().filter(pk=invitation).first()
    if found is None:
        raise InvitationOver()
    return found


def account_of(invitation: Invitation) -> Account | None:
    """Return the account with the address that was invited, if there is one."""
    return Account.objects.filter(email__iexact=invitation.email).first()


def join(invitation: UUID, account: Account) -> Office:
    """Accept an invitation for the account it was sent to; it holds once.

    Raises InvitationOver, also where it was sent to another address.
    """
    with transaction.atomic():
        found = _locked(invitation)
        if found.email != account.email.lower():
            raise InvitationOver()
        found.accepted_at, found.accepted_by = timezone.now(), account
        found.save(update_fields=["accepted_at", "accepted_by"])
        office, _made = Office.objects.get_or_create(
            account=account, institution=found.institution, defaults={"role": found.role}
        )
        _tell(Verb.PEOPLE_JOIN, found.institution_id, account.pk, "account", account.pk)
    return office


def join_as_new(invitation: UUID, password: str | None) -> Account:
    """Make the account that was invited, and accept; raise InvitationOver.

    `password` None: it signs in through the school. Where there is such an account already, it
    has to sign in instead: that too is InvitationOver.
    """
    with transaction.atomic():
        found = _locked(invitation)
        if account_of(found) is not None:
            raise InvitationOver()
        account = Account.objects.create_user(found.email, password)
        join(invitation, account)
    return account


def join_from_school(invitation: UUID, institution: UUID) -> Account | None:
    """`join_as_new` for whom that institution's own sign-in sent back; None where that is not to be."""
    found = _valid().filter(pk=invitation, institution=institution).first()
    if found is None or account_of(found) is not None:
        return None
    return join_as_new(invitation, None)


def owners(institution: UUID) -> int:
    """How many owners an institution has who can sign in."""
    return Office.objects.filter(
        institution=institution, role=Office.Role.OWNER, account__is_active=True
    ).count()


def change(
    institution: Institution, office: int, role: Office.Role, *, by: UUID, sure: bool = False
) -> None:
    """Give an office another role; raise NotFound, LastOwner, or OneOwnerLeft unless `sure`."""
    with transaction.atomic():
        held = _held(institution, office)
        if held.role == role:
            return
        _may_go(held, sure)
        held.role = role
        held.save(update_fields=["role"])
        _tell(Verb.PEOPLE_ROLE, institution.pk, by, "account", held.account_id)


def remove(institution: Institution, office: int, *, by: UUID, sure: bool = False) -> None:
    """Take an office away; an account goes with its last one.

    Raises NotFound, LastOwner, or OneOwnerLeft unless `sure`.
    """
    with transaction.atomic():
        held = _held(institution, office)
        _may_go(held, sure)
        account = held.account
        held.delete()
        # Nor does the institution's own sign-in vouch for them any more.
        SocialAccount.objects.filter(user=account.pk, provider=str(institution.pk)).delete()
        _tell(Verb.PEOPLE_REMOVE, institution.pk, by, "account", account.pk)
        kept = account.is_staff or account.is_superuser
        if not kept and not Office.objects.filter(account=account).exists():
            account.delete()


def tidy() -> None:
    """Forget invitations that have been over for a while."""
    before = timezone.now() - KEPT
    Invitation.objects.filter(expires_at__lt=before).delete()


def tell(verb: Verb, who: Account, *, by: UUID | None = None) -> None:
    """Write down what concerns an account, where the auditors of its institutions read it.

    `by` another account, else by that one itself.
    """
    held = Office.objects.filter(account=who.pk).values_list("institution", flat=True)
    places: list[UUID | None] = [*held] or [None]
    for place in places:
        record(
            verb=verb,
            account=by or who.pk,
            object_kind="account",
            object_id=who.pk,
            institution=place,
        )


def school_of(invitation: Invitation) -> IdentityProvider | None:
    """Return the sign-in of the institution that invites, if it has one of its own."""
    return IdentityProvider.objects.filter(institution=invitation.institution_id).first()


def _held(institution: Institution, office: int) -> Office:
    _lock(institution.pk)
    held = Office.objects.select_related("account").filter(institution=institution, pk=office)
    found = held.first()
    if found is None:
        raise NotFound()
    return found


def _may_go(office: Office, sure: bool) -> None:
    """Raise LastOwner for the last owner, OneOwnerLeft for the second last."""
    if office.role != Office.Role.OWNER or not office.account.is_active:
        return
    left = owners(office.institution_id) - 1
    if left < 1:
        raise LastOwner()
    if left == 1 and not sure:
        raise OneOwnerLeft()


def _lock(institution: UUID) -> None:
    Institution.objects.select_for_update(no_key=True).get(pk=institution)


def _locked(invitation: UUID) -> Invitation:
    """Return an open invitation that nobody else can accept meanwhile; raise InvitationOver."""
    _lock(opened(invitation).institution_id)
    return opened(invitation)  # looked at again: it may have been accepted just then


def _valid() -> QuerySet[Invitation]:
    held = Invitation.objects.select_related("institution")
    return held.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


def _open(institution: Institution) -> QuerySet[Invitation]:
    return _valid().filter(institution=institution)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _tell(verb: Verb, institution: UUID, by: UUID | None, kind: str, thing: UUID) -> None:
    record(verb=verb, account=by, institution=institution, object_kind=kind, object_id=thing)
