"""Announcements; discussions and quizzes, of which this college has none."""

from __future__ import annotations

from connectors.canvas.fake.call import Call, Payload, Refused
from connectors.canvas.fake.routes import api
from connectors.sandbox.models import Announcement
from connectors.sandbox.rows import instant


@api("announcements", "announcements")
def announcements(call: Call) -> list[Payload]:
    """List announcements of the courses in context_codes[]. Canvas API: Announcements."""
    codes = call.given("context_codes")
    if not codes:
        raise Refused(400, {"message": "Missing context_codes"})
    listed: list[Payload] = []
    for code in codes:
        eyes = call.eyes(code.removeprefix("course_"))
        rows = Announcement.objects.filter(course=eyes.course).order_by("-posted_at")
        listed += [
            {
                "id": row.id,
                "title": row.title,
                "message": row.html,
                "posted_at": instant(row.posted_at),
                "published": True,
                "context_code": code,
                "is_announcement": True,
                "html_url": f"{call.url}/courses/{row.course_id}",
            }
            for row in rows
        ]
    return listed


@api("courses/<str:course_id>/discussion_topics", "courses/:course_id/discussion_topics")
def discussion_topics(call: Call, course_id: str) -> list[Payload]:
    """List the discussions: this college has none. Canvas API: Discussion Topics."""
    call.eyes(course_id)
    return []


@api("courses/<str:course_id>/quizzes", "courses/:course_id/quizzes")
def quizzes(call: Call, course_id: str) -> list[Payload]:
    """List the classic quizzes: this college has none. Canvas API: Quizzes."""
    call.eyes(course_id)
    return []
