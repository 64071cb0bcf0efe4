"""What a student sits, as the LMS, the teacher and the clock have it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from agents import activities, invigilating, locks, search_sql
from agents.models import Activity, Sitting
from tests import factories
from tests.locks import making
from tests.locks.making import HOUR
from tests.retrieval.making import an_actor
from tutorai.errors import Locked, NotFound, NotYours
from tutorai.ledger.models import AuditEvent
from tutorai.lmsdm.models import Assignment, ContentItem, Course, Quiz, TocNode
from tutorai.lmsdm.schema import Actor, Role

BEGIN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 2:30 in Madrid, for the first time that night
END = BEGIN + 2 * HOUR


def a_student(course: Course, **fields: Any) -> Actor:
    return an_actor(course, user_id=factories.a_user(course.institution).pk, **fields)


def at(moment: datetime, actor: Actor) -> list[datetime]:
    """Until when the actor is locked at a moment."""
    with time_machine.travel(moment, tick=False):
        return [lock.until for lock in locks.of(actor)]


def test_a_lock_begins_and_ends_on_the_second_through_the_night_the_clocks_go_back() -> None:
    course = making.a_course()
    work = making.some_work(course, available_from=BEGIN, available_until=END, attempts=2)
    making.an_exam(work)
    actor = a_student(course, time_zone="Europe/Madrid", locale="es")
    second = timedelta(seconds=1)

    assert at(BEGIN - second, actor) == []
    assert at(BEGIN, actor) == at(END - second, actor) == [END]
    assert at(END, actor) == []
    with time_machine.travel(BEGIN, tick=False), pytest.raises(Locked, match="Midterm") as shut:
        locks.check(actor)
    assert "3:30" in str(shut.value)  # in winter time, an hour after the clocks went back
    assert "(Europe/Madrid, CET)" in str(shut.value)

    making.handed_in(actor, work, "draft")
    assert at(BEGIN - HOUR, actor) == [END]  # begun, whatever the opening says
    making.handed_in(actor, work)
    assert at(BEGIN, actor) == []
    making.handed_in(actor, work, "draft", attempt=2)
    assert at(BEGIN, actor) == [END]
    making.handed_in(actor, work, "graded", attempt=2)
    assert at(BEGIN, actor) == []


def test_what_is_to_be_sat_is_away_from_before_it_opens_until_there_is_no_attempt_left() -> None:
    course = making.a_course()
    work = making.some_work(course, available_from=None, available_until=END, attempts=2)
    making.an_exam(work, opens_at=BEGIN)
    item = ContentItem.objects.get(course=course, source_id=work.source_id)
    actor = a_student(course)

    def away(moment: datetime, actor: Actor = actor) -> bool:
        return item.pk in locks.hidden(actor, at=moment)

    assert away(BEGIN - 24 * HOUR)
    assert away(BEGIN)
    making.handed_in(actor, work)
    assert away(BEGIN)  # they could begin another attempt
    making.handed_in(actor, work, attempt=2)
    assert not away(BEGIN)
    assert not away(END, a_student(course))
    assert not away(BEGIN, an_actor(course, "teacher"))

    def found(moment: datetime) -> int:
        with time_machine.travel(moment, tick=False):
            return len(search_sql.by_words(a_student(course), course.pk, {"en": ["raindrop"]}, 5))

    assert (found(BEGIN), found(END)) == (0, 1)


def test_without_any_time_a_lock_ends_a_day_after_it_was_marked() -> None:
    course = making.a_course()
    exam = making.an_exam(making.some_work(course, available_from=None, available_until=None))
    actor = a_student(course)

    assert at(exam.changed_at, actor) == [exam.changed_at + 24 * HOUR]
    assert at(exam.changed_at + 24 * HOUR, actor) == []


def test_a_quiz_its_column_and_what_there_is_to_read_are_one_activity() -> None:
    """Canvas gives them different ids; of two of one title nobody can tell."""
    course = making.a_course()
    told: Any = {"course": course, "source": "canvas:1"}
    times = {"available_from": making.now() - HOUR, "available_until": making.now() + HOUR}
    column = Assignment.objects.create(**told, **times, source_id="assignment:7", title="Quiz 1")
    quiz = Quiz.objects.create(**told, source_id="quiz:5", title="Quiz 1")
    item = ContentItem.objects.create(**told, source_id="quiz:5", title="Quiz 1", kind="quiz")
    for n in range(2):
        Quiz.objects.create(**told, source_id=f"quiz:{n}", title="Again")
    Activity.objects.create(course=course, about="quiz", about_id=quiz.pk, exam="quiz")
    actor = a_student(course)

    every = {family.title: family for family in activities.every(course.pk)}
    assert every["Quiz 1"].rows == (column, quiz, item)
    assert len(activities.every(course.pk)) == 3
    assert item.pk in locks.hidden(actor)
    assert [lock.title for lock in locks.of(actor)] == ["Quiz 1"]
    making.handed_in(actor, column)
    assert locks.of(actor) == []


def test_a_marked_part_of_the_course_locks_all_that_stands_in_it() -> None:
    course = making.a_course()
    told: Any = {"course": course, "source": "test", "kind": "heading"}
    top = TocNode.objects.create(**told, source_id="1", title="Exam week")
    below = TocNode.objects.create(**told, source_id="2", parent=top)
    item = course.items.get(title="Friction")
    TocNode.objects.create(**told, source_id="3", parent=below, item=item)
    closes = making.now() + HOUR
    Activity.objects.create(
        course=course, about="module", about_id=top.pk, exam="exam", closes_at=closes
    )
    actor = a_student(course)

    assert locks.hidden(actor) == {item.pk}
    assert [(lock.title, lock.until) for lock in locks.of(actor)] == [("Exam week", closes)]


def test_who_comes_by_the_link_of_an_exam_has_begun_it() -> None:
    course = making.a_course()
    work = making.some_work(course)
    making.an_exam(work)
    actor = a_student(course, about="assignment", about_id=work.pk)

    locks.begin(a_student(course))
    locks.begin(an_actor(course, "teacher", about="assignment", about_id=work.pk))
    locks.begin(actor)
    began = Sitting.objects.get(activity__course=course)
    locks.begin(actor)

    assert began.user_id == actor.user_id
    assert began.began_at == Sitting.objects.get(pk=began.pk).began_at
    assert began.began_at is not None


def test_a_teacher_lets_out_one_or_all_and_takes_it_back_and_all_of_it_is_written_down() -> None:
    course = making.a_course()
    exam = making.an_exam(making.some_work(course))
    teacher, _token = making.somebody(course, Role.TEACHER)
    first, second, third = (making.somebody(course)[0] for _ in range(3))

    invigilating.release(teacher, exam.pk, first.user_id)
    (room,) = invigilating.rooms(teacher)
    held = [len(locks.of(one)) for one in (first, second, third)]
    assert [user.pk for user in room.outside] == [first.user_id]
    assert {user.pk for user, _at in room.inside} == {second.user_id, third.user_id}
    assert held == [0, 1, 1]

    assert invigilating.release(teacher, exam.pk) == 2
    assert not any(locks.of(one) for one in (first, second, third))
    invigilating.lock_again(teacher, exam.pk, second.user_id)
    assert [len(locks.of(one)) for one in (first, second, third)] == [0, 1, 0]

    with pytest.raises(NotFound):
        invigilating.release(teacher, exam.pk, first.user_id)
    with pytest.raises(NotFound):
        invigilating.lock_again(teacher, exam.pk, teacher.user_id)
    for role in (Role.STUDENT, Role.DESIGNER):
        with pytest.raises(NotYours):
            invigilating.release(an_actor(course, role), exam.pk)
    told = AuditEvent.objects.filter(course=course.pk, verb__startswith="lock.")
    assert sorted(told.values_list("verb", flat=True)) == ["lock.again", *["lock.release"] * 3]
    assert {event.actor for event in told} == {teacher.user_id}
