"""What teachers of an institution told the tutor, and how that did when it was tried."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from agents import evaluation
from agents.models import Evaluation, Guidance
from tutorai.access import CHANGERS, Officer, officer
from tutorai.web.institution import pages

SHOWN = 100  # trials, newest first


@dataclass(frozen=True)
class Trial:
    """One trial of a course's persona, or of the institution's own model."""

    course: str
    at: datetime
    state: str
    passed: bool
    reasons: list[str]
    figures: dict[str, object]
    live: bool  # what was tried is in force
    words: str  # it, where it is


@require_safe
@officer(*CHANGERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """The trials of the institution, newest first."""
    rows = Evaluation.objects.filter(institution=who.institution).select_related("course")
    live = {
        row.persona_passed_id: row.persona
        for row in Guidance.objects.filter(course__institution=who.institution).exclude(persona="")
    }
    trials = [
        Trial(
            course=row.course.title if row.course else "",
            at=row.begun_at,
            state=row.state,
            passed=row.passed,
            reasons=evaluation.reasons(row),
            figures=row.figures,
            live=row.pk in live,
            words=live.get(row.pk, ""),
        )
        for row in rows.order_by("-begun_at")[:SHOWN]
    ]
    return pages.show(request, who, "institution/trials.html", {"trials": trials})
