"""A page with one thing to say."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def closed(
    request: HttpRequest, title: str, *lines: str, again: bool = False, **more: Any
) -> HttpResponse:
    """Say it; `again` offers to look once more."""
    facts: dict[str, Any] = {"title": title, "lines": lines, "again": again, **more}
    return render(request, "closed.html", facts)
