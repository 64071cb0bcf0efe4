"""What allauth says has happened: written down, once for each institution the person serves."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.http import HttpRequest

from tutorai.ledger.audit import Verb
from tutorai.models import Account
from tutorai.people import tell


def connect() -> None:
    """Listen, from boot on."""
    account.user_logged_in.connect(_signed_in)
    for signal in (account.password_set, account.password_changed, account.password_reset):
        signal.connect(_password)
    mfa.authenticator_added.connect(_factor_added)
    mfa.authenticator_removed.connect(_factor_removed)
    social.social_account_added.connect(_linked)


def _signed_in(*, user: Account, **_: Any) -> None:
    tell(Verb.ACCOUNT_SIGN_IN, user)


def _password(*, user: Account, **_: Any) -> None:
    tell(Verb.ACCOUNT_PASSWORD, user)


def _factor_added(
    *, request: HttpRequest, user: Account, authenticator: Authenticator, **_: Any
) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    # Who has just set it up has shown it.
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    tell(Verb.ACCOUNT_FACTOR_ADD, user)


def _factor_removed(*, user: Account, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        tell(Verb.ACCOUNT_FACTOR_REMOVE, user)


def _linked(*, sociallogin: Any, **_: Any) -> None:
    tell(Verb.ACCOUNT_LINK, sociallogin.user)
