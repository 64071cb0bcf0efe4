"""Tokens of the REST API: the application's own, and somebody's after consent. §3.1; docs: "3LO".

One live token for an application on a site: asked again, it gives the same with fewer seconds.
A refresh token comes only with the scope `offline`; using it gives a new pair.
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from connectors.blackboard.fake.call import APPLICATION
from connectors.sandbox import settings
from connectors.sandbox.faults import STATE
from connectors.sandbox.models import AccessToken, AuthorizationCode, Person, Tool
from connectors.sandbox.rows import new_secret

LIFETIME = timedelta(hours=1)
CODE_LIFETIME = timedelta(minutes=5)
CHALLENGE = "challenge="  # before the scopes of a code that has one


def _wrong(status: int, error: str, words: str) -> JsonResponse:
    return JsonResponse({"error": error, "error_description": words}, status=status)


def _application(request: HttpRequest) -> Tool | None:
    """Find the application by its key and secret, in Basic authorisation alone."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    try:
        key, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    tools = Tool.objects.filter(api_client_id=key, api_secret=secret)
    return tools.filter(world__dialect="blackboard").first() if kind.lower() == "basic" else None


def token(request: HttpRequest) -> HttpResponse:
    """Give a token out."""
    tool = _application(request)
    if tool is None:
        return _wrong(401, "invalid_client", "Invalid client credentials, or no access granted.")
    if STATE.option(tool.world.name, "site_disabled"):
        return _wrong(400, "unauthorized_client", "Application not enabled for site")
    given = {**request.GET.dict(), **request.POST.dict()}
    match given.get("grant_type"):
        case "client_credentials":
            return _own(tool)
        case "authorization_code":
            return _from_code(tool, given)
        case "refresh_token":
            return _refreshed(tool, given)
    return _wrong(400, "unsupported_grant_type", "The grant type is not supported.")


@transaction.atomic
def _own(tool: Tool) -> HttpResponse:
    """Give the application's token, which is that of its integration user."""
    Tool.objects.select_for_update().get(pk=tool.pk)
    person = tool.world.person_set.order_by("-admin", "id")[0]
    rows = AccessToken.objects.filter(tool=tool, scopes=APPLICATION, revoked=False)
    row = rows.filter(expires_at__gt=timezone.now()).first()
    if row is None:
        row = AccessToken.objects.create(
            person=person,
            tool=tool,
            value=new_secret(),
            scopes=APPLICATION,
            expires_at=timezone.now() + LIFETIME,
        )
    return JsonResponse(_granted(row))


def _granted(row: AccessToken) -> dict[str, object]:
    left = (row.expires_at - timezone.now()).total_seconds() if row.expires_at else 0
    return {"access_token": row.value, "token_type": "bearer", "expires_in": max(0, int(left) - 1)}


def _theirs(row: AccessToken) -> JsonResponse:
    told = {**_granted(row), "scope": row.scopes, "user_id": row.person.uuid}
    return JsonResponse({**told, "refresh_token": row.refresh_value} if row.refresh_value else told)


@transaction.atomic
def _from_code(tool: Tool, given: dict[str, str]) -> HttpResponse:
    rows = AuthorizationCode.objects.select_for_update().select_related("person")
    code = rows.filter(
        value=given.get("code", ""), tool=tool, created_at__gt=timezone.now() - CODE_LIFETIME
    ).first()
    if code is None:
        return _wrong(400, "invalid_grant", "Invalid authorization code")
    code.delete()
    challenge, scopes = _unfolded(code.scopes)
    if code.redirect_uri != given.get("redirect_uri"):
        return _wrong(400, "invalid_grant", "Redirect URI mismatch.")
    if challenge and challenge != _challenge(given.get("code_verifier", "")):
        return _wrong(400, "invalid_grant", "The code verifier does not fit.")
    row = AccessToken.objects.create(
        person=code.person,
        tool=tool,
        value=new_secret(),
        refresh_value=new_secret() if "offline" in scopes.split() else "",
        expires_at=timezone.now() + LIFETIME,
        scopes=scopes,
    )
    return _theirs(row)


def _unfolded(scopes: str) -> tuple[str, str]:
    if not scopes.startswith(CHALLENGE):
        return "", scopes
    challenge, _, rest = scopes.removeprefix(CHALLENGE).partition(" ")
    return challenge, rest


def _challenge(verifier: str) -> str:
    digest = sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@transaction.atomic
def _refreshed(tool: Tool, given: dict[str, str]) -> HttpResponse:
    value = given.get("refresh_token", "")
    rows = AccessToken.objects.select_for_update().select_related("person")
    row = rows.filter(tool=tool, refresh_value=value, revoked=False, ended_at=None).first()
    if not value or row is None:
        return _wrong(400, "invalid_grant", "Invalid refresh token")
    row.value, row.refresh_value = new_secret(), new_secret()
    row.expires_at = timezone.now() + LIFETIME
    row.save()
    return _theirs(row)


def consent(request: HttpRequest) -> HttpResponse:
    """Ask a person whether the application may act in their name."""
    asked = request.GET
    tool = Tool.objects.filter(
        api_client_id=asked.get("client_id", ""), world__dialect="blackboard"
    ).first()
    if tool is None or STATE.option(tool.world.name, "site_disabled"):
        return _wrong(400, "unauthorized_client", "Application not enabled for site")
    if asked.get("response_type") != "code":
        return _wrong(400, "invalid_request", "response_type must be code")
    if not _registered(tool, asked.get("redirect_uri", "")):
        return _wrong(400, "invalid_request", "redirect_uri is not registered")
    scopes = asked.get("scope", "read")
    if challenge := asked.get("code_challenge"):
        scopes = f"{CHALLENGE}{challenge} {scopes}"
    context = {
        "tool": tool,
        "people": tool.world.person_set.order_by("id"),
        "redirect_uri": asked["redirect_uri"],
        "state": asked.get("state", ""),
        "scope": scopes,
        "action": f"{settings.SANDBOX_URL}/learn/api/public/v1/oauth2/accept",
    }
    return render(request, "sandbox/authorize.html", context)


def _registered(tool: Tool, redirect_uri: str) -> bool:
    """An application is registered with the domain that people come back to."""
    return redirect_uri.startswith(f"{tool.url}/")


def accept(request: HttpRequest) -> HttpResponse:
    """Send the person back with a code, or with their refusal."""
    tool = get_object_or_404(Tool, api_client_id=request.POST.get("client_id", ""))
    redirect_uri, answer = request.POST.get("redirect_uri", ""), {}
    if not _registered(tool, redirect_uri):
        return _wrong(400, "invalid_request", "redirect_uri is not registered")
    if "deny" in request.POST:
        answer = {"error": "access_denied", "error_description": "User denied access"}
    else:
        chosen = request.POST.get("person", "")
        known = int(chosen) if chosen.isdecimal() else 0
        person = get_object_or_404(Person, id=known, world=tool.world)
        code = AuthorizationCode.objects.create(
            tool=tool,
            person=person,
            redirect_uri=redirect_uri,
            scopes=request.POST.get("scope", ""),
        )
        answer = {"code": code.value}
    answer["state"] = request.POST.get("state", "")
    glue = "&" if "?" in redirect_uri else "?"
    return HttpResponseRedirect(f"{redirect_uri}{glue}{urlencode(answer)}")
