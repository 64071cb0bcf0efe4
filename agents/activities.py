"""One activity of a course, whatever rows tell of it.

An LMS tells of one quiz as a quiz, as a column of the gradebook and as a thing to read. Their ids
are the same or, where they are not (Canvas, Blackboard), their titles.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from agents.models import Activity
from tutorai.lmsdm.models import Assignment, ContentItem, Quiz, TocNode
from tutorai.lmsdm.schema import Kind

About = Activity.About
Row = Assignment | Quiz | ContentItem | TocNode
Named = tuple[str, UUID]  # what kind of row, and its id
MODELS: Mapping[str, type[Any]] = {
    About.ASSIGNMENT.value: Assignment,
    About.QUIZ.value: Quiz,
    About.ITEM.value: ContentItem,
}
HEAVY = {Assignment: ("content", "rubric"), Quiz: ("record",), ContentItem: ("body", "told")}
WORK = frozenset({Kind.ASSIGNMENT.value, Kind.QUIZ.value})


@dataclass(frozen=True)
class Family:
    """The rows that tell of one activity, the one that says most first."""

    rows: tuple[Row, ...]

    @property
    def first(self) -> Row:
        """The column's row, else the quiz's, else what there is to read."""
        return self.rows[0]

    @property
    def title(self) -> str:
        """What people call it."""
        return self.first.title

    @property
    def names(self) -> frozenset[Named]:
        """What `Activity`, and a link, may call it."""
        return frozenset(map(named, self.rows))

    @property
    def is_work(self) -> bool:
        """Whether something is to be handed in."""
        return any(is_work(row) for row in self.rows)

    @property
    def assignment(self) -> Assignment | None:
        """Its column: what knows of hands in, of due dates and of other dates for some."""
        return self.first if isinstance(self.first, Assignment) else None


def named(row: Row) -> Named:
    """Return what a row is called in `Activity`."""
    if isinstance(row, TocNode):
        return About.MODULE.value, row.pk
    return next(about for about, model in MODELS.items() if isinstance(row, model)), row.pk


def is_work(row: Row) -> bool:
    """Whether this row says that something is to be handed in."""
    return isinstance(row, Assignment | Quiz) or (isinstance(row, ContentItem) and row.kind in WORK)


def of(course_id: UUID, names: Iterable[Named]) -> dict[Named, Family]:
    """Return the family of each of these rows; what the course does not have is left out."""
    wanted: dict[str, list[UUID]] = defaultdict(list)
    for about, pk in names:
        wanted[about].append(pk)
    held = [
        row
        for about, model in MODELS.items()
        if about in wanted
        for row in _alive(model, course_id).filter(pk__in=wanted[about])
    ]
    found = grouped(_beside(course_id, held)) if held else []
    nodes = TocNode.objects.filter(course=course_id, pk__in=wanted[About.MODULE.value])
    found += [Family((node,)) for node in (nodes if wanted[About.MODULE.value] else ())]
    asked = {(about, pk) for about, pks in wanted.items() for pk in pks}
    return {name: family for family in found for name in family.names & asked}


def every(course_id: UUID) -> list[Family]:
    """Return all that is to be handed in or sat in a course, by title."""
    rows = [row for model in MODELS.values() for row in _work(_alive(model, course_id))]
    return sorted(grouped(rows), key=lambda family: family.title.casefold())


def _alive(model: type[Any], course_id: UUID) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.filter(course=course_id, deleted_at=None)
    return rows.defer(*HEAVY[model])


def _work(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(kind__in=WORK) if rows.model is ContentItem else rows


def _beside(course_id: UUID, held: Sequence[Row]) -> list[Row]:
    """These rows, and all that could tell of the same."""
    like = Q(pk__in=[row.pk for row in held])
    for row in held:
        like |= Q(source=row.source, source_id=row.source_id)
        if is_work(row) and row.title:
            like |= Q(source=row.source, title=row.title)
    found: list[Row] = [
        row for model in MODELS.values() for row in _alive(model, course_id).filter(like)
    ]
    ids = {row.pk for row in held}
    return [row for row in found if row.pk in ids or is_work(row) or _same_id(row, held)]


def _same_id(row: Row, held: Sequence[Row]) -> bool:
    return (row.source, row.source_id) in {(one.source, one.source_id) for one in held}


def grouped(rows: Iterable[Row]) -> list[Family]:
    """Return the families of these rows."""
    ids: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        ids[row.source, row.source_id].append(row)
    titles: dict[tuple[str, str], list[list[Row]]] = defaultdict(list)
    alone: list[list[Row]] = []
    for group in ids.values():
        title = group[0].title
        (titles[group[0].source, title] if title and _any_work(group) else alone).append(group)
    return [
        Family(tuple(sorted(group, key=_rank)))
        for group in chain(alone, *map(_joined, titles.values()))
    ]


def _any_work(group: Sequence[Row]) -> bool:
    return any(map(is_work, group))


def _joined(groups: Sequence[list[Row]]) -> Iterator[list[Row]]:
    """Join one column and one quiz of the same title; of several nobody can tell which."""
    columns = [one for one in groups if all(isinstance(row, Assignment) for row in one)]
    quizzes = [one for one in groups if not any(isinstance(row, Assignment) for row in one)]
    if len(columns) == len(quizzes) == 1:
        yield columns[0] + quizzes[0]
        yield from (one for one in groups if one not in (columns[0], quizzes[0]))
    else:
        yield from groups


def _rank(row: Row) -> tuple[int, str]:
    order: tuple[type[Any], ...] = (Assignment, Quiz, ContentItem, TocNode)
    return order.index(type(row)), str(row.pk)
