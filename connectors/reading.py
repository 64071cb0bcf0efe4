"""Read one course: LMS → LMS-DM.

First everything that is listed, complete, in one transaction; then the content of what is new
or different, piece by piece. Whoever dies in the middle loses nothing: what was read carries
its version and is not read again.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from connectors import outline
from connectors.base import Connector
from connectors.models import Connector as Row
from connectors.models import SyncCursor
from tutorai.errors import (
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSUnauthorised,
    LMSUnavailable,
    TooBig,
    TutorError,
    UrlRefused,
)
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Assignment, ContentItem, TocNode
from tutorai.lmsdm.schema import Kind, Unreadable

logger = logging.getLogger(__name__)

IN_MEMORY = 1024 * 1024  # bytes of a download before it goes to disk
# An LMS's clock counts whole seconds, and is not ours: what changed this lately may change
# again under the same date, so it is read once more next time.
UNSETTLED = timedelta(minutes=2)
FAULTS = 200  # noted of one run; the rest is counted
SILENT = 3  # items in a row without an answer, before we ask whether the LMS gives any at all
WHOLE = "course"  # the cursor's kind: one complete reading

Show = Callable[[int, int, str], None]
Told = Callable[[UUID], None]


@dataclass
class Reading:
    """How one run went."""

    seen: Counter[str] = field(default_factory=Counter)
    changed: set[UUID] = field(default_factory=set)
    faults: list[dict[str, str]] = field(default_factory=list)
    suspect: bool = False  # so much was missing that nothing was taken out
    missing: int = 0  # things that were not told any more and were left, being too many
    silent: int = 0  # items in a row that got no answer

    @property
    def status(self) -> SyncCursor.Status:
        """Green only without a single fault."""
        if self.suspect:
            return SyncCursor.Status.SUSPECT
        return SyncCursor.Status.PARTIAL if self.faults else SyncCursor.Status.OK


def read(
    lms: Connector, row: Row, course_id: UUID, *, show: Show, told: Told, anyway: bool = False
) -> Reading:
    """Make the course say what the LMS says.

    `show(done, total, step)` is called before each piece and may raise to stop; `told(item)`
    inside the transaction that changed an item's content. `anyway` takes out what is missing,
    however much. Raises LMSError when the LMS as a whole gives no answer: no list, or its
    breaker is open, or it is silent on `SILENT` items in a row and on the course itself. What
    fails for items alone is noted in the reading.
    """
    reading = Reading()
    show(0, 0, "course")
    # The id we asked by may be another form of the one that is told.
    course = lms.course(row.external_id).model_copy(update={"course_id": row.external_id})
    store.save_course(institution_id=row.institution_id, source=row.source, course=course)
    listed = _listed(lms, row.external_id, show)
    show(0, len(listed), "toc")
    nodes = lms.toc(row.external_id)
    show(0, len(listed), "assignments")
    work = lms.assignments(row.external_id)
    known = {item.item_id: item for item in listed}
    listed += outline.bare(nodes, known)
    items = outline.placed(listed, nodes, lms.unlisted(row.external_id))
    reading.seen.update(item.kind.value for item in items)
    with transaction.atomic():
        _settle(row, course_id, items, nodes, work, reading, told, anyway)
    for done, item in enumerate(items):
        show(done, len(items), "content")
        _content(lms, row, course_id, item, reading, told)
    show(len(items), len(items), "index")
    return reading


def _listed(lms: Connector, course: str, show: Show) -> list[schema.ContentItem]:
    found: list[schema.ContentItem] = []
    for answer in lms.listing(course):
        show(0, len(found), "lists")
        found += answer()
    return found


def _settle(
    row: Row,
    course_id: UUID,
    items: list[schema.ContentItem],
    nodes: list[schema.TocNode],
    work: list[schema.Assignment],
    reading: Reading,
    told: Told,
    anyway: bool,
) -> None:
    """Store what was listed, and take out what is listed no more unless that is too much."""
    source = row.source
    changed = store.save_items(course_id=course_id, source=source, items=items)
    gone = store.retire_items(
        course_id=course_id, source=source, told={item.item_id for item in items}, anyway=anyway
    )
    lines = TocNode.objects.filter(course_id=course_id, source=source).count()
    shrunk = store.too_many(lines - len(nodes), lines) and not anyway
    if not shrunk:
        store.save_toc(course_id=course_id, source=source, nodes=nodes)
    store.save_assignments(course_id=course_id, source=source, assignments=work)
    left = store.retire_assignments(
        course_id=course_id,
        source=source,
        told={each.assignment_id for each in work},
        anyway=anyway,
    )
    reading.suspect = gone is None or left is None or shrunk
    if reading.suspect:
        reading.missing = _missing(row, course_id, items, work) or lines - len(nodes)
    for item in [*changed, *(gone or [])]:
        reading.changed.add(item.pk)
        if item.sha256:
            told(item.pk)


def _missing(
    row: Row, course_id: UUID, items: list[schema.ContentItem], work: list[schema.Assignment]
) -> int:
    """Return how many things we hold that were not told; an assignment and its item are one."""
    alive = {"course_id": course_id, "source": row.source, "deleted_at": None}
    held = ContentItem.objects.filter(**alive).values_list("source_id", flat=True)
    works = Assignment.objects.filter(**alive).values_list("source_id", flat=True)
    lost = {*held} - {item.item_id for item in items}
    return len(lost | ({*works} - {each.assignment_id for each in work}))


def _content(
    lms: Connector,
    row: Row,
    course_id: UUID,
    item: schema.ContentItem,
    reading: Reading,
    told: Told,
) -> None:
    """Read one item's content, unless we hold that very version; note what goes wrong."""
    held = ContentItem.objects.get(course_id=course_id, source=row.source, source_id=item.item_id)
    if item.unreadable or (item.version and held.version == item.version):
        return
    try:
        changed = _fetched(lms, row, item, held, told)
    except TooBig:
        _unreadable(held, Unreadable.TOO_BIG)
        reading.silent = 0
    except LMSUnavailable as error:
        reading.silent += 1
        if error.retry_after:
            raise
        if reading.silent % SILENT == 0:
            lms.course(row.external_id)  # raises when it is the LMS, and not these items
        _lost(held, item, reading, error)
    except LMSUnauthorised as error:
        if item.kind is not Kind.FILE:
            raise
        lms.course(row.external_id)  # raises, unless only this file asks for more than the token
        _lost(held, item, reading, error)
    except (LMSNotFound, LMSRefused, LMSMisunderstood, UrlRefused) as error:
        reading.silent = 0
        _lost(held, item, reading, error)
    else:
        reading.silent = 0
        if changed:
            reading.changed.add(held.pk)


def _lost(held: ContentItem, item: schema.ContentItem, reading: Reading, error: TutorError) -> None:
    """Note why an item could not be read; what we hold of it stays."""
    logger.info("Item %s of course %s: %s", held.pk, held.course_id, error.code)
    _note(reading, item, error)
    if not held.sha256:
        shut = isinstance(error, LMSRefused | LMSUnauthorised)
        _unreadable(held, Unreadable.LOCKED if shut else Unreadable.FAILED)


def _fetched(
    lms: Connector, row: Row, item: schema.ContentItem, held: ContentItem, told: Told
) -> bool:
    """Fetch and store one item's content; return whether it changed."""
    version = item.version
    if item.updated_at and timezone.now() - item.updated_at < UNSETTLED:
        version += store.FRESH
    if item.kind is Kind.FILE:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
            lms.download(row.external_id, item, spool, settings.UPLOAD_LIMIT)
            spool.seek(0)
            return _stored(
                held, told, lambda: store.save_blob(held, content=File(spool), version=version)
            )
    paged = item.kind is Kind.PAGE
    html = lms.body(row.external_id, item) if paged else item.body
    if not html and not held.sha256:
        _unreadable(held, Unreadable.NO_TEXT)
        return False
    return _stored(held, told, lambda: store.save_body(held, html=html, version=version))


def _stored(held: ContentItem, told: Told, save: Callable[[], bool]) -> bool:
    """Store and tell in one transaction: what is stored will be indexed."""
    with transaction.atomic():
        changed = save()
        if changed:
            if held.unreadable:
                _unreadable(held, None)
            told(held.pk)
    return changed


def _unreadable(held: ContentItem, reason: Unreadable | None) -> None:
    held.unreadable = reason.value if reason else ""
    held.save(update_fields=["unreadable"])


def _note(reading: Reading, item: schema.ContentItem, error: TutorError) -> None:
    if len(reading.faults) < FAULTS:
        reading.faults.append({"item": item.item_id, "code": error.code})


def finish(row: Row, course_id: UUID, reading: Reading) -> None:
    """Write down how a run ended."""
    now = timezone.now()
    cursor, _ = SyncCursor.objects.get_or_create(connector=row, course_id=course_id, kind=WHOLE)
    cursor.status = reading.status
    cursor.error = ""
    cursor.faults = reading.faults
    cursor.cursor = dict(reading.seen)
    if reading.suspect:
        cursor.cursor["missing"] = reading.missing
    cursor.seen, cursor.changed = reading.seen.total(), len(reading.changed)
    cursor.generation = F("generation") + 1
    if reading.status is SyncCursor.Status.OK:
        cursor.last_ok_at = now
    cursor.save()
    Row.objects.filter(pk=row.pk).update(error="")


def fail(row: Row, course_id: UUID, error: TutorError) -> None:
    """Write down that a run found no answer; what was read before stays as it is."""
    cursor, _ = SyncCursor.objects.get_or_create(connector=row, course_id=course_id, kind=WHOLE)
    cursor.status, cursor.error = SyncCursor.Status.FAILED, error.code
    cursor.save(update_fields=["status", "error", "tried_at"])
    Row.objects.filter(pk=row.pk).update(error=error.code)
