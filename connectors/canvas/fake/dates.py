"""When a thing is open, and for whom. Canvas API: Learning Object Dates."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import JsonResponse

from connectors.canvas.fake.call import Call, Payload
from connectors.canvas.fake.paging import paged
from connectors.sandbox.models import Assignment, File, Module, Override, Page, Quiz
from connectors.sandbox.rows import instant

Dated = Page | File | Assignment | Module | Quiz


def date_details(call: Call, row: Dated) -> JsonResponse:
    """Answer what `…/date_details` tells. Canvas API: Learning Object Dates.

    The overrides come page by page. A quiz that counts has those of its assignment.
    """
    held: Dated = row.assignment if isinstance(row, Quiz) and row.assignment else row
    told: Payload = {
        "id": row.id,
        "due_at": instant(held.due_at) if isinstance(held, Assignment) else None,
        "unlock_at": instant(held.unlock_at),
        "lock_at": instant(held.lock_at),
        "only_visible_to_overrides": held.only_visible_to_overrides,
        "visible_to_everyone": not held.only_visible_to_overrides,
        "graded": isinstance(held, Assignment),
    }
    return paged(call, overrides_of(held), told, "overrides")


def overrides_of(row: Dated) -> list[Payload]:
    """Describe all the overrides of a thing."""
    rows: Iterable[Override] = row.overrides.all()
    return [override(one) for one in rows]


def override(row: Override) -> Payload:
    """Describe one audience's own dates. Canvas API: Assignments (AssignmentOverride).

    Only dates that are overridden are named at all: what is not there is everyone's. Source:
    canvas-lms, lib/api/v1/assignment_override.rb.
    """
    payload: Payload = {"id": row.id, "title": row.title, "unassign_item": row.unassigned}
    if row.section_id:
        payload["course_section_id"] = row.section_id
    elif row.group_id:
        payload["group_id"] = row.group_id
    else:
        payload["student_ids"] = [person.id for person in row.people.all()]
    for name in ("due_at", "unlock_at", "lock_at"):
        if (moment := getattr(row, name)) is not None:
            payload[name] = instant(moment)
    if row.assignment_id:
        payload["assignment_id"] = row.assignment_id
    return payload
