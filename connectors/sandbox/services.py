"""What Names and Roles and the grade services share: scopes, errors, pages, bodies.

Canvas API: Names and Role; Line Items.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from connectors.sandbox import settings


class Wrong(Exception):
    """What the caller sent cannot be taken."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def need(scopes: set[str], any_of: set[str]) -> None:
    """Refuse a token that has none of these scopes."""
    if not scopes & any_of:
        raise Wrong(401, "Insufficient permissions")


def paged(
    request: HttpRequest, rows: list[Any], most: int = 100
) -> tuple[list[Any], dict[str, str]]:
    """Return one page of `rows` and the headers that lead to the next."""
    size = min(_positive(request, "limit", 10), most)
    page = _positive(request, "page", 1)
    base = f"{settings.SANDBOX_URL}{request.path}"
    given = {name: str(value) for name, value in request.GET.items()}

    def link(number: int, name: str) -> str:
        query = urlencode({**given, "page": number, "limit": size})
        return f'<{base}?{query}>; rel="{name}"'

    links = [link(page, "current"), link(1, "first")]
    if page * size < len(rows):
        links.append(link(page + 1, "next"))
    return rows[(page - 1) * size : page * size], {"link": ",".join(links)}


def _positive(request: HttpRequest, name: str, default: int) -> int:
    given = request.GET.get(name, "")
    return max(int(given), 1) if given.isdecimal() and len(given) < 10 else default


def body_of(request: HttpRequest, kind: str) -> dict[str, Any]:
    """Return the JSON object that was sent; `kind` is the media type it should have."""
    if request.content_type not in (kind, "application/json"):
        raise Wrong(415, f"Content-Type must be {kind}")
    try:
        # NaN and Infinity are no JSON, though Python reads them.
        body = json.loads(request.body, parse_constant=_no_number)
    except ValueError as broken:
        raise Wrong(400, "The body is not JSON") from broken
    if not isinstance(body, dict):
        raise Wrong(400, "The body is not an object")
    return body


def _no_number(name: str) -> float:
    raise ValueError(name)
