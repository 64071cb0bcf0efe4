"""Who sees what: nothing of another school, another course, or another day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests import factories
from tutorai.errors import ActingAs, NotFound, NotYours, TutorError
from tutorai.ids import new_id
from tutorai.lmsdm import scope, store
from tutorai.lmsdm.models import (
    Assignment,
    ContentItem,
    Course,
    Enrolment,
    Identity,
    TocNode,
)
from tutorai.lmsdm.schema import AUTHORS, GRADERS, STAFF, Actor, Role

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STUDENTS = sorted(set(Role) - STAFF)
WINDOWS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"published": False}, False),
    ({"available_from": NOON}, True),
    ({"available_from": NOON + SECOND}, False),
    ({"available_until": NOON + SECOND}, True),
    ({"available_until": NOON}, False),
    ({"sections": []}, False),
    ({"sections": ["1"]}, False),
    ({"sections": ["2"]}, True),
    ({"sections": ["1", "3"]}, True),
    ({"sections": ["22"]}, False),
]


def a_node(course: Course, **fields: Any) -> TocNode:
    fields = {"source": "canvas:1", "source_id": str(new_id()), "kind": "heading", **fields}
    return TocNode.objects.create(course=course, **fields)


def an_assignment(course: Course, **fields: Any) -> Assignment:
    fields = {"source": "canvas:1", "source_id": str(new_id()), **fields}
    return Assignment.objects.create(course=course, **fields)


def lines(actor: Actor) -> set[Any]:
    return {node.pk for node in scope.toc(actor)}


# --- windows --------------------------------------------------------------------------------


def test_an_id_of_another_lms_is_not_ones_own_in_this_one() -> None:
    course = factories.a_course()
    student = factories.an_actor(course)
    for source, kind, external_id, row in (
        ("canvas:1", Identity.Of.COURSE, "canvas.example/3", course.pk),
        ("canvas:1", Identity.Of.USER, "canvas.example/9", student.user_id),
        ("moodle:1", Identity.Of.USER, "moodle.example/7", student.user_id),
    ):
        school = course.institution_id
        store.identify(
            institution_id=school, source=source, kind=kind, external_id=external_id, row=row
        )

    assert scope.facts(student, NOON).people == frozenset({"9"})


@pytest.mark.parametrize("role", STUDENTS)
@pytest.mark.parametrize(("window", "seen"), WINDOWS)
@time_machine.travel(NOON, tick=False)
def test_who_is_no_staff_sees_what_is_published_now_for_a_section_of_theirs(
    role: Role, window: dict[str, Any], seen: bool
) -> None:
    course = factories.a_course()
    factories.an_item(course, **window)
    an_assignment(course, **window)
    a_node(course, **window)
    actor = factories.an_actor(course, role=role, sections=("2", "3"))

    assert scope.items(actor).exists() is seen
    assert scope.assignments(actor).exists() is seen
    assert scope.toc(actor).exists() is seen


@pytest.mark.parametrize("role", sorted(STAFF))
@pytest.mark.parametrize(("window", "_seen"), WINDOWS)
@time_machine.travel(NOON, tick=False)
def test_staff_see_everything_of_their_course(
    role: Role, window: dict[str, Any], _seen: bool
) -> None:
    course = factories.a_course()
    factories.an_item(course, **window)
    an_assignment(course, **window)
    a_node(course, **window)
    actor = factories.an_actor(course, role=role)

    assert scope.items(actor).exists()
    assert scope.assignments(actor).exists()
    assert scope.toc(actor).exists()


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TEACHER])
def test_nobody_sees_what_is_gone_from_the_lms(role: Role) -> None:
    course = factories.a_course()
    item = factories.an_item(course, deleted_at=NOON)
    an_assignment(course, deleted_at=NOON)
    a_node(course, item=item)
    actor = factories.an_actor(course, role=role)

    assert not scope.items(actor).exists()
    assert not scope.assignments(actor).exists()
    assert not scope.toc(actor).exists()


def test_the_moment_of_asking_can_be_another_than_now() -> None:
    course = factories.a_course()
    factories.an_item(course, available_from=NOON)
    actor = factories.an_actor(course)

    def seen(at: datetime) -> bool:
        return ContentItem.objects.filter(
            scope.visible(actor, ContentItem, at=at), course=course
        ).exists()

    assert seen(NOON)
    assert not seen(NOON - SECOND)


def test_a_hidden_module_hides_what_is_in_it_however_deep_and_a_hidden_item_its_line() -> None:
    course = factories.a_course()
    shown, hidden = a_node(course), a_node(course, published=False)
    inside = a_node(course, parent=hidden)
    deeper = a_node(course, parent=inside)
    below = a_node(course, parent=shown, item=factories.an_item(course))
    secret = a_node(course, parent=shown, item=factories.an_item(course, published=False))

    assert lines(factories.an_actor(course)) == {shown.pk, below.pk}
    assert lines(factories.an_actor(course, role=Role.TA)) == {
        shown.pk,
        hidden.pk,
        inside.pk,
        deeper.pk,
        below.pk,
        secret.pk,
    }


# --- tenants --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_who_belongs_to_another_course_finds_nothing_of_this_one(role: Role) -> None:
    course = factories.a_course()
    factories.an_item(course)
    an_assignment(course)
    a_node(course)
    own = factories.an_actor(factories.a_course(course.institution), role=role)
    forged = own.model_copy(update={"course_id": course.pk, "institution_id": new_id()})
    nowhere = own.model_copy(update={"course_id": None})

    for actor in (own, forged, nowhere):
        assert not scope.courses(actor).filter(pk=course.pk).exists()
        assert not scope.items(actor).exists()
        assert not scope.assignments(actor).exists()
        assert not scope.toc(actor).exists()
        with pytest.raises(NotFound):
            scope.course(actor, course.pk)
        with pytest.raises(NotFound):
            scope.authored_course(actor, str(course.pk))


@pytest.mark.parametrize("role", list(Role))
def test_everybody_finds_their_own_course(role: Role) -> None:
    course = factories.a_course()

    assert scope.course(factories.an_actor(course, role=role), course.pk) == course


@pytest.mark.parametrize("role", sorted(AUTHORS))
def test_who_writes_a_course_may_set_it_up(role: Role) -> None:
    course = factories.a_course()

    assert scope.authored_course(factories.an_actor(course, role=role), course.pk) == course


@pytest.mark.parametrize("role", sorted(set(Role) - AUTHORS))
def test_who_does_not_write_a_course_may_not_set_it_up(role: Role) -> None:
    course = factories.a_course()

    with pytest.raises(NotYours):
        scope.authored_course(factories.an_actor(course, role=role), course.pk)


# --- grades ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(GRADERS))
def test_who_grades_finds_the_active_students_and_what_can_be_graded(role: Role) -> None:
    column = factories.a_column()
    course = column.course
    student = factories.an_enrolment(course)
    factories.an_enrolment(course, active=False)
    factories.an_enrolment(course, factories.a_user(course.institution, is_test=True))
    factories.an_enrolment(course, role=Role.TEACHER)
    factories.an_enrolment(factories.a_course(course.institution))
    an_assignment(course)  # it has no column
    factories.a_column(course, gone_at=NOON)
    gone = factories.a_column(course)
    Assignment.objects.filter(line_items=gone).update(deleted_at=NOON)
    factories.a_column(factories.a_course(course.institution))
    actor = factories.an_actor(course, role=role)

    assert scope.graded_course(actor, course.pk) == course
    assert [one.pk for one in scope.students(actor)] == [student.user_id]
    assert [one.pk for one in scope.columns(actor)] == [column.assignment_id]


@pytest.mark.parametrize("role", sorted(set(Role) - GRADERS))
def test_who_does_not_grade_finds_no_students_and_no_columns(role: Role) -> None:
    refuse_grading(factories.an_actor(factories.a_column().course, role=role), NotYours)


@pytest.mark.parametrize("role", sorted(GRADERS))
def test_who_acts_as_a_grader_finds_none_either(role: Role) -> None:
    actor = factories.an_actor(factories.a_column().course, role=role, acted_by="999")

    refuse_grading(actor, ActingAs)


@pytest.mark.parametrize("role", list(Role))
def test_nobody_grades_in_another_course(role: Role) -> None:
    course = factories.a_column().course
    own = factories.an_actor(factories.a_course(course.institution), role=role)
    forged = own.model_copy(update={"course_id": course.pk, "institution_id": new_id()})

    refuse_grading(forged, NotFound)
    refuse_grading(own.model_copy(update={"course_id": None}), NotFound)
    with pytest.raises(NotFound):
        scope.graded_course(own, course.pk)


def refuse_grading(actor: Actor, error: type[TutorError]) -> None:
    for read in (scope.students, scope.columns):
        with pytest.raises(error):
            read(actor)
    with pytest.raises(error):
        scope.graded_course(actor, actor.course_id or "")


def test_who_is_known_by_the_lmss_api_alone_is_no_student_to_grade_until_lti_tells_of_them() -> (
    None
):
    course = factories.a_course()
    teacher = factories.an_actor(course, Role.TEACHER)
    student = factories.an_actor(course)
    Enrolment.objects.update_or_create(
        user_id=student.user_id,
        course=course,
        defaults={
            "role": Role.STUDENT.value,
            "seen_from": Enrolment.From.REST,
            "seen_at": timezone.now(),
        },
    )

    def listed() -> bool:
        return scope.students(teacher).filter(pk=student.user_id).exists()

    assert not listed()

    store.identify(
        institution_id=course.institution_id,
        source="lti:1",
        kind=Identity.Of.USER,
        external_id="a sub",
        row=student.user_id,
    )

    assert listed()
