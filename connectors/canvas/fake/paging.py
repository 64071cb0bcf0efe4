"""Lists page by page, and ids as numbers or as text."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, JsonResponse

from connectors.canvas.fake.call import Call, Payload, missing

STRING_IDS = "application/json+canvas-string-ids"


def as_json(
    request: HttpRequest, payload: Any, headers: dict[str, str] | None = None
) -> JsonResponse:
    """Answer in JSON; ids are numbers, even beyond 2^53, unless text is asked for.

    Canvas API: Object IDs. A number that large loses its last digits in a client that reads
    numbers as floating point.
    """
    if STRING_IDS in request.headers.get("Accept", ""):
        payload = _string_ids(payload)
    kind = "application/json; charset=utf-8"
    return JsonResponse(payload, safe=False, content_type=kind, headers=headers)


def _string_ids(payload: Any, key: str = "") -> Any:
    if isinstance(payload, dict):
        return {name: _string_ids(value, name) for name, value in payload.items()}
    if isinstance(payload, list):
        return [_string_ids(value, key) for value in payload]
    named = key == "id" or key.endswith(("_id", "_ids"))
    return str(payload) if named and isinstance(payload, int) else payload


def paged(
    call: Call, rows: list[Payload], around: Payload | None = None, name: str = ""
) -> JsonResponse:
    """Return one page and the Link header that leads on; as `name` of `around`, where given.

    Canvas API: Pagination. Ten by default, a hundred at most; the next page's address is
    opaque, and its capitals count; header names are in lower case.
    """
    size = _size(call)
    start = _start(call.request.GET.get("page", ""), size)
    end = start + size
    links = [_link(call, "current", start), _link(call, "first", 0)]
    if end < len(rows):
        # A list that shifts while it is read shows an item twice; a switch makes it so.
        again = call.option("duplicates") and size > 1
        links.insert(1, _link(call, "next", end - 1 if again else end))
    if not call.option("drop_last"):
        links.append(_link(call, "last", max(0, (len(rows) - 1) // size * size)))
    page = rows[start:end]
    payload = page if around is None else {**around, name: page}
    return as_json(call.request, payload, {"link": ",".join(links)})


def _size(call: Call) -> int:
    asked = call.request.GET.get("per_page", "")
    size = min(max(int(asked) if asked.isdecimal() else 10, 1), 100)
    return min(size, int(call.option("page_size") or 100))


def _start(page: str, size: int) -> int:
    kind, _, value = page.partition(":")
    if kind != "bookmark":
        return (max(int(page), 1) - 1) * size if page.isdecimal() else 0
    try:
        place = json.loads(base64.urlsafe_b64decode(value))
        return int(place["after"])
    except (ValueError, KeyError, TypeError) as broken:
        raise missing() from broken


def _link(call: Call, name: str, start: int) -> str:
    bookmark = base64.urlsafe_b64encode(json.dumps({"after": start}).encode()).decode()
    kept = [
        (key, value)
        for key, values in call.request.GET.lists()
        for value in values
        if key not in ("page", "access_token")
    ]
    query = urlencode([*kept, ("page", f"bookmark:{bookmark}")])
    return f'<{call.url}{call.request.path}?{query}>; rel="{name}"'
