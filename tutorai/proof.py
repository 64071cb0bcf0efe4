"""How whoever is signed in with an account has shown who they are: what the session remembers.

An institution's own sign-in (OpenID Connect) opens that institution and nothing else: whoever
runs it could otherwise enter the other schools of the same person, or the staff site.
"""

from dataclasses import dataclass
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from tutorai.models import IdentityProvider

SCHOOL = "socialaccount"  # allauth's word for a sign-in elsewhere


@dataclass(frozen=True)
class Proof:
    """What has been shown. `school`: the one whose sign-in vouched; None: shown to ourselves."""

    second_factor: bool
    school: UUID | None = None

    def opens(self, institution: UUID) -> bool:
        """Whether this may open pages of that institution."""
        return self.second_factor and self.school in {None, institution}

    @property
    def opens_staff_site(self) -> bool:
        """Whether this may open the staff site."""
        return self.second_factor and self.school is None


def owes_factor(request: HttpRequest, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether `user` has a second factor that this session has not shown.

    A session of before it was set up, or by a school's sign-in that spares it. A password is then
    not enough to change what one signs in with.
    """
    held = Authenticator.objects.filter(user=user.pk)
    if not held.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        return False
    return not any(one["method"] == "mfa" for one in get_authentication_records(request, user))


def of(request: HttpRequest, user: AbstractBaseUser | AnonymousUser) -> Proof:
    """Return what this session has shown for `user`."""
    if not user.is_authenticated:
        return Proof(second_factor=False)
    records = get_authentication_records(request, user)
    methods = {str(record["method"]) for record in records}
    second = "mfa" in methods
    if "password" in methods or any(record.get("passwordless") for record in records):
        return Proof(second)
    vouched = [str(record["provider"]) for record in records if record["method"] == SCHOOL]
    found = IdentityProvider.objects.filter(institution=UUID(vouched[-1])) if vouched else None
    school = found.first() if found else None
    if school is None:  # it was taken away since
        return Proof(second_factor=False)
    return Proof(second or school.asks_second_factor, school.institution_id)
