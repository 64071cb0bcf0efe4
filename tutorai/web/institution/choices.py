"""What an institution chooses for all of its courses: whether observers see how students get on."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tutorai.access import CHANGERS, Officer, officer
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.web.institution import pages


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def edit(request: HttpRequest, who: Officer) -> HttpResponse:
    """Show what is chosen, and change it."""
    if request.method != "POST":
        return pages.show(request, who, "institution/settings.html")
    _save(who, observers=request.POST.get("observers") == "on")
    messages.success(request, _("Saved."))
    return redirect("institution_settings", slug=who.institution.slug)


@transaction.atomic
def _save(who: Officer, *, observers: bool) -> None:
    if who.institution.observers_may_see == observers:
        return
    who.institution.observers_may_see = observers
    who.institution.save(update_fields=["observers_may_see"])
    audit.record(
        verb=Verb.OBSERVERS_ALLOW if observers else Verb.OBSERVERS_REFUSE,
        account=who.account_id,
        institution=who.institution.pk,
    )
