"""How an institution lets Tutor.AI read its LMS: applications, and connections of its own."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors import applications, consents, linking, registry
from connectors import schools as held
from connectors.models import Application, Connector
from tutorai import connecting, errors, http, schools
from tutorai.access import CHANGERS, Officer, officer
from tutorai.errors import NotFound, TutorError
from tutorai.web import connect
from tutorai.web.institution import pages
from tutorai.web.institution.connecting_guides import GUIDES, Guide, canvas_scopes

LONGEST, ADDRESS = 500, 2000  # characters of a key or token, and of an address
# What serves a whole school by itself: the application's own token.
OWN = frozenset({"blackboard"})


@require_safe
@officer(*CHANGERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """What is connected, and the ways to connect more."""
    rows = held.of(who.institution).select_related("application")
    facts = {
        "connections": [_shown(row) for row in rows],
        "applications": [
            {
                "row": row,
                "title": _title(row.lms),
                "own": row.lms in OWN,
                "used": row.connectors.filter(course__isnull=False).count(),
            }
            for row in applications.of(who.institution)
        ],
        "offered": [
            (site, row, _title(lms))
            for lms in sorted(OWN & set(registry.DIALECTS))
            for site, row in held.offered(who.institution, lms)
            if not any(one.base_url == site and one.status == one.Status.ACTIVE for one in rows)
        ],
        "ways": [
            (lms, way, guide().title)
            for (lms, way), guide in GUIDES.items()
            if lms in registry.DIALECTS
        ],
    }
    return pages.show(request, who, "institution/connections.html", facts)


def _shown(row: Connector) -> dict[str, Any]:
    return {
        "row": row,
        "title": _title(row.lms),
        "used": row.used,  # type: ignore[attr-defined]  # counted by `held.of`
        "lacks": connecting.lacking(row),
        "mend": connecting.mended_at(row),
        "error": errors.words(row.error) if row.error else "",
        "again": _again(row),
    }


def _again(row: Connector) -> str:
    """Return the form by which it is connected again; "": its application is on the page."""
    if row.application_id is not None:
        return ""
    return next((way for lms, way in GUIDES if lms == row.lms), "")


def _title(lms: str) -> str:
    known = registry.DIALECTS.get(lms)
    return known.title if known else lms


class Site(forms.Form):
    """Where an LMS is."""

    base_url = forms.CharField(
        label=gettext_lazy("Address of the platform"),
        max_length=ADDRESS,
        help_text=gettext_lazy("As it stands in the browser: https://learn.example.edu"),
    )

    def __init__(self, *args: Any, lms: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lms = lms

    def clean_base_url(self) -> str:
        """Return scheme and host (and Moodle's directory) of what was copied from there."""
        text = self.cleaned_data["base_url"].strip()
        text = text if "://" in text else f"https://{text}"
        speaks = linking.ADDRESSES.get(self._lms)
        try:
            base = speaks.read(text).base_url if speaks else http.base_of(text)
            return http.check_url(base)
        except ValueError as error:
            raise forms.ValidationError(_("This is not a web address.")) from error
        except TutorError as error:
            raise forms.ValidationError(str(error)) from error


class Key(Site):
    """An application: what an LMS knows us by."""

    client_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=LONGEST)
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("It is stored encrypted and never shown again."),
    )


class Service(Site):
    """A service account's token."""

    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("It is stored encrypted and never shown again."),
    )


FORMS: dict[str, type[Site]] = {"application": Key, "token": Service}


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def add(request: HttpRequest, who: Officer, lms: str, way: str) -> HttpResponse:
    """One way to connect: what to do in the LMS, and the form for what that gave."""
    guide = GUIDES.get((lms, way))
    if guide is None or lms not in registry.DIALECTS:
        raise NotFound()
    form = FORMS[way](request.POST if request.method == "POST" else None, lms=lms)
    if lms == "blackboard":
        form.fields["client_id"].label = _("Application key")
    if form.is_bound and form.is_valid() and _added(request, who, lms, form):
        return redirect("institution_connections", slug=who.institution.slug)
    return _page(request, who, lms, form, guide())


def _page(request: HttpRequest, who: Officer, lms: str, form: Site, guide: Guide) -> HttpResponse:
    facts = {
        "guide": guide,
        "form": form,
        "paste": canvas_scopes() if lms == "canvas" else "",
    }
    status = 400 if form.is_bound else 200
    return pages.show(request, who, "institution/connection_add.html", facts, status=status)


def _added(request: HttpRequest, who: Officer, lms: str, form: Site) -> bool:
    """Store what was entered, once the LMS has taken it, or say in the form why not."""
    told = form.cleaned_data
    base_url = told["base_url"]
    try:
        if isinstance(form, Service):
            row = schools.connect_by_token(
                who.institution,
                lms=lms,
                base_url=base_url,
                secret=told["token"].strip(),
                by=who.account_id,
            )
            _say(request, row)
            return True
        schools.add_application(
            who.institution,
            lms=lms,
            base_url=base_url,
            client_id=told["client_id"].strip(),
            secret=told["secret"].strip(),
            by=who.account_id,
        )
    except TutorError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("Saved. Teachers of courses there find it on their page."))
    return True


def _say(request: HttpRequest, row: Connector) -> None:
    """Tell that it is connected, and what its token may not do."""
    if not row.lacks:
        messages.success(request, _("Connected. It may do all that Tutor.AI uses."))
        return
    words = ngettext(
        "Connected. %(n)d right is missing: it is listed below.",
        "Connected. %(n)d rights are missing: they are listed below.",
        len(row.lacks),
    )
    messages.warning(request, words % {"n": len(row.lacks)})


@require_POST
@officer(*CHANGERS)
def test(request: HttpRequest, who: Officer, connection: UUID) -> HttpResponse:
    """Ask the LMS whether it still lets us in, and what is missing."""
    row = held.find(who.institution, connection)
    try:
        held.look(row)
        row.refresh_from_db()
        _say(request, row)
    except TutorError as error:
        messages.error(request, str(error))
    return _back(who)


@require_POST
@officer(*CHANGERS)
def disconnect(request: HttpRequest, who: Officer, connection: UUID) -> HttpResponse:
    """Forget a school's token, and end it at the LMS where that can be done."""
    row = held.find(who.institution, connection)
    if schools.disconnect(who.institution, row, by=who.account_id):
        messages.success(request, _("Disconnected. What was read stays."))
    else:
        messages.warning(
            request, _("Disconnected here. The platform could not be told: end the token there.")
        )
    return _back(who)


@require_POST
@officer(*CHANGERS)
def own(request: HttpRequest, who: Officer, application: UUID) -> HttpResponse:
    """Connect the school by an application's own token: its own, or the operator's."""
    row = Application.objects.filter(pk=application).first()
    if row is None or row.institution_id not in {None, who.institution.pk}:
        raise NotFound()
    site = row.base_url if row.institution_id else request.POST.get("site", "")
    try:
        made = schools.connect_by_application(who.institution, row, site, by=who.account_id)
        _say(request, made)
    except NotFound:
        raise
    except TutorError as error:
        messages.error(request, str(error))
    return _back(who)


@require_POST
@officer(*CHANGERS)
def consent(request: HttpRequest, who: Officer, application: UUID) -> HttpResponse:
    """Lead to the LMS's page of consent, where a service account of the school says yes.

    By a page, not by a redirect: the policy of forms would have to name every address there.
    """
    row = _application(who, application)
    state = schools.ask(row, by=who.account_id)
    way = consents.leave(state)
    facts = {"url": way.url, "name": _title(row.lms)}
    response = render(request, "connect/leaving.html", facts)
    connect.bind(response, state, way.binder)
    return response


@require_POST
@officer(*CHANGERS)
def remove(request: HttpRequest, who: Officer, application: UUID) -> HttpResponse:
    """Forget an application."""
    schools.remove_application(who.institution, application, by=who.account_id)
    messages.success(
        request, _("Removed. Courses that were connected by it work until their tokens end.")
    )
    return _back(who)


def _application(who: Officer, pk: UUID) -> Application:
    row = applications.of(who.institution).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def _back(who: Officer) -> HttpResponse:
    return redirect(reverse("institution_connections", kwargs={"slug": who.institution.slug}))
