"""The assessment lock: what a student sits now, and what is out of reach meanwhile.

Only what a teacher marked as an exam, or as a quiz that counts, locks: per student, from their
opening (or from when they are known to have begun) until they have handed in or it closes. Who
teaches is never locked. `agents.spells` says when; everything here is about who and what.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents import activities, spells
from agents.activities import Family
from agents.models import Activity, Sitting
from agents.spells import Sat, Spell, Try
from tutorai.errors import Locked
from tutorai.lmsdm import due, eyes, scope, zones
from tutorai.lmsdm.conditions import Facts
from tutorai.lmsdm.models import ContentItem, Submission, TocNode
from tutorai.lmsdm.schema import Actor, Handed, Override


@dataclass(frozen=True)
class Lock:
    """What a student sits now, and until when at most."""

    activity_id: UUID
    about: str
    about_id: UUID
    title: str
    until: datetime


@dataclass(frozen=True)
class Exam:
    """An activity that locks: its rows, and when one student sits it."""

    activity: Activity
    family: Family
    times: tuple[Spell, ...]
    sat: Sat

    @property
    def tries(self) -> int | None:
        """How many attempts there are; None: as many as one likes, or nobody told."""
        work = self.family.assignment
        return work.attempts if work else None


def of(actor: Actor, *, at: datetime | None = None) -> list[Lock]:
    """Return what the actor sits now, the one that ends last first; nothing for who teaches."""
    now = at or timezone.now()
    found = [
        Lock(exam.activity.pk, exam.activity.about, exam.activity.about_id, title, until)
        for exam in exams(actor, now)
        if (until := spells.until(exam.times, exam.sat, now))
        and (title := exam.family.title or "?")
    ]
    return sorted(found, key=lambda lock: lock.until, reverse=True)


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
    away = [
        exam.family
        for exam in exams(actor, now)
        if spells.ahead(exam.times, exam.sat, now, exam.tries)
    ]
    return _items(actor.course_id, away) if away and actor.course_id else set()


def items(actor: Actor) -> QuerySet[ContentItem]:
    """The items that the actor may read and that the tutor may use for them now."""
    seen = scope.items(actor)
    away = hidden(actor)
    return seen.exclude(pk__in=away) if away else seen


def exams(actor: Actor, now: datetime) -> list[Exam]:
    """Return what was marked in the actor's course, as it stands for them; none for staff."""
    if actor.is_staff or actor.course_id is None:
        return []
    marked = list(Activity.objects.filter(course__in=scope.courses(actor)).exclude(exam=""))
    if not marked:
        return []
    families = activities.of(actor.course_id, [(one.about, one.about_id) for one in marked])
    names = [(one.about, one.about_id) for one in marked]
    held = [
        (one, families[name]) for one, name in zip(marked, names, strict=True) if name in families
    ]
    known = scope.facts(actor, now)
    sat = _sat(actor.user_id, held)
    return [Exam(one, family, times(one, family, known), sat[one.pk]) for one, family in held]


def times(one: Activity, family: Family, known: Facts) -> tuple[Spell, ...]:
    """Return when somebody of whom this is known sits an activity, in order."""
    window = eyes.window(family.first)
    if not window.published and not one.opens_at:
        return ()
    work = family.assignment
    return tuple(
        spells.sittings(
            spells.open_to(window, known),
            own(family, known),
            due=due.due(work, known) if work else None,
            opens=one.opens_at,
            closes=one.closes_at,
            marked=one.changed_at,
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


def _sat(user_id: UUID, held: Collection[tuple[Activity, Family]]) -> dict[UUID, Sat]:
    """Return what is known of the person's time at each, by activity."""
    rows = Sitting.objects.filter(user=user_id, activity__in=[one.pk for one, _family in held])
    sittings = {row.activity_id: row for row in rows}
    tries = handed(user_id, [family for _one, family in held])
    return {
        one.pk: _told(sittings.get(one.pk), tries.get(family.first.pk, ())) for one, family in held
    }


def handed(user_id: UUID, families: Collection[Family]) -> dict[UUID, tuple[Try, ...]]:
    """Return the person's attempts and how each stands, by the family's first row."""
    works = [family.assignment.pk for family in families if family.assignment]
    rows = Submission.objects.filter(user=user_id, assignment__in=works, deleted_at=None)
    told: dict[UUID, list[Try]] = defaultdict(list)
    for work, attempt, state in rows.values_list("assignment", "attempt", "state"):
        told[work].append((attempt, Handed(state)))
    return {work: tuple(sorted(tries)) for work, tries in told.items()}


def _told(row: Sitting | None, tries: tuple[Try, ...]) -> Sat:
    return Sat(
        began=bool(row and row.began_at),
        ended=bool(row and row.ended_at),
        released=bool(row and row.released_at),
        tries=tries,
    )


def _items(course_id: UUID, families: Collection[Family]) -> set[UUID]:
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
