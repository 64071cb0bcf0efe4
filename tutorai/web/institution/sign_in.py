"""An institution's own sign-in (OpenID Connect), set by its owners."""

from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tutorai import crypto
from tutorai.access import OWNERS, Officer, officer
from tutorai.errors import TutorError
from tutorai.ledger.audit import Verb, record
from tutorai.models import OIDC_CLIENT, IdentityProvider
from tutorai.web.institution import pages
from tutorai.web.signin import schools


class SchoolForm(forms.Form):
    """What the school's identity provider gave; its secret goes in and never comes out."""

    name = forms.CharField(label=gettext_lazy("Name on the button"), max_length=80)
    issuer = forms.CharField(label=gettext_lazy("Issuer"), max_length=500)
    client_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=500)
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    asks_second_factor = forms.BooleanField(
        label=gettext_lazy("Our sign-in asks everybody for a second factor"), required=False
    )

    def __init__(self, *args: object, has_secret: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.has_secret = has_secret

    def clean_client_secret(self) -> str:
        """A secret is needed once for each issuer: what one gave is told to no other."""
        given: str = self.cleaned_data["client_secret"]
        before = self.initial.get("issuer")
        kept = self.has_secret and self.cleaned_data.get("issuer", before) == before
        if not given and not kept:
            raise forms.ValidationError(self.fields["client_secret"].error_messages["required"])
        return given

    def clean_issuer(self) -> str:
        """The issuer answers as the specification says."""
        issuer: str = self.cleaned_data["issuer"]
        try:
            schools.discover(issuer)
        except TutorError as error:
            raise forms.ValidationError(str(error)) from error
        return issuer


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*OWNERS)
def edit(request: HttpRequest, who: Officer) -> HttpResponse:
    """Show and set it."""
    row = IdentityProvider.objects.filter(institution=who.institution).first()
    known = {"name", "issuer", "client_id", "asks_second_factor"}
    initial = {name: getattr(row, name) for name in known} if row else {}
    posted = request.POST if request.method == "POST" else None
    form = SchoolForm(posted, initial=initial, has_secret=row is not None)
    if posted is None or not form.is_valid():
        address = schools.callback(str(who.institution.pk))
        facts = {"form": form, "row": row, "callback": address}
        return pages.show(
            request, who, "institution/sign_in.html", facts, status=200 if posted is None else 400
        )
    _save(who, row, form)
    messages.success(request, _("The sign-in is set. Each person links it under Security."))
    return redirect("institution_sign_in", slug=who.institution.slug)


@transaction.atomic
def _save(who: Officer, row: IdentityProvider | None, form: SchoolForm) -> None:
    """Keep it. Another issuer or client names other people by the same `sub`: links end."""
    given = dict(form.cleaned_data)
    secret = given.pop("client_secret")
    if secret:
        given["client_secret"] = crypto.encrypt(secret, purpose=OIDC_CLIENT)
    declared = row.asks_second_factor if row else False
    if row and (row.issuer, row.client_id) != (given["issuer"], given["client_id"]):
        _unlink(who)
    IdentityProvider.objects.update_or_create(institution=who.institution, defaults=given)
    _tell(who, Verb.SIGN_IN_SET)
    if given["asks_second_factor"] != declared:
        now = given["asks_second_factor"]
        _tell(who, Verb.SIGN_IN_DECLARE if now else Verb.SIGN_IN_WITHDRAW)


@require_POST
@officer(*OWNERS)
def remove(request: HttpRequest, who: Officer) -> HttpResponse:
    """Do without; whoever has no password asks for one by e-mail."""
    with transaction.atomic():
        gone, _each = IdentityProvider.objects.filter(institution=who.institution).delete()
        if gone:
            _unlink(who)
            _tell(who, Verb.SIGN_IN_REMOVE)
    messages.success(request, _("The sign-in is removed, and every link to it."))
    return redirect("institution_sign_in", slug=who.institution.slug)


def _unlink(who: Officer) -> None:
    SocialAccount.objects.filter(provider=str(who.institution.pk)).delete()


def _tell(who: Officer, verb: Verb) -> None:
    record(
        verb=verb,
        account=who.account_id,
        institution=who.institution.pk,
        object_kind="institution",
        object_id=who.institution.pk,
    )
