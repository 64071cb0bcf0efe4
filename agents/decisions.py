"""What a teacher decides about the tutor of their course: how it helps, and what is off.

In force at the next question, for nothing of it is kept elsewhere. Every change is written down.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import activities, locks, spells
from agents.activities import Family
from agents.models import Activity, Guidance, Switch
from agents.spells import FIRST, LAST, Spell
from agents.tutor.records import HIGHEST, Way
from tutorai.errors import BadRequest, NotFound
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import eyes, known, scope
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor


class Mode(StrEnum):
    """How the tutor helps, as a teacher chooses it: its way, and how far a student may go."""

    GUIDE = "guide"
    CHOICE = "choice"  # guides, until a student asks for a plain explanation
    EXPLAIN = "explain"


# The way and the ceiling of each mode.
WAYS = {
    Mode.GUIDE: (Way.GUIDE, Way.GUIDE),
    Mode.CHOICE: (Way.GUIDE, Way.EXPLAIN),
    Mode.EXPLAIN: (Way.EXPLAIN, Way.EXPLAIN),
}


@dataclass(frozen=True)
class Wish:
    """What a teacher wants of one activity. Empty: as in the course, as in the LMS."""

    mode: Mode | None = None
    hints: int | None = None
    exam: str = ""  # of Activity.Exam
    opens_at: datetime | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One activity on the teacher's page, with what was decided about it."""

    family: Family
    told: Spell  # when it is open as the LMS has it
    row: Activity | None = None
    off: bool = False
    span: Spell | None = None  # when it locks, for whom no other times are told

    @property
    def about(self) -> str:
        """What kind of row names it."""
        return self.row.about if self.row else activities.named(self.family.first)[0]

    @property
    def about_id(self) -> UUID:
        """The id of that row."""
        return self.row.about_id if self.row else self.family.first.pk

    @property
    def mode(self) -> Mode | None:
        """How the tutor helps there; None: as in the course."""
        return mode(self.row.way, self.row.ceiling) if self.row else None

    @property
    def decided(self) -> bool:
        """Whether anything is other than in the course."""
        row = self.row
        return self.off or bool(row and (row.way or row.exam or row.hints is not None))


def mode(way: str, ceiling: str) -> Mode | None:
    """Return the mode of a way and a ceiling; None for none."""
    return next((one for one, both in WAYS.items() if both == (way, ceiling or way)), None)


def guidance(course: Course) -> Guidance:
    """Return how the tutor teaches in a course; what is usual where nobody said."""
    return Guidance.objects.filter(course=course).first() or Guidance(course=course)


def guide(actor: Actor, wanted: Mode, hints: int, *, general: bool) -> None:
    """Set how the tutor teaches in the actor's course. Raises NotYours, BadRequest."""
    course = scope.authored_course(actor, actor.course_id or "")
    way, ceiling = WAYS[wanted]
    fields = {
        "way": way.value,
        "ceiling": ceiling.value,
        "hints": _hints(hints),
        "general": general,
    }
    with transaction.atomic():
        Guidance.objects.update_or_create(
            course=course, defaults={**fields, "changed_by_id": actor.user_id}
        )
        audit.record(verb=Verb.TUTOR_SET, actor=actor)


def _hints(number: int) -> int:
    if not 0 <= number <= HIGHEST:
        raise BadRequest(why=_("there are %(most)s steps of hints") % {"most": HIGHEST})
    return number


def lines(actor: Actor) -> list[Line]:
    """Return the course's activities by title, and what else something was decided about."""
    course = scope.authored_course(actor, actor.course_id or "")
    rows = list(Activity.objects.filter(course=course))
    named = {(row.about, row.about_id): row for row in rows}
    off = set(_switches(actor).exclude(activity=None).values_list("activity", flat=True))
    found = activities.every(course.pk)
    listed = {name for family in found for name in family.names}
    others = activities.of(course.pk, [name for name in named if name not in listed])
    made = []
    for family in [*found, *others.values()]:
        row = next((named[name] for name in sorted(family.names) if name in named), None)
        made.append(_line(family, row, off=bool(row and row.pk in off)))
    return made


def line(actor: Actor, about: str, about_id: UUID) -> Line:
    """Return one activity of the actor's course, or raise NotFound."""
    course = scope.authored_course(actor, actor.course_id or "")
    family = activities.of(course.pk, [(about, about_id)]).get((about, about_id))
    if family is None:
        raise NotFound()
    row = _held(course, family)
    off = row is not None and _switches(actor).filter(activity=row).exists()
    return _line(family, row, off=off)


def _line(family: Family, row: Activity | None, *, off: bool) -> Line:
    nobody = known.nobody(timezone.now())
    span = None
    if row and row.exam and (found := locks.times(locks.Marked(row, family), nobody)):
        span = Spell(found[0].start, found[-1].end)
    return Line(family, told(family), row, off, span)


def told(family: Family) -> Spell:
    """When it is open as the LMS has it for everybody: all that an end can be taken from."""
    found = spells.open_to(eyes.window(family.first), known.nobody(timezone.now()))
    own = family.assignment
    end = found[-1].end if found else LAST
    if end == LAST and own and own.due_date:
        end = own.due_date
    return Spell(found[0].start if found else FIRST, end)


def _held(course: Course, family: Family) -> Activity | None:
    """The row of this activity, whichever of its rows it was decided about."""
    rows = Activity.objects.filter(course=course, about_id__in=[pk for _about, pk in family.names])
    return rows.order_by("about").first()


def decide(actor: Actor, about: str, about_id: UUID, wish: Wish) -> Line:
    """Set what holds for one activity. Raises NotYours, NotFound, BadRequest."""
    course = scope.authored_course(actor, actor.course_id or "")
    family = line(actor, about, about_id).family
    _sound(wish, told(family))
    with transaction.atomic():
        row = _row(course, family)
        way, ceiling = WAYS[wish.mode] if wish.mode else ("", "")
        row.way, row.ceiling, row.hints = str(way), str(ceiling), wish.hints
        row.exam, row.opens_at, row.closes_at = wish.exam, wish.opens_at, wish.closes_at
        row.changed_by_id = actor.user_id
        row.save()
        audit.record(verb=Verb.ACTIVITY_SET, actor=actor, object_kind="activity", object_id=row.pk)
    return line(actor, about, about_id)


def _sound(wish: Wish, told: Spell) -> None:
    """Raise BadRequest for what cannot hold: above all a lock that would have no end."""
    if wish.hints is not None:
        _hints(wish.hints)
    if wish.exam not in {"", *Activity.Exam.values}:
        raise BadRequest(why=_("choose what it is"))
    start, end = wish.opens_at or told.start, wish.closes_at or told.end
    if wish.exam and end == LAST:
        raise BadRequest(
            why=_(
                "it needs a closing time. Your learning platform tells none, and without one the "
                "tutor would be locked for ever"
            )
        )
    if (wish.opens_at or wish.closes_at) and end <= start:
        raise BadRequest(why=_("it closes before it opens"))


def _row(course: Course, family: Family) -> Activity:
    held = _held(course, family)
    if held is not None:
        return held
    about, pk = activities.named(family.first)
    made, _new = Activity.objects.get_or_create(course=course, about=about, about_id=pk)
    return made


def _switches(actor: Actor) -> QuerySet[Switch]:
    return Switch.objects.filter(institution=actor.institution_id, course=actor.course_id)


def off(actor: Actor) -> set[str]:
    """Return what is switched off in the actor's course: capabilities, "" for all of it."""
    return set(_switches(actor).filter(activity=None).values_list("capability", flat=True))


def switch(actor: Actor, capability: str = "", *, on: bool) -> None:
    """Switch the tutor, or one thing that it does, on or off in the actor's course."""
    course = scope.authored_course(actor, actor.course_id or "")
    _flip(actor, course, None, capability, on=on)


def switch_activity(actor: Actor, about: str, about_id: UUID, *, on: bool) -> Line:
    """Switch the tutor on or off for one activity. Raises NotYours, NotFound."""
    course = scope.authored_course(actor, actor.course_id or "")
    family = line(actor, about, about_id).family
    _flip(actor, course, _row(course, family), "", on=on)
    return line(actor, about, about_id)


@transaction.atomic
def _flip(actor: Actor, course: Course, row: Activity | None, capability: str, *, on: bool) -> None:
    held = _switches(actor).filter(activity=row, capability=capability)
    if on:
        changed = bool(held.delete()[0])
    else:
        _made, changed = Switch.objects.get_or_create(
            institution_id=actor.institution_id,
            course=course,
            activity=row,
            capability=capability,
            defaults={"by": actor.user_id},
        )
    if changed:
        audit.record(
            verb=Verb.TUTOR_ON if on else Verb.TUTOR_OFF,
            actor=actor,
            object_kind="activity" if row else capability or "course",
            object_id=row.pk if row else course.pk,
        )
