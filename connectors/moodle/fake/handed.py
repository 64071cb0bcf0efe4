"""What was handed in to an assignment, as Moodle keeps it: of each person the last attempt.

Moodle 4.5 recordings, ws_submissions*, ws_get_grades*
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet

from connectors.moodle.fake import layout
from connectors.moodle.fake.caller import Caller, Told
from connectors.sandbox import settings
from connectors.sandbox.models import Assignment, Attachment, Attempt, Submission

COMMENTS: Told = {"type": "comments", "name": "Submission comments"}
NONE = "-1.00000"  # a grade that is none


def seconds(moment: datetime | None) -> int:
    """Write a moment as Unix seconds; 0 is none."""
    return int(moment.timestamp()) if moment else 0


def of(work: Assignment) -> QuerySet[Submission]:
    """Return what was handed in to an assignment, person by person."""
    return Submission.objects.filter(assignment=work).select_related("person").order_by("id")


def last(row: Submission) -> Attempt | None:
    """Return the attempt that counts."""
    return row.tries.order_by("-number").first()


def submission(caller: Caller, row: Submission) -> Told:
    """Tell somebody's last attempt; attempts are counted from 0."""
    attempt = last(row)
    at = attempt.at if attempt else row.submitted_at or row.updated_at
    number = attempt.number - 1 if attempt else 0
    return {
        "id": row.pk,
        "userid": row.person_id,
        "attemptnumber": number,
        "timecreated": seconds(at),
        "timemodified": seconds(at),
        "timestarted": None,
        "status": _status(row, attempt),
        "groupid": 0,
        "plugins": [*_plugins(row, attempt), COMMENTS],
        "gradingstatus": "notgraded" if row.score is None else "graded",
    }


def _status(row: Submission, attempt: Attempt | None) -> str:
    if attempt is not None and attempt.draft:
        return "draft"
    return "submitted" if attempt or row.submitted_at else "new"


def _plugins(row: Submission, attempt: Attempt | None) -> list[Told]:
    kinds = row.assignment.submission_types
    found = []
    if "online_text_entry" in kinds:
        found.append(_text(attempt))
    if "online_upload" in kinds:
        found.append(_files(row, attempt))
    return found


def _text(attempt: Attempt | None) -> Told:
    field = {
        "name": "onlinetext",
        "description": "Online text submissions",
        "text": attempt.body if attempt else "",
        "format": 1,
    }
    return {
        "type": "onlinetext",
        "name": "Online text",
        "fileareas": [{"area": "submissions_onlinetext", "files": []}],
        "editorfields": [field],
    }


def _files(row: Submission, attempt: Attempt | None) -> Told:
    files = attempt.files.order_by("id") if attempt else Attachment.objects.none()
    told = [_file(row, one) for one in files]
    area = {"area": "submission_files", "files": told}
    return {"type": "file", "name": "File submissions", "fileareas": [area]}


def _file(row: Submission, one: Attachment) -> Told:
    activity = layout.activity_of(row.assignment.course, row.assignment)
    path = f"{activity.context}/assignsubmission_file/submission_files/{row.pk}/{one.name}"
    return {
        "filename": one.name,
        "filepath": "/",
        "filesize": len(bytes(one.content)),
        "fileurl": f"{settings.SANDBOX_URL}/webservice/pluginfile.php/{quote(path, safe='/')}",
        "timemodified": seconds(one.attempt.at),
        "mimetype": one.content_type,
        "isexternalfile": False,
        "icon": "f/text",
    }


def grade(row: Submission) -> Told:
    """Tell somebody's grade: a number in a string."""
    attempt = last(row)
    at = seconds(row.graded_at or row.updated_at)
    return {
        "id": row.pk,
        "userid": row.person_id,
        "attemptnumber": attempt.number - 1 if attempt else 0,
        "timecreated": at,
        "timemodified": at,
        "grader": row.grader_id or -1,
        "grade": NONE if row.score is None else f"{row.score:.5f}",
    }


def graded(work: Assignment) -> list[Submission]:
    """Return who has a grade, also one that was taken back."""
    return [row for row in of(work) if row.score is not None or row.graded_at is not None]


def since(rows: list[Any], start: int, at: str = "timemodified") -> list[Any]:
    """Return what was changed at or after a moment; 0 is any."""
    return [one for one in rows if one[at] >= start]
