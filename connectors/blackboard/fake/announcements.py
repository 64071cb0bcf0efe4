"""Announcements. swagger: Course Announcements."""

from __future__ import annotations

from typing import Any

from connectors.blackboard.fake.call import Call, Payload, Refused, instant, named
from connectors.blackboard.fake.routes import api
from connectors.sandbox.editing import now
from connectors.sandbox.models import Announcement


@api("v1/courses/<str:course_id>/announcements", "GET", "POST", made=201)
def announcements(call: Call, course_id: str) -> Any:
    """List a course's announcements, or make one (course.announcements.CREATE)."""
    course = call.course(course_id)
    if call.request.method == "POST":
        call.staff(course_id, "course.announcements.CREATE")
        sent = call.sent()
        if not sent.get("title"):
            raise Refused(400, "title is required.")
        row = Announcement.objects.create(
            course=course,
            title=str(sent["title"]),
            message=str(sent.get("body") or ""),
            posted_at=now(call.world.name),
            author=call.person,
        )
        return _told(row)
    return [_told(row) for row in Announcement.objects.filter(course=course).order_by("-posted_at")]


def _told(row: Announcement) -> Payload:
    return {
        "id": named(row),
        "title": row.title,
        "body": row.html,
        "draft": False,
        "availability": {"duration": {"type": "Permanent"}},
        "creatorUserId": named(row.author_id) if row.author_id else None,
        "created": instant(row.posted_at),
        "modified": instant(row.posted_at),
    }
