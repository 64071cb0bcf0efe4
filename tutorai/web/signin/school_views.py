"""To an institution's own sign-in and back."""

import logging
from uuid import UUID

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tutorai import proof
from tutorai.errors import NotFound, SchoolSignIn, SignedInElsewhere
from tutorai.models import Office
from tutorai.web.signin.schools import School, SchoolAdapter

logger = logging.getLogger(__name__)


@require_POST
def begin(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Lead to a school's sign-in.

    By a page, not by a redirect: a form's policy (`form-action`) would have to name every address
    that a school redirects through.
    """
    wanted = request.POST.get("next", "")
    safe = wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else ""
    return _leave(request, provider_id, "login", safe)


@require_POST
@login_required
def link(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Lead there to link it to the account that is signed in."""
    raise_if_reauthentication_required(request, app="allauth.socialaccount")
    if proof.of(request, request.user).school is not None:
        raise SignedInElsewhere()
    if not Office.objects.filter(account=request.user.pk, institution=provider_id).exists():
        raise NotFound()
    if SocialAccount.objects.filter(user=request.user.pk, provider=str(provider_id)).exists():
        messages.error(request, _("It is linked already."))
        return redirect("mfa_index")
    return _leave(request, provider_id, "connect", "")


def _leave(request: HttpRequest, provider_id: UUID, process: str, wanted: str) -> HttpResponse:
    provider: School = get_adapter(request).get_provider(request, str(provider_id))
    away = provider.redirect(request, process, next_url=wanted or None)
    facts = {"url": away["Location"], "name": provider.name}
    return render(request, "socialaccount/leaving.html", facts)


@require_safe
def back(request: HttpRequest, provider_id: UUID) -> HttpResponseBase:
    """Take whoever a school sends back."""
    adapter = SchoolAdapter(request, str(provider_id))
    try:
        response: HttpResponseBase = OAuth2CallbackView.adapter_view(adapter)(request)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # Not what the specification promises: allauth reads it as if it were.
        logger.warning("A school's sign-in answered badly: %s", type(error).__name__)
        raise SchoolSignIn(why=type(error).__name__) from error
    return response


@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """Back at our sign-in, without having signed in there."""
    messages.info(request, _("You did not sign in there. You can try again, or sign in here."))
    return redirect("account_login")
