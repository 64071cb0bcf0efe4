"""How a function of (call, …) becomes a route of the REST API."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import URLPattern, path

from connectors.canvas.fake.call import Refused, authorised, missing
from connectors.canvas.fake.paging import as_json, paged

Answer = Callable[..., Any]
_ROUTES: dict[str, list[URLPattern]] = {}  # by the module that answers


def api(route: str, scope: str, *methods: str) -> Callable[[Answer], Answer]:
    """Make a function a route; `scope` is its path as Canvas names it in token scopes.

    It returns a dict, a list (which is paged), or a finished response.
    """

    def wrap(answer: Answer) -> Answer:
        @functools.wraps(answer)
        def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            try:
                if request.method not in (methods or ("GET",)):
                    raise missing()
                call = authorised(request, f"url:{request.method}|/api/v1/{scope}")
                answered = answer(call, **parts)
                if isinstance(answered, list):
                    answered = paged(call, answered)
            except Refused as refused:
                return refusal(refused)
            if isinstance(answered, HttpResponseBase):
                return answered
            return as_json(request, answered)

        _ROUTES.setdefault(answer.__module__, []).append(path(f"api/v1/{route}", view))
        return answer

    return wrap


def routes_of(*modules: ModuleType) -> list[URLPattern]:
    """Return the routes that these modules answer."""
    return [route for module in modules for route in _ROUTES[module.__name__]]


def refusal(refused: Refused) -> JsonResponse:
    """Return what the caller gets to read. Canvas API: OAuth2 Overview (errors)."""
    answer = JsonResponse(refused.body, status=refused.status)
    if refused.token:
        answer["WWW-Authenticate"] = 'Bearer realm="canvas-lms"'
    return answer


def nothing(request: HttpRequest) -> HttpResponseBase:
    """Answer whatever this Canvas does not know; as JSON, like all it does."""
    return refusal(missing())
