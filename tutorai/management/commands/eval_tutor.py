"""`eval_tutor`: how the tutor does on a scenario set, with one model."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.evaluation import evaluating
from agents.evaluation.run import AT_ONCE, CENTS
from agents.evaluation.scenarios import OWN, named
from tutorai.errors import TutorError


def _few(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 32:
        raise ArgumentTypeError("1 to 32")
    return number


class Command(BaseCommand):
    help = (
        "Take a scenario set through the whole tutor with one endpoint; print the figures as JSON, "
        "keep the report and compare it with the last one. Nothing is left behind but the report."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        sets = ", ".join(named())
        parser.add_argument(
            "--set", default=OWN, dest="sets", help=f"a file, or one of ours: {OWN}, {sets}"
        )
        parser.add_argument(
            "--endpoint", required=True, help="its name; `installation`: what the settings name"
        )
        parser.add_argument("--institution", default="", help="the slug of whose endpoint it is")
        parser.add_argument(
            "--judge", default="", help="the name of an endpoint whose model judges the teaching"
        )
        parser.add_argument(
            "--persona", default="", help="the id of a course whose persona is used"
        )
        parser.add_argument("--cents", type=int, default=CENTS, help="all that it may cost")
        parser.add_argument("--at-once", type=_few, default=AT_ONCE, help="conversations")

    def handle(self, **asked: Any) -> str:
        if settings.DEVELOPMENT:  # a folder of one's own may hold no tables yet
            call_command("migrate", verbosity=0)
        try:
            wish = evaluating.Wish(
                sets=asked["sets"],
                endpoint=asked["endpoint"],
                institution=asked["institution"],
                judge=asked["judge"],
                persona=asked["persona"],
                cents=asked["cents"],
                at_once=asked["at_once"],
            )
            return json.dumps(evaluating.evaluate(wish), ensure_ascii=False)
        except TutorError as error:
            raise CommandError(str(error)) from error
