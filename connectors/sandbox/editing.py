"""How a teacher changes a page: through the form, the REST API or the control routes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from connectors.sandbox.faults import STATE
from connectors.sandbox.models import Page
from connectors.sandbox.render import slug


def change_page(page: Page, *, title: str, body: str, published: bool) -> None:
    """Store a page anew. A new title makes a new address, as in Canvas.

    Canvas API: Pages (Update/create page).
    """
    if title != page.title:
        page.title, page.url = title, free_slug(page, title)
    page.body, page.published = body, published
    page.updated_at = now(page.course.world.name)
    page.save()


def free_slug(page: Page, title: str) -> str:
    """Return the address of a title; a second page of that title gets a number behind it."""
    others = Page.objects.filter(course=page.course_id).exclude(id=page.id)
    taken = set(others.values_list("url", flat=True))
    base = slug(title) or "page"
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(url for url in (base, *numbered) if url not in taken)


def now(world: str) -> datetime:
    """Return what the clock of a world's LMS shows; a switch makes it go wrong."""
    return timezone.now() + timedelta(seconds=float(STATE.option(world, "clock") or 0))
