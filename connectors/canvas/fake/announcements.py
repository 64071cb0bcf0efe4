"""Announcements; of other discussions this college has none. Canvas API: Announcements, Discussion Topics.

The list of announcements shows those of the last fourteen days, unless another `start_date` is
asked for, and at most 28 days from there on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from connectors.canvas.fake.call import Call, Payload, Refused
from connectors.canvas.fake.routes import api
from connectors.sandbox.editing import now
from connectors.sandbox.models import Announcement
from connectors.sandbox.rows import instant

USUAL = timedelta(days=14)  # how far back the list goes by itself
SPAN = timedelta(days=28)  # how far it goes on from there


@api("announcements", "announcements")
def announcements(call: Call) -> list[Payload]:
    """List announcements of the courses in context_codes[]."""
    codes = call.given("context_codes")
    if not codes:
        raise Refused(400, {"message": "Missing context_codes"})
    start = _moment(call, "start_date") or timezone.now() - USUAL
    end = _moment(call, "end_date") or start + SPAN
    listed: list[Payload] = []
    for code in codes:
        eyes = call.eyes(code.removeprefix("course_"))
        rows = Announcement.objects.filter(course=eyes.course, posted_at__range=(start, end))
        listed += [
            {**_topic(call, row), "context_code": code} for row in rows.order_by("-posted_at")
        ]
    return listed


def _moment(call: Call, name: str) -> datetime | None:
    """Read a date or a moment; what is neither is a 400."""
    told = call.request.GET.get(name, "")
    if not told:
        return None
    found = parse_datetime(told if "T" in told else f"{told}T00:00:00Z")
    if found is None or found.tzinfo is None:
        raise Refused(400, {"message": f"Invalid {name}"})
    return found


@api(
    "courses/<str:course_id>/discussion_topics",
    "courses/:course_id/discussion_topics",
    "GET",
    "POST",
)
def discussion_topics(call: Call, course_id: str) -> Any:
    """List the discussions, or with `only_announcements` those; or make an announcement."""
    if call.request.method == "POST":
        return _made(call, course_id)
    eyes = call.eyes(course_id)
    if call.request.GET.get("only_announcements") not in ("true", "1"):
        return []
    rows = Announcement.objects.filter(course=eyes.course).order_by("-posted_at")
    if words := call.request.GET.get("search_term"):
        rows = rows.filter(title__icontains=words)
    return [_topic(call, row) for row in rows]


def _made(call: Call, course_id: str) -> Payload:
    course = call.staff(course_id).course
    sent = QueryDict(call.request.body)
    if sent.get("is_announcement") not in ("true", "1"):
        raise Refused(400, {"errors": {"base": [{"message": "only announcements here"}]}})
    row = Announcement.objects.create(
        course=course,
        title=sent.get("title") or "No Title",
        message=sent.get("message", ""),
        posted_at=now(call.world.name),
        author=call.person,
    )
    return _topic(call, row)


def _topic(call: Call, row: Announcement) -> Payload:
    return {
        "id": row.id,
        "title": row.title,
        "message": row.html,
        "posted_at": instant(row.posted_at),
        "delayed_post_at": None,
        "lock_at": None,
        "last_reply_at": instant(row.posted_at),
        "published": True,
        "is_announcement": True,
        "is_section_specific": False,
        "html_url": f"{call.url}/courses/{row.course_id}/discussion_topics/{row.id}",
    }
