"""Make the key that signs next; with --now take the old ones back at once, for one has leaked."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from lti import keys
from lti.models import Registration, ToolKey

BREAKS = (
    "Platforms that hold our old keys refuse our service calls and the answers of deep linking "
    "until they fetch {url} again: most do so when they meet a key they do not know, all within "
    "a day. Launches go on."
)
PASTE = "Nothing we send there is accepted until the new public key is pasted in the platform."


class Command(BaseCommand):
    help = "Make the next key pair, which signs in a day; print one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--now",
            action="store_true",
            help="a key has leaked: take all of them back, sign with a new one at once",
        )
        parser.add_argument(
            "--registration",
            type=UUID,
            help="the id of a registration that has a key of its own: only that one's key",
        )

    def handle(self, **given: Any) -> None:
        row = _registration(given["registration"])
        if given["now"]:
            told = _taken_back(row)
        elif row:
            told = {**_key(keys.give(row)), "public_jwk": keys.give(row).public_jwk}
        else:
            keys.ensure()
            told = _key(keys.rotate(early=True) or keys.waiting() or keys.signer())
        self.stdout.write(json.dumps(told))


def _registration(pk: UUID | None) -> Registration | None:
    row = Registration.objects.filter(pk=pk).first() if pk else None
    if pk and not (row and row.own_key):
        raise CommandError("--registration names none that has a key of its own.")
    return row


def _taken_back(row: Registration | None) -> dict[str, Any]:
    made = keys.replace(row)
    told = {**_key(made), "breaks": PASTE if row else BREAKS.format(url="/lti/jwks")}
    return {**told, "public_jwk": made.public_jwk} if row else told


def _key(key: ToolKey | None) -> dict[str, Any]:
    assert key is not None  # ensured
    at = key.signs_from
    return {"kid": key.public_jwk["kid"], "signs_from": at.isoformat() if at else None}
