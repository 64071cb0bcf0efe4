"""An administrator's page: what lets a tool read the school, and who has let it in.

Canvas: Developer Keys of the kind API, Approved Integrations. Moodle: Manage tokens. Blackboard:
the application's key and secret at the developer portal (connectors.md §1.1, §2.1, §3.1).
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from connectors.sandbox import dialects, settings
from connectors.sandbox.models import AccessToken, World
from connectors.sandbox.rows import new_secret


def shown(request: HttpRequest, name: str) -> HttpResponse:
    """Show the values that the tool's page asks for, and the tokens that work; end or make one."""
    world = get_object_or_404(World, name=name)
    if request.method == "POST":
        (_make if "person" in request.POST else _end)(world, request.POST)
        return HttpResponseRedirect(f"/worlds/{name}/access")
    context = {
        "world": world,
        "platform": dialects.platform_of(world),
        "url": settings.SANDBOX_URL,
        "tools": world.tool_set.order_by("id"),
        "people": world.person_set.order_by("id"),
        "tokens": _live(world).select_related("person", "tool").order_by("id"),
    }
    return render(request, "sandbox/access.html", context)


def _live(world: World) -> QuerySet[AccessToken]:
    return AccessToken.objects.filter(person__world=world, revoked=False, ended_at=None)


def _end(world: World, sent: QueryDict) -> None:
    row = get_object_or_404(_live(world), id=_number(sent, "token"))
    row.revoked, row.ended_at = True, timezone.now()  # no refresh helps
    row.save()


def _make(world: World, sent: QueryDict) -> None:
    """Make a personal token, as its owner does in Canvas and an administrator in Moodle."""
    person = get_object_or_404(world.person_set, id=_number(sent, "person"))
    scopes = " ".join(sent.get("scopes", "").split())
    AccessToken.objects.create(person=person, value=new_secret(), scopes=scopes)


def _number(sent: QueryDict, name: str) -> int:
    value = sent.get(name, "")
    return int(value) if value.isdecimal() else 0
