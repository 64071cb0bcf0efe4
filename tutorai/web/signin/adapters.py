"""Where django-allauth asks us: who may sign up (nobody), whose address counts, how secrets rest."""

import logging
import time
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from tutorai import crypto, proof
from tutorai.models import SECOND_FACTOR, Account, IdentityProvider, Office
from tutorai.web import address

logger = logging.getLogger(__name__)
STAGE = "allauth.mfa.stages.AuthenticateStage"
OURS = "tutorai.web.signin.adapters.SecondFactor"


def shown(account: Account) -> str:
    """What an account is called where its own person reads it (ACCOUNT_USER_DISPLAY)."""
    return account.email


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed for others
    """Accounts are made by invitation, or by an operator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that counts, past our own proxies."""
        return address.client(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """django-axes counts, as a backend: allauth's count would lock an account everywhere."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who has only just signed in, in full, is not asked for the same again."""
        if proof.owes_factor(self.request, self.request.user):
            return True
        since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(self.request, self.request.user)
        return not any(
            record["method"] in {"password", "mfa"} and record["at"] > since for record in records
        )

    def get_reauthentication_methods(self, user: Account) -> list[dict[str, str]]:
        """Ask who owes the second factor for that alone: a password would go around it."""
        ways: list[dict[str, str]] = super().get_reauthentication_methods(user)
        owes = proof.owes_factor(self.request, user)
        return [way for way in ways if not (owes and way["id"] == "reauthenticate")]

    def get_login_stages(self) -> list[str]:
        """Return allauth's own, with our rule of who is asked for a second factor."""
        return [OURS if stage == STAGE else stage for stage in super().get_login_stages()]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """An operator without an office comes for the staff site."""
        account = request.user
        if account.is_staff and not Office.objects.filter(account=account.pk).exists():
            return reverse("admin:index")
        return str(settings.LOGIN_REDIRECT_URL)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to where one came from."""
        return reverse("mfa_index")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a letter; where that fails, what was done stands all the same."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            logger.warning("A letter (%s) was not sent: %s", template_prefix, type(error).__name__)


class SecondFactor(AuthenticateStage):  # type: ignore[misc]  # allauth is not typed for others
    """Ask for the second factor, but where a school has declared that its sign-in does."""

    def handle(self) -> tuple[Any, bool]:
        """Return a page to go to, or None, and whether the sign-in goes on."""
        came = (self.login.signal_kwargs or {}).get("sociallogin")
        if came is not None and IdentityProvider.objects.filter(
            institution=came.account.provider, asks_second_factor=True
        ):
            return None, True
        response, goes_on = super().handle()
        return response, goes_on


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is not typed for others
    """TOTP secrets and the seeds of recovery codes rest encrypted; of a passkey we hold no secret."""

    def encrypt(self, text: str) -> str:
        """Encrypt what allauth stores."""
        return crypto.encrypt(text, purpose=SECOND_FACTOR)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was encrypted; raise SecretUnreadable."""
        return crypto.decrypt(encrypted_text, purpose=SECOND_FACTOR)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Every account keeps one: without it no page opens."""
        rest = Authenticator.objects.filter(user=authenticator.user_id).exclude(pk=authenticator.pk)
        return bool(rest.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code, to stand in a page as it is."""
        drawn: str = super().build_totp_svg(url)
        return drawn[drawn.index("<svg") :]

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """Name a new passkey."""
        held = Authenticator.objects.filter(user=user.pk, type=type).count()
        return _("Passkey %(n)d") % {"n": held + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name ourselves to a passkey: by PUBLIC_URL, never by the Host header."""
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "", "name": "Tutor.AI"}
