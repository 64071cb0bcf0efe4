"""Which language models an institution's texts go to: its own endpoints, or the operator's."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.llm import places
from agents.llm.places import Place
from agents.models.money import Endpoint
from tutorai import endpoints, errors, http
from tutorai.access import CHANGERS, Officer, officer
from tutorai.errors import Conflict, TutorError
from tutorai.web.institution import pages

LONGEST, ADDRESS = 500, 2000  # characters of a key, and of an address
SIZES = [
    (Endpoint.Size.LARGE.value, gettext_lazy("Large: speaks with students")),
    (
        Endpoint.Size.SMALL.value,
        gettext_lazy("Small: judges turns, and speaks where money is short"),
    ),
    (Endpoint.Size.VECTORS.value, gettext_lazy("Vectors: for searching by meaning")),
]
PRICE: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 6,
    "min_value": 0,
    "max_value": 100_000,
}


@require_safe
@officer(*CHANGERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """Each endpoint: where it is, what it can do, what it costs, and where texts are processed."""
    rows = list(endpoints.of(who.institution))
    own = bool(rows or who.institution.model_key)
    asked = {place.id or place.name for place in places.every(who.institution)}
    facts = {
        "endpoints": [
            _shown(row, first=n == 0, asked=row.pk in asked) for n, row in enumerate(rows)
        ],
        "others": [
            _other(one) for one in places.every(who.institution) if one.id is None or not own
        ],
        "own": own,
        "none": not asked,
    }
    return pages.show(request, who, "institution/models.html", facts)


def _shown(row: Endpoint, *, first: bool, asked: bool) -> dict[str, Any]:
    can = {_("tools"): row.tools, _("JSON"): row.json_schema, _("pictures"): row.vision}
    return {
        "row": row,
        "first": first,
        "unreadable": row.off_at is None and not asked,
        "size": dict(SIZES)[row.size],
        "prices": _prices(row.price_in, row.price_out, row.size),
        "can": [name for name, able in can.items() if able],
        "cannot": [name for name, able in can.items() if able is False],
        "error": errors.words(row.probe_error) if row.probe_error else "",
    }


@dataclass(frozen=True)
class Other:
    """An endpoint that is not the institution's to change."""

    model: str
    size: str
    prices: str
    region: str
    residency: str
    operators: bool


def _other(place: Place) -> Other:
    return Other(
        model=place.model,
        size=str(dict(SIZES)[Endpoint.Size(place.size)]),
        prices=_prices(place.price_in, place.price_out, place.size),
        region=place.data_region,
        residency=place.residency,
        operators=place.name != places.OWN and not place.name.startswith(f"{places.OWN}-"),
    )


def _prices(read: Decimal, written: Decimal, size: str) -> str:
    if not read and not written:
        return _("none entered: what it costs counts nowhere, and no cap ends it")
    told = {"in": _dollars(read), "out": _dollars(written)}
    if size == Endpoint.Size.VECTORS:
        return _("%(in)s for a million tokens") % told
    return _("%(in)s for a million tokens read, %(out)s written") % told


def _dollars(price: Decimal) -> str:
    exact = price.normalize()
    digits = max(2, -int(exact.as_tuple().exponent))  # cents, and as many more as there are
    return f"${number_format(exact, digits, use_l10n=True)}"


class EndpointForm(forms.Form):
    """An endpoint; its key goes in and never comes out."""

    name = forms.CharField(label=gettext_lazy("Name, for you"), max_length=80)
    size = forms.ChoiceField(label=gettext_lazy("What for"), choices=SIZES)
    base_url = forms.CharField(
        label=gettext_lazy("Address of the API"),
        max_length=ADDRESS,
        help_text=gettext_lazy(
            "OpenAI-compatible, usually ending in /v1: https://api.openai.com/v1. It has to be on "
            "the open internet."
        ),
    )
    model = forms.CharField(label=gettext_lazy("Model"), max_length=200)
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("It is stored encrypted and never shown again."),
    )
    price_in = forms.DecimalField(
        label=gettext_lazy("Price of a million tokens read, in US dollars"), initial=0, **PRICE
    )
    price_out = forms.DecimalField(
        label=gettext_lazy("Price of a million tokens written, in US dollars"), initial=0, **PRICE
    )
    context = forms.IntegerField(
        label=gettext_lazy("Tokens that fit into one request"),
        initial=8192,
        min_value=512,
        max_value=10_000_000,
        help_text=gettext_lazy("The test finds it out where the endpoint tells."),
    )
    data_region = forms.CharField(
        label=gettext_lazy("Where texts are processed"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("A region or country, as your contract says: EU, Germany, US …"),
    )
    residency = forms.CharField(
        label=gettext_lazy("What the provider promises about the texts"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, row: Endpoint | None = None, **kwargs: Any) -> None:
        names = [name for name in self.base_fields if name != "key"]
        initial = {name: getattr(row, name) for name in names} if row else {}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self._row = row
        if row is not None:
            key = self.fields["key"]
            key.required = False
            key.help_text = _("Empty: the key stays as it is.")

    def clean_base_url(self) -> str:
        """Return the address, where it is one we may call."""
        text: str = self.cleaned_data["base_url"].strip().rstrip("/")
        try:
            parts = urlsplit(http.check_url(text))
        except TutorError as error:
            raise forms.ValidationError(str(error)) from error
        if parts.query or parts.fragment:
            raise forms.ValidationError(_("This is not the address of an API."))
        return text

    def clean(self) -> dict[str, Any]:
        """A key goes to the address that it was entered for, and to no other."""
        told: dict[str, Any] = super().clean() or {}
        before = urlsplit(self._row.base_url).netloc if self._row else ""
        now = urlsplit(told.get("base_url", "")).netloc
        if before and now not in ("", before) and not told.get("key"):
            self.add_error("key", _("Another address needs its key entered again."))
        return told


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def add(request: HttpRequest, who: Officer) -> HttpResponse:
    """Enter an endpoint of the institution's own."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _saved(form, who, None):
        messages.success(request, _("Saved. Test it: that shows what the model can do."))
        return redirect("institution_models", slug=who.institution.slug)
    return _page(request, who, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def change(request: HttpRequest, who: Officer, endpoint: UUID) -> HttpResponse:
    """Change one."""
    row = endpoints.find(who.institution, endpoint)
    form = EndpointForm(request.POST if request.method == "POST" else None, row=row)
    if form.is_bound and form.is_valid() and _saved(form, who, row):
        messages.success(request, _("Changed."))
        return redirect("institution_models", slug=who.institution.slug)
    return _page(request, who, form, row)


def _page(
    request: HttpRequest, who: Officer, form: EndpointForm, row: Endpoint | None
) -> HttpResponse:
    status = 400 if form.is_bound else 200
    facts = {"form": form, "endpoint": row}
    return pages.show(request, who, "institution/model_form.html", facts, status=status)


def _saved(form: EndpointForm, who: Officer, row: Endpoint | None) -> bool:
    """Write it down, or say in the form why not."""
    told = dict(form.cleaned_data)
    key = told.pop("key").strip()
    try:
        if row is None:
            endpoints.add(who.institution, told, key, by=who.account_id)
        else:
            endpoints.change(row, told, key, by=who.account_id)
    except Conflict:
        form.add_error("name", _("Another endpoint has this name."))
        return False
    return True


@require_POST
@officer(*CHANGERS)
def test(request: HttpRequest, who: Officer, endpoint: UUID) -> HttpResponse:
    """Ask the endpoint a few small things, and keep what that shows."""
    row = endpoints.find(who.institution, endpoint)
    try:
        found = endpoints.probe(row)
    except TutorError as error:
        messages.error(request, f"{row.name}: {error}")
        return _back(who)
    if found.error:
        messages.error(request, f"{row.name}: {errors.words(found.error)}")
    else:
        took = round(found.seconds, 1)
        words = ngettext(
            "%(name)s answers; the test took %(n)s second.",
            "%(name)s answers; the test took %(n)s seconds.",
            1 if took == 1 else 2,
        )
        messages.success(request, words % {"name": row.name, "n": number_format(took)})
    return _back(who)


@require_POST
@officer(*CHANGERS)
def switch(request: HttpRequest, who: Officer, endpoint: UUID) -> HttpResponse:
    """Let an endpoint be asked, or not any more."""
    row = endpoints.find(who.institution, endpoint)
    endpoints.switch(row, on=request.POST.get("on") == "1", by=who.account_id)
    return _back(who)


@require_POST
@officer(*CHANGERS)
def sooner(request: HttpRequest, who: Officer, endpoint: UUID) -> HttpResponse:
    """Let an endpoint be asked before the one above it."""
    endpoints.sooner(endpoints.find(who.institution, endpoint), by=who.account_id)
    return _back(who)


@require_POST
@officer(*CHANGERS)
def remove(request: HttpRequest, who: Officer, endpoint: UUID) -> HttpResponse:
    """Forget an endpoint and its key."""
    endpoints.remove(endpoints.find(who.institution, endpoint), by=who.account_id)
    messages.success(request, _("Removed, with its key."))
    return _back(who)


def _back(who: Officer) -> HttpResponse:
    return redirect("institution_models", slug=who.institution.slug)
