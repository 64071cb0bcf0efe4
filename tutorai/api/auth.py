"""/v1/token/refresh, /v1/logout, /v1/me."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from lti import cookies, sessions
from tutorai.errors import NotSignedIn
from tutorai.threads import in_thread

router = Router(tags=["auth"])
KEEP = "keep"


class Renewal(Schema):
    launch_id: UUID
    refresh_secret: str = ""  # empty: the launch's cookie


@router.post("/token/refresh", auth=None)
async def refresh(request: HttpRequest, body: Renewal, response: HttpResponse) -> dict[str, Any]:
    """Exchange the refresh secret for new tokens. A secret from a cookie counts only from us."""
    secret, from_cookie = body.refresh_secret, not body.refresh_secret
    if from_cookie:
        if request.headers.get("Origin") != settings.PUBLIC_URL:
            raise NotSignedIn()
        secret = cookies.get(request, KEEP, body.launch_id.hex)
    begun = await in_thread(sessions.refresh)(
        secret, launch_id=body.launch_id, from_cookie=from_cookie
    )
    seconds = int(sessions.LONGEST.total_seconds())
    cookies.put(response, KEEP, body.launch_id.hex, begun.refresh_secret, seconds=seconds)
    return {
        **sessions.facts(begun.session),
        "launch_id": str(body.launch_id),
        "access_token": begun.access_token,
        "refresh_secret": begun.refresh_secret,
        "expires_in": sessions.ACCESS,
    }


@router.post("/logout", response={204: None})
async def logout(request: HttpRequest, response: HttpResponse) -> tuple[int, None]:
    """End this session."""
    session_id = request.auth.session_id  # type: ignore[attr-defined]
    await in_thread(sessions.end)(session_id)
    cookies.drop(response, KEEP, session_id.hex)
    return 204, None


@router.get("/me")
async def me(request: HttpRequest) -> dict[str, Any]:
    """Tell who is signed in, where, as what."""
    return await in_thread(sessions.facts_of)(request.auth.session_id)  # type: ignore[attr-defined]
