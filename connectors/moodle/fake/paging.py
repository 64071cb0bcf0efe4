"""Pages of Moodle's lists: everything at once, unless `limit` is sent."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest

from connectors.sandbox import settings

FILTERS = ("resource_id", "resource_link_id", "tag")
One = TypeVar("One")
Paged = tuple[list[One], dict[str, str]]


def columns(request: HttpRequest, rows: list[Any]) -> Paged[Any]:
    """Return a page of columns; its links stand in curly quotes, and `last` is past the end.

    Moodle 4.5 recordings, ags_lineitems_get_limit2_from2.
    """
    limit, start = asked(request)
    if not limit:
        return rows, {}
    total, here = len(rows), f"{settings.SANDBOX_URL}{request.path}"
    kept = {name: request.GET[name] for name in ("type_id", *FILTERS) if name in request.GET}
    places = {"first": 0}
    if 0 < start < total:
        places["prev"] = max(0, start - limit)
    places["canonical"] = start
    if start + limit < total:
        places["next"] = start + limit
    places["last"] = max(0, total - limit + 1)
    query = urlencode({**kept, "limit": limit}).replace("&", "&amp;")
    links = [
        f"<{here}?{query}&amp;from={at}>; rel=\u201c{name}\u201d" for name, at in places.items()
    ]
    # Headers are bytes; Django writes them as latin-1, Moodle as UTF-8.
    return rows[start : start + limit], {"Link": ", ".join(links).encode().decode("latin-1")}


def members(request: HttpRequest, rows: list[One]) -> Paged[One]:
    """Return a page of people; its link forgets `role`, and is not there on the last.

    Moodle 4.5 recordings, nrps_get_role_learner_limit2 and nrps_get_rlid_limit2.
    """
    limit, start = asked(request)
    if not limit:
        return rows, {}
    page = rows[start : start + limit]
    if start + limit >= len(rows):
        return page, {}
    query: dict[str, Any] = {"limit": limit, "from": start + limit}
    if "rlid" in request.GET:
        query["rlid"] = request.GET["rlid"]
    url = f"{settings.SANDBOX_URL}{request.path}?{urlencode(query)}"
    return page, {"Link": f'<{url}>; rel="next"'}


def asked(request: HttpRequest) -> tuple[int, int]:
    """Return how many were asked for, from where; 0 where nothing useful was said."""
    limit, start = (request.GET.get(name, "") for name in ("limit", "from"))
    return _count(limit), _count(start)


def _count(given: str) -> int:
    return int(given) if given.isdecimal() and len(given) < 10 else 0
