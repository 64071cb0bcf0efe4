"""Gradebook columns as rows, each with its assignment."""

from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.racing import at_once
from tutorai.lmsdm import columns
from tutorai.lmsdm.models import Assignment, Course, LineItem
from tutorai.lmsdm.schema import LineItem as Told

SOURCE = "lti:one"
PLACE = "https://lms.example/6/lineitems?type_id=1"


def url(number: int) -> str:
    """Return a column's address."""
    return f"https://lms.example/6/lineitems/{number}/lineitem?type_id=1"


def told(number: int = 1, **fields: Any) -> Told:
    """Return a column as its gradebook tells it."""
    return Told(**{"url": url(number), "label": f"C{number}", "maximum": Decimal(10), **fields})


@pytest.fixture
def course() -> Course:
    """A course without columns."""
    return factories.a_course()


def save(course: Course, *items: Told, container: str = "", source: str = SOURCE) -> list[str]:
    """Save columns; return the labels of those new or different."""
    rows = columns.save_line_items(
        course_id=course.pk, source=source, items=items, container=container
    )
    return [row.label for row in rows]


def there(course: Course) -> set[tuple[str, str]]:
    """Return the columns that are not gone, each with its assignment."""
    rows = LineItem.objects.filter(course=course, gone_at=None, assignment__deleted_at=None)
    return set(rows.values_list("url", "assignment__source_id"))


def test_a_column_has_an_assignment_and_the_same_again_changes_nothing(course: Course) -> None:
    assert save(course, told(1, maximum=Decimal("7.555")), told(2)) == ["C1", "C2"]
    assert save(course, told(1, maximum=Decimal("7.555")), told(2)) == []

    row = LineItem.objects.get(course=course, url=url(1))
    assert row.assignment is not None
    shown = (row.assignment.source, row.assignment.source_id, row.assignment.title)
    assert shown == (SOURCE, url(1), "C1")
    assert row.assignment.max_points == row.maximum == Decimal("7.56")


def test_many_that_tell_of_one_column_at_once_make_one(course: Course) -> None:
    at_once(5, lambda _: save(course, told(1)))

    assert course.line_items.count() == course.assignments.count() == 1


def test_what_is_not_told_stays(course: Course) -> None:
    save(course, told(1, resource_link_id="3"))

    assert save(course, Told(url=url(1))) == []
    assert LineItem.objects.get(course=course).resource_link_id == "3"


def test_a_renamed_column_renames_its_assignment(course: Course) -> None:
    save(course, told(1))

    assert save(course, told(1, label="Essay", maximum=Decimal(20))) == ["Essay"]
    assert course.assignments.get().title == "Essay"
    assert course.assignments.get().max_points == Decimal(20)


def test_a_column_missing_from_a_complete_list_is_gone_and_may_come_back(course: Course) -> None:
    save(course, told(1), told(2))

    save(course, told(2), container=PLACE)
    assert there(course) == {(url(2), url(2))}

    save(course, told(1))
    assert there(course) == {(url(1), url(1)), (url(2), url(2))}


def test_a_list_speaks_only_of_its_own_source_and_place(course: Course) -> None:
    save(course, told(1), source="lti:two")
    save(course, Told(url="https://lms.example/7/lineitems/1/lineitem"))

    save(course, told(2), container=PLACE)

    assert course.line_items.filter(gone_at=None).count() == 3


def test_an_assignment_told_elsewhere_is_left_as_it_is(course: Course) -> None:
    work = Assignment.objects.create(course=course, source="canvas:1", source_id="5", title="Mine")
    LineItem.objects.create(course=course, source=SOURCE, url=url(1), assignment=work)

    save(course, told(1))
    save(course, container=PLACE)

    work.refresh_from_db()
    assert (work.title, work.deleted_at) == ("Mine", None)


def test_a_column_of_an_assignment_that_is_known_stands_for_it(course: Course) -> None:
    work = Assignment.objects.create(course=course, source=SOURCE, source_id="5", title="C1")

    save(course, told(1, assignment_id="5"))

    assert LineItem.objects.get(course=course).assignment == work


@pytest.mark.parametrize(
    "name", [{"resource_id": "essay"}, {"resource_link_id": "3"}], ids=["resource", "link"]
)
def test_a_column_that_moved_keeps_its_row(course: Course, name: dict[str, str]) -> None:
    save(course, told(1, **name))
    row = LineItem.objects.get(course=course)

    save(course, told(7, **name), container=PLACE)

    row.refresh_from_db()
    assert (row.url, row.gone_at) == (url(7), None)
    assert course.assignments.get().source_id == url(7)


def test_a_column_whose_old_place_is_unclear_is_a_new_one(course: Course) -> None:
    save(course, told(1, resource_id="essay"), told(2, resource_id="essay"))

    save(course, told(7, resource_id="essay"))

    assert course.line_items.count() == 3
