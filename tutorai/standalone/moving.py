"""The move itself, and its undoing: a job, item by item, each in a transaction of its own.

Whoever dies in between loses nothing: what has moved says so. Between two portions the job lets
others go on. Undoing takes back exactly what was made, and leaves what somebody changed since.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from connectors.uploads import SOURCE as UPLOAD
from tutorai.access import Officer
from tutorai.celery import Queue
from tutorai.errors import Conflict
from tutorai.ids import new_id
from tutorai.ledger import attempts, audit, jobs
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job
from tutorai.ledger.waiting import scaled
from tutorai.lmsdm import cache, store
from tutorai.lmsdm.models import OWN, ContentItem, Course, Move, MoveItem
from tutorai.lmsdm.schema import TocNode
from tutorai.standalone import records
from tutorai.standalone.courses import remember
from tutorai.standalone.filling import OURS, Told
from tutorai.standalone.finding import State

KIND = "move_course"
PORTION, PAUSE = 50, timedelta(seconds=2)  # items, and how long others go first then
COPIED = (
    *("kind", "title", "url", "mime", "size", "published", "available_from", "available_until"),
    *("sections", "condition", "unreadable"),
)
# What is replaced of theirs, and put back: its content, and no more.
REPLACED = ("body", "mime", "size", "sha256", "version", "unreadable")
HEAD = "course"  # the line above those that moved
Item = MoveItem.State


def begin(who: Officer, move: Move) -> Job:
    """Start the move that the dry run showed; raise Conflict without one."""
    return _begin(who, move, {State.READY}, State.MOVING, Verb.MOVE_BEGIN, back=False)


def undo(who: Officer, move: Move) -> Job:
    """Start to take back what a move made; raise Conflict where nothing was moved."""
    return _begin(who, move, {State.DONE, State.MOVING}, State.MOVING, Verb.MOVE_UNDO, back=True)


@transaction.atomic
def _begin(
    who: Officer, move: Move, before: set[State], to: State, verb: Verb, *, back: bool
) -> Job:
    rows = Move.objects.filter(pk=move.pk, state__in=before).exclude(target=None)
    if not rows.update(state=to, done=0):
        raise Conflict()
    remember(verb, who, move.course_id, object_kind="move", object_id=move.pk)
    return jobs.add(
        KIND,
        {"move": str(move.pk), "back": back},
        queue=Queue.BULK,
        key=str(move.pk),
        institution_id=move.institution_id,
        course_id=move.course_id,
    )


def carry(job: Job, told: Told) -> datetime | None:
    """Move a portion, or take it back; return when to go on, until all is done."""
    move = Move.objects.select_related("course", "target").get(pk=job.payload["move"])
    back = bool(job.payload.get("back"))
    if move.state != State.MOVING or move.target is None:
        return None
    left = _left(move, back)
    portion = list(left.values_list("pk", flat=True)[:PORTION])
    work = _take_back if back else _bring
    for done, pk in enumerate(portion, start=move.done):
        attempts.progress(job, done, move.total, "move")
        with attempts.holding(job) as asked:
            if asked:  # to take it all back, meanwhile
                return timezone.now()
            work(move, MoveItem.objects.select_for_update().get(pk=pk), told)
    Move.objects.filter(pk=move.pk).update(done=move.done + len(portion))
    if _left(move, back).exists():
        return timezone.now() + scaled(PAUSE)
    with attempts.holding(job) as asked:
        if asked:
            return timezone.now()
        (_undone if back else _arrived)(move)
    return None


def _left(move: Move, back: bool) -> Any:
    """Return what is still to do, in an order that is always the same."""
    states = [Item.MOVED] if back else [Item.WAITING, Item.CONFLICT]
    rows = MoveItem.objects.filter(move=move, state__in=states).order_by("pk")
    return rows.exclude(before__has_key="left") if back else rows


def _bring(move: Move, row: MoveItem, told: Told) -> None:
    """Move one item: beside what is there, over it, or not at all."""
    ours = ContentItem.objects.get(pk=row.item_id)
    if row.state == Item.CONFLICT and row.choice != "ours":
        _end(row, Item.KEPT)
    elif ours.blob and not ours.blob.storage.exists(str(ours.blob.name)):
        _end(row, Item.KEPT, before={"left": "missing"})
    elif row.state == Item.CONFLICT and row.theirs is not None and _stays(row.theirs):
        _over(move, row, ours, told)
    else:
        _add(move, row, ours, told)


def _stays(theirs: ContentItem) -> bool:
    """Whether what we put in its place stays until the LMS says something new.

    What comes without a version is read anew each time: ours is put beside such a thing.
    """
    return theirs.source in OURS or bool(theirs.version)


def _end(row: MoveItem, state: Item, **more: Any) -> None:
    row.state = state
    for name, value in more.items():
        setattr(row, name, value)
    row.save()


def _add(move: Move, row: MoveItem, ours: ContentItem, told: Told) -> None:
    """Make an item of the LMS's course that says what ours says."""
    assert move.target is not None
    facts = {name: getattr(ours, name) for name in COPIED}
    source, source_id = _place(move.target, ours)
    made, _new = ContentItem.objects.update_or_create(
        course=move.target,
        source=source,
        source_id=source_id,
        defaults={**facts, "deleted_at": None, "uploaded_by_id": ours.uploaded_by_id},
    )
    _put(made, ours)
    _end(row, Item.MOVED, made=made, before={"sha256": made.sha256, "title": made.title})
    told(move.target, made.pk)


def _place(target: Course, ours: ContentItem) -> tuple[str, str]:
    """A teacher's file stays one, which they may take out; all else has the id it had here."""
    if ours.source == UPLOAD:
        taken = target.items.filter(source=UPLOAD, source_id=ours.source_id)
        if not taken.filter(deleted_at=None).exists():
            return UPLOAD, ours.source_id
    return OWN, f"moved:{ours.pk}"


def _put(theirs: ContentItem, ours: ContentItem) -> None:
    """Give one item the other's content. The file that was there stays: undoing needs it."""
    theirs.body, theirs.sha256, theirs.mime, theirs.size = (
        *(ours.body, ours.sha256),
        *(ours.mime, ours.size),
    )
    theirs.unreadable, theirs.blob = ours.unreadable, ""
    theirs.version = theirs.version.removesuffix(store.FRESH)  # or it is read once more
    if ours.blob:
        with ours.blob.open("rb") as file:
            theirs.blob.save(str(new_id()), File(file), save=False)
    theirs.save()
    cache.changed(theirs.course_id)


def _over(move: Move, row: MoveItem, ours: ContentItem, told: Told) -> None:
    """Let the LMS's item say what ours says, until it changes there."""
    assert move.target is not None
    theirs = ContentItem.objects.select_for_update(no_key=True).get(pk=row.theirs_id or row.pk)
    before = {name: getattr(theirs, name) for name in REPLACED}
    before |= {"blob": str(theirs.blob.name or ""), "put": ours.sha256}
    _put(theirs, ours)
    _end(row, Item.MOVED, before=before)
    told(move.target, theirs.pk)


def _arrived(move: Move) -> None:
    """Bring the outline along, and say where the course lives."""
    assert move.target is not None
    _outline(move)
    Course.objects.filter(pk=move.course_id).update(moved_to=move.target)
    Move.objects.filter(pk=move.pk).update(state=State.DONE)
    audit.record(
        verb=Verb.MOVE_DONE,
        institution=move.institution_id,
        course=move.course_id,
        object_kind="move",
        object_id=move.pk,
    )


def _outline(move: Move) -> None:
    """Put our outline behind the LMS's own, under the course's name."""
    assert move.target is not None
    lines, course_id = records.toc(move.course, OWN), move.target.source_id
    if not lines:
        return
    positions = move.target.toc.exclude(source=_source(move)).values_list("position", flat=True)
    after = max(positions, default=-1) + 1
    head = TocNode(node_id=HEAD, course_id=course_id, title=move.course.title, position=after)
    moved = [
        line.model_copy(
            update={
                "course_id": course_id,
                "parent_id": line.parent_id or HEAD,
                "position": after + 1 + line.position,
            }
        )
        for line in lines
    ]
    store.save_toc(course_id=move.target.pk, source=_source(move), nodes=[head, *moved])
    held = {row.item_id: row.made_id or row.theirs_id for row in move.items.all()}
    for ours in move.course.toc.filter(source=OWN, item__in=held).exclude(item=None):
        made = move.target.toc.filter(source=_source(move), source_id=ours.source_id)
        made.update(item=held[ours.item_id] if ours.item_id else None)
    cache.changed(move.target.pk)


def _source(move: Move) -> str:
    """Return the source of the outline's lines: those of one move are told and taken as one."""
    return f"{OWN}:{move.pk}"


def _take_back(move: Move, row: MoveItem, told: Told) -> None:
    """Undo one item, unless somebody changed it since: then it stays, and is told."""
    assert move.target is not None
    held = ContentItem.objects.select_for_update(no_key=True)
    place = row.made_id or row.theirs_id
    item = held.filter(pk=place).first() if place else None
    if item is None:
        _end(row, Item.UNDONE)
        return
    put = row.before.get("sha256") if row.made_id else row.before.get("put")
    renamed = bool(row.made_id) and item.title != row.before.get("title")
    if item.sha256 != put or renamed:
        if item.deleted_at is not None:
            _end(row, Item.UNDONE)
        else:
            _end(row, Item.MOVED, before={**row.before, "left": "changed"})
        return
    (_drop if row.made_id else _restore)(item, row.before)
    _end(row, Item.UNDONE)
    told(move.target, item.pk)


def _drop(item: ContentItem, before: dict[str, Any]) -> None:
    """Take out what was made. Its row stays: conversations cite it."""
    gone = str(item.blob.name or "")
    item.deleted_at, item.body, item.sha256, item.blob = timezone.now(), "", "", ""
    item.save()
    cache.changed(item.course_id)
    _forget(item, gone)


def _restore(item: ContentItem, before: dict[str, Any]) -> None:
    """Let theirs say again what it said."""
    gone = str(item.blob.name or "")
    for name in REPLACED:
        setattr(item, name, before[name])
    item.blob = before["blob"]
    item.save()
    cache.changed(item.course_id)
    _forget(item, gone)


def _forget(item: ContentItem, blob: str) -> None:
    if blob:
        transaction.on_commit(partial(item.blob.storage.delete, blob))


def _undone(move: Move) -> None:
    """The outline goes, and the course of our own is open again."""
    assert move.target is not None
    move.target.toc.filter(source=_source(move)).delete()
    cache.changed(move.target.pk)
    MoveItem.objects.filter(move=move, state__in=[Item.SAME, Item.KEPT]).update(state=Item.UNDONE)
    Course.objects.filter(pk=move.course_id).update(moved_to=None)
    Move.objects.filter(pk=move.pk).update(state=State.UNDONE)
