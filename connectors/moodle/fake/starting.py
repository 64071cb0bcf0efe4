"""How an administrator of Moodle begins a tool's registration: its URL pasted, and one question.

Where a tool of that address is registered already, Moodle asks whether to update it (its client id
stays) or to register another.
Source: Moodle's mod/lti/startltiadvregistration.php; Moodle 4.5 recordings,
dynreg_0_startltiadvregistration and browser_dynreg
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse

from connectors.moodle.fake.answers import FORM, UTF8, broken, themed
from connectors.moodle.fake.session import signed_in
from connectors.sandbox import registering
from connectors.sandbox.models import Registering, Tool, World
from connectors.sandbox.platforms import Platform

HERE = "mod/lti/startltiadvregistration.php"
NO_ACCESS = (
    "Sorry, but you do not currently have permissions to do that (Change site configuration)."
)


def start(request: HttpRequest, platform: Platform) -> HttpResponse:
    """Redirect to the tool; where one of its address is known, first ask: update, or new."""
    begun = _begun(request)
    if begun is None:
        return broken(request, NO_ACCESS)
    known = of_the_same_address(begun)
    kind = request.GET.get("type", "")
    if known and not kind and "type" not in begun.claims:
        told = {"known": known, "query": _query(begun)}
        return themed(request, "again", told)
    _decide(begun, next((one for one in known if str(one.pk) == kind), None))
    answer = HttpResponse(status=302, content_type=f"text/html{UTF8}", headers=FORM)
    answer["Location"] = registering.opened(platform, begun)
    return answer


def question(begun: Registering, platform: Platform) -> str:
    """Return where it is asked, while it is not answered."""
    if "type" in begun.claims or not of_the_same_address(begun):
        return ""
    return f"{platform.at(HERE)}?{_query(begun)}"


def of_the_same_address(begun: Registering) -> list[Tool]:
    """Return the tools that live where the registration URL leads."""
    place = urlsplit(begun.url).netloc
    tools = Tool.objects.filter(world=begun.world).order_by("pk")
    return [one for one in tools if urlsplit(one.target_url).netloc == place]


def _query(begun: Registering) -> str:
    return urlencode({"url": begun.url, "registration": begun.value})


def _begun(request: HttpRequest) -> Registering | None:
    """Return the registration: one that a page of the sandbox began, or an administrator's own."""
    rows = Registering.objects.select_related("world").filter(world__dialect="moodle")
    if found := rows.filter(value=request.GET.get("registration", ""), used_at=None).first():
        return found
    admin = signed_in(request)
    if admin is None or not admin.admin:
        return None
    return _new(admin.world, request.GET.get("url", ""))


def _new(world: World, url: str) -> Registering | None:
    try:
        return registering.begin(world, url)
    except ValueError:
        return None


def _decide(begun: Registering, updated: Tool | None) -> None:
    """Remember the answer: which tool is updated, if one is."""
    more = {"type": str(updated.pk if updated else 0)}
    if updated is not None:
        more |= {"client_id": updated.client_id, "scope": "reg-update"}
    begun.claims = {**begun.claims, **more}
    begun.save()
