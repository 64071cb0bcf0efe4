"""Move every stored secret to the newest key, so that an older one can leave SECRET_KEYS."""

import json
from collections import Counter
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Model

from agents.models.money import Endpoint
from connectors.models import APPLICATION, PURPOSE, Application, Consent, Token
from lti.models import ToolKey
from tutorai import crypto
from tutorai.errors import SecretUnreadable
from tutorai.lmsdm.models import Institution
from tutorai.models import OIDC_CLIENT, SECOND_FACTOR, IdentityProvider

# Where secrets rest, and for which purpose they were encrypted.
PLACES: tuple[tuple[type[Model], str, str], ...] = (
    (Institution, "model_key", "model-key"),
    (Endpoint, "key", "model-key"),
    (ToolKey, "private_key", "tool-key"),
    (Token, "access", PURPOSE),
    (Token, "refresh", PURPOSE),
    (Application, "client_secret", APPLICATION),
    (Consent, "verifier", PURPOSE),
    (IdentityProvider, "client_secret", OIDC_CLIENT),
)
FACTORS = ("secret", "seed")  # the names of secrets within an Authenticator's data


class Command(BaseCommand):
    help = "Encrypt every stored secret anew with the first of SECRET_KEYS; print counts."

    def handle(self, **_: Any) -> None:
        counts = Counter({"moved": 0, "current": 0, "unreadable": 0})
        for model, column, purpose in PLACES:
            held = model._default_manager.exclude(**{column: ""})
            for pk in held.values_list("pk", flat=True):
                counts[move(model, pk, column, purpose)] += 1
        for pk in Authenticator.objects.values_list("pk", flat=True):
            for name in FACTORS:
                counts[move_factor(pk, name)] += 1
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


@transaction.atomic
def move_factor(pk: int, name: str) -> str:
    """Do the same for a secret of a second factor; most have none of that name."""
    row = Authenticator.objects.select_for_update(no_key=True).filter(pk=pk).first()
    before = row.data.get(name) if row else None
    if row is None or not before:
        return "current"
    try:
        row.data[name] = crypto.reencrypt(before, purpose=SECOND_FACTOR)
    except SecretUnreadable:
        return "unreadable"
    if row.data[name] == before:
        return "current"
    row.save(update_fields=["data"])
    return "moved"
