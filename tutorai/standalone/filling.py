"""What is put into a course of our own: web pages and packed courses; and taken out again.

Files come as everywhere (`flows.upload`). `told` is called with each item that changed, inside the
transaction that changed it: what is stored will be indexed.
"""

from collections.abc import Callable
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, cast
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import links
from connectors.links import Fetched
from connectors.uploads import SOURCE as UPLOAD
from tutorai.access import Officer
from tutorai.celery import Queue
from tutorai.errors import BadRequest, NotFound, TooBig
from tutorai.ids import new_id
from tutorai.ledger import jobs
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job
from tutorai.lmsdm import cache, schema, store
from tutorai.lmsdm.models import OWN, Assignment, ContentItem, Course
from tutorai.lmsdm.schema import Kind
from tutorai.models import Cartridge
from tutorai.standalone.courses import remember

KIND = "read_cartridge"
OURS = (OWN, UPLOAD)  # sources of what people put in
LONGEST = 200  # characters of a file's name
IN_MEMORY = 1024**2  # bytes of a file before it goes to disk

Told = Callable[[Course, UUID], None]


def add_link(who: Officer, course: Course, address: str, told: Told) -> ContentItem:
    """Fetch a web page or a file into the course; the same address again replaces what it was.

    Raises BadRequest, UrlRefused and TooBig; then nothing is changed.
    """
    found = links.fetch(links.address(address), course.source_id)
    return _keep(who, course, found, told)


def fetch_again(who: Officer, course: Course, item_id: UUID, told: Told) -> ContentItem:
    """Fetch an item's address once more; what a package called it stays. Raises as `add_link`."""
    held = _ours(course, item_id)
    if not held.url:
        raise NotFound()
    found = links.fetch(links.address(held.url), course.source_id)
    named = {"item_id": held.source_id}
    if held.kind == Kind.LINK:
        named |= {"kind": Kind.LINK, "title": held.title}
    item = found.item.model_copy(update=named)
    return _keep(who, course, Fetched(item, found.html, found.content), told)


@transaction.atomic
def _keep(who: Officer, course: Course, found: Fetched, told: Told) -> ContentItem:
    store.save_items(course_id=course.pk, source=OWN, items=[found.item])
    item = course.items.get(source=OWN, source_id=found.item.item_id)
    if found.content is None:
        changed = store.save_body(item, html=found.html)
    else:
        changed = store.save_blob(item, content=ContentFile(found.content))
    if changed:
        told(course, item.pk)
    remember(Verb.OWN_FILL, who, course.pk, object_kind="item", object_id=item.pk)
    return item


def _ours(course: Course, item_id: UUID) -> ContentItem:
    """Return what people put into the course; raise NotFound."""
    held = course.items.filter(pk=item_id, source__in=OURS, deleted_at=None).first()
    if held is None:
        raise NotFound()
    return held


@transaction.atomic
def take_out(who: Officer, course: Course, item_id: UUID, told: Told) -> None:
    """Take an item out of the course; raises NotFound."""
    item = _ours(course, item_id)
    blob = str(item.blob.name or "")
    ContentItem.objects.filter(pk=item.pk).update(
        deleted_at=timezone.now(), blob="", body="", sha256="", version=""
    )
    same = Assignment.objects.filter(course=course, source=item.source, source_id=item.source_id)
    same.update(deleted_at=timezone.now())
    cache.changed(course.pk)
    if blob:
        transaction.on_commit(partial(item.blob.storage.delete, blob))
    remember(Verb.UPLOAD_REMOVE, who, course.pk, object_kind="item", object_id=item.pk)
    told(course, item.pk)


def hand_in(who: Officer, course: Course, file: "UploadedFile[bytes]") -> Cartridge:
    """Take a packed course, to be read by a job. Raises TooBig and BadRequest."""
    if not file.size:
        raise BadRequest(why=_("the file is empty or has no name"))
    if file.size > settings.CARTRIDGE_LIMIT:
        raise TooBig(limit=f"{settings.CARTRIDGE_LIMIT // 1024**2} MB")
    with transaction.atomic():
        row = Cartridge(course=course, made_by_id=who.account_id, size=file.size)
        row.name = schema.no_nul(file.name or "")[-LONGEST:]
        row.blob.save(str(new_id()), File(file.file), save=False)
        row.save()
        remember(Verb.OWN_FILL, who, course.pk, object_kind="cartridge", object_id=row.pk)
        jobs.add(
            KIND,
            {"cartridge": str(row.pk)},
            queue=Queue.SYNC,
            key=str(row.pk),
            institution_id=course.institution_id,
            course_id=course.pk,
        )
    return row


def spooled(source: IO[bytes], limit: int) -> IO[bytes]:
    """Return what `source` says, from its beginning; raise TooBig beyond `limit` bytes."""
    spool = cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - handed on
    left = limit
    while piece := source.read(64 * 1024):
        left -= len(piece)
        if left < 0:
            spool.close()
            raise TooBig(limit=f"{limit // 1024**2} MB")
        spool.write(piece)
    spool.seek(0)
    return spool


def gave_up(job: Job) -> None:
    """Say on the course's page that a package was given up; dug up, it is read after all."""
    held = Cartridge.objects.filter(pk=job.payload["cartridge"], finished_at=None)
    held.update(error=job.error)
