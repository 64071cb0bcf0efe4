"""The bench's worker: the product's own app, and a task that sends a grade without a ledger.

Started as `celery -A tests.bench.plain worker`.
"""

from decimal import Decimal
from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from tutorai.celery import Queue
from tutorai.celery import app as app

DONE = "bench:plain"  # counts grades sent, in Redis


@shared_task(name="tests.bench.plain.send", queue=Queue.GRADES.value)  # type: ignore[untyped-decorator]
def send(line_item_id: str, user_id: str, points: str, comment: str) -> None:
    """Make the calls that the ledger makes for a grade: read what is there, send the score."""
    from lti import ags
    from tutorai.ledger.outcomes import Grade
    from tutorai.lmsdm.models import LineItem

    item = LineItem.objects.select_related("course").get(pk=line_item_id)
    cell: Any = ags.cell(item, user_id)  # type: ignore[arg-type]  # a message holds text
    cell.read()
    grade = Grade(Decimal(points), Decimal(100), comment, timezone.now())
    if cell.send(cell.write(grade)).status != 200:
        raise RuntimeError("the LMS did not take it")
    cache.incr(DONE)
