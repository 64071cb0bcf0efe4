"""Hand over or erase all that is held of one person. Prints a receipt, one JSON object."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tutorai import forgetting
from tutorai.errors import TutorError


class Command(BaseCommand):
    help = "Say what is held of a person of a school; write it to a file; with --yes, erase it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", required=True, metavar="SLUG", help="their school")
        parser.add_argument("--user", required=True, type=UUID, metavar="ID", help="their id here")
        parser.add_argument("--export", type=Path, metavar="FILE", help="a ZIP that is made new")
        parser.add_argument("--yes", action="store_true", help="erase it, for good")

    def handle(
        self, *, institution: str, user: UUID, export: Path | None, yes: bool, **_: Any
    ) -> str:
        told: dict[str, Any] = {"institution": institution, "user": str(user), "erased": yes}
        try:
            person = forgetting.find(institution, user)
            told["account"] = forgetting.has_account(person)
            if export is not None:
                told |= {"export": str(export), "exported": forgetting.export(person, export)}
            told |= forgetting.erase(person) if yes else {"held": forgetting.lines(user)}
        except (TutorError, OSError) as error:
            raise CommandError(str(error)) from error
        told |= {"by_themselves": forgetting.by_themselves(), "at": timezone.now().isoformat()}
        return json.dumps(told, ensure_ascii=False)
