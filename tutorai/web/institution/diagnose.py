"""What is wrong with an institution's platforms: the last launches, masked, and what to do."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lti import diagnosis, failures, seen
from lti.claims import GRADES, ROSTER
from lti.diagnosis import Place, Seen, Severity
from lti.heard import Heard
from lti.models import Deployment
from lti.registration.ours import NEEDED
from lti.seen import Looked
from tutorai.access import CHANGERS, DIAGNOSERS, Officer, officer
from tutorai.web.institution import pages

AT_ONCE = 5  # installations on one page; the others have a link
STYLES = {Severity.BAD: "bad", Severity.WARN: "warn", Severity.NOTE: ""}


@require_safe
@officer(*DIAGNOSERS)
def diagnose(request: HttpRequest, who: Officer) -> HttpResponse:
    """Show each installation's last launches; `of` one of them, `support` the launch of an error."""
    rows, asked = seen.deployments(who.institution), request.GET.get("support", "")[:64]
    picked = [row for row in rows if str(row.pk) == request.GET.get("of", "")] or rows[:AT_ONCE]
    found = seen.find(who.institution, asked) if asked else None
    at_large = [_looked(one) for one in seen.platforms(who.institution)]
    facts = {
        "installations": [_looked(one) for one in seen.look(who.institution, picked)],
        "others": [row for row in rows if row not in picked],
        "platforms": [one for one in at_large if one["findings"] or one["launches"]],
        "asked": asked,
        "found": _launch(seen.as_seen(found)) if found else None,
        "found_at": found.registration.name if found else "",
        "decides": who.may(CHANGERS),
    }
    return pages.show(request, who, "institution/diagnose.html", facts)


def _looked(one: Looked) -> dict[str, Any]:
    found = diagnosis.findings(one.place)
    return {
        "id": _id(one.deployment),
        "registration": one.registration,
        "deployment": one.deployment,
        "findings": [{"it": each, "style": STYLES[each.severity]} for each in found],
        "well": bool(one.place.launches) and all(f.severity == Severity.NOTE for f in found),
        "launches": [_launch(each) for each in one.place.launches],
        "scopes": _scopes(one) if one.place.last_good else [],
        "token_at": one.heard.at if one.heard and not one.heard.code else None,
    }


def _id(row: Deployment | None) -> UUID | None:
    return row.pk if row else None


def _launch(one: Seen) -> dict[str, Any]:
    """A launch, with its claims as they are read best."""
    return {
        "it": one,
        "words": failures.words(one.failure) if one.failure else _("It worked."),
        "todo": failures.todo(one.failure) if one.failure else "",
        "unresolved": diagnosis.unresolved(one),
        "clock": diagnosis.clock_words(one.clock or 0.0),
        "claims": json.dumps(one.shown, indent=2, ensure_ascii=False) if one.shown else "",
    }


def _scopes(one: Looked) -> list[dict[str, Any]]:
    """Each right we want: whether registration, launches and token endpoint granted it.

    None: they did not say.
    """
    told, registered = _offered(one.place), one.registration.scopes
    token = one.heard if one.heard and not one.heard.code else None
    return [
        {
            "name": diagnosis.last(scope),
            "registered": scope in registered if registered else None,
            "launched": scope in told,
            "token": _granted(token, scope) if token else None,
        }
        for scope in NEEDED
    ]


def _granted(token: Heard, scope: str) -> bool | None:
    """Return whether the token endpoint granted a right; None: nobody asked it for that one."""
    return scope in token.scopes if scope in token.scopes | token.lacks else None


def _offered(place: Place) -> set[str]:
    """Return the rights that the last good launch told; that of rosters goes with its address."""
    last = place.last_good
    assert last is not None  # who asks has looked
    scopes = last.part(GRADES).get("scope")
    told = {str(one) for one in scopes} if isinstance(scopes, list) else set()
    named = last.part(ROSTER).get("context_memberships_url")
    return told | ({NEEDED[-1]} if named else set())
