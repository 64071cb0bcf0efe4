"""Service tokens, as Moodle gives them out: JSON called HTML, and a client known by its `sub`.

Source: Moodle's mod/lti/token.php; Moodle 4.5 recordings, lti_token_*
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from connectors.moodle.fake import verifying
from connectors.moodle.fake.answers import UTF8, broken
from connectors.sandbox.claims import SCOPES
from connectors.sandbox.models import ServiceToken, Tool

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = timedelta(hours=1)
NEEDED = ("client_assertion", "client_assertion_type", "grant_type", "scope")


class Refused(Exception):
    """There is no token; the word is Moodle's."""


def token(request: HttpRequest) -> HttpResponseBase:
    """Give a token, also to a tool that waits for its activation, also twice for one assertion.

    Scopes it may not have are left out in silence, unless none is left.
    """
    try:
        tool = _client(request)
        asked = request.POST["scope"].split(" ")
        scopes = [one for one in tool.granted(SCOPES) if one in asked]
        if not scopes:
            raise Refused("invalid_scope")
    except verifying.NoKeys as wrong:
        return broken(request, f"Exception - {wrong}")
    except (Refused, verifying.Refused) as wrong:
        # What is quoted in it makes this no JSON. Recordings, lti_token_err_wrong_kid.
        return _said(400, f'"error" : "{wrong}"')
    ordered = " ".join(one for one in asked if one in scopes)
    row = ServiceToken.objects.create(
        tool=tool, scopes=ordered, expires_at=timezone.now() + LIFETIME
    )
    seconds = int(LIFETIME.total_seconds())
    words = (
        '"access_token" : "{}"',
        '"token_type" : "Bearer"',
        '"expires_in" : {}',
        '"scope" : "{}"',
    )
    return _said(200, ",\r\n  ".join(words).format(row.value, seconds, row.scopes))


def _said(status: int, members: str) -> HttpResponse:
    return HttpResponse(f"{{\r\n  {members}\r\n}}", f"text/html{UTF8}", status=status)


def _client(request: HttpRequest) -> Tool:
    """Return whose assertion this is; raise for one that is not good."""
    given = {name: request.POST.get(name, "") for name in NEEDED}
    if request.method != "POST" or not all(given.values()):
        raise Refused("invalid_request")
    if (given["client_assertion_type"], given["grant_type"]) != (
        ASSERTION_TYPE,
        "client_credentials",
    ):
        raise Refused("unsupported_grant_type")
    claims = _unread(given["client_assertion"])
    rows = Tool.objects.filter(client_id=str(claims.get("sub")), world__dialect="moodle")
    tool = rows.first()
    if tool is None:
        raise Refused("invalid_client" if claims.get("sub") else "invalid_request")
    verifying.verified(tool, given["client_assertion"])
    return tool


def _unread(assertion: str) -> dict[str, Any]:
    try:
        return jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as wrong:
        raise Refused("invalid_request") from wrong
