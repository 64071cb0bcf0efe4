"""Every call of a model: set aside before it, settled after it, and lost when its caller is.

A charge stands in the tallies of the month that it was opened in, whenever it is settled. Those
of one institution are changed by one transaction at a time (the row of the institution itself is
locked first), so that however many ask together, what is set aside and spent passes no hard cap.
What an endpoint then counts beyond its worst estimate is spent all the same, and is counted.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agents.models.money import Charge, Tally
from agents.spend.caps import Cap, caps
from agents.spend.who import Capability, For
from tutorai.errors import BudgetSpent

PAUSE = 60 * 60.0  # seconds until a job looks whether there is money again
GRACE = 60.0  # seconds that a call may be silent beyond its own limit
OLD = timedelta(days=400)  # tallies are kept as long

# Told of each charge that ended: capability, how (settled, lost), tokens read, tokens written,
# millionths of a dollar. Handed over at boot.
seen: Callable[[str, str, int, int, int], None] | None = None


@dataclass(frozen=True)
class Used:
    """What a call used. `spent` is in millionths of a dollar."""

    spent: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    endpoint: str = ""
    model: str = ""


@dataclass(frozen=True)
class Standing:
    """How a caller stands: `left` until the next hard cap, `soft` when a soft cap is reached."""

    left: int
    soft: bool


def month() -> date:
    """Return the first day of this month, UTC."""
    return timezone.now().date().replace(day=1)


def standing(who: For) -> Standing:
    """Tell how the caller stands now; what is set aside counts as spent."""
    held = caps(who)
    rows = Tally.objects.filter(
        institution=who.institution_id, month=month(), key__in=[cap.key for cap in held]
    )
    spent = {row.key: row.reserved + row.settled for row in rows}
    left = [cap.hard - spent.get(cap.key, 0) for cap in held if cap.hard is not None]
    soft = [cap.soft <= spent.get(cap.key, 0) for cap in held if cap.soft is not None]
    return Standing(min(left), any(soft))


@transaction.atomic
def reserve(who: For, amount: int) -> Charge:
    """Set `amount` aside, and return the charge that holds it. Raises BudgetSpent."""
    now, keys, first = timezone.now(), list(who.headings()), month()
    Tally.objects.bulk_create(
        [Tally(institution_id=who.institution_id, month=first, key=key) for key in keys],
        ignore_conflicts=True,
    )
    _take(_locked(who.institution_id, first, keys), caps(who), amount)
    return Charge.objects.create(
        institution_id=who.institution_id,
        course_id=who.course_id,
        user_id=who.user_id,
        capability=who.capability,
        message=who.message_id,
        month=first,
        reserved=amount,
        opened_at=now,
        alive_until=_alive(now),
    )


@transaction.atomic
def more(charge_id: UUID, amount: int) -> None:
    """Set as much more aside for a charge under way, and let it live on. Raises BudgetSpent."""
    charge = Charge.objects.select_for_update().get(pk=charge_id)
    charge.alive_until = _alive(timezone.now())
    if charge.state == Charge.State.OPEN and amount > 0:
        who = of(charge)
        tallies = _locked(charge.institution_id, charge.month, who.headings())
        _take(tallies, caps(who), amount)
        charge.reserved += amount
    charge.save(update_fields=["alive_until", "reserved"])


@transaction.atomic
def settle(charge_id: UUID, used: Used) -> None:
    """Give back what was set aside, and count what was used. A second time changes nothing.

    One that was taken for lost is corrected.
    """
    charge = Charge.objects.select_for_update().filter(pk=charge_id).first()
    if charge is None or charge.state == Charge.State.SETTLED:
        return
    _count(charge, Charge.State.SETTLED, used.spent)
    charge.tokens_in, charge.tokens_out = used.tokens_in, used.tokens_out
    charge.endpoint, charge.model = used.endpoint[:80], used.model
    charge.save()
    _tell(charge)


def lose() -> int:
    """Count as spent what was set aside by callers that are gone; return how many there were."""
    gone = Charge.objects.filter(state=Charge.State.OPEN, alive_until__lt=timezone.now())
    return sum(_lost(pk) for pk in gone.values_list("pk", flat=True))


@transaction.atomic
def _lost(charge_id: UUID) -> int:
    gone = Charge.objects.filter(state=Charge.State.OPEN, alive_until__lt=timezone.now())
    charge = gone.select_for_update(skip_locked=True).filter(pk=charge_id).first()
    if charge is None:
        return 0  # it was settled meanwhile, or lives on
    _count(charge, Charge.State.LOST, charge.reserved)
    charge.save()
    _tell(charge)
    return 1


def tidy() -> None:
    """End what nobody ends any more; let go of tallies of long ago, which name people by ids."""
    lose()
    Tally.objects.filter(month__lt=(timezone.now() - OLD).date()).delete()


def _take(tallies: Sequence[Tally], under: Iterable[Cap], amount: int) -> None:
    held = {row.key: row.reserved + row.settled for row in tallies}
    if any(cap.hard is not None and held.get(cap.key, 0) + amount > cap.hard for cap in under):
        raise BudgetSpent(retry_after=PAUSE)
    rows = Tally.objects.filter(pk__in=[row.pk for row in tallies])
    rows.update(reserved=F("reserved") + amount)


def _count(charge: Charge, state: Charge.State, spent: int) -> None:
    """Move a charge from what is set aside to what is spent."""
    tallies = _locked(charge.institution_id, charge.month, of(charge).headings())
    opened = charge.state == Charge.State.OPEN
    rows = Tally.objects.filter(pk__in=[row.pk for row in tallies])
    rows.update(
        reserved=F("reserved") - (charge.reserved if opened else 0),
        settled=F("settled") + spent - charge.spent,
    )
    charge.state, charge.spent, charge.settled_at = state, spent, timezone.now()


def _locked(institution_id: UUID, first: date, keys: Iterable[str]) -> list[Tally]:
    """Lock the tallies, that of the institution first: so nobody waits in a circle."""
    rows = Tally.objects.filter(institution=institution_id, month=first, key__in=list(keys))
    return list(rows.order_by("key").select_for_update(no_key=True))


def of(charge: Charge) -> For:
    """For whom a charge was opened."""
    return For(
        charge.institution_id, charge.course_id, charge.user_id, Capability(charge.capability)
    )


def _alive(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.MODEL_TOTAL_SECONDS + GRACE)


def _tell(charge: Charge) -> None:
    """Tell whoever counts, once it is so."""
    if seen is not None:
        told = (charge.capability, charge.state, charge.tokens_in, charge.tokens_out, charge.spent)
        transaction.on_commit(partial(seen, *told))
