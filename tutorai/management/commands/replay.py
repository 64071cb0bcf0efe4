"""Dig buried jobs up and run them again."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tutorai import letters
from tutorai.ledger.models import Job, JobQuery
from tutorai.lmsdm.models import Institution


class Command(BaseCommand):
    help = "Run buried jobs again, the oldest first: all, those named, or those the options leave."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=UUID, help="only these jobs")
        parser.add_argument("--kind", help="only jobs of this kind, e.g. sync_course")
        parser.add_argument("--queue", help="only jobs of this queue, e.g. sync")
        parser.add_argument("--error", help="only jobs buried for this cause, a code")
        parser.add_argument("--institution", metavar="SLUG", help="only jobs of this school")
        parser.add_argument("--older", type=float, metavar="HOURS", help="only if buried as long")
        parser.add_argument("--limit", type=int, metavar="N", help="no more than N jobs")
        parser.add_argument("--dry-run", action="store_true", help="list, change nothing")

    def handle(self, *, dry_run: bool, **given: Any) -> None:
        picked = [job for job in chosen(**given) if dry_run or letters.retry(job)]
        told = {"replayed": 0 if dry_run else len(picked), "jobs": [str(job.pk) for job in picked]}
        self.stdout.write(json.dumps({**told, "dry_run": dry_run}))


def chosen(
    *,
    ids: list[UUID],
    kind: str | None,
    queue: str | None,
    error: str | None,
    institution: str | None,
    older: float | None,
    limit: int | None,
    **_: Any,
) -> JobQuery:
    """Return the buried jobs that the options leave; raise CommandError when there is no such."""
    if limit is not None and limit < 1:
        raise CommandError("--limit takes 1 or more.")
    if institution and not Institution.objects.filter(slug=institution).exists():
        raise CommandError(f"There is no institution {institution}.")
    asked = {"kind": kind, "queue": queue, "error": error, "institution__slug": institution}
    rows = Job.objects.filter(state=Job.State.BURIED).order_by("finished_at")
    rows = rows.filter(**{column: value for column, value in asked.items() if value})
    if ids:
        rows = rows.filter(pk__in=ids)
    if older is not None:
        rows = rows.filter(finished_at__lte=timezone.now() - timedelta(hours=older))
    return rows[:limit]
