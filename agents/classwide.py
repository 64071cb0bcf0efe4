"""How a class does, skill by skill: alone, with help, and the gap between the two. Nobody is named.

A figure stands only where at least `K` students are behind it, and is rounded, so that from the
figures of two days nobody can work out one person's. How many hints somebody was given with a
problem is another thing: who grades them sees that, as the students are told.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from agents import evidence, skills
from agents.evidence import Evidence
from agents.models.learning import Ladder, Mastery, Skill, Try
from tutorai.lmsdm import names, scope
from tutorai.lmsdm.schema import Actor

K = 5  # students behind a figure, at least
STEP = 5  # percent; figures are told in steps of it
FEW, LEANS = 3, 0.3  # answers, and by how much help must do better, to be told of it
HELPED = 200  # lines of help, the latest first


@dataclass(frozen=True)
class Tally:
    """How many of one person's answers were right."""

    right: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """The share that was right."""
        return self.right / self.of if self.of else 0.0


@dataclass(frozen=True)
class Gap:
    """One person's answers to a skill's items: alone, and with help."""

    alone: Tally = Tally()
    helped: Tally = Tally()

    @property
    def leans(self) -> bool:
        """Whether it goes clearly better with help, as far as a few answers can tell."""
        few = min(self.alone.of, self.helped.of) < FEW
        return not few and self.helped.share - self.alone.share >= LEANS


@dataclass(frozen=True)
class Row:
    """A class's standing with a skill, in percent; None: too few students to tell."""

    title: str
    steady: int | None  # of those who tried it, how many have it
    alone: int | None  # right answers without help, the mean of the students'
    helped: int | None

    @property
    def gap(self) -> int | None:
        """By how much the class does better with help."""
        return None if self.alone is None or self.helped is None else self.helped - self.alone


@dataclass(frozen=True)
class Helped:
    """How far the tutor helped somebody with a problem."""

    name: str
    title: str
    level: int
    attempts: int
    solved: bool
    moved_at: datetime | None


def gaps(actor: Actor) -> dict[UUID, Gap]:
    """Return the actor's own answers, skill by skill; none to who acts as them."""
    if actor.acted_by:
        return {}
    rows = Try.objects.filter(user=actor.user_id, course__in=scope.courses(actor))
    return {skill: gap for (_user, skill), gap in _gaps(rows).items()}


def of(actor: Actor) -> list[Row]:
    """Return how the class does with each skill. Raises NotYours for who does not grade it."""
    students = scope.students(actor).values("pk")
    here = {"course__in": scope.courses(actor), "user__in": students}
    told: dict[UUID, list[Gap]] = defaultdict(list)
    for (_user, skill), gap in _gaps(Try.objects.filter(**here)).items():
        told[skill].append(gap)
    held: dict[UUID, list[bool]] = defaultdict(list)
    for row in Mastery.objects.filter(skill__course__in=scope.courses(actor), user__in=students):
        share = evidence.share(Evidence(row.right, row.wrong, row.tries))
        if share is not None:
            held[row.skill_id].append(share >= evidence.STEADY)
    return [_row(skill, told[skill.pk], held[skill.pk]) for skill in skills.seen(actor)]


def helped(actor: Actor) -> list[Helped]:
    """Return whom the tutor gave hints, with what. Raises NotYours for who does not grade them."""
    students = list(scope.students(actor))
    called = names.among(students)
    rows = Ladder.objects.filter(
        Q(level__gte=1) | Q(solved_at__isnull=False),
        course__in=scope.courses(actor),
        user__in=[one.pk for one in students],
    )
    return [
        Helped(
            called[row.user_id],
            row.title,
            row.level,
            row.attempts,
            row.solved_at is not None,
            row.moved_at,
        )
        for row in rows.order_by("-moved_at", "-began_at")[:HELPED]
    ]


def _gaps(rows: QuerySet[Try]) -> dict[tuple[UUID, UUID], Gap]:
    """Return each person's answers to each skill's items."""
    counted = (
        rows.exclude(skill=None)
        .values_list("user", "skill", "assisted")
        .annotate(n=Count("pk"), good=Count("pk", filter=Q(right=True)))
    )
    made: dict[tuple[UUID, UUID], dict[bool, Tally]] = defaultdict(dict)
    for user, skill, assisted, n, good in counted:
        made[user, skill][assisted] = Tally(good, n)
    return {
        who: Gap(each.get(False, Tally()), each.get(True, Tally())) for who, each in made.items()
    }


def _row(skill: Skill, told: Iterable[Gap], steady: list[bool]) -> Row:
    alone = [gap.alone for gap in told if gap.alone.of]
    with_help = [gap.helped for gap in told if gap.helped.of]
    return Row(
        title=skill.title,
        steady=percent([float(one) for one in steady]),
        alone=percent([one.share for one in alone]),
        helped=percent([one.share for one in with_help]),
    )


def percent(shares: list[float]) -> int | None:
    """Return the mean in percent, in steps; None where too few people are behind it."""
    if len(shares) < K:
        return None
    return STEP * round(100 * sum(shares) / len(shares) / STEP)
