"""How Moodle refuses: with its request told back, in the reason phrase alone, or as a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from connectors.sandbox.reasons import with_reason
from connectors.sandbox.services import Wrong


class Silent(Wrong):
    """Refused by the handler of scores: the body is `[]`, the reason phrase says why."""


class Crashed(Wrong):
    """Something broke inside: a page in HTML."""


def silent(wrong: Silent, kind: str) -> HttpResponse:
    """Say why in the reason phrase; PHP refuses one with a line break, and 200 remains."""
    lost = "\n" in wrong.message
    answer = HttpResponse(b"[]", f"{kind}; charset=utf-8", status=200 if lost else wrong.status)
    return answer if lost else with_reason(answer, wrong.message)


def described(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    """Say why, and what was asked."""
    body = {
        "status": status,
        "reason": reason,
        "request": {
            "method": request.method,
            "url": request.get_full_path(),
            "accept": request.headers.get("Accept", ""),
            "contentType": request.headers.get("Content-Type", ""),
        },
    }
    kind = "application/json; charset=utf-8"
    return with_reason(JsonResponse(body, status=status, content_type=kind), reason)
