"""Another party's JSON over HTTP: in time, small, an object, and fit for a database."""

import json
from functools import cache
from typing import Any

from tutorai import http
from tutorai.errors import LMSMisunderstood
from tutorai.idle import release

CAP = 512 * 1024  # bytes of one answer; Canvas's configuration has some 30 KB
PATIENCE = 15.0  # seconds for one whole answer
LONGEST = 2000  # characters of an address


@cache
def _client() -> http.Http:
    """Return this process's client, made after any fork."""
    return http.Http(deadline=PATIENCE, service="registration")


def ask(method: str, url: str, *, token: str, **how: Any) -> tuple[int, str]:
    """Send once, with the platform's token if it gave one; return the status and the text.

    D2L gives none; Canvas wants it for the configuration too. Raises UrlRefused, NotSent,
    LMSUnavailable, LMSMisunderstood, TooBig.
    """
    release()
    headers = {
        "Accept": "application/json",
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    reply = _client().request(method, url, cap=CAP, headers=headers, **how)
    return reply.status_code, reply.content.decode(errors="replace")


def told(text: str) -> dict[str, Any]:
    """Return the JSON object a text is; raise LMSMisunderstood."""
    try:
        found = json.loads(text)
        written = json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise LMSMisunderstood() from error
    # A database holds no NUL, and no half of a character.
    if not isinstance(found, dict) or "\\u0000" in written or _halves(found):
        raise LMSMisunderstood()
    return found


def _halves(found: dict[str, Any]) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def words(value: Any) -> tuple[str, ...]:
    """Return the texts of a list; of anything else, none."""
    listed = value if isinstance(value, list) else []
    return tuple(one for one in listed[:500] if isinstance(one, str) and len(one) <= LONGEST)


def text(value: Any, longest: int = 255) -> str:
    """Return a text that is not too long, or ""."""
    return value if isinstance(value, str) and len(value) <= longest else ""


def member(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}
