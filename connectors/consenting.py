"""What every LMS's token endpoint has in common: one question, and what its answer means.

Redirects are not followed: an answer that leads elsewhere is none. A question is sent twice only
where the first time nothing left here.
"""

from collections.abc import Mapping
from typing import Any

from connectors.base import Grant
from connectors.errors import ClientRefused
from lti import wire
from lti.wire import Reply
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
    NotSent,
)

DEADLINE = 10.0  # seconds for an answer
LONGEST = 366 * 24 * 3600  # seconds; a token that says more is taken to say this
# How a grant is said to be over (RFC 6749 5.2), and how Canvas says it of a refresh token.
OVER = ("invalid_grant", "refresh_token not found", "revoked", "expired")
CLIENT = ("invalid_client", "unauthorized_client", "unknown client")


def ask(url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
    """Ask a token endpoint; raise NotSent, LMSUnavailable, LMSMisunderstood, UrlRefused."""
    said = {"Accept": "application/json", **(headers or {})}
    how: dict[str, Any] = {"data": dict(form), "headers": said, "deadline": DEADLINE}
    try:
        return wire.exchange("token", "POST", url, **how)
    except NotSent as error:
        if error.retry_after:  # the circuit is open
            raise
    return wire.exchange("token", "POST", url, **how)


def told(reply: Reply) -> dict[str, Any]:
    """Return what an answer holds; raise what it means when it gives no token."""
    if not reply.ok:
        raise refusal(reply)
    answer = reply.json()
    if not isinstance(answer, dict):
        raise LMSMisunderstood()
    return answer


def refusal(reply: Reply) -> LMSError:
    """Return what an answer without a token means. A 5xx ends no grant."""
    error = wire.meaning(reply)
    if isinstance(error, LMSUnavailable | LMSThrottled | LMSMisunderstood):
        return error
    said = reply.text.lower()
    if any(words in said for words in CLIENT):
        return ClientRefused()
    if reply.status == 400 and any(words in said for words in OVER):
        return LMSUnauthorised()
    return ClientRefused() if reply.status in {401, 403} else error


def grant(answer: Mapping[str, Any], *, owner: str = "") -> Grant:
    """Return a grant as RFC 6749 5.1 writes it; raise LMSMisunderstood."""
    try:
        access, refresh = _secret(answer["access_token"]), answer.get("refresh_token") or ""
        seconds = answer.get("expires_in")
        return Grant(
            access=access,
            refresh=_secret(refresh) if refresh else "",
            seconds=None if seconds is None else max(0, min(int(seconds), LONGEST)),
            owner=owner,
            scopes=tuple(str(answer.get("scope") or "").split()),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise LMSMisunderstood() from error


def _secret(value: Any) -> str:
    """Return what a header can carry; raise ValueError."""
    if not (isinstance(value, str) and value and value.isascii() and value.isprintable()):
        raise ValueError("no token")
    return value
