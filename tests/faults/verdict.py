"""What became of a trial's grades: the LMS's own word against what was approved."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.faults.classwork import Cell, Classwork
from tests.faults.schools import School
from tutorai.ledger import grades
from tutorai.ledger.models import GradeIntent, Job

State = GradeIntent.State
ON_ITS_WAY = {State.HELD, State.QUEUED, State.SENDING}


@dataclass
class Verdict:
    """Counts of one trial; `wrong`, `doubled`, `lost`, `untrue`, `stuck` and `buried` must be 0."""

    grades: int
    states: Counter[str] = field(default_factory=Counter)  # of every grade there was
    cells: int = 0
    wrong: int = 0  # the LMS shows other points or another newest comment
    doubled: int = 0  # copies of a comment beyond the first
    lost: int = 0  # the LMS has nothing
    untrue: int = 0  # we say something else than the LMS shows
    stuck: int = 0  # grades that are still on their way
    buried: int = 0  # jobs
    resent: int = 0  # scores that the LMS accepted beyond one a delivered grade
    examples: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """How much is not as it must be."""
        return self.wrong + self.doubled + self.lost + self.untrue + self.stuck + self.buried

    def see(self, cell: Cell, told: dict[str, Any] | None, states: list[str]) -> None:
        """Judge one cell: what its LMS tells of it, and our states of its grades, in order."""
        self.cells += 1
        self.states.update(states)
        stuck = len(ON_ITS_WAY.intersection(states))
        self.stuck += stuck
        found = Counter(told["comments"] if told else [])
        copies = sum(found[entry.comment] - 1 for entry in cell.given if found[entry.comment] > 1)
        self.doubled += copies
        self.resent += max(0, (told["posts"] if told else 0) - states.count(State.DELIVERED))
        fault = self._fault(cell, told, found, states)
        if fault:
            setattr(self, fault, getattr(self, fault) + 1)
        if fault or copies or stuck:
            self.examples.append(
                f"{fault or 'doubled or stuck'}: {cell.school.dialect} {cell.fate} {states} {told}"
            )

    def _fault(
        self, cell: Cell, told: dict[str, Any] | None, found: Counter[str], states: list[str]
    ) -> str:
        if cell.fate == "undone":
            return "wrong" if told else "" if states == [State.UNDONE] else "untrue"
        if told is None or told["points"] is None:
            return "lost"
        newest = cell.given[-1]
        if cell.by_hand is not None:
            ends = {State.SUPERSEDED}
            if cell.fate == "touched":  # ours may have been there before
                ends |= {State.DELIVERED}
            elif any(found[entry.comment] for entry in cell.given):
                return "wrong"
            if Decimal(told["points"]) != cell.by_hand:
                return "wrong"
            return "" if states[-1] in ends else "untrue"
        if Decimal(told["points"]) != newest.points or not found[newest.comment]:
            return "wrong"
        return "" if states[-1] == State.DELIVERED else "untrue"


def judge(work: Classwork) -> Verdict:
    """Ask the LMS about every cell."""
    verdict = Verdict(work.grades)
    for school, column in work.columns:
        told = school.cells(column)
        states: dict[Any, list[str]] = {}
        rows = GradeIntent.objects.filter(line_item=column.row).order_by("version")
        for user, state in rows.values_list("user", "state"):
            states.setdefault(user, []).append(state)
        for cell in work.cells:
            if cell.column is column:
                verdict.see(cell, told.get(cell.person), states.get(cell.user.pk, []))
    jobs = Job.objects.filter(kind=grades.KIND, course__in=_courses(work))
    verdict.buried = jobs.filter(state=Job.State.BURIED).count()
    return verdict


def left(schools: list[School]) -> int:
    """How many jobs and grades of these schools are still on their way."""
    courses = [school.course.pk for school in schools]
    live = Job.objects.filter(course__in=courses, state__in=Job.LIVE).count()
    waiting = GradeIntent.objects.filter(line_item__course__in=courses, state__in=ON_ITS_WAY)
    return live + waiting.count()


def _courses(work: Classwork) -> set[Any]:
    return {school.course.pk for school, _column in work.columns}
