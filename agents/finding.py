"""Finding a course's skills, again after each reading: its outcomes, else the parts of its contents.

Found twice, nothing doubles: an outcome's key is its wording, a part's its place in the LMS. An
outcome that was worded anew is the same skill, and keeps what people did. What is not there any
more goes, unless somebody has tried it or a teacher changed it; then it stays, without pages.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from agents import likened, outcomes
from agents.models.index import Chunk
from agents.models.learning import Mastery, Skill, Try
from agents.outcomes import Read
from agents.skills import LONGEST, READ
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import ContentItem, Course, TocNode
from tutorai.lmsdm.schema import ENDED

MANY = 80  # outcomes; of a book with more its parts serve better than three hundred lines
PARTS = 60  # skills that are parts of the contents
TEACHES = 60  # words besides the outcomes from which a page teaches what it promises


@dataclass
class Wanted:
    """A skill as it was found now."""

    key: str
    title: str
    source: str
    items: list[UUID] = field(default_factory=list)
    whole: bool = False  # a module, rather than a page


@transaction.atomic
def find(course_id: UUID | str) -> int:
    """Make the course's skills say what its pages say; return how many were found."""
    course = Course.objects.select_for_update(no_key=True).get(pk=course_id)
    wanted = _wanted(course)
    held = {one.key: one for one in Skill.objects.filter(course=course)}
    _carry(held, wanted)
    links: dict[UUID, list[UUID]] = {}
    for place, one in enumerate(wanted):
        row = held.pop(one.key, None) or Skill(course=course, key=one.key, source=one.source)
        row.position = place
        if row.source != Skill.Source.TEACHER or row._state.adding:
            row.title, links[row.pk] = one.title, one.items
        row.save()
    _link(links)
    _let_go(held.values())
    return len(wanted)


def lacking() -> QuerySet[Course]:
    """Courses with something to read in which skills were never looked for."""
    read = Chunk.objects.filter(course=OuterRef("pk"))
    known = Skill.objects.filter(course=OuterRef("pk"))
    return Course.objects.filter(Exists(read), ~Exists(known)).exclude(state__in=ENDED)


def _wanted(course: Course) -> list[Wanted]:
    """What the course has now: its outcomes, and the parts of its contents that promise none."""
    lines = _lines(course)
    pages = _pages(course, lines)
    if not pages:
        return []
    parts = _parts(lines, set(pages))
    found = outcomes.found([_read(pk, pages) for pk in pages])
    if not found or len(found) > MANY:
        return (parts or list(_alone(set(pages))))[:PARTS]
    promised = _promised(course, found, pages, parts)
    order = list(pages)
    covered = {order[place] for one in found for place in one.places}
    covered |= {pk for one in promised for pk in one.items}
    bare = [part for part in parts if part.whole and not covered & set(part.items)]
    return [*promised, *bare[:PARTS]]


def _lines(course: Course) -> list[tuple[TocNode, int]]:
    nodes = TocNode.objects.filter(course=course).order_by("position", "pk")
    return scope.walked(nodes)


def _pages(course: Course, lines: Sequence[tuple[TocNode, int]]) -> dict[UUID, list[Chunk]]:
    """The text of each page, in the order of the contents; what stands in none comes last."""
    alive = ContentItem.objects.filter(course=course, deleted_at=None, kind__in=READ)
    order = {line.item_id: at for at, (line, _depth) in enumerate(lines) if line.item_id}
    chunks = Chunk.objects.filter(item__in=alive.values("pk"))
    held: dict[UUID, list[Chunk]] = defaultdict(list)
    for chunk in chunks.order_by("title", "item_id", "position"):
        held[chunk.item_id].append(chunk)
    return dict(sorted(held.items(), key=lambda one: order.get(one[0], len(order))))


def _read(item_id: UUID, pages: dict[UUID, list[Chunk]]) -> list[Read]:
    return [Read(tuple(chunk.headings), chunk.text) for chunk in pages[item_id]]


def _parts(lines: Sequence[tuple[TocNode, int]], read: set[UUID]) -> list[Wanted]:
    """The topmost lines of the contents with something to read in them."""
    inside: dict[UUID, list[UUID]] = defaultdict(list)
    tops: dict[UUID, TocNode] = {}
    top: TocNode | None = None
    for line, depth in lines:
        top = line if depth == 0 else top
        if top is not None and line.item_id in read:
            tops[top.pk] = top
            inside[top.pk].append(line.item_id)
    return [
        Wanted(
            _key("m", f"{node.source}:{node.source_id}"),
            node.title.strip()[:LONGEST],
            Skill.Source.MODULE.value,
            list(dict.fromkeys(inside[pk])),
            whole=node.item_id is None,
        )
        for pk, node in tops.items()
        if node.title.strip()
    ]


def _alone(read: set[UUID]) -> Iterator[Wanted]:
    """Each page as a part of its own, where nothing orders them."""
    for item in ContentItem.objects.filter(pk__in=read).defer("body").order_by("title", "pk"):
        if item.title.strip():
            key = _key("m", f"{item.source}:{item.source_id}")
            title = item.title.strip()[:LONGEST]
            yield Wanted(key, title, Skill.Source.MODULE.value, [item.pk])


def _promised(
    course: Course,
    found: Sequence[outcomes.Found],
    pages: dict[UUID, list[Chunk]],
    parts: Sequence[Wanted],
) -> list[Wanted]:
    """Give each outcome the pages that teach it: its own, and those of its part that are like it."""
    order = list(pages)
    language = course.language
    stands = likened.held(course.pk, [one.title for one in found], language, order)
    part_of = {pk: set(part.items) for part in parts for pk in part.items}
    made = []
    for one in found:
        own = [order[place] for place in one.places]
        teaching = [pk for pk in own if _teaches(pages[pk], found)]
        near = set().union(*(part_of.get(pk, set()) for pk in own))
        among = (near if len(near) > len(own) else set(order)) - set(own)
        alike = likened.pages(one.title, language, stands, among)
        items = teaching if teaching and len(own) == 1 else [*teaching, *alike]
        key = _key("o", outcomes.plain(one.title))
        made.append(Wanted(key, one.title, Skill.Source.OUTCOME.value, items or own))
    return made


def _teaches(chunks: Sequence[Chunk], found: Sequence[outcomes.Found]) -> bool:
    """Whether a page says much besides what it promises."""
    promises = {outcomes.plain(one.title) for one in found}
    lines = [line for chunk in chunks for line in chunk.text.splitlines()]
    told = [line for line in lines if outcomes.plain(line) not in promises]
    return sum(len(line.split()) for line in told) >= TEACHES


def _carry(held: dict[str, Skill], wanted: Sequence[Wanted]) -> None:
    """Let an outcome that was worded anew keep its row."""
    keys = {one.key for one in wanted}
    gone = {
        key: row.title
        for key, row in held.items()
        if key not in keys and row.source == Skill.Source.OUTCOME
    }
    new = {
        one.title: one
        for one in wanted
        if one.key not in held and one.source == Skill.Source.OUTCOME
    }
    for title, key in outcomes.moved(gone, new).items():
        row = held.pop(key)
        row.key = new[title].key
        held[row.key] = row


def _link(links: dict[UUID, list[UUID]]) -> None:
    """Make the links of these skills say so, in two statements."""
    through = Skill.items.through
    through._default_manager.filter(skill_id__in=links).delete()
    through._default_manager.bulk_create(
        through(skill_id=skill, contentitem_id=item)
        for skill, items in links.items()
        for item in dict.fromkeys(items)
    )


def _let_go(rows: Iterable[Skill]) -> None:
    left = [row for row in rows if row.source != Skill.Source.TEACHER]
    pks = [row.pk for row in left]
    kept = set(Try.objects.filter(skill__in=pks).values_list("skill", flat=True))
    kept |= set(Mastery.objects.filter(skill__in=pks).values_list("skill", flat=True))
    kept |= {row.pk for row in left if row.hidden_at is not None}
    Skill.objects.filter(pk__in=set(pks) - kept).delete()
    _link({pk: [] for pk in kept})


def _key(kind: str, told: str) -> str:
    return f"{kind}:{hashlib.sha256(told.encode()).hexdigest()[:40]}"
