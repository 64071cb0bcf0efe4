"""Accepting an invitation.

The letter's link carries its secret behind a `#`, which no server and no log ever sees; the page
puts it into a form. A program that opens every link of a letter so uses nothing up.
"""

from uuid import UUID

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tutorai import people
from tutorai.errors import InvitationOver
from tutorai.models import Account, Invitation
from tutorai.web.signin.schools import CHOSEN


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Take the secret, and remember which invitation it opens."""
    if request.method == "GET":
        return render(request, "account/invitation.html")
    found = people.find(request.POST.get("secret", ""))
    request.session[CHOSEN] = str(found.pk)
    return redirect("invitation_accept")


@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest) -> HttpResponseBase:
    """Become what one was invited to be: as the account with that address, or with a new one."""
    chosen = request.session.get(CHOSEN)
    if not chosen:
        raise InvitationOver()
    invitation = people.opened(UUID(chosen))
    there = people.account_of(invitation)
    if there is None:
        return _as_new(request, invitation)
    if request.method == "POST" and request.user == there:
        return _joined(request, invitation, there)
    facts = {"invitation": invitation, "here": request.user == there, "there": there}
    return render(request, "account/invitation_accept.html", facts)


def _joined(request: HttpRequest, invitation: Invitation, account: Account) -> HttpResponse:
    people.join(invitation.pk, account)
    del request.session[CHOSEN]
    return redirect("institution_home", slug=invitation.institution.slug)


def _as_new(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    posted = request.POST if request.method == "POST" else None
    form = SetPasswordForm(Account(email=invitation.email), posted)
    if request.user.is_authenticated or not form.is_valid():
        facts = {"invitation": invitation, "form": form, "school": people.school_of(invitation)}
        return render(request, "account/invitation_accept.html", facts)
    account = people.join_as_new(invitation.pk, form.cleaned_data["new_password1"])
    del request.session[CHOSEN]
    home = reverse("institution_home", kwargs={"slug": invitation.institution.slug})
    response: HttpResponseBase = perform_password_login(
        request, {"email": account.email}, Login(user=account, redirect_url=home)
    )
    return response
