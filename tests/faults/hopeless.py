"""Jobs that nobody can do: they are buried with their cause, and a person can have another go."""

import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.faults import running
from tests.faults.classwork import NOW
from tests.faults.trials import Stage
from tutorai import gradebook
from tutorai.gradebook import Entry
from tutorai.ledger import grades, jobs, points
from tutorai.ledger.models import GradeIntent, Job

# What each must be buried for: two of each kind.
CAUSES = Counter({"lost_worker": 2, "unknown_work": 2, "old_payload": 2})


@dataclass
class Hopeless:
    """What became of them."""

    causes: Counter[str]
    before: list[str]  # states of the grades that took their workers down
    after: list[str]  # … once somebody had another go
    comments: list[int]  # how many each has in its LMS then
    kills: int = 0
    seconds: float = 0.0
    violations: int = field(default=0)

    def told(self) -> dict[str, Any]:
        """The same as plain data."""
        return {**vars(self), "causes": dict(self.causes)}


def run(at: Stage) -> Hopeless:
    """Bury a grade that kills every worker, a job without code and one in an older form."""
    crew, start, kills = at.place.crew, time.monotonic(), len(at.place.crew.noted("kills"))
    schools = at.schools[:2]
    held = []
    crew.order(points.BEFORE_COMMIT, 1)
    for school in schools:
        jobs.add("a_kind_of_old", {}, queue="grades", course_id=school.course.pk)
        jobs.add(grades.KIND, {}, queue="grades", version=0, course_id=school.course.pk)
        column, user = school.column("Poison"), next(iter(school.students.values()))
        given = [Entry(user.pk, Decimal(7), "The only comment")]
        held.append((school, column, school.approve(column, given, NOW)[0]))
    running.settle(at, start + running.PATIENCE)
    crew.order()
    before = _states(held)
    buried = Job.objects.filter(
        course__in=[school.course.pk for school in schools], state=Job.State.BURIED
    )
    found = Hopeless(Counter(buried.values_list("error", flat=True)), before, [], [])
    for school, _column, intent in held:
        gradebook.retry(school.teacher, [intent.pk])
    running.settle(at, time.monotonic() + running.PATIENCE)
    found.after = _states(held)
    for school, column, _intent in held:
        found.comments += [len(cell["comments"]) for cell in school.cells(column).values()]
    found.kills = len(crew.noted("kills")) - kills
    found.seconds = round(time.monotonic() - start, 1)
    found.violations = (
        sum((found.causes - CAUSES).values())
        + sum((CAUSES - found.causes).values())
        + sum(state != "dead" for state in before)
        + sum(state != "delivered" for state in found.after)
        + sum(count != 1 for count in found.comments)
    )
    return found


def _states(held: list[tuple[Any, Any, GradeIntent]]) -> list[str]:
    pks = [intent.pk for _school, _column, intent in held]
    return list(GradeIntent.objects.filter(pk__in=pks).values_list("state", flat=True))
