"""Pages of the sign-in that allauth does not have, or has with another rule."""

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tutorai import proof
from tutorai.errors import NotFound
from tutorai.ledger.audit import Verb
from tutorai.models import IdentityProvider, Office
from tutorai.people import tell

AFTER = "after_second_factor"  # in the session: where one was going
PRIMARY = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SignIn(LoginView):  # type: ignore[misc]  # allauth is not typed for others
    """The first step; where one was going to an institution, with that one's own sign-in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the institution's sign-in."""
        return {**super().get_context_data(**kwargs), "school": _school(self.get_next_url())}


def _school(path: str | None) -> IdentityProvider | None:
    """Return the own sign-in of the institution whose page `path` is, if there is one."""
    try:
        slug = resolve(path or "").kwargs.get("slug")
    except Resolver404:
        return None
    return IdentityProvider.objects.filter(institution__slug=slug).first() if slug else None


@require_safe
@login_required
def second_factor(request: HttpRequest) -> HttpResponseBase:
    """Ask for the second factor that somebody has, or to set one up; then on to `next`."""
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    request.session[AFTER] = wanted if safe else ""
    if proof.of(request, request.user).second_factor:
        return redirect(after(request))
    held = Authenticator.objects.filter(user=request.user.pk, type__in=PRIMARY)
    if held.exists():
        return redirect(f"{reverse('mfa_reauthenticate')}?next={reverse('second_factor_done')}")
    return render(request, "mfa/choose.html", {"may_add_passkey": _has_password(request)})


@login_required
def second_factor_done(request: HttpRequest) -> HttpResponseBase:
    """Go where one was going before the second factor was asked for."""
    return redirect(after(request))


def after(request: HttpRequest) -> str:
    """Return where one was going, and forget it."""
    return str(request.session.pop(AFTER, "") or reverse("institutions"))


def _has_password(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated and request.user.has_usable_password())


class Security(IndexView):  # type: ignore[misc]  # allauth is not typed for others
    """Everything one signs in with, on one page."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the institutions' own sign-ins, linked or to be linked."""
        account = self.request.user
        linked = {
            row.provider: row.pk for row in SocialAccount.objects.filter(user=account.pk).all()
        }
        schools = IdentityProvider.objects.filter(institution__office__account=account.pk)
        told = [
            {"row": row, "linked": str(row.institution_id) in linked}
            for row in schools.select_related("institution")
        ]
        shown = proof.of(self.request, account)
        known = {"schools": told, "shown": shown, "offices": _offices(self.request)}
        return {**super().get_context_data(**kwargs), **known}


def _offices(request: HttpRequest) -> bool:
    return Office.objects.filter(account=request.user.pk).exists()


class Codes(ViewRecoveryCodesView):  # type: ignore[misc]  # allauth is not typed for others
    """The recovery codes; from here one goes on to where one was going."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether somebody has just set up their second factor."""
        going = AFTER in self.request.session
        return {**super().get_context_data(**kwargs), "going_on": going}


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]  # allauth is not typed for others
    """A passkey signs in by itself, so it is only for an account that we know by itself.

    One that came by an institution's own sign-in alone could else be taken by whoever runs that.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send an account without a password away."""
        if not _has_password(request):
            messages.error(request, _("Set a password first: ask for one by e-mail."))
            return redirect("mfa_index")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]  # allauth is not typed for others
    """The last second factor stays."""

    success_url = "/sign-in/security/"

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Remove it, unless it is the last."""
        if not get_adapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, _("This is your only second factor: add another first."))
            return redirect("mfa_index")
        response: HttpResponseBase = super().form_valid(form)
        return response


class ChangePassword(PasswordChangeView):  # type: ignore[misc]  # allauth is not typed for others
    """A new password; who has none asks for one by e-mail, which proves the address."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send an account without a password there."""
        if not _has_password(request):
            return redirect("account_reset_password")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


sign_in = SignIn.as_view()
security = login_required(Security.as_view())
codes = Codes.as_view()
add_passkey = login_required(AddPasskey.as_view())
remove_passkey = login_required(RemovePasskey.as_view())
change_password = login_required(ChangePassword.as_view())


@require_POST
@login_required
def unlink(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Forget the link to an institution's own sign-in."""
    raise_if_reauthentication_required(request, app="allauth.socialaccount")
    if not _has_password(request):
        messages.error(request, _("It is your only way in: ask for a password by e-mail first."))
        return redirect("mfa_index")
    held = SocialAccount.objects.filter(user=request.user.pk, provider=str(provider_id)).first()
    if held is None:
        raise NotFound()
    with transaction.atomic():
        held.delete()
        tell(Verb.ACCOUNT_UNLINK, held.user)
    return redirect("mfa_index")
