"""What holds for a turn, and what is switched off. Read afresh each time, so in force at once.

What a teacher decided about an activity comes before what they decided about the module it stands
in, and that before the course's. Without any decision: plain answers, and hints for homework.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from agents import activities, locks, spells, switches
from agents.activities import Family, Named
from agents.models import Activity, Guidance
from agents.tutor.records import Policy, Way
from tutorai.errors import SwitchedOff
from tutorai.lmsdm import due, eyes, scope
from tutorai.lmsdm.conditions import Facts
from tutorai.lmsdm.models import TocNode
from tutorai.lmsdm.schema import Actor, Handed

USUAL = Policy()
JUDGED = frozenset({Handed.GRADED, Handed.EXCUSED})


def of(actor: Actor, about: str = "", about_id: UUID | None = None) -> Policy:
    """Return what holds for a turn about this; by default about what the actor's link opens.

    Work that is still to be handed in is homework: guided, unless its teacher says otherwise.
    """
    family = _family(actor, about, about_id)
    course = Guidance.objects.filter(course__in=scope.courses(actor)).first()
    usual = _course(course) if course else USUAL
    decided = _decided(actor, family)
    homework = family is not None and to_do(actor, family)
    return _over(usual, decided, homework)


def off(actor: Actor, capability: str = "", about: str = "", about_id: UUID | None = None) -> bool:
    """Whether this, or all, is switched off for the actor's institution, course or activity."""
    rows = list(switches.rows(actor.institution_id, actor.course_id, capability))
    if any(row.activity_id is None for row in rows):
        return True
    if not rows:
        return False
    named = {one.pk for one in _decided(actor, _family(actor, about, about_id))}
    return any(row.activity_id in named for row in rows)


def check(actor: Actor, capability: str, about: str = "", about_id: UUID | None = None) -> None:
    """Raise SwitchedOff where `off`."""
    if off(actor, capability, about, about_id):
        raise SwitchedOff()


def _family(actor: Actor, about: str, about_id: UUID | None) -> Family | None:
    named = (about, about_id) if about_id is not None else (actor.about, actor.about_id)
    if named[1] is None or actor.course_id is None:
        return None
    name: Named = (named[0], named[1])
    return activities.of(actor.course_id, [name]).get(name)


def _decided(actor: Actor, family: Family | None) -> list[Activity]:
    """What was decided about an activity, then about the modules it stands in, inmost first."""
    if family is None:
        return []
    rows = list(Activity.objects.filter(course__in=scope.courses(actor)))
    if not rows:
        return []
    order = [family.names, *({(activities.About.MODULE.value, pk)} for pk in _above(family))]
    held = [[row for row in rows if (row.about, row.about_id) in names] for names in order]
    return [row for group in held for row in group]


def _above(family: Family) -> list[UUID]:
    """The modules that an activity stands in, inmost first."""
    lines = TocNode.objects.filter(course=family.first.course_id)
    told = {pk: (parent, item) for pk, parent, item in lines.values_list("pk", "parent", "item")}
    pks = {row.pk for row in family.rows}
    at = next((pk for pk, (_parent, item) in told.items() if item in pks or pk in pks), None)
    found: list[UUID] = []
    while at in told and (at := told[at][0]) is not None and at not in found:
        found.append(at)
    return found


def work(actor: Actor, item_ids: Iterable[UUID]) -> UUID | None:
    """Return the first of these items that is homework now: a question that finds it is about it.

    One look for all of them; None: nothing there is to be handed in.
    """
    ids = list(dict.fromkeys(item_ids))
    if not ids or actor.course_id is None:
        return None
    names = [(activities.About.ITEM.value, pk) for pk in ids]
    found = activities.of(actor.course_id, names)
    return next(
        (pk for about, pk in names if (one := found.get((about, pk))) and to_do(actor, one)), None
    )


def to_do(actor: Actor, family: Family) -> bool:
    """Whether something is to be handed in, and still can be, as far as anybody told us."""
    if not family.is_work:
        return False
    now = timezone.now()
    known = scope.facts(actor, now)
    own = locks.own(family, known)
    times = [own] if own else spells.open_to(eyes.window(family.first), known)
    if times and all(spell.end <= now for spell in times):
        return False
    return not _settled(actor, family, _due(family, known), now)


def _due(family: Family, known: Facts) -> datetime | None:
    return due.due(family.assignment, known) if family.assignment else None


def _settled(actor: Actor, family: Family, due_at: datetime | None, now: datetime) -> bool:
    """Whether it is judged, and no other attempt is to come."""
    tries = locks.handed([actor.user_id], [family]).get((actor.user_id, family.first.pk), ())
    if not tries or tries[-1][1] not in JUDGED:
        return False
    most = family.assignment.attempts if family.assignment else None
    return (most is not None and len(tries) >= most) or (due_at is not None and due_at < now)


def _course(row: Guidance) -> Policy:
    return Policy(
        way=Way(row.way),
        ceiling=Way(row.ceiling),
        hints=row.hints,
        general=row.general,
        persona=row.persona,
    )


def _over(usual: Policy, decided: list[Activity], homework: bool) -> Policy:
    """Put decisions over what is usual in the course; the way never goes over its ceiling."""
    ways = [row.way for row in decided if row.way]
    tops = [row.ceiling for row in decided if row.ceiling]
    hints = [row.hints for row in decided if row.hints is not None]
    ceiling = Way(tops[0]) if tops else Way.GUIDE if homework and not ways else usual.ceiling
    way = Way(ways[0]) if ways else Way.GUIDE if homework else usual.way
    return replace(
        usual,
        way=Way.GUIDE if ceiling is Way.GUIDE else way,
        ceiling=ceiling,
        hints=hints[0] if hints else usual.hints,
        homework=homework,
    )
