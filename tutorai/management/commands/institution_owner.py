"""Invite the first owner of a school."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from tutorai import people
from tutorai.errors import TutorError
from tutorai.management.commands.lti_register import school
from tutorai.models import Office


class Command(BaseCommand):
    help = "Print a link by which somebody becomes an owner of a school, once, within seven days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", required=True, help="its name or slug")
        parser.add_argument("--email", required=True, help="the address that the account will have")

    @transaction.atomic
    def handle(self, **given: Any) -> None:
        name, email = given["institution"].strip(), given["email"].strip()
        if not name:
            raise CommandError("--institution is empty.")
        try:
            validate_email(email)
            _row, secret = people.invite(school(name), email, Office.Role.OWNER)
        except ValidationError as error:
            raise CommandError("--email is no address.") from error
        except TutorError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps({"url": people.link(secret)}))
