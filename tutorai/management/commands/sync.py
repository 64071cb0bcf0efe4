"""Read courses from their LMS now. Prints one JSON object."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from connectors.models import Connector, SyncCursor
from tutorai import flows, syncing
from tutorai.ledger import attempts
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Institution


class Command(BaseCommand):
    help = "Read one course, or all connected courses of a school, from their LMS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        named = parser.add_mutually_exclusive_group(required=True)
        named.add_argument("--course", help="a course's id")
        named.add_argument("--institution", help="a school's slug: all its courses")
        parser.add_argument("--quick", action="store_true", help="only what changed lately")
        parser.add_argument("--later", action="store_true", help="leave it to the workers")

    def handle(
        self,
        *,
        course: str | None,
        institution: str | None,
        quick: bool,
        later: bool,
        **_: Any,
    ) -> str:
        told = []
        for row in _rows(course, institution).select_related("course"):
            if row.course is None:
                continue
            job = syncing.ask(row, row.course, full=not quick)
            if not later:
                attempts.attempt(job.pk, flows.WORK)
                job.refresh_from_db()
            told.append({"course": str(row.course.pk), **_ended(row, job)})
        return json.dumps({"courses": told})


def _rows(course: str | None, institution: str | None) -> QuerySet[Connector]:
    """Return the connections that are meant; raise CommandError where there is none."""
    active = Connector.objects.filter(course__isnull=False).exclude(status=Connector.Status.PAUSED)
    if course is not None:
        try:
            rows = active.filter(course=UUID(course))
        except ValueError as error:
            raise CommandError("--course needs a course's id.") from error
        if not rows.exists():
            raise CommandError("No connection reads this course.")
        return rows
    if not Institution.objects.filter(slug=institution).exists():
        raise CommandError("There is no such school.")
    return active.filter(institution__slug=institution).order_by("pk")


def _ended(row: Connector, job: Job) -> dict[str, Any]:
    """Return how a job stands, and how each kind was read last."""
    kinds = {
        cursor.kind: {
            "status": cursor.status,
            "seen": cursor.seen,
            "changed": cursor.changed,
            "faults": len(cursor.faults),
            "error": cursor.error,
        }
        for cursor in SyncCursor.objects.filter(connector=row)
    }
    return {"job": str(job.pk), "state": job.state, "error": job.error, "read": kinds}
