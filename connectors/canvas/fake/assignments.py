"""Work to hand in."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import JsonResponse

from connectors.canvas.fake.call import Call, Payload, missing
from connectors.canvas.fake.dates import date_details, override
from connectors.canvas.fake.routes import api
from connectors.sandbox.models import Assignment, Override
from connectors.sandbox.rows import instant
from connectors.sandbox.visible import Eyes


@api("courses/<str:course_id>/assignments", "courses/:course_id/assignments")
def assignments(call: Call, course_id: str) -> list[Payload]:
    """List the assignments. Canvas API: Assignments."""
    eyes = call.eyes(course_id)
    rows = Assignment.objects.filter(course=eyes.course).prefetch_related("overrides__section")
    if wanted := [one for one in call.given("assignment_ids") if one.isdecimal()]:
        rows = rows.filter(id__in=[int(one) for one in wanted])
    return [_assignment(call, eyes, row) for row in rows.order_by("position") if eyes.sees(row)]


@api(
    "courses/<str:course_id>/assignments/<int:assignment_id>",
    "courses/:course_id/assignments/:id",
)
def assignment(call: Call, course_id: str, assignment_id: int) -> Payload:
    """Return one assignment. Canvas API: Assignments."""
    eyes = call.eyes(course_id)
    return _assignment(call, eyes, _find_assignment(eyes, assignment_id))


@api(
    "courses/<str:course_id>/assignments/<int:assignment_id>/date_details",
    "courses/:course_id/assignments/:assignment_id/date_details",
)
def assignment_dates(call: Call, course_id: str, assignment_id: int) -> JsonResponse:
    """Say when and for whom an assignment is. Canvas API: Learning Object Dates."""
    return date_details(call, _find_assignment(call.staff(course_id), assignment_id))


def _find_assignment(eyes: Eyes, assignment_id: int) -> Assignment:
    row = Assignment.objects.filter(course=eyes.course, id=assignment_id).first()
    if row is None or not eyes.sees(row):
        raise missing()
    return row


def _assignment(call: Call, eyes: Eyes, row: Assignment) -> Payload:
    """Describe an assignment; `due_at` is the caller's own deadline."""
    here = f"{call.url}/courses/{row.course_id}/assignments/{row.id}"
    payload: Payload = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "due_at": instant(eyes.due(row)),
        "lock_at": instant(row.lock_at),
        "unlock_at": instant(row.unlock_at),
        "course_id": row.course_id,
        "html_url": here,
        "submissions_download_url": f"{here}/submissions?zip=1",
        "assignment_group_id": row.course_id,
        "position": row.position,
        "points_possible": float(row.points_possible),
        "grading_type": "points",
        "submission_types": row.submission_types,
        "allowed_attempts": -1,
        "workflow_state": "published" if row.published else "unpublished",
        "published": row.published,
        "muted": False,
        "omit_from_final_grade": False,
        "anonymous_grading": False,
        "moderated_grading": False,
        "has_submitted_submissions": row.submission_set.exists(),
        "locked_for_user": eyes.locked(row),
        "only_visible_to_overrides": row.only_visible_to_overrides,
        "visible_to_everyone": not row.only_visible_to_overrides,
    }
    own: Iterable[Override] = row.overrides.all()
    if call.wants("all_dates") and eyes.staff:
        payload["all_dates"] = _all_dates(row, own)
    if call.wants("overrides") and eyes.staff:
        payload["overrides"] = [override(one) for one in own]
    return payload


def _all_dates(row: Assignment, overrides: Iterable[Override]) -> list[Payload]:
    everyone: Payload = {
        "due_at": instant(row.due_at),
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
        "base": True,
    }
    base = [] if row.only_visible_to_overrides else [everyone]
    return base + [
        {
            "id": one.id,
            "title": one.title,
            "set_type": "CourseSection",
            "set_id": one.section_id,
            "due_at": instant(one.due_at),
            "unlock_at": instant(one.unlock_at),
            "lock_at": instant(one.lock_at),
        }
        for one in overrides
    ]
