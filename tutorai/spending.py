"""What an institution's calls of models came to in a month, its caps, and its switches.

Nobody is named: of people there is a number.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, Q, QuerySet, Sum, When

from agents import spend
from agents.models.money import Charge, Limit, Tally
from agents.models.teaching import Switch
from agents.spend.caps import operators
from agents.spend.ledger import month as this_month
from tutorai.errors import NotFound
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Course, Institution

MONTHS = 12  # that can be looked at


@dataclass(frozen=True)
class Line:
    """What was spent on one thing. `spent` is in millionths of a dollar."""

    name: str
    calls: int
    spent: int
    people: int = 0
    course: UUID | None = None


@dataclass(frozen=True)
class Month:
    """A month: what is spent and set aside, of how much, and by what."""

    first: date
    spent: int
    reserved: int
    cap: int
    people: int
    lost: int
    courses: list[Line]
    capabilities: list[Line]


def months(institution: Institution) -> list[date]:
    """Return the months in which something was called, this one first."""
    rows = Tally.objects.filter(institution=institution, key="").order_by("-month")
    held = list(rows.values_list("month", flat=True)[:MONTHS])
    return sorted({this_month(), *held}, reverse=True)[:MONTHS]


def month(institution: Institution, first: date) -> Month:
    """Return what there is to tell of one month."""
    rows = Charge.objects.filter(institution=institution, month=first)
    tally = Tally.objects.filter(institution=institution, month=first, key="").first() or Tally()
    told = rows.aggregate(people=Count("user", distinct=True), lost=Count("pk", Q(state="lost")))
    return Month(
        first=first,
        spent=tally.settled,
        reserved=tally.reserved,
        cap=operators(spend.For(institution.pk)) * spend.CENT,
        people=told["people"],
        lost=told["lost"],
        courses=_courses(rows),
        capabilities=_capabilities(rows),
    )


def _courses(rows: QuerySet[Charge]) -> list[Line]:
    found = rows.values("course", "course__title").annotate(
        calls=Count("pk"), cost=Sum(_cost()), people=Count("user", distinct=True)
    )
    return [
        Line(one["course__title"] or "", one["calls"], one["cost"], one["people"], one["course"])
        for one in found.order_by("-cost", "course")
    ]


def _capabilities(rows: QuerySet[Charge]) -> list[Line]:
    found = rows.values("capability").annotate(
        calls=Count("pk"), cost=Sum(_cost()), people=Count("user", distinct=True)
    )
    return [
        Line(one["capability"], one["calls"], one["cost"], one["people"])
        for one in found.order_by("-cost", "capability")
    ]


def _cost() -> Case:
    """What a charge takes of the budget: what is still under way, by what is set aside."""
    return Case(When(state="open", then="reserved"), default="spent")


def used(limit: Limit) -> int:
    """Return what was spent under a cap this month; of each person's, by whoever spent most."""
    rows = Tally.objects.filter(institution=limit.institution_id, month=this_month())
    if not limit.each_person:
        key = spend.heading(limit.course_id, None, limit.capability)
        row = rows.filter(key=key).first()
        return row.reserved + row.settled if row else 0
    before = f"{spend.heading(limit.course_id)} user:".lstrip()
    mine = rows.filter(key__startswith=before)
    named = Q(key__endswith=f" capability:{limit.capability}")
    mine = mine.filter(named) if limit.capability else mine.exclude(key__contains="capability:")
    return max((row.reserved + row.settled for row in mine), default=0)


def limits(institution: Institution) -> QuerySet[Limit]:
    """The institution's own caps: the widest first."""
    rows = Limit.objects.filter(institution=institution).select_related("course")
    return rows.order_by("each_person", "course__title", "capability")


@transaction.atomic
def cap(
    institution: Institution,
    *,
    course: Course | None,
    each_person: bool,
    capability: str,
    soft: int | None,
    hard: int | None,
    by: UUID,
) -> Limit:
    """Set a cap on one thing, in cents a month; it takes the place of the one before."""
    row, _made = Limit.objects.update_or_create(
        institution=institution,
        course=course,
        each_person=each_person,
        capability=capability,
        defaults={"soft_cents": soft, "hard_cents": hard},
    )
    _tell(Verb.CAP_SET, institution, by, "cap", row.pk)
    return row


@transaction.atomic
def uncap(institution: Institution, pk: UUID, *, by: UUID) -> None:
    """Take a cap away. Raises NotFound."""
    row = limits(institution).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    _tell(Verb.CAP_REMOVE, institution, by, "cap", row.pk)
    row.delete()


def off(institution: Institution) -> set[str]:
    """Return what is switched off for all courses: capabilities, "" for all of it."""
    rows = _switches(institution)
    return set(rows.values_list("capability", flat=True))


@transaction.atomic
def switch(institution: Institution, capability: str, *, on: bool, by: UUID) -> None:
    """Switch the tutor, or one thing that it does, on or off for all courses: from now on."""
    if capability:
        spend.Capability(capability)
    if on:
        changed = bool(_switches(institution).filter(capability=capability).delete()[0])
    else:
        _row, changed = Switch.objects.get_or_create(
            institution=institution,
            course=None,
            activity=None,
            capability=capability,
            defaults={"by": by},
        )
    if changed:
        kind = capability or "institution"
        _tell(Verb.TUTOR_ON if on else Verb.TUTOR_OFF, institution, by, kind, institution.pk)


def _switches(institution: Institution) -> QuerySet[Switch]:
    return Switch.objects.filter(institution=institution, course=None, activity=None)


def _tell(verb: Verb, institution: Institution, by: UUID, kind: str, pk: UUID) -> None:
    audit.record(verb=verb, account=by, institution=institution.pk, object_kind=kind, object_id=pk)
