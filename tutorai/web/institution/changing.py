"""Enter a platform by hand, change one, and say what its roles mean here."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from lti import roles as known_roles
from lti.models import Registration
from lti.platforms.profile import host_of
from lti.registration import entry, held, profiles
from tutorai.access import CHANGERS, Officer, officer
from tutorai.errors import BadRequest, Conflict, NotFound
from tutorai.lmsdm.schema import Role
from tutorai.web.institution import pages, steps
from tutorai.web.institution.entering import ADDRESS, FORMS, HINTS, LONGEST, Ids

# What a role of a platform may be made here; "admin" reads, where the institution lets it.
ROLES = [
    (Role.TEACHER.value, gettext_lazy("Teacher")),
    (Role.TA.value, gettext_lazy("Teaching assistant: answers and grades, sets nothing up")),
    (Role.DESIGNER.value, gettext_lazy("Designer: writes content, sees no student data")),
    (Role.STUDENT.value, gettext_lazy("Student")),
    (Role.OBSERVER.value, gettext_lazy("Observer")),
    (Role.GUEST.value, gettext_lazy("Guest: the introduction only")),
    (Role.ADMIN.value, gettext_lazy("Administrator of the institution: reads")),
]
FAMILIES = [(one.family, one.title) for one in profiles.PROFILES.values()]


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def new(request: HttpRequest, who: Officer, family: str) -> HttpResponse:
    """Enter a platform by hand."""
    if family not in FORMS:
        raise NotFound()
    form = FORMS[family](request.POST if request.method == "POST" else None)
    row = _added(form, who) if form.is_bound and form.is_valid() else None
    if row:
        messages.success(request, _("Registered. Open Tutor.AI once from a course there."))
        return redirect("platform", slug=who.institution.slug, platform=row.pk)
    families = [(name, profiles.by_family(name).title) for name in FORMS]
    guide = family if family in steps.GUIDES else "other"
    facts = {"form": form, "family": family, "families": families, "guide": guide}
    status = 400 if form.is_bound else 200
    return pages.show(request, who, "institution/platform_new.html", facts, status=status)


def _added(form: Ids, who: Officer) -> Registration | None:
    """Write it down, or say in the form why not."""
    assert form.entered is not None
    try:
        return held.add(
            who.institution,
            form.entered,
            name=form.title,
            family=form.family,
            client_id=form.cleaned_data["client_id"],
            deployment_id=form.cleaned_data["deployment_id"],
            by=who.account_id,
        )
    except Conflict:
        form.add_error("client_id", taken(form.entered.issuer, form.cleaned_data["client_id"], who))
        return None


def taken(issuer: str, client_id: str, who: Officer) -> str:
    """Say what to do where a platform is registered already; not by whom."""
    if held.own(who.institution).filter(issuer=issuer, client_id=client_id).exists():
        return _("You have registered this already. It is on the page Platforms.")
    if profiles.vendor(issuer):
        return _(
            "Tutor.AI knows this client ID already: schools share it, so there is nothing to enter. "
            "Open Tutor.AI once from a course of yours, as a teacher. Then claim that installation in "
            "the inbox, with its Deployment ID and the number of the page that came."
        )
    return _("Tutor.AI knows this platform already. Ask whoever operates Tutor.AI.")


class Change(forms.Form):
    """What may be changed later. The issuer may not: people of two platforms would mix."""

    name = forms.CharField(label=gettext_lazy("Name, for you"), max_length=200)
    family = forms.ChoiceField(label=gettext_lazy("Kind"), choices=FAMILIES)
    client_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=LONGEST)
    auth_url = forms.CharField(label=gettext_lazy("Authentication request URL"), max_length=ADDRESS)
    token_url = forms.CharField(label=gettext_lazy("Access token URL"), max_length=ADDRESS)
    jwks_url = forms.CharField(label=gettext_lazy("Public keyset (JWKS) URL"), max_length=ADDRESS)
    token_audience = forms.CharField(
        label=gettext_lazy("Audience of token requests"),
        max_length=ADDRESS,
        required=False,
        help_text=HINTS["token_audience"],
    )
    accepts_anonymous = forms.BooleanField(
        label=gettext_lazy("Let people in whom the platform does not name at all"),
        help_text=gettext_lazy("Each such launch is somebody new, who keeps nothing."),
        required=False,
    )
    auto_approve_deployments = forms.BooleanField(
        label=gettext_lazy("Approve each new installation at once"),
        help_text=gettext_lazy("Only where nobody else can install Tutor.AI with this client ID."),
        required=False,
    )

    def __init__(self, *args: Any, row: Registration, **kwargs: Any) -> None:
        names = held.CHANGEABLE
        initial = {name: getattr(row, name) for name in names if name in self.base_fields}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.row = row
        if row.only_institution() is None:  # others' installations are not this school's to open
            del self.fields["auto_approve_deployments"]
        if profiles.vendor(row.issuer):
            del self.fields["family"]

    def clean(self) -> dict[str, Any]:
        """A new address is one we may call, on a host that may speak for the issuer."""
        told: dict[str, Any] = super().clean() or {}
        trusted = {host_of(getattr(self.row, name)) for name in entry.ADDRESSES}
        for name in entry.ADDRESSES:
            url = told.get(name, "")
            if name in self.errors or url == getattr(self.row, name):
                continue
            if why := entry.refused(url):
                self.add_error(name, why)
            elif not (
                host_of(url) in trusted or profiles.speaks_for(host_of(url), self.row.issuer)
            ):
                self.add_error(name, _("This address is on another host than the issuer."))
        if not self.errors and {"token_url", "token_audience"} & set(self.changed_data):
            self._aimed(told)
        return told

    def _aimed(self, told: dict[str, Any]) -> None:
        """Tokens are asked for in nobody else's name."""
        places = {name: told[name] for name in (*entry.ADDRESSES, "token_audience")}
        if wrong := entry.misdirected(entry.Entered(self.row.issuer, **places)):
            self.add_error(wrong, _("This address is on another host than the issuer."))


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def change(request: HttpRequest, who: Officer, platform: UUID) -> HttpResponse:
    """Change one."""
    row = held.find(who.institution, platform)
    form = Change(request.POST if request.method == "POST" else None, row=row)
    if form.is_bound and form.is_valid() and _changed(form, who):
        messages.success(request, _("Changed."))
        return redirect("platform", slug=who.institution.slug, platform=row.pk)
    facts = {"form": form, "platform": row}
    status = 400 if form.is_bound else 200
    return pages.show(request, who, "institution/platform_change.html", facts, status=status)


def _changed(form: Change, who: Officer) -> bool:
    try:
        held.change(form.row, form.cleaned_data, by=who.account_id)
    except Conflict:
        client_id = form.cleaned_data["client_id"]
        form.add_error("client_id", taken(form.row.issuer, client_id, who))
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def roles(request: HttpRequest, who: Officer, platform: UUID) -> HttpResponse:
    """Say what one of the platform's roles means here, or take that back."""
    row = held.find(who.institution, platform)
    if request.method == "POST":
        held.change(row, {"roles": _roles(request, row)}, by=who.account_id)
        messages.success(request, _("Changed. It counts from everybody's next launch."))
        return redirect("platform_roles", slug=who.institution.slug, platform=row.pk)
    facts = {
        "platform": row,
        "overrides": [
            (uri, dict(ROLES).get(role, role)) for uri, role in sorted(row.roles.items())
        ],
        "roles": ROLES,
        "uris": sorted(uri for uri in known_roles.KNOWN if ":" in uri),
    }
    return pages.show(request, who, "institution/platform_roles.html", facts)


def _roles(request: HttpRequest, row: Registration) -> dict[str, str]:
    """Return the table as a form changes it; raise BadRequest."""
    uri, role = request.POST.get("uri", "").strip(), request.POST.get("role", "")
    told = {name: value for name, value in row.roles.items() if name != uri}
    if "remove" in request.POST:
        return told
    if not uri or len(uri) > LONGEST or any(sign.isspace() or sign == "\0" for sign in uri):
        raise BadRequest(why=_("a role is a name or an address without spaces"))
    if role not in dict(ROLES):
        raise BadRequest(why=_("choose a role"))
    return {**told, uri: role}
