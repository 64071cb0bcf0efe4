"""A study plan: what is due when and what to read before, which reviews are due, what is weak.

No model; from what the LMS told, and from what the student practised.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from agents import mastery, policy, retrieve
from agents.models.index import Chunk
from agents.spend import Capability
from agents.tutor import turns
from tutorai.lmsdm import due, scope
from tutorai.lmsdm.models import Assignment, ContentItem, TocNode
from tutorai.lmsdm.schema import Actor, Kind

WORKS = 12  # whose pages are looked for; what is due later is looked for later
BEFORE, ALIKE, SHOWN = 3, 3, 5  # pages of its module, pages like it, and of both together
AHEAD = timedelta(days=14)  # reviews that are told of
WEAK = 5  # skills
CLOSE = 0.7  # of what the likest page scores; less is another subject
TEXT = 600  # characters of an assignment that tell what it is about
READ = frozenset({Kind.PAGE.value, Kind.FILE.value})


@dataclass(frozen=True)
class Page:
    """Something to read. Without a `url` it is a file that is held here."""

    item_id: UUID
    title: str
    url: str


@dataclass(frozen=True)
class Work:
    """Something to hand in, and what to read before."""

    title: str
    url: str
    due: datetime | None
    pages: list[Page] = field(default_factory=list)
    pk: UUID | None = None  # the assignment's


@dataclass(frozen=True)
class Review:
    """A skill to look at again, and from when."""

    skill_id: UUID
    title: str
    due: datetime


@dataclass(frozen=True)
class Plan:
    """What is coming, soonest first; what is past its date, latest first; what has none."""

    coming: list[Work]
    past: list[Work]
    undated: list[Work]
    order: list[Page]  # the course's pages as they stand, where nothing is due at all
    reviews: list[Review] = field(default_factory=list)  # due, or in the next two weeks
    weak: list[mastery.Standing] = field(default_factory=list)  # the weakest first


def plan(actor: Actor) -> Plan:
    """Return the plan of what students may see now. Raises NotOpen, NotYours.

    Whether somebody has handed in is not known here: what is past its date may well be done.
    Blocking: it searches the course once for each of the next works.
    """
    turns.open_course(actor)
    reader, now = actor.as_student, timezone.now()
    works = list(scope.assignments(reader).defer("content"))
    lines = [
        line
        for line, _depth in scope.walked(
            scope.toc(reader).select_related("item").defer("item__body")
        )
    ]
    dates = due.dates(reader, works)
    for one in works:
        one.due_date = dates[one.pk]  # for this reader; nothing is saved
    dated = sorted((one for one in works if one.due_date), key=lambda one: one.due_date or now)
    coming = [one for one in dated if one.due_date and one.due_date >= now]
    undated = [one for one in works if one.due_date is None]
    looked = {one.pk for one in [*coming, *undated][:WORKS]}
    readings = {one.pk: _pages(reader, one, lines) for one in works if one.pk in looked}

    def told(rows: Iterable[Assignment]) -> list[Work]:
        return [
            Work(row.title, row.url, row.due_date, readings.get(row.pk, []), row.pk) for row in rows
        ]

    past = [one for one in dated if one.due_date and one.due_date < now]
    pages = [line.item for line in lines if line.item]
    order = [] if works else [_page(item) for item in pages if _readable(item)]
    reviews, weak = practised(actor, now)
    return Plan(told(coming), told(reversed(past)), told(undated), order, reviews, weak)


def practised(actor: Actor, now: datetime) -> tuple[list[Review], list[mastery.Standing]]:
    """Return the actor's reviews, soonest first, and weak skills; none where practice is off."""
    if policy.off(actor, Capability.PRACTICE.value):
        return [], []
    held = mastery.of(actor)
    reviews = [
        Review(one.skill_id, one.title, one.due_at)
        for one in held
        if one.due_at is not None and one.due_at <= now + AHEAD
    ]
    weak = sorted((one for one in held if one.weak), key=lambda one: one.share or 0.0)
    return sorted(reviews, key=lambda one: one.due), weak[:WEAK]


def _pages(reader: Actor, work: Assignment, lines: Sequence[TocNode]) -> list[Page]:
    """Return what to read before a work: what stands before it, and what is like it, in order."""
    own = scope.within(reader, work)
    found = [*_before(own, lines), *_alike(reader, work, own)]
    held = {one.pk: one for one in found}
    place = {line.item_id: at for at, line in enumerate(lines)}
    kept = list(held.values())[:SHOWN]
    return [_page(one) for one in sorted(kept, key=lambda one: place.get(one.pk, len(place)))]


def _before(own: Sequence[UUID], lines: Sequence[TocNode]) -> list[ContentItem]:
    """The last pages before the work in its own module."""
    stands = next((line for line in lines if line.item_id in own), None)
    if stands is None:
        return []
    module = [line for line in lines if line.parent_id == stands.parent_id]
    before = [line.item for line in module if line.position < stands.position and line.item]
    return [item for item in before if _readable(item)][-BEFORE:]


def _alike(reader: Actor, work: Assignment, own: Sequence[UUID]) -> list[ContentItem]:
    """The pages that say most of what the work is about."""
    chunks = Chunk.objects.filter(item__in=own).order_by("position").values_list("text", flat=True)
    asked = f"{work.title} {' '.join(chunks[:3])[:TEXT]}"
    found = retrieve.search(reader, asked, near=next(iter(own), None))
    if not found.floor_passed:
        return []
    held = scope.items(reader).defer("body").in_bulk([one.item_id for one in found.passages])
    pages = [one for one in found.passages if one.item_id in held]
    pages = [one for one in pages if _readable(held[one.item_id])]
    best = max((one.score for one in pages), default=0.0)
    near = dict.fromkeys(one.item_id for one in pages if one.score >= CLOSE * best)
    return [held[pk] for pk in near][:ALIKE]


def _readable(item: ContentItem) -> bool:
    return item.kind in READ and not item.unreadable


def _page(item: ContentItem) -> Page:
    return Page(item.pk, item.title, item.url)
