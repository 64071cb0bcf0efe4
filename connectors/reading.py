"""Read one course: LMS → LMS-DM.

First everything that is listed, complete, in one transaction; then the content of what is new
or different, piece by piece; then people, what was handed in, and quizzes, each by itself.
Whoever dies in the middle loses nothing: what was read carries its version and is not read again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from django.db import transaction

from connectors import cursors, handed, outline, people
from connectors.base import Connector, Held
from connectors.content import Contents, Show, Told, unsettled
from connectors.cursors import COURSE, PEOPLE, QUIZZES, SUBMISSIONS, Outcome
from connectors.models import Connector as Row
from connectors.spool import Spool
from tutorai.errors import LMSError
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Assignment, ContentItem, TocNode
from tutorai.lmsdm.settling import too_many


def read(
    lms: Connector,
    row: Row,
    course_id: UUID,
    *,
    show: Show,
    told: Told,
    anyway: bool = False,
    asked: datetime | None = None,
) -> Outcome:
    """Make the course say what the LMS says; return how the reading of the course itself went.

    `show(done, total, step)` is called before each piece and may raise to stop; `told(item)`
    inside the transaction that changed an item's content. `anyway` takes out what is missing,
    however much. Everything is compared that was not compared since `asked`, or for a day; else
    the reading is a quick one. Raises LMSError when the LMS as a whole gives no answer: no list,
    or its breaker is open, or it is silent on several items in a row and on the course itself.
    What fails for items or kinds alone is noted in their cursors.
    """
    cursor = cursors.held(row, course_id, COURSE)
    outcome = Outcome(full=cursors.due_whole(cursor, asked) or anyway)
    try:
        with TemporaryFile() as file:
            _course(Contents(lms, row, course_id, Spool(file), outcome, told), show, anyway)
    except LMSError as error:
        fail(row, course_id, error)
        raise
    cursors.finish(lms, row, course_id, COURSE, outcome)
    if row.error:
        Row.objects.filter(pk=row.pk).update(error="")
    _rest(lms, row, course_id, show, anyway, asked)
    return outcome


def fail(row: Row, course_id: UUID, error: LMSError) -> None:
    """Write down that a run found no answer; what was read before stays as it is."""
    cursors.fail(row, course_id, COURSE, error)
    Row.objects.filter(pk=row.pk).update(error=error.code)


def _course(run: Contents, show: Show, anyway: bool) -> None:
    lms, row, outcome = run.lms, run.row, run.outcome
    show(0, 0, "course")
    # The id we asked by may be another form of the one that is told.
    course = lms.course(row.external_id).model_copy(update={"course_id": row.external_id})
    store.save_course(institution_id=row.institution_id, source=row.source, course=course)
    known = None if outcome.full else _Known(row, run.course_id)
    listed = list(run.spool.stripped(_listed(lms, row.external_id, known, show)))
    items = _settled(run, listed, show, anyway)
    run.read(items, show)
    outcome.changed = len(run.touched)


def _listed(
    lms: Connector, course: str, known: "_Known | None", show: Show
) -> Iterator[schema.ContentItem]:
    found = 0
    for answer in lms.listing(course, known):
        show(0, found, "lists")
        for item in answer():
            found += 1
            yield item


def _settled(
    run: Contents, listed: list[schema.ContentItem], show: Show, anyway: bool
) -> list[schema.ContentItem]:
    """Store what is listed, as students may see it; return the items."""
    lms, external_id = run.lms, run.row.external_id
    show(0, len(listed), "toc")
    nodes = lms.toc(external_id)
    show(0, len(listed), "assignments")
    work = lms.assignments(external_id)
    listed += outline.bare(nodes, {item.item_id: item for item in listed})
    own = {item.item_id: _by_itself(item) for item in listed}
    items = outline.placed(listed, nodes, lms.unlisted(external_id))
    run.outcome.told = dict(Counter(item.kind.value for item in items))
    run.outcome.seen = len(items)
    with transaction.atomic():
        whole = [
            _settle(run, items, own, anyway),
            _lines(run, nodes, anyway),
            _works(run, work, anyway),
        ]
    if not all(whole):
        run.outcome.missing = max(1, _missing(run, items, work, nodes))
    return items


def _settle(
    run: Contents, items: list[schema.ContentItem], own: Mapping[str, Any], anyway: bool
) -> bool:
    """Store the items, and take out what is listed no more; False: that would be too much."""
    changed = store.save_items(**run.where, items=items, own=own)
    names = {item.item_id for item in items}
    gone = store.retire_items(**run.where, told=names, anyway=anyway)
    for item in [*changed, *(gone or [])]:
        run.touched.add(item.pk)
        if item.sha256:
            run.told(item.pk)
    return gone is not None


def _lines(run: Contents, nodes: list[schema.TocNode], anyway: bool) -> bool:
    """Store the table of contents, unless so many lines are missing that it is half of one."""
    lines = TocNode.objects.filter(**run.where).count()
    if too_many(lines - len(nodes), lines) and not anyway:
        return False
    store.save_toc(**run.where, nodes=nodes)
    return True


def _works(run: Contents, work: list[schema.Assignment], anyway: bool) -> bool:
    store.save_assignments(**run.where, assignments=work)
    names = {each.assignment_id for each in work}
    return store.retire_assignments(**run.where, told=names, anyway=anyway) is not None


def _missing(
    run: Contents,
    items: Iterable[schema.ContentItem],
    work: Iterable[schema.Assignment],
    nodes: list[schema.TocNode],
) -> int:
    """Return how many things we hold that were not told; an assignment and its item are one."""
    alive = {**run.where, "deleted_at": None}
    held = ContentItem.objects.filter(**alive).values_list("source_id", flat=True)
    works = Assignment.objects.filter(**alive).values_list("source_id", flat=True)
    lost = {*held} - {item.item_id for item in items}
    lost |= {*works} - {each.assignment_id for each in work}
    return len(lost) or TocNode.objects.filter(**run.where).count() - len(nodes)


def _rest(
    lms: Connector,
    row: Row,
    course_id: UUID,
    show: Show,
    anyway: bool,
    asked: datetime | None,
) -> None:
    """Read what is not the course itself, each kind for itself."""
    for kind in (PEOPLE, SUBMISSIONS, QUIZZES):
        cursor = cursors.held(row, course_id, kind)
        whole = cursors.due_whole(cursor, asked) or anyway
        if kind == QUIZZES and not whole:
            continue  # each costs a call
        show(0, 0, kind)
        with cursors.reading(row, course_id, kind) as outcome:
            if kind == PEOPLE:
                people.read(lms, row, course_id, outcome, anyway=anyway)
            elif kind == SUBMISSIONS:
                anew = whole or handed.newcomers(cursor, row)
                since = None if anew else cursors.since(cursor, lms)
                outcome.full = since is None
                handed.submissions(lms, row, course_id, outcome, since=since, anyway=anyway)
            else:
                handed.quizzes(lms, row, course_id, outcome, anyway=anyway)
            cursors.finish(lms, row, course_id, kind, outcome)


# --- what is held, for a quick reading ------------------------------------------------------


def _by_itself(item: schema.ContentItem) -> dict[str, Any]:
    """What was told of an item by itself, as its column holds it.

    Changed just now, it may change again under the same date: then no version is held.
    """
    version = "" if unsettled(item) else item.version
    return {"version": version, "window": store.dumped(item.window)}


class _Known(Mapping[str, Held]):
    """What was told of a course's items at the last reading."""

    def __init__(self, row: Row, course_id: UUID) -> None:
        rows = ContentItem.objects.filter(
            course=course_id, source=row.source, deleted_at=None, told__isnull=False
        )
        self._told: dict[str, Any] = dict(rows.values_list("source_id", "told"))

    def __getitem__(self, item_id: str) -> Held:
        told = self._told[item_id]
        return Held(told["version"], schema.Window.model_validate(told["window"]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)
