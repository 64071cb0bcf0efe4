"""`eval_retrieval`: how well a course's own questions find the page that answers them."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from agents import measure


class Command(BaseCommand):
    help = "Import a course, ask its questions through the real search, print the figures as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--course", required=True, type=Path, help="pages, one JSON a line")
        parser.add_argument("--questions", required=True, type=Path, help="with gold_item_ids")
        parser.add_argument("--offtopic", type=Path, help="questions the course does not answer")
        parser.add_argument(
            "--half",
            choices=["odd", "even"],
            help="only every other question (even: tuned on)",
        )
        parser.add_argument(
            "--keep",
            action="store_true",
            help="keep computed vectors, for the next run",
        )

    def handle(
        self,
        *,
        course: Path,
        questions: Path,
        offtopic: Path | None,
        half: str | None,
        keep: bool,
        **_: Any,
    ) -> str:
        if settings.DEVELOPMENT:  # a folder of one's own may hold no tables yet
            call_command("migrate", verbosity=0)
        asked = measure.lines(questions)
        if half:
            asked = asked[0 if half == "even" else 1 :: 2]
        with measure.imported(measure.lines(course), keep=keep) as trial:
            figures = measure.run(trial, asked, measure.lines(offtopic) if offtopic else [])
        return json.dumps(figures)
