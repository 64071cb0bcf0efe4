"""Enter an application that serves every school: what an LMS knows Tutor.AI by."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors import applications, registry
from tutorai.errors import TutorError
from tutorai.http import base_of, check_url


class Command(BaseCommand):
    help = "Store an operator's application (Canvas developer key, Blackboard application). The secret is read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lms", required=True, choices=sorted(applications.ASKING))
        parser.add_argument("--client-id", required=True, help="Blackboard: the application key")
        parser.add_argument(
            "--base-url",
            default="",
            help="of one LMS; left out: every site on the vendor's own domain (Blackboard)",
        )

    def handle(self, *, lms: str, client_id: str, base_url: str, **_: Any) -> None:
        registry.dialect(lms)
        if not base_url and lms not in applications.VENDORS:
            raise CommandError(f"--base-url: a {lms} has no domain of its vendor's alone.")
        try:
            base = check_url(base_of(base_url)) if base_url else ""
        except (ValueError, TutorError) as error:
            raise CommandError(str(error)) from error
        secret = sys.stdin.readline().strip()
        if not secret:
            raise CommandError("No secret came in by standard input.")
        row = applications.keep(None, lms=lms, base_url=base, client_id=client_id, secret=secret)
        told = {"application_id": str(row.pk), "lms": lms, "base_url": row.base_url}
        self.stdout.write(json.dumps(told))
