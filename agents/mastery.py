"""How well somebody has the skills of a course: read, and written after each answer.

The rule is `agents.evidence`'s; here it meets the tables. Only what a student does counts: their
teachers try the same items and leave nothing behind, and whoever acts as a student, neither: to
them nothing of it is told.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from agents import evidence, skills
from agents.evidence import Evidence
from agents.models.learning import Ladder, Mastery, Skill, Try
from tutorai.errors import NotFound, NotYours
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor, Role


@dataclass(frozen=True)
class Standing:
    """One skill as one person has it. `share` is None before anything was tried alone."""

    skill_id: UUID
    title: str
    share: float | None
    tries: int
    due_at: datetime | None  # of the next review

    @property
    def steady(self) -> bool:
        """Whether they have it, as far as that can be told."""
        return self.share is not None and self.share >= evidence.STEADY

    @property
    def weak(self) -> bool:
        """Whether it was tried, and is not had yet."""
        return self.share is not None and self.share < evidence.WEAK

    def due(self, at: datetime) -> bool:
        """Whether a review is due."""
        return self.due_at is not None and self.due_at <= at


def of(actor: Actor) -> list[Standing]:
    """Return every skill that the actor may see, in the course's order, as the actor has it."""
    shown = list(skills.seen(actor))
    held = {one.skill_id: one for one in _held(actor, [skill.pk for skill in shown])}
    return [_standing(skill, held.get(skill.pk)) for skill in shown]


def level(actor: Actor, skill_ids: Collection[UUID | str]) -> float | None:
    """Return how well the actor has these skills all in all, 0 to 1; None where nothing is known.

    Ids that name no skill of the actor's course count for nothing.
    """
    wanted = [pk for one in skill_ids if (pk := _uuid(one))]
    return evidence.mean(evidence.share(_evidence(row)) for row in _held(actor, wanted))


def counts(actor: Actor) -> bool:
    """Whether what the actor does is kept: students' own doing, while the course goes on."""
    own = actor.role is Role.STUDENT and not actor.acted_by and not actor.is_test
    return own and not actor.ended


@transaction.atomic
def note(
    actor: Actor,
    skill: Skill | UUID | None,
    kind: Try.Kind | str,
    right: bool,
    assisted: bool,
    ladder: Ladder | None = None,
) -> Try | None:
    """Write an answer down; return it, or None for somebody whose answers are not kept.

    Raises NotFound for a skill or a ladder that is not of the actor's course.
    """
    if not counts(actor):
        return None
    course = scope.course(actor, actor.course_id or "")
    known = _skill(course, skill)
    if ladder is not None and (ladder.user_id, ladder.course_id) != (actor.user_id, course.pk):
        raise NotFound()
    made = Try.objects.create(
        user_id=actor.user_id,
        course=course,
        skill=known,
        ladder=ladder,
        kind=Try.Kind(kind),
        right=right,
        assisted=assisted,
    )
    if known is not None:
        _move(actor, known, right=right, assisted=assisted, at=made.at)
    return made


@transaction.atomic
def forget(actor: Actor) -> int:
    """Delete what is kept of the actor's own practice in this course; return how many answers.

    Raises NotYours for who acts as them.
    """
    if actor.acted_by:
        raise NotYours()
    mine = {"user_id": actor.user_id}
    Mastery.objects.filter(skill__course__in=scope.courses(actor), **mine).delete()
    return Try.objects.filter(course__in=scope.courses(actor), **mine).delete()[0]


def _move(actor: Actor, skill: Skill, *, right: bool, assisted: bool, at: datetime) -> None:
    here = {"skill": skill, "user_id": actor.user_id}
    Mastery.objects.bulk_create([Mastery(**here)], ignore_conflicts=True)
    row = Mastery.objects.select_for_update().get(**here)
    new = evidence.after(_evidence(row), right=right, assisted=assisted, at=at)
    row.right, row.wrong, row.tries = new.right, new.wrong, new.tries
    row.last_at, row.due_at, row.interval = new.last_at, new.due_at, new.interval
    row.save()


def _skill(course: Course, skill: Skill | UUID | None) -> Skill | None:
    if skill is None:
        return None
    pk = skill.pk if isinstance(skill, Skill) else skill
    found = Skill.objects.filter(course=course, pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def _held(actor: Actor, skill_ids: Collection[UUID]) -> QuerySet[Mastery]:
    if actor.acted_by:
        return Mastery.objects.none()
    return Mastery.objects.filter(
        user_id=actor.user_id, skill__in=skill_ids, skill__course__in=scope.courses(actor)
    )


def _evidence(row: Mastery) -> Evidence:
    return Evidence(row.right, row.wrong, row.tries, row.last_at, row.due_at, row.interval)


def _standing(skill: Skill, row: Mastery | None) -> Standing:
    held = _evidence(row) if row else Evidence()
    return Standing(skill.pk, skill.title, evidence.share(held), held.tries, held.due_at)


def _uuid(written: UUID | str) -> UUID | None:
    try:
        return written if isinstance(written, UUID) else UUID(written)
    except ValueError:
        return None
