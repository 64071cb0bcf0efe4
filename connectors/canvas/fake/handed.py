"""One submission as Canvas tells it: the last attempt, and its history. Canvas API: Submissions."""

from __future__ import annotations

from connectors.canvas.fake.call import Call, Payload
from connectors.sandbox.models import Attachment, Attempt, Submission
from connectors.sandbox.rows import instant


def told(call: Call, row: Submission) -> Payload:
    """Describe a submission; its history, attempt by attempt, where it is asked for.

    A grader below zero is a tool or a quiz that graded by itself (connectors.md §1.5). Grades of
    `world/` without attempts are of work handed in on paper.
    """
    tries = list(row.tries.filter(draft=False).order_by("number")) if row.id else []
    payload = _attempt(call, row, tries[-1] if tries else None)
    if call.wants("submission_history"):
        payload["submission_history"] = [_attempt(call, row, one) for one in tries] or [
            dict(payload)
        ]
    if call.wants("submission_comments"):
        payload["submission_comments"] = row.comments
    return payload


def _attempt(call: Call, row: Submission, one: Attempt | None) -> Payload:
    number = one.number if one else (1 if row.submitted_at else None)
    return {
        "id": row.id,
        "assignment_id": row.assignment_id,
        "user_id": row.person_id,
        "attempt": number,
        "submitted_at": instant(one.at if one else row.submitted_at),
        "submission_type": one.kind if one else None,
        "body": one.body if one and one.kind == "online_text_entry" else None,
        "url": one.body if one and one.kind == "online_url" else None,
        "preview_url": f"{call.url}/courses/{row.assignment.course_id}/assignments/"
        f"{row.assignment_id}/submissions/{row.person_id}?preview=1&version={number or 0}",
        "attachments": [_file(call, file) for file in one.files.order_by("id")] if one else [],
        "grade": None if row.score is None else format(row.score.normalize(), "f"),
        "score": None if row.score is None else float(row.score),
        "graded_at": instant(row.graded_at),
        "grader_id": row.grader_id or (-1 if row.score is not None else None),
        "workflow_state": _state(row, number),
        "grade_matches_current_submission": True,
        "late": bool(one and one.late),
        "missing": False,
        "excused": row.excused,
    }


def _state(row: Submission, number: int | None) -> str:
    if row.score is not None or row.excused:
        return "graded"
    return "unsubmitted" if number is None else "submitted"


def _file(call: Call, row: Attachment) -> Payload:
    return {
        "id": row.id,
        "display_name": row.name,
        "filename": row.name,
        "content-type": row.content_type,
        "size": len(row.content),
        "url": f"{call.url}/files/{row.id}/download?download_frd=1",
    }
