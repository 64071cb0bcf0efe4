"""What a client is told beside an answer: whom to turn to, and what to try alone. All blocking."""

from typing import Any

from agents import care, checks, mastery
from agents.models.learning import Ladder
from agents.tutor.records import Intent
from agents.tutor.turn import Turn
from tutorai.errors import NotFound
from tutorai.lmsdm.schema import Actor

Json = dict[str, Any]


def check(turn: Turn) -> Json:
    """The id of the help that a problem was solved with, where an item can follow it: `check`."""
    rung = turn.decision.rung
    if not turn.key or not rung.solved or turn.stood.solved:
        return {}
    row = Ladder.objects.filter(
        course=turn.actor.course_id, user=turn.actor.user_id, problem=turn.key
    ).first()
    if row is None or not mastery.counts(turn.actor):
        return {}
    try:
        checks.one(turn.actor, row.pk)
    except NotFound:
        return {}
    return {"check": str(row.pk)}


def contacts(actor: Actor, intent: str) -> Json:
    """Whom the institution names, as fields, where somebody in distress was answered: `contacts`."""
    if intent != Intent.CARE:
        return {}
    people = care.contacts(actor.institution_id).people
    return {"contacts": [{"name": one.name, "how": one.how, "hours": one.hours} for one in people]}


def waits(actor: Actor, said: Json) -> Json:
    """`said` without a check that is done, or too long ago to tell anything."""
    told = said.get("check")
    if told and not checks.ladders(actor).filter(pk=told).exists():
        return {name: value for name, value in said.items() if name != "check"}
    return said
