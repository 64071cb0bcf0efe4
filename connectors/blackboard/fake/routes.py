"""How a function of (call, …) becomes a route of the REST API; lists page by page."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import URLPattern, path

from connectors.blackboard.fake.call import Call, Payload, Refused, authorised, missing
from connectors.sandbox.faults import STATE

Answer = Callable[..., Any]
LIMIT, MOST = 100, 200  # things on a page: by default, and at most. §3.3
DAILY = 100_000  # calls of a production group; a switch makes it fewer. §3.2
_ROUTES: dict[str, list[URLPattern]] = {}  # by the module that answers


def api(route: str, *methods: str, made: int = 200) -> Callable[[Answer], Answer]:
    """Make a function a route below /learn/api/public.

    It returns a dict, a list (which is paged), or a finished response; a POST's dict goes out
    with the status `made`.
    """

    def wrap(answer: Answer) -> Answer:
        @functools.wraps(answer)
        def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            try:
                if request.method not in (methods or ("GET",)):
                    raise Refused(405, "Request method is not supported.")
                call = authorised(request)
                rate = _counted(call)
                answered = answer(call, **parts)
            except Refused as refused:
                return refusal(refused)
            response = _response(call, answered, made if request.method == "POST" else 200)
            for name, value in rate.items():
                response[name] = value
            return response

        _ROUTES.setdefault(answer.__module__, []).append(path(f"learn/api/public/{route}", view))
        return answer

    return wrap


def _response(call: Call, answered: Any, status: int) -> HttpResponseBase:
    if isinstance(answered, HttpResponseBase):
        return answered
    whole = paged(call, answered) if isinstance(answered, list) else _fields(call, answered)
    return JsonResponse(whole, status=status)


def routes_of(*modules: ModuleType) -> list[URLPattern]:
    """Return the routes that these modules answer."""
    return [route for module in modules for route in _ROUTES[module.__name__]]


def _counted(call: Call) -> dict[str, str]:
    """Count the call; refuse it when the day is over. docs: "Rate limits"."""
    most = int(call.option("daily_calls") or DAILY)
    spent = sum(line["world"] == call.world.name for line in STATE.log) if most < DAILY else 0
    if spent >= most:
        raise Refused(429, "The request exceeded the rate limit.")
    return {"X-Rate-Limit-Limit": str(most), "X-Rate-Limit-Remaining": str(most - spent - 1)}


def _fields(call: Call, told: Payload) -> Payload:
    """Leave out what nobody asked for (`fields`), and what is not set: Learn does not write null."""
    wanted = [name.partition(".")[0] for name in call.given("fields").split(",") if name]
    kept = {name: value for name, value in told.items() if value is not None}
    return {name: value for name, value in kept.items() if not wanted or name in wanted}


def paged(call: Call, rows: list[Payload]) -> Payload:
    """Return one page, and where the next one is: without the host. §3.3."""
    asked, offset = call.given("limit"), call.given("offset")
    size = min(max(int(asked) if asked.isdecimal() else LIMIT, 1), MOST)
    size = min(size, int(call.option("page_size") or MOST))
    start = int(offset) if offset.isdecimal() else 0
    told: Payload = {"results": [_fields(call, row) for row in rows[start : start + size]]}
    if start + size < len(rows):
        # A list that shifts while it is read shows a thing twice; a switch makes it so.
        again = bool(call.option("duplicates")) and size > 1
        kept = [(k, v) for k, values in call.request.GET.lists() for v in values if k != "offset"]
        query = urlencode([*kept, ("offset", start + size - again)])
        told["paging"] = {"nextPage": f"{call.request.path}?{query}"}
    return told


def refusal(refused: Refused) -> JsonResponse:
    """Return what the caller gets to read."""
    answer = JsonResponse(refused.body, status=refused.status)
    if refused.status == 429:
        answer["Retry-After"] = "3600"
        answer["X-Rate-Limit-Remaining"] = "0"
    return answer


def nothing(request: HttpRequest) -> HttpResponseBase:
    """Answer whatever this Learn does not know."""
    return refusal(missing())
