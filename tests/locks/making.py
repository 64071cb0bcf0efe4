"""A course with an exam that is going on, and people who sit it or do not."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from agents import index
from agents.models import Activity
from lti import sessions
from tests import factories
from tests.retrieval import making
from tutorai.lmsdm.models import Assignment, ContentItem, Course, Submission
from tutorai.lmsdm.schema import Actor, Kind, Role

HOUR = timedelta(hours=1)
ASKED = "Derive the drag coefficient of a falling raindrop."


def now() -> datetime:
    """This minute."""
    return timezone.now().replace(second=0, microsecond=0)


def a_course() -> Course:
    """An open course with its pages in the index."""
    return making.filled(opened_at=timezone.now(), time_zone="Europe/Madrid")


def some_work(course: Course, title: str = "Midterm", **fields: Any) -> Assignment:
    """Work to hand in with its text in the index, open since an hour ago and for another."""
    told = {"available_from": now() - HOUR, "available_until": now() + HOUR, **fields}
    item = ContentItem.objects.create(
        course=course,
        source="test",
        source_id=f"assignment:{title}",
        kind=Kind.ASSIGNMENT.value,
        title=title,
        body=f"<p>{ASKED}</p>",
        sha256="1",
    )
    index.index_item(item.pk)
    return Assignment.objects.create(
        course=course, source="test", source_id=item.source_id, title=title, **told
    )


def an_exam(work: Assignment, **fields: Any) -> Activity:
    """What a teacher marked as an exam."""
    told = {"exam": Activity.Exam.EXAM.value, **fields}
    return Activity.objects.create(course=work.course, about="assignment", about_id=work.pk, **told)


def somebody(
    course: Course, role: Role = Role.STUDENT, *sections: str, **fields: Any
) -> tuple[Actor, str]:
    """Somebody in the course, and the access token of their session."""
    begun = factories.a_session(course, role, sections=list(sections), **fields)
    return sessions.actor(begun.access_token), begun.access_token


def handed_in(actor: Actor, work: Assignment, state: str = "submitted", attempt: int = 1) -> None:
    """The LMS said that somebody handed something in."""
    Submission.objects.update_or_create(
        assignment=work,
        user_id=actor.user_id,
        attempt=attempt,
        defaults={"source": "test", "source_id": f"{actor.user_id}:{attempt}", "state": state},
    )
