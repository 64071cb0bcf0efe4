"""A second reading: what is the same is not written, what changed is, and half is not believed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents import index
from agents.models.index import Chunk, Vector
from connectors import cursors
from connectors.models import SyncCursor
from tests.sync.making import snapshot
from tests.sync.scripted import (
    COURSE,
    Class,
    a_class,
    a_member,
    a_page,
    handed,
    new_version,
    work,
    written,
)
from tutorai.errors import LMSNotFound, LMSRefused, LMSUnavailable
from tutorai.lmsdm import schema
from tutorai.lmsdm.models import ContentItem, Enrolment, Submission, User
from tutorai.lmsdm.schema import Kind, Role, Test

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CURSORS = {"connectors_synccursor"}


def a_course_of(pages: int) -> Class:
    """Pages, files, tasks with bodies, people, submissions, a quiz: whoever is 0 launched."""
    there = a_class(
        items=[
            *(a_page(number) for number in range(pages)),
            *(
                a_page(number, item_id=f"file:{number}", kind=Kind.FILE, mime="text/plain", size=10)
                for number in range(pages // 3)
            ),
            *(
                a_page(
                    number,
                    item_id=f"assignment:{number}",
                    kind=Kind.ASSIGNMENT,
                    body=f"<p>Do task {number}.</p>",
                    version="",
                )
                for number in range(5)
            ),
            a_page(0, item_id="announcement:1", kind=Kind.ANNOUNCEMENT, body="<p>No class.</p>"),
            a_page(99, item_id="page:empty", body="", kind=Kind.SYLLABUS),
        ],
        nodes=[
            schema.TocNode(node_id="m", course_id=COURSE, title="Module"),
            schema.TocNode(node_id="m1", course_id=COURSE, parent_id="m", item_id="page:1"),
        ],
        work=[work(number, content="<p>Do it.</p>", max_points=10) for number in range(5)],
        cut=[
            schema.Part(part_id="a", course_id=COURSE, name="A"),
            schema.Part(part_id="g", course_id=COURSE, name="G", is_group=True),
        ],
        members=[a_member(str(number), sections=("a",), groups=()) for number in range(12)],
        handed=[handed(str(number), body="<p>Mine</p>") for number in range(3)],
        asked=[
            schema.Quiz(
                quiz_id="quiz:1",
                title="Forces",
                questions=(schema.Question(ask=schema.Ask.ESSAY, text="<p>Why?</p>"),),
            )
        ],
        time=NOON,
    )
    there.launched("0")
    return there


def indexed(there: Class) -> None:
    """What the jobs of a reading do."""
    for item in there.told:
        index.index_item(item)
    if there.told:
        index.embed_pending(there.course.pk)


def test_what_stayed_the_same_is_not_written_and_what_changed_is_embedded_alone() -> None:
    there = a_course_of(40)
    there.read()
    indexed(there)
    before, first = snapshot(there.course), there.cursor().generation
    vectors = set(Vector.objects.filter(course_id=there.course.pk).values_list("chunk", flat=True))

    with written() as unchanged:
        again = there.read()
        indexed(there)
    same = snapshot(there.course)
    new_version(there.lms, 7)
    there.lms.calls.clear()
    changed = there.read()
    indexed(there)

    assert set(unchanged) <= CURSORS
    assert (again.changed, same, there.cursor().generation) == (0, before, first + 2)
    assert changed.changed == 1
    assert [more for name, more in there.lms.calls if name == "body"] == ["page:7"]
    seven = set(
        Chunk.objects.filter(item__source_id="page:7", course=there.course).values_list(
            "pk", flat=True
        )
    )
    now = set(Vector.objects.filter(course_id=there.course.pk).values_list("chunk", flat=True))
    assert now - vectors == seven


def test_a_whole_reading_of_what_stayed_the_same_writes_nothing_either() -> None:
    there = a_course_of(9)
    there.read()

    with written() as unchanged:
        there.read(asked=timezone.now() + timedelta(seconds=1))

    assert set(unchanged) <= CURSORS


def test_quick_readings_are_told_what_is_held_and_ask_for_no_quizzes() -> None:
    there = a_class(items=[a_page(1), a_page(2, updated_at=timezone.now())])
    hidden = schema.Window(published=False)
    there.lms.items.append(a_page(3, window=hidden))
    there.read()
    there.lms.calls.clear()

    there.read()

    asked = dict(there.lms.calls)
    known = asked["listing"]
    assert "quizzes" not in asked
    assert (known["page:1"].version, known["page:3"].window) == ("1", hidden)
    assert known["page:2"].version == ""  # it may change again under the same date
    assert set(known) == {"page:1", "page:2", "page:3"}


def test_what_is_held_is_the_things_own_window_not_its_modules() -> None:
    there = a_class(
        items=[a_page(1)],
        nodes=[
            schema.TocNode(
                node_id="m",
                course_id=COURSE,
                item_id="page:1",
                window=schema.Window(published=False),
            )
        ],
    )
    there.read()
    there.lms.nodes.clear()

    there.read()

    known = dict(there.lms.calls)["listing"]
    assert known["page:1"].window == schema.Window()
    assert there.course.items.get().published


@pytest.mark.parametrize(
    ("age", "asked", "whole"),
    [
        (timedelta(hours=1), None, False),
        (timedelta(hours=1), timedelta(minutes=5), True),
        (timedelta(hours=1), timedelta(hours=2), False),
        (timedelta(hours=25), None, True),
    ],
    ids=["lately", "asked since", "done since it was asked", "a day ago"],
)
def test_everything_is_compared_once_a_day_and_when_somebody_asked(
    age: timedelta, asked: timedelta | None, whole: bool
) -> None:
    cursor = SyncCursor(full_at=timezone.now() - age)

    due = cursors.due_whole(cursor, timezone.now() - asked if asked is not None else None)

    assert due is whole


def test_the_next_reading_goes_on_from_the_lmss_own_clock_with_an_overlap() -> None:
    there = a_course_of(3)
    slow = timezone.now() - timedelta(minutes=8)
    there.lms.time = slow
    there.read()
    there.lms.calls.clear()

    there.read()

    asked = dict(there.lms.calls)["submissions"]
    assert there.cursor("submissions").cursor["since"] == slow.isoformat()
    assert timedelta(minutes=15) < slow - asked < timedelta(minutes=17)


def test_a_reading_that_broke_off_goes_on_from_where_the_last_whole_one_began() -> None:
    there = a_course_of(3)
    there.read()
    since = there.cursor("submissions").cursor["since"]
    there.lms.time = NOON + timedelta(hours=1)
    there.lms.wrong["submissions"] = LMSUnavailable()

    with pytest.raises(LMSUnavailable):
        there.read()

    cursor = there.cursor("submissions")
    assert (cursor.status, cursor.error) == ("failed", "lms_unavailable")
    assert cursor.cursor["since"] == since
    assert there.cursor().status == "ok"


@pytest.mark.parametrize("kind", ["people", "submissions", "quizzes"])
@pytest.mark.parametrize("error", [LMSRefused(), LMSNotFound()], ids=["refused", "not found"])
def test_what_the_token_may_not_read_is_noted_and_the_rest_is_read(kind: str, error: Any) -> None:
    there = a_course_of(3)
    there.lms.wrong[kind] = error

    there.read()

    ended = dict(SyncCursor.objects.filter(course=there.course).values_list("kind", "status"))
    assert ended.pop(kind) == "failed"
    assert set(ended.values()) == {"ok"}
    assert there.cursor(kind).error == error.code


def test_a_list_that_shrinks_too_much_takes_nobody_and_nothing_out() -> None:
    there = a_course_of(3)
    there.read()
    everybody = there.course.enrolments.filter(active=True).count()
    there.lms.members, there.lms.handed = there.lms.members[:2], []
    Submission.objects.bulk_create(
        Submission(
            assignment=there.course.assignments.get(source_id="assignment:1"),
            user=User.objects.get(enrolments__course=there.course, name="Ada"),
            source=there.row.source,
            attempt=number,
        )
        for number in range(10, 20)
    )

    there.read(asked=timezone.now() + timedelta(seconds=1))

    assert there.course.enrolments.filter(active=True).count() == everybody
    assert not Submission.objects.filter(assignment__course=there.course, deleted_at__isnull=False)
    assert {there.cursor(kind).status for kind in ("people", "submissions")} == {"suspect"}
    assert there.cursor("people").cursor["missing"] == 10


def test_whoever_leaves_is_marked_as_having_left_and_may_come_back() -> None:
    there = a_course_of(3)
    there.read()
    last = there.lms.members.pop()

    there.read()
    gone = Enrolment.objects.get(course=there.course, user__name="Person 11")
    there.lms.members.append(last)
    there.read()

    assert (gone.active, gone.left_at is None) == (False, False)
    gone.refresh_from_db()
    assert (gone.active, gone.left_at) == (True, None)


def test_a_page_that_comes_back_empty_handed_twice_is_written_once() -> None:
    there = a_class(items=[a_page(1, kind=Kind.SYLLABUS)])
    there.read()

    with written() as again:
        there.read()

    assert there.course.items.get().unreadable == "no_text"
    assert set(again) <= CURSORS


def test_what_failed_or_was_too_big_is_readable_again_when_a_later_try_goes_well() -> None:
    there = a_class(items=[a_page(1)])
    there.lms.wrong["body"] = LMSNotFound()
    there.read()
    failed = there.course.items.get().unreadable
    there.lms.wrong.clear()

    there.read()

    assert (failed, there.course.items.get().unreadable) == ("failed", "")
    assert there.cursor().status == "ok"


def test_a_kind_told_by_halves_is_partial_and_lists_what_failed() -> None:
    there = a_class(items=[a_page(1), a_page(2, kind=Kind.SYLLABUS, body="<p>x</p>")])
    there.lms.wrong["body"] = LMSRefused()

    there.read()

    assert there.cursor().status == "partial"
    assert there.cursor().faults == [{"item": "page:1", "code": "lms_refused"}]
    assert there.course.items.get(source_id="page:1").unreadable == "locked"


def test_restrictions_come_along_and_change_without_the_content_being_read_again() -> None:
    there = a_class(items=[a_page(1)])
    there.read()
    gate = schema.Condition(test=Test.GROUP, ids=("g",))
    there.lms.items = [a_page(1, window=schema.Window(condition=gate))]
    there.lms.calls.clear()

    there.read()

    assert "body" not in dict(there.lms.calls)
    assert ContentItem.objects.get(course=there.course).condition == {
        "test": "group",
        "ids": ["g"],
    }


def test_a_bodys_own_hash_is_its_version_where_the_lms_names_none() -> None:
    there = a_class(items=[a_page(1, kind=Kind.SYLLABUS, version="", body="<p>One</p>")])
    there.read()
    held = there.course.items.get()
    there.lms.items = [a_page(1, kind=Kind.SYLLABUS, version="", body="<p>Two</p>")]

    there.read()

    assert len(held.version) == 64
    assert there.course.items.get().body == "<p>Two</p>"
    assert set(there.told) == {held.pk}


def test_roles_of_launches_win_and_sections_come_from_the_list() -> None:
    there = a_class(members=[a_member("1", Role.TA, sections=("a",), groups=("g",))])
    ada = there.launched("1")

    there.read()

    place = there.course.enrolments.get(user=ada)
    assert (place.role, place.seen_from) == ("student", "launch")
    assert (place.sections, place.groups) == (["a"], ["g"])
