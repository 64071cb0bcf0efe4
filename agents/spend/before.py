"""How it was before `agents.spend.ledger`, until the turn has moved.

Amounts are whole millionths of a US dollar; a price in dollars for a million tokens is the same
number of millionths for one token.
"""

from math import ceil
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from agents.models.talk import Spend
from tutorai.errors import BudgetSpent
from tutorai.lmsdm.models import Institution

CENT = 10_000  # millionths of a dollar
PAUSE = 60 * 60.0  # seconds until a job looks whether there is money again


def cost(tokens_in: int, tokens_out: int) -> int:
    """Return the price of a call, in millionths of a dollar, rounded up."""
    price: float = tokens_in * settings.MODEL_PRICE_IN + tokens_out * settings.MODEL_PRICE_OUT
    return ceil(price)


def embedding_cost(tokens: int) -> int:
    """Return the price of texts turned into vectors, in millionths of a dollar, rounded up."""
    price: float = tokens * settings.EMBEDDING_PRICE
    return ceil(price)


def reserve(institution: Institution, amount: int) -> None:
    """Set `amount` aside, or raise BudgetSpent. One statement, so callers cannot pass together."""
    month = timezone.now().date().replace(day=1)
    cents = institution.monthly_cap_cents
    cap = (settings.MONTHLY_CAP_CENTS if cents is None else cents) * CENT
    Spend.objects.bulk_create([Spend(institution=institution, month=month)], ignore_conflicts=True)
    row = Spend.objects.filter(
        institution=institution, month=month, settled__lte=cap - amount - F("reserved")
    )
    if not row.update(reserved=F("reserved") + amount):
        raise BudgetSpent(retry_after=PAUSE)


def settle(institution_id: UUID, reserved: int, spent: int) -> None:
    """Give the reservation back and count what was really spent, in this month."""
    month = timezone.now().date().replace(day=1)
    Spend.objects.filter(institution_id=institution_id, month=month).update(
        reserved=Greatest(F("reserved") - reserved, 0), settled=F("settled") + spent
    )
