"""The content of a course's items: of those whose version we do not hold, one after the other."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from connectors.base import Connector
from connectors.cursors import Outcome
from connectors.models import Connector as Row
from connectors.spool import Spool
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
from tutorai.lmsdm import cache, schema, store
from tutorai.lmsdm.models import ContentItem
from tutorai.lmsdm.schema import Kind, Unreadable

logger = logging.getLogger(__name__)

IN_MEMORY = 1024 * 1024  # bytes of a download before it goes to disk
# An LMS's clock counts whole seconds, and is not ours: what changed this lately may change
# again under the same date, so it is read once more next time.
UNSETTLED = timedelta(minutes=2)
SILENT = 3  # items in a row without an answer, before we ask whether the LMS gives any at all
# What reading found wrong, and what a good reading takes back.
OURS = frozenset({Unreadable.FAILED, Unreadable.LOCKED, Unreadable.TOO_BIG, Unreadable.NO_TEXT})

Show = Callable[[int, int, str], None]
Told = Callable[[UUID], None]


def unsettled(item: schema.ContentItem) -> bool:
    """Whether an item changed so lately that its date may soon mean something else."""
    return item.updated_at is not None and timezone.now() - item.updated_at < UNSETTLED


@dataclass
class Contents:
    """What it takes to read the content of one course, and how that goes."""

    lms: Connector
    row: Row
    course_id: UUID
    spool: Spool
    outcome: Outcome
    told: Told
    silent: int = 0  # items in a row that got no answer
    touched: set[UUID] = field(default_factory=set)  # items that are new, different or gone

    @property
    def where(self) -> dict[str, Any]:
        """What names the rows that this reading is about."""
        return {"course_id": self.course_id, "source": self.row.source}

    def read(self, items: list[schema.ContentItem], show: Show) -> None:
        """Read what is not held in the version that is told; note what goes wrong.

        Raises LMSError when it is the LMS that gives no answer, and not these items.
        """
        rows = ContentItem.objects.filter(**self.where)
        held = dict(rows.values_list("source_id", "version"))
        wanted = [
            item
            for item in items
            if not item.unreadable and (not item.version or held[item.item_id] != item.version)
        ]
        for done, item in enumerate(wanted):
            show(len(items) - len(wanted) + done, len(items), "content")
            self._one(item, rows.defer("body", "told").get(source_id=item.item_id))
        show(len(items), len(items), "index")

    def _one(self, item: schema.ContentItem, held: ContentItem) -> None:
        try:
            changed = self._fetched(item, held)
        except TooBig:
            self._unreadable(held, Unreadable.TOO_BIG, self._version(item))
            self.silent = 0
        except LMSUnavailable as error:
            self.silent += 1
            if error.retry_after:
                raise
            if self.silent % SILENT == 0:
                self._answers()  # raises when it is the LMS, and not these items
            self._lost(held, item, error)
        except LMSUnauthorised as error:
            if item.kind is not Kind.FILE:
                raise
            self._answers()  # raises, unless only this file asks for more than the token
            self._lost(held, item, error)
        except (LMSNotFound, LMSRefused, LMSMisunderstood, UrlRefused) as error:
            self.silent = 0
            self._lost(held, item, error)
        else:
            self.silent = 0
            if changed:
                self.touched.add(held.pk)

    def _answers(self) -> None:
        self.lms.course(self.row.external_id)

    def _lost(self, held: ContentItem, item: schema.ContentItem, error: TutorError) -> None:
        """Note why an item could not be read; what we hold of it stays."""
        logger.info("Item %s of course %s: %s", held.pk, held.course_id, error.code)
        self.outcome.note(item.item_id, error)
        if not held.sha256:
            shut = isinstance(error, LMSRefused | LMSUnauthorised)
            self._unreadable(held, Unreadable.LOCKED if shut else Unreadable.FAILED, held.version)

    def _version(self, item: schema.ContentItem) -> str:
        return item.version + (store.FRESH if unsettled(item) else "")

    def _fetched(self, item: schema.ContentItem, held: ContentItem) -> bool:
        """Fetch and store one item's content; return whether it changed."""
        version = self._version(item)
        if item.kind is Kind.FILE:
            with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
                self.lms.download(self.row.external_id, item, spool, settings.UPLOAD_LIMIT)
                spool.seek(0)
                file = File(spool)
                return self._stored(
                    held, lambda: store.save_blob(held, content=file, version=version)
                )
        paged = item.kind is Kind.PAGE
        html = self.spool.body(item.item_id)
        if paged and not html:
            html = self.lms.body(self.row.external_id, item)
        if not html and not held.sha256:
            self._unreadable(held, Unreadable.NO_TEXT, version)
            return False
        return self._stored(held, lambda: store.save_body(held, html=html, version=version))

    def _stored(self, held: ContentItem, save: Callable[[], bool]) -> bool:
        """Store and tell in one transaction: what is stored will be indexed."""
        with transaction.atomic():
            changed = save()
            if held.unreadable and (changed or held.unreadable in OURS):
                self._unreadable(held, None, held.version)
            if changed:
                self.told(held.pk)
        return changed

    def _unreadable(self, held: ContentItem, reason: Unreadable | None, version: str) -> None:
        """Write down why an item cannot be read; what that version is, it need not be read again."""
        why = reason.value if reason else ""
        if (held.unreadable, held.version) != (why, version):
            held.unreadable, held.version = why, version
            held.save(update_fields=["unreadable", "version"])
            cache.changed(held.course_id)
