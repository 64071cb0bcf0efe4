"""Who sits what in a course now, for those who grade in it; and letting students out."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents import locks
from agents.locks import Lock, Marked
from agents.models import Sitting
from tutorai.errors import NotFound, NotYours
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import known, scope
from tutorai.lmsdm.models import User
from tutorai.lmsdm.schema import Actor


@dataclass(frozen=True)
class Room:
    """One activity with the students whom it locks, until when each, and whom a teacher let out."""

    activity_id: UUID
    title: str
    inside: list[tuple[User, datetime]]
    outside: list[User]


def rooms(actor: Actor, *, at: datetime | None = None) -> list[Room]:
    """Return what locks somebody now, by title. Raises NotYours for who does not grade here."""
    now = at or timezone.now()
    people = {user.pk: user for user in scope.students(actor)}
    if not actor.may_grade:
        raise NotYours()
    found, held = _held(actor, people, now)
    made = []
    for one in found:
        pk = one.activity.pk
        inside = [(people[user], lock.until) for user, lock in held.get(pk, {}).items()]
        outside = [people[user] for user in _out(one, people)] if _runs(one, now) else []
        if inside or outside:
            made.append(Room(pk, one.family.title, sorted(inside, key=_name), outside))
    return sorted(made, key=lambda room: room.title.casefold())


def _name(one: tuple[User, datetime]) -> str:
    return one[0].name.casefold()


def _held(
    actor: Actor, people: dict[UUID, User], now: datetime
) -> tuple[list[Marked], dict[UUID, dict[UUID, Lock]]]:
    """What was marked in the course, and whom each of it locks, by activity and person."""
    found = locks.marked(actor)
    told: dict[UUID, dict[UUID, Lock]] = defaultdict(dict)
    if found:
        facts = known.of(actor.institution_id, actor.course_id, list(people), now)
        for user, exams in locks.of_each(found, facts).items():
            for exam in exams:
                if lock := exam.lock(now):
                    told[lock.activity_id][user] = lock
    return found, told


def _out(one: Marked, people: dict[UUID, User]) -> list[UUID]:
    rows = Sitting.objects.filter(activity=one.activity, user__in=list(people))
    return list(rows.exclude(released_at=None).values_list("user", flat=True))


def _runs(one: Marked, now: datetime) -> bool:
    """Whether it is open to anybody now, so that locking somebody again would do something."""
    return any(spell.start <= now < spell.end for spell in locks.times(one, known.nobody(now)))


@transaction.atomic
def release(actor: Actor, activity_id: UUID, user_id: UUID | None = None) -> int:
    """Let one student out of a lock, or all whom it locks now; return how many.

    They stay out of this activity's lock, until `lock_again`. Raises NotYours and NotFound.
    """
    now = timezone.now()
    inside = {
        user.pk
        for room in rooms(actor, at=now)
        if room.activity_id == activity_id
        for user, _until in room.inside
    }
    if user_id is not None and user_id not in inside:
        raise NotFound()
    out = sorted(inside if user_id is None else {user_id})
    for user in out:
        Sitting.objects.update_or_create(
            activity_id=activity_id,
            user_id=user,
            defaults={"released_at": now, "released_by_id": actor.user_id},
        )
    audit.record_many(
        verb=Verb.LOCK_RELEASE,
        actor=actor,
        object_kind="activity",
        of=[(activity_id, user) for user in out],
    )
    return len(out)


@transaction.atomic
def lock_again(actor: Actor, activity_id: UUID, user_id: UUID) -> None:
    """Take back that a student was let out. Raises NotYours and NotFound."""
    if not actor.may_grade:
        raise NotYours()
    here = scope.students(actor).filter(pk=user_id)
    rows = Sitting.objects.filter(
        activity=activity_id, activity__course=actor.course_id, user__in=here
    ).exclude(released_at=None)
    if not rows.update(released_at=None, released_by=None):
        raise NotFound()
    audit.record(
        verb=Verb.LOCK_AGAIN,
        actor=actor,
        object_kind="activity",
        object_id=activity_id,
        subject=user_id,
    )
