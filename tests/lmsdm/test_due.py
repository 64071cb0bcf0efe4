"""When work is due for one person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.plan import plan
from tests import factories
from tutorai.lmsdm import due
from tutorai.lmsdm.conditions import Facts
from tutorai.lmsdm.models import Assignment, Enrolment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER, LAST = NOON + timedelta(days=1), NOON + timedelta(days=2)
SHE = Facts(NOON, sections=frozenset({"a"}), groups=frozenset({"g"}), people=frozenset({"7"}))


def other(at: datetime | None, **whom: Any) -> dict[str, Any]:
    return {**whom, "due_date": at.isoformat() if at else None}


@pytest.mark.parametrize(
    ("overrides", "at"),
    [
        ([], NOON),
        ([other(LATER, sections=["b"]), other(LATER, groups=["h"], people=["8"])], NOON),
        ([other(LATER, sections=["a", "b"])], LATER),
        ([other(LATER, groups=["g"])], LATER),
        ([other(LATER, people=["7"])], LATER),
        ([other(LAST, people=["7"]), other(LATER, sections=["a"])], LAST),
        ([other(None, people=["7"])], NOON),
    ],
    ids=["none", "others'", "section", "group", "person", "the latest", "no date of its own"],
)
def test_the_latest_date_that_was_set_for_somebody_counts_for_them(
    overrides: list[Any], at: datetime
) -> None:
    assert due.due(Assignment(due_date=NOON, overrides=overrides), SHE) == at


def test_nobody_gets_anothers_date_where_nothing_is_known_of_them() -> None:
    work = Assignment(due_date=NOON, overrides=[other(LATER, sections=["a"])])

    assert due.due(work, Facts(NOON)) == NOON


def test_the_study_plan_has_each_students_own_dates_in_their_order() -> None:
    course = factories.a_course()
    soon, then = (timezone.now() + timedelta(days=number) for number in (1, 2))
    for title, at, overrides in (
        ("Essay", soon, [other(then + timedelta(days=1), groups=["g"])]),
        ("Report", then, []),
    ):
        Assignment.objects.create(
            course=course,
            source="x",
            source_id=title,
            title=title,
            due_date=at,
            overrides=overrides,
        )
    student, other_one = factories.an_actor(course), factories.an_actor(course)
    Enrolment.objects.filter(user=student.user_id).update(groups=["g"])

    def coming(who: Any) -> list[str]:
        return [work.title for work in plan(who).coming]

    assert coming(student) == ["Report", "Essay"]
    assert coming(other_one) == ["Essay", "Report"]
