"""How far a student was helped with a problem: kept here, moved in one step, seen by the teacher.

A problem is the work that the talk is bound to, else what a conversation is about. All blocking.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents import words
from agents.models.learning import Ladder
from agents.models.teaching import Activity
from agents.tutor.records import Assessment, Decision, Rung
from tutorai.errors import NotFound
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor

WORK = frozenset({Activity.About.ASSIGNMENT.value, Activity.About.QUIZ.value})
TITLE = 200  # characters


@dataclass(frozen=True)
class Problem:
    """What a ladder is about: a key that stays, and a title for the teacher."""

    key: str
    title: str


def bound(actor: Actor) -> bool:
    """Whether the actor's link is about work to hand in."""
    return actor.about in WORK and actor.about_id is not None


def problem(actor: Actor, assessment: Assessment, talk: UUID | None = None) -> str:
    """Return the key of what a turn is about: the bound work, else its subject in this talk."""
    if bound(actor):
        return f"{actor.about}:{actor.about_id}"
    told = " ".join(sorted(set(words.terms(assessment.subject, "")))) or assessment.subject.strip()
    return hashlib.blake2b(f"{talk}\n{told}".encode(), digest_size=24).hexdigest()


def of(actor: Actor, key: str) -> Rung:
    """Return where the actor stands with a problem."""
    row = _rows(actor).filter(problem=key).first()
    return _rung(row) if row else Rung()


def move(actor: Actor, about: Problem, step: Callable[[Rung], Decision]) -> tuple[Decision, Rung]:
    """Decide from where the actor stands, and keep it; return the decision and what was before.

    Two turns at once go one after the other, so that no two of them take the same step. Where the
    next problem of the same work begins, how far the last one was helped stays for the teacher.
    """
    with transaction.atomic():
        row = _held(actor, about)
        before = _rung(row)
        made = step(before)
        if before.solved and not made.rung.solved:
            _rows(actor).filter(pk=row.pk).update(problem=f"done:{row.pk}")
            row = _held(actor, about)
        _put(row, made.rung)
    return made, before


def _held(actor: Actor, about: Problem) -> Ladder:
    """The row, made where there is none, for this transaction alone."""
    while True:
        Ladder.objects.bulk_create([_row(actor, about)], ignore_conflicts=True)
        row = _rows(actor).select_for_update().filter(problem=about.key).first()
        if row is not None:  # else another turn put it away while we waited
            return row


def back(actor: Actor, key: str, made: Rung, before: Rung) -> None:
    """Take a step back whose hint was never given, unless the ladder has moved on since."""
    with transaction.atomic():
        row = _rows(actor).select_for_update().filter(problem=key).first()
        if row is not None and _rung(row) == made:
            row.level = before.level
            row.moved_at = row.moved_at if before.level else None
            row.save(update_fields=["level", "moved_at"])


def _rows(actor: Actor) -> QuerySet[Ladder]:
    return Ladder.objects.filter(user=actor.user_id, course__in=scope.courses(actor))


def _row(actor: Actor, about: Problem) -> Ladder:
    activity = None
    if actor.about_id is not None and bound(actor):
        decided = Activity.objects.filter(course__in=scope.courses(actor))
        activity = decided.filter(about=actor.about, about_id=actor.about_id).first()
    return Ladder(
        course_id=_course(actor),
        user_id=actor.user_id,
        activity=activity,
        problem=about.key,
        title=about.title[:TITLE],
    )


def _course(actor: Actor) -> UUID:
    if actor.course_id is None:
        raise NotFound()
    return actor.course_id


def _rung(row: Ladder) -> Rung:
    return Rung(row.level, row.attempts, row.hollow, row.solved_at is not None)


def _put(row: Ladder, rung: Rung) -> None:
    now = timezone.now()
    if rung.level > row.level:
        row.moved_at = now
    row.level, row.attempts, row.hollow = rung.level, rung.attempts, rung.hollow
    row.solved_at = (row.solved_at or now) if rung.solved else None
    row.save(update_fields=["level", "attempts", "hollow", "solved_at", "moved_at"])
