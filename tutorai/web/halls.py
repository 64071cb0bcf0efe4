"""What the row of a course's pages shows on each of them (templates/teacher/_halls.html)."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from agents.care import pleas


def asked(request: HttpRequest) -> dict[str, Any]:
    """How many students want a person and were not read yet; looked up where it is shown only."""
    actor = getattr(request, "actor", None)
    return {} if actor is None else {"asked_for": cache(partial(pleas.waiting, actor))}
