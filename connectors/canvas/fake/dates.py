"""When a thing is open, and for which sections. Canvas API: Learning Object Dates."""

from __future__ import annotations

from django.http import JsonResponse

from connectors.canvas.fake.call import Call, Payload
from connectors.canvas.fake.paging import paged
from connectors.sandbox.models import Assignment, File, Module, Override, Page
from connectors.sandbox.rows import instant


def date_details(call: Call, row: Page | File | Assignment | Module) -> JsonResponse:
    """Answer what `…/date_details` tells; a file has no overrides.

    Canvas API: Learning Object Dates. The overrides come page by page.
    """
    overrides = [] if isinstance(row, File) else row.overrides.select_related("section")
    told: Payload = {
        "id": row.id,
        "due_at": instant(row.due_at) if isinstance(row, Assignment) else None,
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
        "only_visible_to_overrides": row.only_visible_to_overrides,
        "visible_to_everyone": not row.only_visible_to_overrides,
        "graded": isinstance(row, Assignment),
    }
    return paged(call, [override(one) for one in overrides], told, "overrides")


def override(row: Override) -> Payload:
    """Describe one section's own dates. Canvas API: Assignments (AssignmentOverride)."""
    payload: Payload = {
        "id": row.id,
        "title": row.title,
        "course_section_id": row.section_id,
        "due_at": instant(row.due_at),
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
    }
    if row.assignment_id:
        payload["assignment_id"] = row.assignment_id
    return payload
