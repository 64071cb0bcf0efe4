"""An institution's platforms: the list, one of them, and what may be done with it."""

import json
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lti import invites, keys
from lti.models import Deployment, Registration
from lti.registration import held, profiles, renewal
from lti.registration.ours import NEEDED
from tutorai.access import CHANGERS, DIAGNOSERS, Officer, officer
from tutorai.errors import BadRequest, Conflict, NotFound
from tutorai.ledger.audit import Verb, record
from tutorai.web import scopes
from tutorai.web.institution import guides, pages


@require_safe
@officer(*DIAGNOSERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """All of them, and the ways to connect another one."""
    facts = {
        "platforms": [(row, profiles.by_family(row.family)) for row in held.own(who.institution)],
        "shared": held.shared(who.institution),
        "invites": invites.waiting(who.institution),
        "guides": guides.offered(),
        "may_change": who.may(CHANGERS),
    }
    return pages.show(request, who, "institution/platforms.html", facts)


@require_safe
@officer(*DIAGNOSERS)
def one(request: HttpRequest, who: Officer, platform: UUID) -> HttpResponse:
    """What we know of one, and its deployments."""
    row = held.find(who.institution, platform)
    found = held.deployments(who.institution, row)
    key = keys.own(row).first() if row.own_key else None
    facts = {
        "platform": row,
        "profile": profiles.by_family(row.family),
        "activated": held.activated(row),
        "deployments": found,
        "waiting": [
            one
            for one in found
            if one.status == Deployment.Status.PENDING and one.institution_id is None
        ],
        "settled": [
            one
            for one in found
            if one.institution_id == who.institution.pk and one.status != Deployment.Status.PENDING
        ],
        "granted": scopes.words(row.scopes),
        "withheld": scopes.words(s for s in NEEDED if row.scopes and s not in row.scopes),
        "roles": sorted(row.roles.items()),
        "key": key,
        "pem": keys.pem(key) if key else "",
        "jwk": json.dumps(key.public_jwk, indent=2) if key else "",
        "key_waits": key is not None and key.signs_from is None,
        "may_change": who.may(CHANGERS),
    }
    return pages.show(request, who, "institution/platform.html", facts)


def _back(who: Officer, row: Registration) -> HttpResponse:
    return redirect("platform", slug=who.institution.slug, platform=row.pk)


def _act(
    do: Callable[[Registration, Officer], object], words: Callable[[], str]
) -> Callable[..., HttpResponseBase]:
    """Make a view of what is done with one platform by a button."""

    @require_POST
    @officer(*CHANGERS)
    def view(request: HttpRequest, who: Officer, platform: UUID) -> HttpResponse:
        row = held.find(who.institution, platform)
        do(row, who)
        messages.success(request, words())
        return _back(who, row)

    return view


def _key(do: Callable[[Registration], object]) -> Callable[[Registration, Officer], None]:
    def done(row: Registration, who: Officer) -> None:
        with transaction.atomic():
            do(row)
            record(
                verb=Verb.PLATFORM_KEY,
                account=who.account_id,
                object_kind="registration",
                object_id=row.pk,
                institution=who.institution.pk,
            )

    return done


disable = _act(
    lambda row, who: held.disable(row, by=who.account_id),
    lambda: _("Switched off. Nobody comes in from there any more; everything is kept."),
)
enable = _act(
    lambda row, who: held.enable(row, by=who.account_id),
    lambda: _("Switched on. People come in again."),
)
key_own = _act(
    _key(keys.give),
    lambda: _("Paste the key below into your platform, then say so here."),
)
key_pasted = _act(_key(keys.pasted), lambda: _("From now on this key signs."))
key_shared = _act(
    _key(keys.share), lambda: _("Your platform fetches our keys by itself from now on.")
)


@require_POST
@officer(*CHANGERS)
def replace(request: HttpRequest, who: Officer, platform: UUID) -> HttpResponse:
    """Let an installation that waits go on where an older one was."""
    row = held.find(who.institution, platform)
    mine = {str(one.pk): one for one in held.deployments(who.institution, row)}
    new, old = mine.get(request.POST.get("new", "")), mine.get(request.POST.get("old", ""))
    if new is None or old is None or old.institution_id != who.institution.pk:
        raise BadRequest(why=_("choose two installations of this platform"))
    try:
        with transaction.atomic():
            renewal.take_place(new, old)
            record(
                verb=Verb.DEPLOYMENT_REPLACE,
                account=who.account_id,
                object_kind="deployment",
                object_id=old.pk,
                institution=who.institution.pk,
            )
    except Conflict:
        messages.error(request, _("This installation does not wait any more."))
    else:
        messages.success(request, _("It goes on with the courses of the older installation."))
    return _back(who, row)


@require_POST
@officer(*CHANGERS)
def withdraw(request: HttpRequest, who: Officer, invite: UUID) -> HttpResponse:
    """Take an invite back that nobody used."""
    row = invites.waiting(who.institution).filter(pk=invite).first()
    if row is None:
        raise NotFound()
    with transaction.atomic():
        invites.withdraw(row)
        record(
            verb=Verb.INVITE_WITHDRAW,
            account=who.account_id,
            object_kind="invite",
            object_id=invite,
            institution=who.institution.pk,
        )
    messages.success(request, _("The invite is withdrawn."))
    return redirect("institution_platforms", slug=who.institution.slug)
