"""For whom a model is called, and under which headings that is counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from uuid import UUID

from django.utils.translation import gettext_lazy as _


class Capability(StrEnum):
    """What a model is called for. Each has its own caps and its own switch."""

    ASK = "ask"
    ASSESS = "assess"
    EMBED = "embed"
    PRACTICE = "practice"
    QUIZ = "quiz"
    GRADE = "grade"
    PLAN = "plan"
    JUDGE = "judge"
    MODERATE = "moderate"
    TOOLS = "tools"
    PROBE = "probe"  # trying an endpoint


# What each is, for people.
TITLES = {
    Capability.ASK: _("Answers of the tutor"),
    Capability.ASSESS: _("Understanding what a student means"),
    Capability.EMBED: _("Searching by meaning"),
    Capability.PRACTICE: _("Practice"),
    Capability.QUIZ: _("Drafts of quizzes"),
    Capability.GRADE: _("Drafts of feedback and grades"),
    Capability.PLAN: _("Study plans"),
    Capability.JUDGE: _("Judging the tutor"),
    Capability.MODERATE: _("Looking for what is not fit to be said"),
    Capability.TOOLS: _("Tools of agents"),
    Capability.PROBE: _("Trying endpoints"),
}


@dataclass(frozen=True)
class For:
    """For whom, and for what, a call is made."""

    institution_id: UUID
    course_id: UUID | None = None
    user_id: UUID | None = None
    capability: Capability = Capability.ASK
    message_id: UUID | None = None
    activity_id: UUID | None = None

    def headings(self) -> Iterator[str]:
        """Yield the key of every tally that holds this call; the first is the institution's."""
        courses, users = [None, self.course_id], [None, self.user_id]
        told = product(courses, users, ["", self.capability])
        return iter(sorted({heading(*one) for one in told}))


def heading(course: UUID | None = None, user: UUID | None = None, capability: str = "") -> str:
    """Return the key of a tally: "", "course:<id>", "course:<id> user:<id> capability:ask", …"""
    named = {"course": course, "user": user, "capability": capability}
    return " ".join(f"{kind}:{value}" for kind, value in named.items() if value)
