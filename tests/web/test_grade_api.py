"""Grades over the API: a signed-in teacher's post is that person's approval, once for each key."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests import factories
from tests.conftest import Running
from tutorai.ids import new_id
from tutorai.ledger.models import GradeIntent, Proposal
from tutorai.lmsdm.models import LineItem, User
from tutorai.lmsdm.schema import GRADERS, Role

State = GradeIntent.State


class Client:
    """A program with somebody's session in the column's course."""

    def __init__(self, tool: Running, column: LineItem, role: Role = Role.TEACHER) -> None:
        self.base, self.column = f"{tool.url}/v1", column
        self.begun = factories.a_session(column.course, role)

    def call(self, method: str, path: str, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.begun.access_token}"}
        headers |= {"Idempotency-Key": key} if key else {}
        url = self.base + path
        return httpx.request(method, url, headers=headers, json=body or None, timeout=30)

    def path(self, last: str = "grade") -> str:
        column = self.column
        return f"/courses/{column.course_id}/assignments/{column.assignment_id}/{last}"

    def grade(self, student: User, key: str | None = "one", **body: Any) -> httpx.Response:
        return self.call(
            "POST", self.path(), key, **{"user_id": str(student.pk), "score": 7, **body}
        )


@pytest.fixture
def column() -> LineItem:
    return factories.a_column()


@pytest.fixture
def student(column: LineItem) -> User:
    return factories.an_enrolment(column.course).user


@pytest.fixture
def teacher(tool: Running, column: LineItem) -> Client:
    return Client(tool, column)


def given(column: LineItem) -> list[GradeIntent]:
    return list(GradeIntent.objects.filter(line_item=column).order_by("version"))


def test_a_grade_is_accepted_and_held(teacher: Client, column: LineItem, student: User) -> None:
    answer = teacher.grade(student, score="8.5", feedback="Good.", hold_minutes=15)

    (grade,) = given(column)
    told = answer.json()
    assert answer.status_code == 202
    assert (told["grade_id"], told["state"], told["version"]) == (str(grade.pk), "held", 1)
    assert (Decimal(told["score"]), told["feedback"]) == (Decimal("8.5"), "Good.")
    assert told["release_at"]
    proposal = Proposal.objects.get(pk=grade.proposal_id)
    assert proposal.approver_id == teacher.begun.session.user_id
    assert proposal.made_by == Proposal.Maker.PERSON


def test_under_the_same_key_it_is_given_once_and_answered_again(
    teacher: Client, column: LineItem, student: User
) -> None:
    first = teacher.grade(student)

    again = teacher.grade(student)

    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(given(column)) == 1


def test_without_a_key_it_is_refused(teacher: Client, column: LineItem, student: User) -> None:
    answer = teacher.grade(student, key=None)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert given(column) == []


def test_the_other_name_does_the_same(teacher: Client, column: LineItem, student: User) -> None:
    ids = {"course_id": column.course_id, "assignment_id": column.assignment_id}
    body = {name: str(one) for name, one in ids.items()}

    answer = teacher.call(
        "POST", "/push_grade", "one", **body, user_id=str(student.pk), score=0, hold_minutes=0
    )

    assert answer.status_code == 202
    assert [(one.points, one.state) for one in given(column)] == [(Decimal(0), State.QUEUED)]


def test_the_newest_of_each_student_is_listed(
    teacher: Client, column: LineItem, student: User
) -> None:
    for key, score in (("one", 7), ("two", 8)):
        teacher.grade(student, key, score=score)

    told = teacher.call("GET", teacher.path("grades")).json()

    assert [(one["user_id"], one["version"]) for one in told] == [(str(student.pk), 2)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"score": -1}, 400),
        ({"score": "1.234"}, 400),
        ({"score": "1e999999"}, 400),
        ({"score": "NaN"}, 422),
        ({"score": "abc"}, 422),
        ({"score": None}, 422),
        ({"feedback": "x" * 5001}, 422),
        ({"hold_minutes": -1}, 422),
        ({"hold_minutes": 99999}, 422),
    ],
    ids=[
        "negative",
        "three-decimals",
        "huge",
        "nan",
        "word",
        "none",
        "long",
        "before",
        "beyond",
    ],
)
def test_what_cannot_be_a_grade_is_refused_and_leaves_nothing(
    teacher: Client, column: LineItem, student: User, body: dict[str, Any], status: int
) -> None:
    assert teacher.grade(student, **body).status_code == status
    assert not Proposal.objects.filter(course=column.course).exists()


def test_somebody_of_another_course_gets_no_grade(teacher: Client, column: LineItem) -> None:
    stranger = factories.an_enrolment(factories.a_course(column.course.institution)).user

    assert teacher.grade(stranger).status_code == 404
    assert not Proposal.objects.filter(course=column.course).exists()


@pytest.mark.parametrize("role", sorted(set(Role) - GRADERS))
def test_who_does_not_grade_is_refused(
    tool: Running, column: LineItem, student: User, role: Role
) -> None:
    somebody = Client(tool, column, role)

    assert somebody.grade(student).status_code == 403
    assert somebody.call("GET", somebody.path("grades")).status_code == 403


def test_another_course_is_not_here(tool: Running, column: LineItem, student: User) -> None:
    stranger = Client(tool, factories.a_column(factories.a_course(column.course.institution)))
    stranger.column = column

    assert stranger.grade(student).status_code == 404
    assert stranger.call("GET", stranger.path("grades")).status_code == 404
    assert given(column) == []


def test_an_assignment_nobody_knows_is_not_here(teacher: Client, student: User) -> None:
    path = f"/courses/{teacher.column.course_id}/assignments/{new_id()}/grade"

    answer = teacher.call("POST", path, "one", user_id=str(student.pk), score=7)

    assert answer.status_code == 404
