"""A course that people launched into, opened to students and filled."""

from dataclasses import dataclass

from django.utils import timezone

from lti import sessions
from tests.bench import browser, filled
from tests.bench.place import Tool
from tests.bench.platform import Platform, Visit
from tutorai.lmsdm.models import Course

STUDENTS = 8


@dataclass(frozen=True)
class Opened:
    """The course, and access tokens of its students."""

    filled: filled.Filled
    tokens: list[str]


def opened(
    tool: Tool, platform: Platform, chunks: int, students: int = STUDENTS, which: int = 0
) -> Opened:
    """Launch its students, open it, fill it; `which` course of the platform."""
    here = [Visit(1 + number, which) for number in range(students)]
    tokens = [browser.launch(tool, platform, visit).token for visit in here]
    actor = sessions.actor(tokens[0])
    assert actor.course_id is not None  # they launched from it
    row = Course.objects.get(pk=actor.course_id)
    row.opened_at = timezone.now()
    row.save(update_fields=["opened_at"])
    filled.fill(row, chunks)
    return Opened(filled.Filled(actor, row.pk), tokens)
