"""One-screen guides: what to press in each platform, with every value to paste."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lti import invites
from lti.models import Invite, Registration
from lti.oidc import digest
from lti.platforms.profile import Profile
from lti.registration import held, profiles
from lti.registration.ours import SCOPES, Ours
from tutorai.access import CHANGERS, DIAGNOSERS, Officer, officer
from tutorai.errors import NotFound, NotYours
from tutorai.ledger.audit import Verb, record
from tutorai.web import scopes
from tutorai.web.institution import pages, steps


@dataclass(frozen=True)
class Offer:
    """A guide on the list."""

    family: str
    title: str


def offered() -> list[Offer]:
    """Return every guide there is."""
    return [Offer(family, _title(profiles.by_family(family))) for family in steps.GUIDES]


def _title(profile: Profile) -> str:
    return _("Any LTI 1.3 platform") if profile.family == "other" else str(profile.title)


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*DIAGNOSERS)
def guide(request: HttpRequest, who: Officer, family: str) -> HttpResponse:
    """Show how; a POST makes the link by which the platform registers itself, shown once."""
    if family not in steps.GUIDES:
        raise NotFound()
    link = ""
    if request.method == "POST":
        if not who.may(CHANGERS):
            raise NotYours()
        link = _invited(who, None)
    return _page(request, who, family, link=link, renews=None)


@require_POST
@officer(*CHANGERS)
def renew(request: HttpRequest, who: Officer, platform: UUID) -> HttpResponse:
    """Make a link by which a platform registers anew, and keeps all it has here."""
    row = held.find(who.institution, platform)
    family = row.family if row.family in steps.GUIDES else "other"
    return _page(request, who, family, link=_invited(who, row), renews=row)


def _invited(who: Officer, renews: Registration | None) -> str:
    """Make an invite and return its link."""
    with transaction.atomic():
        ends = timezone.now() + invites.LIFETIME
        secret = invites.make(who.institution, expires_at=ends, by=who.account_id, renews=renews)
        record(
            verb=Verb.INVITE_MAKE,
            account=who.account_id,
            object_kind="invite",
            object_id=Invite.objects.get(secret_hash=digest(secret)).pk,
            institution=who.institution.pk,
        )
    return invites.address(secret)


def _page(
    request: HttpRequest, who: Officer, family: str, *, link: str, renews: Registration | None
) -> HttpResponse:
    profile, ours = profiles.by_family(family), Ours(settings.PUBLIC_URL)
    facts = {
        "family": family,
        "title": _title(profile),
        "ways": steps.GUIDES[family](ours, profile),
        "link": link,
        "days": invites.LIFETIME.days,
        "renews": renews,
        "may_change": who.may(CHANGERS),
        "addresses": steps.addresses(ours),
        "scopes": list(zip(scopes.words(SCOPES), SCOPES, strict=True)),
        "custom": "\n".join(f"{name}={value}" for name, value in profile.custom.items()),
        "shares": scopes.shares(),
    }
    return pages.show(request, who, "institution/guide.html", facts)
