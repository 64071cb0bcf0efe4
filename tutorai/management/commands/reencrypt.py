"""Move every stored secret to the newest key, so that an older one can leave SECRET_KEYS."""

import json
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Model

from connectors.models import PURPOSE, Token
from lti.models import ToolKey
from tutorai import crypto
from tutorai.errors import SecretUnreadable
from tutorai.lmsdm.models import Institution

# Where secrets rest, and for which purpose they were encrypted.
PLACES: tuple[tuple[type[Model], str, str], ...] = (
    (Institution, "model_key", "model-key"),
    (ToolKey, "private_key", "tool-key"),
    (Token, "access", PURPOSE),
    (Token, "refresh", PURPOSE),
)


class Command(BaseCommand):
    help = "Encrypt every stored secret anew with the first of SECRET_KEYS; print counts."

    def handle(self, **_: Any) -> None:
        counts = Counter({"moved": 0, "current": 0, "unreadable": 0})
        for model, column, purpose in PLACES:
            held = model._default_manager.exclude(**{column: ""})
            for pk in held.values_list("pk", flat=True):
                counts[move(model, pk, column, purpose)] += 1
        self.stdout.write(json.dumps(counts))


@transaction.atomic
def move(model: type[Model], pk: Any, column: str, purpose: str) -> str:
    """Encrypt one secret anew, and tell what became of it: nobody stores another meanwhile."""
    row = model._default_manager.filter(pk=pk)
    before = row.select_for_update(no_key=True).values_list(column, flat=True).first()
    if not before:
        return "current"  # it was taken away since
    try:
        after = crypto.reencrypt(before, purpose=purpose)
    except SecretUnreadable:
        return "unreadable"
    # Not `save`: that would tell another time of receipt.
    return "moved" if after != before and row.update(**{column: after}) else "current"
