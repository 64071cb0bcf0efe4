"""Who holds an office here: owners invite, change and remove; auditors look."""

import logging
from collections.abc import Callable
from smtplib import SMTPException
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from tutorai import people
from tutorai.access import AUDITORS, OWNERS, Officer, officer
from tutorai.errors import BadRequest, Conflict, NotFound, OneOwnerLeft, TooMany
from tutorai.models import Invitation, Office
from tutorai.web.institution import pages

logger = logging.getLogger(__name__)


class InviteForm(forms.Form):
    """Whom to invite, and to what."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Office"), choices=Office.Role.choices)


@require_safe
@officer(*AUDITORS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """Everybody here, and who is invited."""
    return _page(request, who, InviteForm(initial={"role": Office.Role.ADMINISTRATOR}))


def _page(
    request: HttpRequest, who: Officer, form: InviteForm, *, status: int = 200
) -> HttpResponse:
    held = Office.objects.filter(institution=who.institution).select_related("account")
    facts = {
        "offices": held.order_by("account__email"),
        "invitations": people.waiting(who.institution),
        "now": timezone.now(),
        "roles": Office.Role.choices,
        "may_change": who.may(OWNERS),
        "only_owner": people.owners(who.institution.pk) < 2,
        "form": form,
    }
    return pages.show(request, who, "institution/people.html", facts, status=status)


@require_POST
@officer(*OWNERS)
def invite(request: HttpRequest, who: Officer) -> HttpResponse:
    """Write a letter to somebody."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, who, form, status=400)
    email, role = form.cleaned_data["email"], Office.Role(form.cleaned_data["role"])
    return _invite(request, who, email, role)


@require_POST
@officer(*OWNERS)
def again(request: HttpRequest, who: Officer, invitation: UUID) -> HttpResponse:
    """Send another letter; the secret of the one before opens nothing any more."""
    held = {row.pk: row for row in people.waiting(who.institution)}
    if invitation not in held:
        raise NotFound()
    row = held[invitation]
    return _invite(request, who, row.email, Office.Role(row.role))


def _invite(request: HttpRequest, who: Officer, email: str, role: Office.Role) -> HttpResponse:
    try:
        row, secret = people.invite(who.institution, email, role, by=who.account_id)
    except (Conflict, TooMany) as error:
        messages.error(request, str(error))
        return redirect("institution_people", slug=who.institution.slug)
    if _sent(row, secret):
        messages.success(request, _("The letter is on its way. Its link holds for seven days."))
    else:
        messages.error(request, _("The letter could not be sent. An operator can see why."))
    return redirect("institution_people", slug=who.institution.slug)


def _sent(row: Invitation, secret: str) -> bool:
    facts = {
        "institution": row.institution,
        "role": row.get_role_display(),
        "url": people.link(secret),
    }
    text = render_to_string("institution/email/invitation.txt", facts)
    subject, _blank, body = text.partition("\n")
    try:
        send_mail(subject, body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [row.email])
    except (OSError, SMTPException) as error:
        logger.warning("The letter of invitation %s failed: %s", row.pk, type(error).__name__)
        return False
    row.sent_at = timezone.now()
    row.save(update_fields=["sent_at"])
    return True


@require_POST
@officer(*OWNERS)
def revoke(request: HttpRequest, who: Officer, invitation: UUID) -> HttpResponse:
    """Take an invitation back."""
    people.revoke(who.institution, invitation, by=who.account_id)
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("institution_people", slug=who.institution.slug)


@require_POST
@officer(*OWNERS)
def change(request: HttpRequest, who: Officer, office: int) -> HttpResponse:
    """Give somebody another role."""
    role = request.POST.get("role", "")
    if role not in Office.Role.values:
        raise BadRequest(why=_("choose an office"))

    def do(sure: bool) -> None:
        people.change(who.institution, office, Office.Role(role), by=who.account_id, sure=sure)

    return _done(request, who, do, _("The office is changed."))


@require_POST
@officer(*OWNERS)
def remove(request: HttpRequest, who: Officer, office: int) -> HttpResponse:
    """Take somebody's office away."""

    def do(sure: bool) -> None:
        people.remove(who.institution, office, by=who.account_id, sure=sure)

    return _done(request, who, do, _("The office is taken away."))


def _done(
    request: HttpRequest, who: Officer, do: Callable[[bool], None], words: str
) -> HttpResponse:
    """Do it; where one owner alone would be left, ask first."""
    try:
        do("sure" in request.POST)
    except OneOwnerLeft as error:
        facts = {"words": str(error), "role": request.POST.get("role", "")}
        return pages.show(request, who, "institution/sure.html", facts, status=409)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    held = Office.objects.filter(account=who.account_id, institution=who.institution).first()
    if held is None:
        return redirect("institutions")
    page = "institution_people" if held.role in AUDITORS else "institution_home"
    return redirect(page, slug=who.institution.slug)
