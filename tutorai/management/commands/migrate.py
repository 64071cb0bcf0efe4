"""Django's `migrate`, as the owner of the tables; then the application's role gets its rights."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from tutorai import rights


class Command(Migrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=rights.owner())

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        looks = options["plan"] or options["check_unapplied"]
        if options["database"] == "owner" and rights.parted() and not looks:
            _let_in()


def _let_in() -> None:
    """Make the application's role where it is missing, and give it its rights."""
    named = settings.DATABASES["default"]
    owner = connections["owner"]
    owner.ensure_connection()
    try:
        rights.make_role(owner.connection, named["USER"], named["PASSWORD"])
        rights.grant(owner.connection, named["USER"])
    except psycopg.Error as error:
        told = f"The owner cannot let {named['USER']} in: {str(error).splitlines()[0]}."
        raise CommandError(told) from error
