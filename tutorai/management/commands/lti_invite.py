"""Invite a school to register its platform by itself."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from lti import invites
from tutorai.management.commands.lti_register import school


class Command(BaseCommand):
    help = "Print a link by which one platform may register itself for a school, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", required=True, help="its name or slug")
        parser.add_argument("--days", type=int, default=7, help="the link holds so long (7)")

    @transaction.atomic
    def handle(self, **given: Any) -> None:
        if not given["institution"].strip():
            raise CommandError("--institution is empty.")
        if not 1 <= given["days"] <= 90:
            raise CommandError("--days takes 1 to 90.")
        ends = timezone.now() + timedelta(days=given["days"])
        secret = invites.make(school(given["institution"].strip()), expires_at=ends)
        self.stdout.write(json.dumps({"url": f"{settings.PUBLIC_URL}/lti/register/{secret}"}))
