"""Grades of a whole class in three schools: entered, corrected, taken back, changed in the LMS.

What must come of each is known from what was done, never from our own tables.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from tests.faults.schools import Column, School
from tutorai import gradebook
from tutorai.gradebook import Entry, Hold
from tutorai.ledger.models import GradeIntent
from tutorai.lmsdm.models import User

SHARE = 20  # grades approved at once
NOW, LATER, WHEN_TOLD = Hold(minutes=0), Hold(minutes=1), Hold()
BY_HAND = Decimal("0.5")  # no grade of ours
# What is done with each of every twenty cells.
FATES = (
    *["once"] * 10,
    *["later"] * 2,  # held for a minute
    *["twice"] * 3,  # corrected while things fail
    *["thrice"] * 2,
    "edited",  # changed in the LMS while ours is held; then released
    "touched",  # changed in the LMS at any moment
    "undone",
)
VERSIONS = {"twice": 2, "thrice": 3}


@dataclass
class Cell:
    """One person in one column, and what was done."""

    school: School
    column: Column
    person: str  # the LMS's number
    user: User
    fate: str
    given: list[Entry] = field(default_factory=list)
    held: GradeIntent | None = None
    by_hand: Decimal | None = None

    def entry(self) -> Entry:
        """The next version of the grade: points and a comment that no other has."""
        version = len(self.given) + 1
        points = Decimal(20 * version) + Decimal(int(self.person) % 19)
        said = f"{self.column.row.label} for {self.person} version {version}"
        self.given.append(Entry(self.user.pk, points, said))
        return self.given[-1]


class Classwork:
    """Cells of one trial, and all that is still to be done to them, in turn.

    Every student has a cell in as many columns as it takes to have `size` of them.
    """

    def __init__(self, schools: list[School], label: str, size: int) -> None:
        class_size = len(schools[0].students)
        many = -(-size // len(schools) // class_size)
        self.columns = [
            (school, school.column(f"{label} {number}"))
            for school in schools
            for number in range(many)
        ]
        self.cells = [
            Cell(school, column, person, user, _fate(school, number))
            for school, column in self.columns
            for number, (person, user) in enumerate(school.students.items())
        ]
        self.todo: Iterator[Callable[[], None]] = iter(self._plan())

    @property
    def grades(self) -> int:
        """How many were approved."""
        return sum(len(cell.given) for cell in self.cells)

    def step(self) -> bool:
        """Do the next thing; whether there was one."""
        act = next(self.todo, None)
        if act is not None:
            act()
        return act is not None

    def _plan(self) -> list[Callable[[], None]]:
        """First grades of all, mixed with what follows of those that are there by then."""
        first: list[Callable[[], None]] = [
            partial(self._approve, chunk, hold) for chunk, hold in self._chunks()
        ]
        then: list[Callable[[], None]] = [*self._again(2)]
        then += [partial(self._undo, chunk) for chunk in _parts(self._of("undone"))]
        then += [partial(self._edit, chunk) for chunk in _parts(self._of("edited"))]
        then += self._again(3)
        touched: list[Callable[[], None]] = [
            partial(self._touch, chunk) for chunk in _parts(self._of("touched"), 5)
        ]
        return [*_mixed(first, touched), *then]

    def _again(self, version: int) -> Iterator[Callable[[], None]]:
        cells = [cell for cell in self.cells if VERSIONS.get(cell.fate, 1) >= version]
        return (partial(self._approve, chunk, NOW) for chunk in _parts(cells))

    def _chunks(self) -> Iterator[tuple[list[Cell], Hold]]:
        held = {"later": LATER, "edited": WHEN_TOLD, "undone": WHEN_TOLD}
        for hold in (WHEN_TOLD, LATER, NOW):
            these = [cell for cell in self.cells if held.get(cell.fate, NOW) is hold]
            for chunk in _parts(these):
                yield chunk, hold

    def _of(self, fate: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.fate == fate]

    def _approve(self, cells: list[Cell], hold: Hold) -> None:
        school, column = cells[0].school, cells[0].column
        made = school.approve(column, [cell.entry() for cell in cells], hold)
        of = {intent.user_id: intent for intent in made}
        for cell in cells:
            cell.held = of[cell.user.pk]

    def _undo(self, cells: list[Cell]) -> None:
        pks = [cell.held.pk for cell in cells if cell.held]
        assert len(gradebook.undo(cells[0].school.teacher, pks)) == len(cells)

    def _edit(self, cells: list[Cell]) -> None:
        self._touch(cells)
        pks = [cell.held.pk for cell in cells if cell.held]
        assert len(gradebook.release(cells[0].school.teacher, pks)) == len(cells)

    def _touch(self, cells: list[Cell]) -> None:
        for cell in cells:
            cell.school.enter(cell.column, cell.person, BY_HAND)
            cell.by_hand = BY_HAND


def _fate(school: School, number: int) -> str:
    fate = FATES[number % len(FATES)]
    # Blackboard takes a score whatever a person changed between our look and our sending.
    return "once" if fate == "touched" and school.dialect == "blackboard" else fate


def _parts(cells: list[Cell], size: int = SHARE) -> Iterator[list[Cell]]:
    """Cells of one column at a time, so many at once; the columns take turns."""
    columns = {id(cell.column): cell.column for cell in cells}.values()
    rows = [[cell for cell in cells if cell.column is column] for column in columns]
    for start in range(0, max(map(len, rows), default=0), size):
        yield from (row[start : start + size] for row in rows if row[start : start + size])


def _mixed(
    one: list[Callable[[], None]], other: list[Callable[[], None]]
) -> list[Callable[[], None]]:
    """Both, the second spread over the first's latter half."""
    half, step = len(one) // 2, max(1, len(one) // 2 // max(1, len(other)))
    mixed = list(one)
    for number, act in enumerate(other):
        mixed.insert(min(len(mixed), half + number * (step + 1)), act)
    return mixed
