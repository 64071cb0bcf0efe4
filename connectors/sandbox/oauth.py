"""Tokens: OAuth 2 for REST, client credentials for LTI services, one endpoint for both.

Canvas API: OAuth2 Overview, OAuth2 Endpoints. What Canvas does and is easily missed:
refreshing writes the same row, so the old access token dies at once; the refresh token stays
the same; a bad refresh token is a 400, a bad client a 401.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from django.db import IntegrityError, transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from connectors.sandbox import dialects, keys
from connectors.sandbox.dialect import Dialect
from connectors.sandbox.faults import STATE, bearer
from connectors.sandbox.models import (
    AccessToken,
    AuthorizationCode,
    Person,
    SeenAssertion,
    ServiceToken,
    Tool,
)
from connectors.sandbox.rows import new_secret

LIFETIME = timedelta(hours=1)
CODE_LIFETIME = timedelta(minutes=10)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _wrong(status: int, error: str, description: str) -> JsonResponse:
    answer = JsonResponse({"error": error, "error_description": description}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = "Canvas OAuth 2.0"
    return answer


def _same_place(asked: str, registered: str) -> bool:
    one, two = urlsplit(asked), urlsplit(registered)
    return (one.scheme, one.netloc, one.path) == (two.scheme, two.netloc, two.path)


def auth(request: HttpRequest) -> HttpResponseBase:
    """Ask a person whether the tool may read in their name."""
    tool = Tool.objects.filter(api_client_id=request.GET.get("client_id", "")).first()
    redirect_uri = request.GET.get("redirect_uri", "")
    if tool is None:
        return _wrong(401, "invalid_client", "unknown client")
    if not _same_place(redirect_uri, tool.api_redirect_uri):
        return _wrong(400, "invalid_request", "redirect_uri does not match client settings")
    if request.GET.get("response_type") != "code":
        return _wrong(400, "unsupported_response_type", "Only response_type=code is permitted")
    context = {
        "tool": tool,
        "people": tool.world.person_set.order_by("id"),
        "redirect_uri": redirect_uri,
        "state": request.GET.get("state", ""),
        # Only the last of several scope parameters counts, as in Canvas.
        "scope": request.GET.get("scope", ""),
    }
    return render(request, "sandbox/authorize.html", context)


def accept(request: HttpRequest) -> HttpResponseBase:
    """Send the person back to the tool with a code, or with their refusal."""
    tool = get_object_or_404(Tool, api_client_id=request.POST.get("client_id", ""))
    redirect_uri = request.POST.get("redirect_uri", "")
    if not _same_place(redirect_uri, tool.api_redirect_uri):
        return _wrong(400, "invalid_request", "redirect_uri does not match client settings")
    answer = {"state": request.POST.get("state", "")}
    if "deny" in request.POST:
        answer |= {
            "error": "access_denied",
            "error_description": "The resource owner refused.",
        }
    else:
        chosen = request.POST.get("person", "")
        if not chosen.isdecimal():
            return _wrong(400, "invalid_request", "nobody was chosen")
        person = get_object_or_404(Person, id=int(chosen), world=tool.world)
        scopes = request.POST.get("scope", "")
        code = AuthorizationCode.objects.create(
            tool=tool, person=person, redirect_uri=redirect_uri, scopes=scopes
        )
        answer["code"] = code.value
    glue = "&" if "?" in redirect_uri else "?"
    return HttpResponseRedirect(f"{redirect_uri}{glue}{urlencode(answer)}")


def token(request: HttpRequest) -> HttpResponseBase:
    """Give out, refresh and revoke tokens."""
    if request.method == "DELETE":
        return _revoke(request)
    grants = {
        "authorization_code": _from_code,
        "refresh_token": _refresh,
        "client_credentials": service_token,
    }
    grant = grants.get(request.POST.get("grant_type", ""))
    if grant is None:
        return _wrong(400, "unsupported_grant_type", "The grant_type you requested is unknown")
    return _perhaps_sent_on(request, grant(request))


def _perhaps_sent_on(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Answer an error by a redirect, as an older Canvas does to whoever names a redirect URI.

    By switch; a client that follows it reads a page of its own as the answer.
    connectors.md §1.1: canvas-lms, app/controllers/oauth2_provider_controller.rb.
    """
    tool = Tool.objects.filter(api_client_id=request.POST.get("client_id", "")).first()
    to = request.POST.get("redirect_uri", "")
    sent_on = tool and STATE.option(tool.world.name, "token_redirects")
    if answer.status_code < 400 or not (to and sent_on):
        return answer
    return HttpResponseRedirect(f"{to}?{urlencode({'error': 'invalid_request'})}")


def _client(request: HttpRequest) -> Tool | None:
    return Tool.objects.filter(
        api_client_id=request.POST.get("client_id", ""),
        api_secret=request.POST.get("client_secret", ""),
    ).first()


def _granted(row: AccessToken) -> dict[str, Any]:
    person = row.person
    return {
        "access_token": row.value,
        "token_type": "Bearer",
        "user": {
            "id": person.id,
            "name": person.name,
            "global_id": str(10**13 + person.id),
            "effective_locale": person.locale,
        },
        "expires_in": int(LIFETIME.total_seconds()),
        "canvas_region": "sandbox",
    }


@transaction.atomic
def _from_code(request: HttpRequest) -> HttpResponseBase:
    tool = _client(request)
    if tool is None:
        return _wrong(401, "invalid_client", "unknown client")
    code = (
        AuthorizationCode.objects.select_for_update()
        .filter(
            value=request.POST.get("code", ""),
            tool=tool,
            created_at__gt=timezone.now() - CODE_LIFETIME,
        )
        .first()
    )
    if code is None:
        return _wrong(400, "invalid_grant", "authorization_code not found")
    code.delete()
    if request.POST.get("redirect_uri") not in (None, code.redirect_uri):
        return _wrong(400, "invalid_grant", "incorrect client redirect_uri")
    if request.POST.get("replace_tokens") in ("1", "true"):
        AccessToken.objects.filter(tool=tool, person=code.person).delete()
    row = AccessToken.objects.create(
        person=code.person,
        tool=tool,
        value=_new_value(tool),
        refresh_value=_new_value(tool),
        expires_at=timezone.now() + LIFETIME,
        scopes=code.scopes,
    )
    return JsonResponse({**_granted(row), "refresh_token": row.refresh_value})


def _new_value(tool: Tool) -> str:
    return f"{tool.world_id}~{new_secret()}"


@transaction.atomic
def _refresh(request: HttpRequest) -> HttpResponseBase:
    """Write a new access token over the old one; the refresh token stays."""
    tool = _client(request)
    if tool is None:
        return _wrong(401, "invalid_client", "unknown client")
    row = (
        AccessToken.objects.select_for_update()
        .filter(
            refresh_value=request.POST.get("refresh_token", ""),
            tool=tool,
            revoked=False,
        )
        .exclude(ended_at__lte=timezone.now())
        .first()
    )
    if row is None:
        return _wrong(400, "invalid_request", "refresh_token not found")
    row.value = _new_value(tool)
    row.expires_at = timezone.now() + LIFETIME
    row.save()
    return JsonResponse(_granted(row))


def _revoke(request: HttpRequest) -> HttpResponseBase:
    gone, _ = AccessToken.objects.filter(value=bearer(request)).delete()
    if not gone:
        answer = JsonResponse({"errors": [{"message": "Invalid access token."}]}, status=401)
        answer["WWW-Authenticate"] = 'Bearer realm="canvas-lms"'
        return answer
    return HttpResponse("{}", "application/json")


def service_token(request: HttpRequest) -> HttpResponseBase:
    """Give a token for NRPS and AGS against a JWT signed by the tool; Moodle has a way of its own."""
    dialect = dialects.at(request.path)
    if request.POST.get("client_assertion_type") != ASSERTION_TYPE:
        words = "client_assertion_type must be jwt-bearer"
        return dialect.token_refused(400, "invalid_request", words)
    assertion = request.POST.get("client_assertion", "")
    try:
        unread = jwt.decode(assertion, options={"verify_signature": False})
        tool = _tool(dialect, str(unread.get("iss")))
        if tool is None:
            return dialect.token_refused(401, "invalid_client", "unknown client")
        _check(dialect, tool, assertion)
    except (jwt.PyJWTError, IntegrityError) as wrong:
        words = f"the assertion is not good: {type(wrong).__name__}"
        return dialect.token_refused(400, "invalid_client", words)
    asked = request.POST.get("scope", "").split()
    scopes = [one for one in asked if one in tool.granted(dialect.scopes)]
    if not scopes or scopes != asked:
        words = "a requested scope is unknown or missing"
        return dialect.token_refused(400, "invalid_scope", words)
    row = ServiceToken.objects.create(
        tool=tool, scopes=" ".join(scopes), expires_at=timezone.now() + LIFETIME
    )
    return JsonResponse(
        {
            "access_token": row.value,
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": row.scopes,
        }
    )


def _tool(dialect: Dialect, client_id: str) -> Tool | None:
    rows = Tool.objects.filter(client_id=client_id, world__dialect=dialect.family, state="active")
    return rows.order_by("id").first()


def _check(dialect: Dialect, tool: Tool, assertion: str) -> None:
    """Check an assertion; raise PyJWTError or, for one used before, IntegrityError."""
    claims = keys.read_assertion(assertion, tool=tool, audience=dialect.token_url)
    with transaction.atomic():
        SeenAssertion.objects.create(tool=tool, jti=str(claims["jti"]))
