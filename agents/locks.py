"""The assessment lock: what a student sits now, and what is out of reach meanwhile.

Only what a teacher marked as an exam, or as a quiz that counts, locks: per student, from their
opening (or from when they are known to have begun) until they have handed in or it closes. Who
teaches is never locked. `agents.spells` says when; everything here is about who and what.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents import activities, spells
from agents.activities import Family
from agents.models import Activity, Sitting, Switch
from agents.spells import Sat, Spell, Try
from tutorai.errors import Locked
from tutorai.lmsdm import due, eyes, scope, zones
from tutorai.lmsdm.conditions import Facts
from tutorai.lmsdm.models import ContentItem, Submission, TocNode
from tutorai.lmsdm.schema import Actor, Handed, Override

OFF = ("", "ask")  # capabilities without which the text of an activity is of no use


@dataclass(frozen=True)
class Lock:
    """What a student sits now, and until when at most."""

    activity_id: UUID
    about: str
    about_id: UUID
    title: str
    until: datetime


@dataclass(frozen=True)
class Marked:
    """An activity that a teacher marked, with the rows that tell of it."""

    activity: Activity
    family: Family

    @property
    def tries(self) -> int | None:
        """How many attempts there are; None: as many as one likes, or nobody told."""
        work = self.family.assignment
        return work.attempts if work else None


@dataclass(frozen=True)
class Exam:
    """What was marked, and one student's times at it."""

    marked: Marked
    times: tuple[Spell, ...]
    sat: Sat

    def lock(self, now: datetime) -> Lock | None:
        """Return how it locks this student; None: not now."""
        until = spells.until(self.times, self.sat, now)
        if until is None:
            return None
        row = self.marked.activity
        return Lock(row.pk, row.about, row.about_id, self.marked.family.title, until)

    def away(self, now: datetime) -> bool:
        """Whether its text is out of the student's reach: they sit it, or have still to."""
        return spells.ahead(self.times, self.sat, now, self.marked.tries)


def of(actor: Actor, *, at: datetime | None = None) -> list[Lock]:
    """Return what the actor sits now, the one that ends last first; nothing for who teaches."""
    now = at or timezone.now()
    found = [lock for exam in exams(actor, now) if (lock := exam.lock(now))]
    return sorted(found, key=lambda lock: lock.until, reverse=True)


def begin(actor: Actor) -> None:
    """The actor came by the link of an activity: where it locks them now, they have begun."""
    if actor.about_id is None or actor.acted_by:
        return
    now = timezone.now()
    for exam in exams(actor, now):
        mine = (actor.about, actor.about_id) in exam.marked.family.names
        if mine and exam.lock(now):
            row: dict[str, Any] = {"activity": exam.marked.activity, "user_id": actor.user_id}
            Sitting.objects.get_or_create(**row)
            Sitting.objects.filter(**row, began_at=None).update(began_at=now)


def check(actor: Actor) -> None:
    """Raise Locked while the actor sits something. Call it before anything that helps."""
    held = of(actor)
    if held:
        with translation.override(actor.locale):
            raise Locked(activity=held[0].title, until=words(actor, held[0]))


def words(actor: Actor, lock: Lock) -> str:
    """Return until when a lock lasts and what still works, in the actor's language and zone."""
    zone = zones.of(actor, scope.courses(actor).first())
    back = _(
        "It helps again once you have handed in and your learning platform has said so, and at the "
        "latest on %(at)s."
    )
    still = _(
        "Until then the course's pages, your study plan and your grades stay open to you, and you "
        "can ask for a person."
    )
    return f"{back % {'at': zones.told(lock.until, zone)}} {still}"


def hidden(actor: Actor, *, at: datetime | None = None) -> set[UUID]:
    """Return the items that are out of retrieval for the actor: the text of what they sit.

    Also of what they have still to sit: nobody learns an exam's questions from the tutor before.
    """
    now = at or timezone.now()
    away = [exam.marked.family for exam in exams(actor, now) if exam.away(now)]
    return within(actor.course_id, away) if away and actor.course_id else set()


def _switched_off(actor: Actor) -> list[Family]:
    """The activities for which a teacher switched the tutor off."""
    if actor.is_staff or actor.course_id is None:
        return []
    rows = Switch.objects.filter(
        institution=actor.institution_id, course=actor.course_id, capability__in=OFF
    ).exclude(activity=None)
    names = list(rows.values_list("activity__about", "activity__about_id"))
    return list(activities.of(actor.course_id, names).values()) if names else []


def items(actor: Actor) -> QuerySet[ContentItem]:
    """The items that the actor may read and that the tutor may use for them now.

    Neither is what they sit, or have still to sit, nor what the tutor is switched off for.
    """
    seen = scope.items(actor)
    away = hidden(actor)
    if off := _switched_off(actor):
        away |= within(off[0].first.course_id, off)
    return seen.exclude(pk__in=away) if away else seen


def exams(actor: Actor, now: datetime) -> list[Exam]:
    """Return what was marked in the actor's course, as it stands for them; none for staff."""
    found = [] if actor.is_staff else marked(actor)
    if not found:
        return []
    return of_each(found, {actor.user_id: scope.facts(actor, now)})[actor.user_id]


def marked(actor: Actor) -> list[Marked]:
    """Return what was marked in the actor's course and is still there."""
    rows = list(Activity.objects.filter(course__in=scope.courses(actor)).exclude(exam=""))
    names = [(row.about, row.about_id) for row in rows]
    families = activities.of(rows[0].course_id, names) if rows else {}
    return [
        Marked(row, families[name])
        for row, name in zip(rows, names, strict=True)
        if name in families
    ]


def of_each(found: Sequence[Marked], people: Mapping[UUID, Facts]) -> dict[UUID, list[Exam]]:
    """Return how each of these activities stands for each of these people."""
    rows = Sitting.objects.filter(
        user__in=list(people), activity__in=[one.activity.pk for one in found]
    )
    sittings = {(row.activity_id, row.user_id): row for row in rows}
    tries = handed(list(people), [one.family for one in found])

    def sat(one: Marked, user: UUID) -> Sat:
        row = sittings.get((one.activity.pk, user))
        return Sat(
            began=bool(row and row.began_at),
            ended=bool(row and row.ended_at),
            released=bool(row and row.released_at),
            tries=tries.get((user, one.family.first.pk), ()),
        )

    return {
        user: [Exam(one, times(one, known), sat(one, user)) for one in found]
        for user, known in people.items()
    }


def times(one: Marked, known: Facts) -> tuple[Spell, ...]:
    """Return when somebody of whom this is known sits an activity, in order."""
    row, family = one.activity, one.family
    window = eyes.window(family.first)
    if not window.published and not row.opens_at:
        return ()
    work = family.assignment
    return tuple(
        spells.sittings(
            spells.open_to(window, known),
            own(family, known),
            due=due.due(work, known) if work else None,
            opens=row.opens_at,
            closes=row.closes_at,
            marked=row.changed_at,
        )
    )


def own(family: Family, known: Facts) -> Spell | None:
    """Return the time that the LMS's overrides give somebody; None: it is everybody's."""
    work = family.assignment
    if work is None or not work.overrides:
        return None
    told = [Override.model_validate(each) for each in work.overrides]
    mine = [each for each in told if due.meant(each, known)]
    return spells.overridden(mine, eyes.window(work), work.due_date)


def handed(
    users: Collection[UUID], families: Collection[Family]
) -> dict[tuple[UUID, UUID], tuple[Try, ...]]:
    """Return people's attempts and how each stands, by person and the family's first row."""
    works = [family.assignment.pk for family in families if family.assignment]
    rows = Submission.objects.filter(user__in=users, assignment__in=works, deleted_at=None)
    told: dict[tuple[UUID, UUID], list[Try]] = defaultdict(list)
    for user, work, attempt, state in rows.values_list("user", "assignment", "attempt", "state"):
        told[user, work].append((attempt, Handed(state)))
    return {key: tuple(sorted(tries)) for key, tries in told.items()}


def within(course_id: UUID, families: Collection[Family]) -> set[UUID]:
    """The items of these activities: their own, and for a module's all that stand in it."""
    found = {row.pk for family in families for row in family.rows if isinstance(row, ContentItem)}
    modules = {row.pk for family in families for row in family.rows if isinstance(row, TocNode)}
    return found | below(course_id, modules) if modules else found


def below(course_id: UUID, modules: Collection[UUID]) -> set[UUID]:
    """Return the items in these modules of a course, however deep."""
    rows = TocNode.objects.filter(course=course_id)
    lines = [(row.pk, row.parent_id, row.item_id) for row in rows.only("parent", "item")]
    inside, grown = set(modules), 0
    while len(inside) > grown:
        grown = len(inside)
        inside |= {pk for pk, parent, _item in lines if parent in inside}
    return {item for pk, _parent, item in lines if pk in inside and item}
