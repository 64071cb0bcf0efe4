"""Restrictions as a tree of three-valued tests: what cannot be told stays shut."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tutorai.lmsdm import scope, store
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.models import ContentItem, CourseGroup, Enrolment, Identity
from tutorai.lmsdm.schema import Condition, Role, Test

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def section(*ids: str) -> Condition:
    return Condition(test=Test.SECTION, ids=ids)


def group(*ids: str) -> Condition:
    return Condition(test=Test.GROUP, ids=ids)


def every(*of: Condition) -> Condition:
    return Condition(test=Test.ALL, of=of)


def some(*of: Condition) -> Condition:
    return Condition(test=Test.ANY, of=of)


def no(*of: Condition) -> Condition:
    return Condition(test=Test.NONE, of=of)


UNKNOWN = Condition(test=Test.UNKNOWN, why="grade")
YES, NO = every(), some()
IN_A = Facts(NOON, sections=frozenset({"a"}), groups=frozenset({"g"}), people=frozenset({"7"}))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (YES, True),
        (NO, False),
        (no(), True),
        (section("a", "b"), True),
        (section("b"), False),
        (group("g"), True),
        (Condition(test=Test.PERSON, ids=("7",)), True),
        (Condition(test=Test.PERSON, ids=("8",)), False),
        (Condition(test=Test.DONE, ids=("page:1",)), None),
        (UNKNOWN, None),
        (every(section("a"), UNKNOWN), None),
        (every(section("b"), UNKNOWN), False),
        (some(section("a"), UNKNOWN), True),
        (some(section("b"), UNKNOWN), None),
        (no(section("a"), UNKNOWN), False),
        (no(section("b"), UNKNOWN), None),
        (no(section("b")), True),
        (Condition(test=Test.FROM, at=NOON), True),
        (Condition(test=Test.FROM, at=NOON + SECOND), False),
        (Condition(test=Test.UNTIL, at=NOON), False),
        (Condition(test=Test.UNTIL, at=NOON + SECOND), True),
        (Condition(test=Test.FROM), None),
    ],
)
def test_a_condition_is_met_not_met_or_cannot_be_told(asked: Condition, told: bool | None) -> None:
    assert holds(asked, IN_A) is told


@pytest.mark.parametrize("asked", [section("a"), no(section("a")), group("g"), no(group("g"))])
def test_of_somebody_nothing_is_known_of_nothing_is_concluded(asked: Condition) -> None:
    assert holds(asked, Facts(NOON)) is None


CONDITIONS = st.recursive(
    st.sampled_from([YES, NO, UNKNOWN, section("a"), section("b"), group("g")]),
    lambda inner: st.builds(
        lambda test, of: Condition(test=test, of=tuple(of)),
        st.sampled_from([Test.ALL, Test.ANY, Test.NONE]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_what_is_known_later_never_takes_a_conclusion_back(asked: Condition) -> None:
    assert holds(asked, Facts(NOON)) in (None, holds(asked, IN_A))


@given(CONDITIONS)
def test_a_condition_comes_back_from_its_column_as_it_was(asked: Condition) -> None:
    assert Condition.model_validate(store.dumped(asked)) == asked


def test_a_restricted_item_is_there_for_whom_it_is_met_and_for_staff() -> None:
    course = factories.a_course()
    item = factories.an_item(course, condition=store.dumped(no(group("g2"))))
    student = factories.an_actor(course)
    other = factories.an_actor(course)
    teacher = factories.an_actor(course, Role.TEACHER)
    for actor, groups in ((student, ["g1"]), (other, ["g2"])):
        Enrolment.objects.update_or_create(
            user_id=actor.user_id,
            course=course,
            defaults={
                "role": "student",
                "groups": groups,
                "seen_from": Enrolment.From.REST,
                "seen_at": NOON,
            },
        )

    def sees(actor: object) -> bool:
        return scope.items(actor).filter(pk=item.pk).exists()  # type: ignore[arg-type]

    assert [sees(student), sees(other), sees(teacher)] == [True, False, True]
    assert not sees(teacher.as_student)  # nobody told of their groups


def test_who_is_in_no_group_is_known_to_be_in_none_where_the_lms_told_its_groups() -> None:
    course = factories.a_course()
    item = factories.an_item(course, condition=store.dumped(no(group("g2"))))
    student = factories.an_actor(course)
    seen = ContentItem.objects.filter(pk=item.pk)

    assert not seen.filter(scope.visible(student, ContentItem)).exists()

    CourseGroup.objects.create(course=course, source="canvas:x", kind="group", external_id="g2")

    assert not seen.filter(scope.visible(student, ContentItem)).exists()  # it may not know them

    Identity.objects.create(
        institution=course.institution,
        source="canvas:x",
        kind=Identity.Of.USER,
        external_id="7",
        row=student.user_id,
    )

    assert seen.filter(scope.visible(student, ContentItem)).exists()
