"""How the LMSs we call are: breakers, which a person may close, and buckets.

Who may see connections may look; closing needs the right to change them.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from connectors import breaker, bucket, lua
from connectors.blackboard.wire import quota
from connectors.breaker import State
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb

logger = logging.getLogger(__name__)

SEES = ("connectors.view_connector", "connectors.change_connector")
MENDS = "connectors.change_connector"
WORDS: dict[State, Promise | str] = {
    State.CLOSED: _("Calls go out"),
    State.HALF_OPEN: _("The next call tries it"),
    State.OPEN: _("No calls go out"),
}
SHOWN = 200  # buckets


@dataclass(frozen=True)
class Line:
    """One breaker."""

    name: str  # "canvas:school.example:rest"
    words: str | Promise
    until: datetime | None  # it tries again

    @property
    def shut(self) -> bool:
        """Whether there is something to close."""
        return self.words != WORDS[State.CLOSED]


def may_see(request: HttpRequest) -> bool:
    """Whether somebody may look."""
    return any(request.user.has_perm(right) for right in SEES)


def shut() -> int:
    """Return how many LMSs get no calls now; 0 while Redis is away."""
    try:
        return sum(state is not State.CLOSED for state in breaker.states(lua.redis()).values())
    except RedisError:
        return 0


def page(request: HttpRequest) -> HttpResponse:
    """Show them; say so while Redis is away, for then nothing is known."""
    if not may_see(request):
        raise PermissionDenied
    told = {
        **admin.site.each_context(request),
        "title": gettext("Learning platforms"),
        "may_mend": request.user.has_perm(MENDS),
    }
    try:
        levels = bucket.levels(lua.redis())[:SHOWN]
        told |= {"lines": _lines(), "levels": levels, "day": quota().standing()}
    except RedisError:
        told["away"] = True
    return TemplateResponse(request, "staff/health.html", told)


def _lines() -> list[Line]:
    states = sorted(
        breaker.states(lua.redis()).items(), key=lambda two: (two[1] != State.OPEN, two)
    )
    return [Line(name, WORDS[state], _until(name, state)) for name, state in states]


def _until(name: str, state: State) -> datetime | None:
    if state is not State.OPEN:
        return None
    return timezone.now() + timedelta(seconds=breaker.opens_in(lua.redis(), name))


def close(request: HttpRequest) -> HttpResponse:
    """Close one breaker, named in the form."""
    if request.method != "POST" or not request.user.has_perm(MENDS):
        raise PermissionDenied
    try:
        known = request.POST.get("name", "")
        done = known in breaker.states(lua.redis()) and _close(known, UUID(str(request.user.pk)))
    except RedisError:
        messages.error(request, gettext("Redis does not answer; while it is away, calls go out."))
    else:
        words = gettext("Calls go out again.") if done else gettext("It was closed already.")
        messages.success(request, words)
    return HttpResponseRedirect(reverse("admin:lms_health"))


@transaction.atomic
def _close(name: str, by: UUID) -> bool:
    logger.info("Breaker %s closed by hand", name)
    audit.record(verb=Verb.BREAKER_CLOSE, account=by, object_kind="breaker")
    return breaker.close(lua.redis(), name)
