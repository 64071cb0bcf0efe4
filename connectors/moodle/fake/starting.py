"""How an administrator of Moodle begins a tool's registration: its URL pasted, and one question.

Source: Moodle's mod/lti/startltiadvregistration.php; Moodle 4.5 recordings,
dynreg_0_startltiadvregistration and browser_dynreg
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from connectors.moodle.fake.answers import FORM, UTF8, broken, themed
from connectors.moodle.fake.session import sesskey, signed_in
from connectors.sandbox import registering
from connectors.sandbox.models import Person, Tool
from connectors.sandbox.platforms import Platform

NO_ACCESS = (
    "Sorry, but you do not currently have permissions to do that (Change site configuration)."
)


def start(request: HttpRequest, platform: Platform) -> HttpResponse:
    """Redirect to the tool; where one of its domain is known, first ask: update, or new."""
    admin = signed_in(request)
    if admin is None or not admin.admin:
        return broken(request, NO_ACCESS)
    url, kind = request.GET.get("url", ""), request.GET.get("type", "")
    known = _of_the_same_domain(admin, url)
    if known and not kind:
        told = {"known": known, "url": url, "sesskey": sesskey(admin)}
        return themed(request, "again", told)
    updated = next((one for one in known if str(one.pk) == kind), None)
    more: dict[str, Any] = {}
    if updated is not None:
        more = {"client_id": updated.client_id, "scope": "reg-update"}
    try:
        begun = registering.begin(admin.world, url, **more)
    except ValueError:
        return broken(request, "A required parameter (url) was missing")
    answer = HttpResponse(status=302, content_type=f"text/html{UTF8}", headers=FORM)
    answer["Location"] = registering.opened(platform, begun)
    return answer


def _of_the_same_domain(admin: Person, url: str) -> list[Tool]:
    """Return the tools that live where the registration URL leads."""
    place = urlsplit(url).netloc
    tools = Tool.objects.filter(world=admin.world).order_by("pk")
    return [one for one in tools if urlsplit(one.target_url).netloc == place]
