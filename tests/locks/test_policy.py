"""What holds for a turn, and what is switched off."""

import time
from datetime import timedelta
from typing import Any

import pytest

from agents import decisions, locks, policy
from agents.decisions import Mode, Wish
from agents.models import Switch
from agents.tutor.records import Way
from tests.locks import making
from tests.locks.making import HOUR
from tests.retrieval.making import an_actor
from tutorai.errors import BadRequest, NotFound, NotYours, SwitchedOff
from tutorai.ledger.models import AuditEvent
from tutorai.lmsdm.models import Assignment, ContentItem, Course, TocNode
from tutorai.lmsdm.schema import Actor, Role


def a_teacher(course: Course) -> Actor:
    return making.somebody(course, Role.TEACHER)[0]


def test_homework_is_guided_until_it_cannot_be_handed_in_any_more() -> None:
    course = making.a_course()
    work = making.some_work(course, "Essay", attempts=1)
    item = ContentItem.objects.get(course=course, source_id=work.source_id)
    page = course.items.get(title="Friction")
    student, _token = making.somebody(course)
    usual = policy.of(student)
    bound = student.model_copy(update={"about": "item", "about_id": item.pk})

    held = policy.of(student, "assignment", work.pk)
    assert (usual.way, usual.homework) == (Way.EXPLAIN, False)
    assert (held.way, held.ceiling, held.homework) == (Way.GUIDE, Way.GUIDE, True)
    assert policy.of(bound) == held
    assert policy.of(student, "item", page.pk) == usual
    assert policy.work(student, [page.pk, item.pk]) == item.pk
    assert policy.work(student, [page.pk]) is None

    making.handed_in(student, work)
    assert policy.of(student, "assignment", work.pk).homework
    making.handed_in(student, work, "graded")
    assert not policy.of(student, "assignment", work.pk).homework
    Assignment.objects.filter(pk=work.pk).update(available_until=making.now() - HOUR / 2)
    assert policy.of(making.somebody(course)[0], "assignment", work.pk) == usual


def test_an_activity_comes_before_its_part_of_the_course_and_that_before_the_course() -> None:
    course = making.a_course()
    teacher = a_teacher(course)
    page = course.items.get(title="Friction")
    told: Any = {"course": course, "source": "test", "kind": "heading"}
    part = TocNode.objects.create(**told, source_id="1", title="Part")
    TocNode.objects.create(**told, source_id="2", parent=part, item=page)
    work = making.some_work(course, "Essay")

    def of(about: str = "", about_id: Any = None) -> tuple[Way, Way, int, bool]:
        held = policy.of(teacher, about, about_id)
        return held.way, held.ceiling, held.hints, held.general

    decisions.guide(teacher, Mode.CHOICE, 2, general=True)
    assert of() == of("item", page.pk) == (Way.GUIDE, Way.EXPLAIN, 2, True)
    decisions.decide(teacher, "module", part.pk, Wish(mode=Mode.GUIDE, hints=1))
    assert of("item", page.pk) == (Way.GUIDE, Way.GUIDE, 1, True)
    decisions.decide(teacher, "item", page.pk, Wish(mode=Mode.EXPLAIN))
    assert of("item", page.pk) == (Way.EXPLAIN, Way.EXPLAIN, 1, True)
    decisions.decide(teacher, "assignment", work.pk, Wish(mode=Mode.EXPLAIN, hints=0))
    assert of("assignment", work.pk) == (Way.EXPLAIN, Way.EXPLAIN, 0, True)
    assert policy.of(teacher, "assignment", work.pk).homework
    verbs = AuditEvent.objects.filter(course=course.pk, actor=teacher.user_id)
    assert verbs.filter(verb="activity.set").count() == 3


def test_a_lock_without_an_end_is_refused_and_so_is_what_cannot_be() -> None:
    course = making.a_course()
    teacher = a_teacher(course)
    work = making.some_work(course, available_from=None, available_until=None)
    now = making.now()

    def decide(**fields: Any) -> decisions.Line:
        return decisions.decide(teacher, "assignment", work.pk, Wish(**fields))

    with pytest.raises(BadRequest, match="it needs a closing time"):
        decide(exam="exam")
    with pytest.raises(BadRequest, match="closes before it opens"):
        decide(exam="exam", opens_at=now, closes_at=now)
    with pytest.raises(BadRequest, match="choose what it is"):
        decide(exam="party")
    with pytest.raises(BadRequest, match="4 steps"):
        decide(hints=5)
    assert decide().row is not None
    assert not decide().decided
    Assignment.objects.filter(pk=work.pk).update(due_date=now + HOUR)
    span = decide(exam="exam").span
    assert span is not None
    assert span.end == now + HOUR

    with pytest.raises(NotFound):
        decisions.line(teacher, "quiz", work.pk)
    with pytest.raises(NotFound):
        decisions.line(a_teacher(making.a_course()), "assignment", work.pk)
    for role in (Role.STUDENT, Role.TA):
        with pytest.raises(NotYours):
            decisions.decide(an_actor(course, role), "assignment", work.pk, Wish())


def test_what_is_off_is_off_at_the_next_question_and_nothing_else_is() -> None:
    course = making.a_course()
    teacher = a_teacher(course)
    student, _token = making.somebody(course)
    work, other = (making.some_work(course, name) for name in ("Essay", "Report"))
    item = ContentItem.objects.get(course=course, source_id=work.source_id)

    def off(about: str = "", about_id: Any = None) -> tuple[bool, bool]:
        return tuple(policy.off(student, name, about, about_id) for name in ("ask", "practice"))  # type: ignore[return-value]

    assert off() == (False, False)
    decisions.switch(teacher, "practice", on=False)
    assert off() == (False, True)
    assert not policy.off(student)
    decisions.switch(teacher, on=False)
    assert off() == (True, True)
    with pytest.raises(SwitchedOff):
        policy.check(student, "ask")
    decisions.switch(teacher, on=True)
    decisions.switch(teacher, "practice", on=True)
    decisions.switch_activity(teacher, "assignment", work.pk, on=False)
    assert off("item", item.pk) == (True, True)
    assert item not in locks.items(student)  # and answers about all else leave its text alone
    assert off("assignment", other.pk) == off() == (False, False)
    Switch.objects.create(institution_id=student.institution_id, capability="ask")
    assert off() == (True, False)
    assert decisions.off(teacher) == set()  # what the school switched off is the school's

    began = time.perf_counter()
    assert policy.off(student, "ask")
    assert timedelta(seconds=time.perf_counter() - began) < timedelta(seconds=1)
