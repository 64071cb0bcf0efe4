"""What a teacher is told of how the last reading ended."""

from typing import Any

import pytest

from connectors.models import Connector, SyncCursor
from tests import factories
from tests.sync.scripted import Class, a_class
from tutorai.lmsdm import store, unused
from tutorai.lmsdm.conditions import opens
from tutorai.lmsdm.models import Course, CourseGroup
from tutorai.lmsdm.schema import Condition, Test
from tutorai.web import ends

SECTION = Condition(test=Test.SECTION, ids=("a",))
GROUP = Condition(test=Test.GROUP, ids=("g",))
DONE = Condition(test=Test.DONE, ids=("item:1",))
GRADE = Condition(test=Test.UNKNOWN, why="grade")
ALL_TOLD = {Test.SECTION, Test.GROUP, Test.PERSON}


def joint(test: Test, *of: Condition) -> Condition:
    return Condition(test=test, of=of)


@pytest.mark.parametrize(
    ("condition", "told", "somebody"),
    [
        (SECTION, ALL_TOLD, True),
        (SECTION, {Test.GROUP}, False),
        (DONE, ALL_TOLD, False),
        (joint(Test.ANY, DONE, GROUP), ALL_TOLD, True),
        (joint(Test.ALL, DONE, GROUP), ALL_TOLD, False),
        (joint(Test.NONE, GROUP), ALL_TOLD, True),
        (joint(Test.NONE, joint(Test.ANY, GROUP, DONE)), ALL_TOLD, False),
        (joint(Test.NONE, joint(Test.ALL, GROUP, DONE)), ALL_TOLD, True),
        (joint(Test.ANY), ALL_TOLD, False),
        (joint(Test.ALL), ALL_TOLD, True),
        (Condition(test=Test.GROUP), ALL_TOLD, False),
    ],
    ids=[
        *("told", "not told", "progress", "or a group", "and a group", "not in a group"),
        *("neither of both", "not both of them", "any of none", "all of none", "in no group named"),
    ],
)
def test_whether_anybody_can_be_known_to_meet_a_condition(
    condition: Condition, told: set[Test], somebody: bool
) -> None:
    assert opens(condition, told) is somebody


def restricted(course: Course) -> list[str]:
    return [item.title for item in unused.items(course.pk)]


def test_what_nobody_is_known_to_be_allowed_to_see_is_listed_as_not_used() -> None:
    course = factories.a_course()
    for title, fields in {
        "Free": {},
        "Gated": {"condition": store.dumped(DONE)},
        "Graded": {"condition": store.dumped(GRADE)},
        "Hidden": {"condition": store.dumped(DONE), "published": False},
        "Nobody's": {"sections": []},
        "Section A's": {"sections": ["a"]},
        "Group G's": {"condition": store.dumped(GROUP)},
    }.items():
        factories.an_item(course, title=title, **fields)

    before = restricted(course)
    for kind in ("section", "group"):
        CourseGroup.objects.create(course=course, source="x", kind=kind, external_id="a")

    assert before == ["Gated", "Graded", "Group G's", "Nobody's", "Section A's"]
    assert restricted(course) == ["Gated", "Graded", "Nobody's"]


@pytest.fixture
def there() -> Class:
    return a_class()


def ended(row: Connector, kind: str, **fields: Any) -> None:
    assert row.course is not None
    SyncCursor.objects.create(connector=row, course=row.course, kind=kind, **fields)


def test_a_partial_reading_names_what_is_lost_and_counts_what_has_no_name_any_more(
    there: Class,
) -> None:
    factories.an_item(there.course, source_id="page:1", title="Friction")
    faults = [{"item": "page:1", "code": "x"}, {"item": "page:2", "code": "x"}]
    ended(there.row, "course", status="partial", faults=faults)

    told = ends.of(there.course)

    assert (told.lost, told.count) == (("Friction",), 2)


@pytest.mark.parametrize("kind", ["people", "submissions", "quizzes"])
@pytest.mark.parametrize(
    ("fields", "act"),
    [
        ({"status": "failed", "error": "lms_refused"}, "connect"),
        ({"status": "failed", "error": "scope_missing"}, "connect"),
        ({"status": "failed", "error": "lms_misunderstood"}, "sync"),
        ({"status": "suspect"}, "anyway"),
    ],
    ids=["refused", "no scope", "failed", "suspect"],
)
def test_each_kind_that_went_wrong_has_words_and_one_act(
    there: Class, kind: str, fields: dict[str, str], act: str
) -> None:
    ended(there.row, kind, **fields)

    (note,) = ends.of(there.course).notes

    assert (note.act, bool(str(note.words))) == (act, True)


def test_a_reading_that_went_well_leaves_only_the_strangers_to_tell_of(there: Class) -> None:
    ended(there.row, "course", status="ok")
    ended(there.row, "people", status="ok", cursor={"unmatched": 3})

    assert ends.of(there.course) == ends.Ends(strangers=3)
