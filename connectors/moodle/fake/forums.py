"""A course's announcements: a forum that only teachers write into.

Not recorded: Moodle's mod/forum/externallib.php (get_forums_by_courses, get_forum_discussions,
add_discussion)
"""

from __future__ import annotations

from typing import Any

from connectors.moodle.fake import layout
from connectors.moodle.fake.caller import Caller, Told, Wrong, missing
from connectors.moodle.fake.handed import seconds
from connectors.sandbox.editing import now
from connectors.sandbox.models import Announcement, Course


def forums(caller: Caller, courseids: list[int]) -> list[Told]:
    """Tell forums; a course that may not be entered is left out without a word."""
    found = []
    for number in courseids:
        try:
            course = caller.course(number)
        except Wrong:
            continue
        for section in layout.laid_out(course):
            found += [
                {
                    "id": one.instance,
                    "course": course.pk,
                    "type": one.told.get("type", "general"),
                    "name": caller.name(one.name),
                    "intro": "",
                    "introformat": 1,
                    "introfiles": [],
                    "cmid": one.cmid,
                    "numdiscussions": Announcement.objects.filter(course=course).count(),
                    "cancreatediscussions": caller.staff(course),
                }
                for one in section.activities
                if one.kind == "forum" and (one.visible or caller.staff(course))
            ]
    return found


def _forum(caller: Caller, number: int) -> Course:
    """Return the course of an announcements forum, which has its number."""
    try:
        return caller.course(number)
    except Wrong as wrong:
        raise missing("forum") if wrong.code == "invalidrecord" else wrong from wrong


def discussions(caller: Caller, forumid: int, page: int, perpage: int, **given: Any) -> Told:
    """Tell what stands in the announcements forum, newest first."""
    course = _forum(caller, forumid)
    rows = list(Announcement.objects.filter(course=course).order_by("-posted_at", "-id"))
    start = max(page, 0) * perpage
    rows = rows[start : start + perpage] if perpage else rows
    return {"discussions": [_discussion(caller, row) for row in rows], "warnings": []}


def _discussion(caller: Caller, row: Announcement) -> Told:
    at = seconds(row.posted_at)
    return {
        "id": row.pk,
        "name": caller.name(row.title),
        "groupid": -1,
        "timemodified": at,
        "usermodified": row.author_id or 0,
        "timestart": 0,
        "timeend": 0,
        "discussion": row.pk,
        "parent": 0,
        "userid": row.author_id or 0,
        "created": at,
        "modified": at,
        "subject": caller.name(row.title),
        "message": row.html,
        "messageformat": 1,
        "attachment": False,
        "numreplies": 0,
        "pinned": False,
    }


def add_discussion(caller: Caller, forumid: int, subject: str, message: str, **given: Any) -> Told:
    """Post an announcement; a student may not."""
    course = _forum(caller, forumid)
    if not caller.staff(course):
        raise Wrong("cannotcreatediscussion", "Could not create new discussion")
    row = Announcement.objects.create(
        course=course,
        title=subject,
        message=message,
        posted_at=now(course.world.name),
        author=caller.person,
    )
    return {"discussionid": row.pk, "warnings": []}
