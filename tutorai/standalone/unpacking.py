"""Reading a packed course into one of ours: a job, whose every item is a transaction of its own.

Begun again after a crash, and read again as a whole, it writes only what is new or different.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import IO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from connectors.cartridge import reading
from connectors.cartridge.package import BROKEN, Package
from connectors.cartridge.reading import Contents, Thing
from tutorai.errors import BadRequest, CourseEnded, TooBig
from tutorai.ledger import attempts
from tutorai.ledger.models import Job
from tutorai.lmsdm import cache, handed, store
from tutorai.lmsdm.models import OWN, ContentItem, Course
from tutorai.lmsdm.schema import Kind, TocNode, Unreadable
from tutorai.models import Cartridge
from tutorai.standalone import packing, records
from tutorai.standalone.filling import Told, spooled

NOTED = 300  # things that could not be read, by title; the rest is counted
Show = Callable[[int, int, str], None]


def read(job: Job, told: Told) -> None:
    """Read a package into its course, and write down how that went."""
    row = Cartridge.objects.select_related("course").get(pk=job.payload["cartridge"])
    if row.finished_at is not None:
        return
    if row.course.ended:  # it moved meanwhile
        _end(row, error=CourseEnded.code)
        return
    try:
        with row.blob.open("rb") as file, _opened(file) as whole, Package(whole) as package:
            contents = _contents(package, row.course)
            changed = fill(row.course, package, contents, partial(attempts.progress, job), told)
    except (BadRequest, TooBig) as error:
        _end(row, error=error.code)
    else:
        found = Counter(thing.item.kind.value for thing in contents.things)
        found["quiz"] = len(contents.quizzes)
        kinds = +(found + contents.skipped)
        _end(row, version=contents.version, read=dict(kinds), left=contents.left, changed=changed)


def _opened(file: IO[bytes]) -> IO[bytes]:
    begins = file.read(1)
    file.seek(0)
    return packing.wrapped(file) if begins == b"{" else file


def _contents(package: Package, course: Course) -> Contents:
    if packing.NAME in package:
        return packing.read(package, course.source_id)
    return reading.read(package, course.source_id, settings.UPLOAD_LIMIT)


def _end(row: Cartridge, **told: object) -> None:
    """Write down how it ended; the package itself is needed no more."""
    left = told.get("left")
    if isinstance(left, list) and len(left) > NOTED:
        told["left"] = [*left[:NOTED], {"title": f"+{len(left) - NOTED}", "why": "more"}]
    blob = str(row.blob.name)
    ended = {"error": "", **told, "blob": "", "finished_at": timezone.now()}
    Cartridge.objects.filter(pk=row.pk).update(**ended)
    row.blob.storage.delete(blob)


def fill(course: Course, package: Package, found: Contents, show: Show, told: Told) -> int:
    """Make the course say what a package says; return how many things were new or different."""
    show(0, len(found.things), "cartridge")
    with transaction.atomic():
        changed = {(row.source, row.source_id) for row in _listed(course, found)}
    for done, thing in enumerate(found.things):
        show(done, len(found.things), "cartridge")
        try:
            if _content(course, package, thing, told):
                changed.add((thing.source, thing.item.item_id))
        except TooBig:
            _lost(course, found, thing, Unreadable.TOO_BIG)
        except (BadRequest, *BROKEN):
            _lost(course, found, thing, Unreadable.BROKEN)
    show(len(found.things), len(found.things), "cartridge")
    return len(changed)


def _listed(course: Course, found: Contents) -> list[ContentItem]:
    """Store what there is, the outline and the work, before any content."""
    changed: list[ContentItem] = []
    for source in {thing.source for thing in found.things}:
        things = [thing for thing in found.things if thing.source == source]
        items = [_as_known(course, thing).item for thing in things]
        changed += store.save_items(course_id=course.pk, source=source, items=items)
    works = [
        thing.work.model_copy(update={"content": thing.html})
        for thing in found.things
        if thing.work
    ]
    store.save_assignments(course_id=course.pk, source=OWN, assignments=works)
    # A source of its own: a package says exactly which quizzes it has.
    handed.save_quizzes(
        course_id=course.pk, source=f"{OWN}:{found.prefix}", quizzes=found.quizzes, anyway=True
    )
    store.save_toc(course_id=course.pk, source=OWN, nodes=_beside(course, found))
    return changed


def _as_known(course: Course, thing: Thing) -> Thing:
    """A link that was fetched since stays readable, however often its package is read."""
    if thing.item.kind is not Kind.LINK:
        return thing
    held = course.items.filter(source=thing.source, source_id=thing.item.item_id).first()
    if held is None or not held.sha256 or held.url != thing.item.url:
        return thing
    known = {"unreadable": None, "mime": held.mime, "size": held.size, "version": held.version}
    return Thing(thing.item.model_copy(update=known), source=thing.source)


def _beside(course: Course, found: Contents) -> list[TocNode]:
    """Return the course's lines with the package's after those of others, or where they were."""
    held, ids = records.toc(course, OWN), {line.node_id for line in found.toc}
    own = [one for one in held if one.node_id in ids or one.node_id.startswith(found.prefix)]
    others = [one for one in held if one not in own]
    after = max((one.position for one in others), default=-1) + 1
    first = min((one.position for one in own), default=after)
    first -= min((one.position for one in found.toc), default=0)
    return others + [one.model_copy(update={"position": first + one.position}) for one in found.toc]


def _content(course: Course, package: Package, thing: Thing, told: Told) -> bool:
    """Store one thing's text or file, unless we hold that very one; return whether it changed."""
    held = course.items.get(source=thing.source, source_id=thing.item.item_id)
    if not (thing.html or thing.member):
        if thing.item.kind is not Kind.LINK and not held.sha256 and not held.unreadable:
            _unreadable(held, Unreadable.NO_TEXT)
        return False
    if held.sha256 and held.version == thing.item.version:
        return False
    if thing.member:
        with _file(package, thing) as file:
            return _stored(course, held, told, partial(_blob, held, file, thing))
    save = partial(store.save_body, held, html=thing.html, version=thing.item.version)
    return _stored(course, held, told, save)


def _file(package: Package, thing: Thing) -> IO[bytes]:
    with package.open(thing.member, settings.UPLOAD_LIMIT) as source:
        return spooled(source, settings.UPLOAD_LIMIT)


def _blob(held: ContentItem, file: IO[bytes], thing: Thing) -> bool:
    return store.save_blob(held, content=File(file), version=thing.item.version)


def _stored(course: Course, held: ContentItem, told: Told, save: Callable[[], bool]) -> bool:
    with transaction.atomic():
        changed = save()
        if changed:
            if held.unreadable:
                _unreadable(held, None)
            told(course, held.pk)
    return changed


def _lost(course: Course, found: Contents, thing: Thing, why: Unreadable) -> None:
    """Tell that a thing could not be read; what we held of it stays."""
    found.left.append({"title": thing.item.title, "why": why.value})
    held = course.items.get(source=thing.source, source_id=thing.item.item_id)
    if not held.sha256:
        _unreadable(held, why)


def _unreadable(held: ContentItem, why: Unreadable | None) -> None:
    held.unreadable = why.value if why else ""
    held.save(update_fields=["unreadable"])
    cache.changed(held.course_id)
