"""Work to hand in."""

from __future__ import annotations

from django.http import JsonResponse

from connectors.canvas.fake.call import Call, Payload, missing
from connectors.canvas.fake.dates import date_details, overrides_of
from connectors.canvas.fake.routes import api
from connectors.sandbox.models import Assignment, Override, Quiz
from connectors.sandbox.rows import instant
from connectors.sandbox.visible import Eyes


@api("courses/<str:course_id>/assignments", "courses/:course_id/assignments")
def assignments(call: Call, course_id: str) -> list[Payload]:
    """List the assignments. Canvas API: Assignments."""
    eyes = call.eyes(course_id)
    rows = Assignment.objects.filter(course=eyes.course).prefetch_related(
        "overrides__section", "overrides__people"
    )
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
    """Describe an assignment; `due_at` is the caller's own deadline, unless they ask otherwise."""
    everyones = call.request.GET.get("override_assignment_dates") == "false"
    here = f"{call.url}/courses/{row.course_id}/assignments/{row.id}"
    payload: Payload = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "due_at": instant(row.due_at if everyones else eyes.due(row)),
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
        "allowed_attempts": row.attempts or -1,
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
    payload |= _behind(row)
    if row.rubric:
        payload |= {"rubric": row.rubric, "use_rubric_for_grading": True}
    if call.wants("all_dates") and eyes.staff:
        payload["all_dates"] = _all_dates(row)
    if call.wants("overrides") and eyes.staff:
        payload["overrides"] = overrides_of(row)
    return payload


def _behind(row: Assignment) -> Payload:
    """Name the quiz an assignment stands for; a New Quiz is a tool (connectors.md §1.7)."""
    if row.submission_types == ["external_tool"]:
        return {"is_quiz_lti_assignment": bool((row.restriction or {}).get("new_quiz"))}
    quiz = Quiz.objects.filter(assignment=row).first()
    return {"is_quiz_assignment": True, "quiz_id": quiz.id} if quiz else {}


def _all_dates(row: Assignment) -> list[Payload]:
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
            **_audience(one),
            "due_at": instant(one.due_at),
            "unlock_at": instant(one.unlock_at),
            "lock_at": instant(one.lock_at),
        }
        for one in row.overrides.all()
    ]


def _audience(row: Override) -> Payload:
    if row.section_id:
        return {"set_type": "CourseSection", "set_id": row.section_id}
    if row.group_id:
        return {"set_type": "Group", "set_id": row.group_id}
    return {"set_type": "ADHOC", "set_id": None}


@api("courses/<str:course_id>/rubrics", "courses/:course_id/rubrics")
def rubrics(call: Call, course_id: str) -> list[Payload]:
    """List the course's rubrics. Canvas API: Rubrics."""
    rows = Assignment.objects.filter(course=call.staff(course_id).course).exclude(rubric=[])
    return [
        {"id": row.id, "title": row.name, "data": row.rubric} for row in rows.order_by("position")
    ]
