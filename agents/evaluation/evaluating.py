"""One evaluation from beginning to end: asked for, run, judged, kept, compared. Blocking."""

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.evaluation import doors, judge, place, report, run, scenarios
from agents.evaluation.run import AT_ONCE, CENTS, Ran
from agents.llm.places import Place
from agents.models import Evaluation, Guidance
from agents.tutor import speak
from tutorai.errors import NotFound
from tutorai.lmsdm.models import Institution


@dataclass(frozen=True)
class Wish:
    """What is to be tried, with which model; `cents`: all that may be spent on each part."""

    sets: str = scenarios.OWN
    endpoint: str = ""
    institution: str = ""  # a slug; "": the operator's endpoints
    judge: str = ""  # an endpoint's name; "": nobody judges
    persona: str = ""  # the id of a course
    cents: int = CENTS
    at_once: int = AT_ONCE


def evaluate(wish: Wish) -> dict[str, Any]:
    """Run, keep the report, and return it as plain values. Raises TutorError."""
    sets = scenarios.load(wish.sets)
    school = _school(wish.institution)
    tried = doors.named(wish.endpoint, school)
    judging = doors.named(wish.judge, school) if wish.judge else None
    held = _guidance(wish.persona)
    persona = held.persona if held else ""
    row = Evaluation.objects.create(
        institution=school,
        course_id=held.course_id if held else None,
        scenarios=wish.sets[-80:],
        scenarios_hash=scenarios.digest(sets),
        endpoint=tried.name[:80],
        model=tried.model,
        prompt_hash=speak.prompt_hash(),
        persona_hash=sha256(persona.encode()).hexdigest() if persona else "",
        judge=judging.model if judging else "",
    )
    try:
        ran = run.run(
            sets, doors.To(tried), persona=persona, cents=wish.cents, at_once=wish.at_once
        )
        judged = _judged(ran, judging, wish.cents) if judging else {}
    except BaseException:  # an operator may stop it
        row.state, row.ended_at = Evaluation.State.BROKEN, timezone.now()
        row.save(update_fields=["state", "ended_at"])
        raise
    report.store(row, ran, report.failures(ran), {"judged": judged} if judged else {})
    return told(row)


def _school(slug: str) -> Institution | None:
    if not slug:
        return None
    found = Institution.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound()
    return found


def _guidance(course: str) -> Guidance | None:
    if not course:
        return None
    try:
        found = Guidance.objects.filter(course=UUID(course)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found


def _judged(ran: Ran, judging: Place, cents: int) -> dict[str, Any]:
    """Have the answers judged; what that costs is under a cap of its own."""
    with place.scratch((), cents=cents) as held:
        made = asyncio.run(judge.look(ran, doors.To(judging), held.institution_id))
        return {**made, "spent": place.charges(held.institution_id)}


def told(row: Evaluation) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "id": str(row.pk),
        "set": row.scenarios,
        "endpoint": row.endpoint,
        "model": row.model,
        "prompt": row.prompt_hash[:8],
        "persona": row.persona_hash[:8],
        "judge": row.judge,
        "passed": row.passed,
        **row.figures,
        "failures": row.failures,
    }
