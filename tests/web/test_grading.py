"""The grades page over HTTP: what may be entered, who may, and how each grade stands."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lti.models import CourseService
from tests import factories
from tests.conftest import Running
from tutorai import flows, gradebook
from tutorai.errors import BadRequest
from tutorai.gradebook import Entry, Hold
from tutorai.ids import new_id
from tutorai.ledger import grades
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.lmsdm.models import Course, Enrolment, LineItem, User
from tutorai.lmsdm.schema import GRADERS, Actor, Role
from tutorai.web import marks

State = GradeIntent.State
NOW = timezone.now()


class Grader:
    """Someone with a session, in a course with two students and one column."""

    def __init__(
        self, tool: Running, column: LineItem, role: Role = Role.TEACHER, **session: Any
    ) -> None:
        self.base, self.column = tool.url, column
        self.begun = factories.a_session(column.course, role, **session)

    def call(self, method: str, path: str, **form: Any) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.begun.access_token}"}
        url = f"{self.base}/pages/grades{path}"
        return httpx.request(method, url, headers=bearer, data=form or None, timeout=30)

    def send(self, act: str, **form: Any) -> httpx.Response:
        return self.call("POST", f"/{self.column.assignment_id}/{act}", **form)

    def approve(self, student: User, points: str, comment: str = "", **more: Any) -> httpx.Response:
        named = {f"points-{student.pk}": points, f"comment-{student.pk}": comment}
        return self.send("approve", **{"hold": "5", "user": str(student.pk), **named, **more})

    def standing(self, known: str = "") -> httpx.Response:
        return self.call("GET", f"/{self.column.assignment_id}/standing?known={known}")


@pytest.fixture
def column() -> LineItem:
    return factories.a_column()


@pytest.fixture
def student(column: LineItem) -> User:
    return factories.an_enrolment(column.course).user


@pytest.fixture
def teacher(tool: Running, column: LineItem) -> Grader:
    return Grader(tool, column)


def given(column: LineItem) -> list[GradeIntent]:
    return list(GradeIntent.objects.filter(line_item=column).order_by("version"))


def said(answer: httpx.Response) -> str:
    """What the page tells of the deed itself."""
    assert answer.status_code == 200
    found = re.search('data-(?:said|refusal)="([^"]*)"', answer.text)
    return found[1] if found else ""


def a_grade(actor: Actor, column: LineItem, student: User, **state: Any) -> GradeIntent:
    """A grade of seven points, held for five minutes, or as `state` says."""
    (draft,) = gradebook.draft(actor, column, [Entry(student.pk, Decimal(7), "Well done.")])
    (made,) = flows.approve(actor, [draft.pk], Hold(minutes=5))
    GradeIntent.objects.filter(pk=made.pk).update(**state)
    return made


# --- what is entered ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "points"),
    [("8.5", "8.5"), ("8,5", "8.5"), (" 8 ", "8"), ("0", "0"), ("٨٫٢٥", "8.25"), ("12", "12")],
    ids=["dot", "comma", "blanks", "zero", "arabic", "extra"],
)
def test_points_are_taken_as_people_write_them(
    teacher: Grader, column: LineItem, student: User, written: str, points: str
) -> None:
    answer = teacher.approve(student, written, " Check the units. ")

    assert said(answer) == "1 grade approved."
    (grade,) = given(column)
    assert (grade.points, grade.comment) == (Decimal(points), "Check the units.")
    assert grade.state == State.HELD


@pytest.mark.parametrize(
    "written", ["abc", "-1", "", ".", "1.234", "1e3", "NaN", "1 000", "1,000.5", "9" * 7, "9" * 999]
)
def test_what_is_no_points_is_told_at_its_row_and_nothing_is_approved(
    teacher: Grader, column: LineItem, student: User, written: str
) -> None:
    other = factories.an_enrolment(column.course).user
    both: dict[str, Any] = {"user": [str(student.pk), str(other.pk)], f"points-{other.pk}": "7"}

    answer = teacher.approve(student, written, **both)

    assert said(answer) == "Nothing was approved: one entry needs another look."
    assert f'id="fault-{student.pk}">Points ' in answer.text
    assert f'id="fault-{other.pk}"></small>' in answer.text
    assert not Proposal.objects.filter(course=column.course).exists()


def test_where_the_lms_takes_no_extra_credit_more_than_the_maximum_is_refused(
    tool: Running,
) -> None:
    course = factories.a_course()
    deployment = factories.a_deployment(course.institution)
    column = factories.a_column(course, source=f"lti:{deployment.pk}", maximum=100)
    moodle = {"family": "moodle"}
    type(deployment.registration).objects.filter(pk=deployment.registration_id).update(**moodle)
    student = factories.an_enrolment(course).user

    answer = Grader(tool, column).approve(student, "100.5")

    assert "takes at most 100 points here" in answer.text
    assert given(column) == []


def test_a_comment_that_is_too_long_is_told_at_its_row(
    teacher: Grader, column: LineItem, student: User
) -> None:
    answer = teacher.approve(student, "7", "x" * 5001)

    assert "A comment has at most 5000 characters" in answer.text
    assert given(column) == []


def test_a_comment_alone_may_be_corrected(teacher: Grader, column: LineItem, student: User) -> None:
    teacher.approve(student, "7", "Good.")

    teacher.approve(student, "7", "Very good.")

    first, second = given(column)
    assert (first.state, second.state) == (State.REPLACED, State.HELD)
    assert (second.points, second.comment) == (Decimal(7), "Very good.")


def test_who_has_left_keeps_the_row_and_gets_no_new_grade(
    teacher: Grader, column: LineItem, student: User
) -> None:
    teacher.approve(student, "7")
    Enrolment.objects.filter(user=student).update(active=False)

    answer = teacher.approve(student, "8")

    assert "This person is not a student of the course any more" in answer.text
    assert "Not in this course any more." in answer.text
    assert len(given(column)) == 1


@pytest.mark.parametrize("name", ["x", str(new_id())], ids=["no id", "nobody"])
def test_a_stranger_gets_no_grade(teacher: Grader, column: LineItem, name: str) -> None:
    teacher.send("approve", hold="5", user=name, **{f"points-{name}": "7"})

    assert not Proposal.objects.filter(course=column.course).exists()


# --- how long it is held --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hold", "at", "state"),
    [
        ("0", "", State.QUEUED),
        ("5", "", State.HELD),
        ("manual", "", State.HELD),
        ("at", (NOW + timedelta(days=2)).isoformat(), State.HELD),
    ],
    ids=["not", "minutes", "manual", "at"],
)
def test_a_grade_is_held_as_long_as_was_chosen(
    teacher: Grader, column: LineItem, student: User, hold: str, at: str, state: State
) -> None:
    teacher.approve(student, "7", hold=hold, at=at)

    (grade,) = given(column)
    assert grade.state == state
    assert (grade.release_at is None) is (hold == "manual")
    assert Job.objects.filter(course=column.course, kind=grades.KIND).exists() is (hold != "manual")


@pytest.mark.parametrize(
    ("hold", "at"),
    [
        ("", ""),
        ("-5", ""),
        ("99999", ""),
        ("9" * 5000, ""),
        ("at", ""),
        ("at", "tomorrow"),
        ("at", "2026-13-45T00:00Z"),
        ("at", (NOW + timedelta(days=2)).replace(tzinfo=None).isoformat()),
        ("at", (NOW - timedelta(minutes=5)).isoformat()),
        ("at", (NOW + timedelta(days=200)).isoformat()),
        ("at", "0001-01-01T00:00+14:00"),
        ("at", "9999-12-31T23:59-14:00"),
    ],
    ids=[
        "empty",
        "negative",
        "long",
        "huge",
        "no-day",
        "word",
        "no-date",
        "no-zone",
        "past",
        "far",
        "first",
        "last",
    ],
)
def test_a_hold_nobody_can_mean_is_refused_in_words_and_leaves_nothing(
    teacher: Grader, column: LineItem, student: User, hold: str, at: str
) -> None:
    answer = teacher.approve(student, "7", hold=hold, at=at)

    assert said(answer).startswith("This cannot be used: ")
    assert not Proposal.objects.filter(course=column.course).exists()


def test_the_usual_hold_is_the_schools_until_the_course_has_its_own(
    teacher: Grader, column: LineItem
) -> None:
    before = teacher.call("GET", "").text
    after = teacher.call("POST", "/hold", minutes="15").text

    assert '<option value="5" selected>for 5 minutes' in before
    assert '<option value="15" selected>for 15 minutes' in after
    assert Course.objects.get(pk=column.course_id).hold_minutes == 15
    assert teacher.call("POST", "/hold", minutes="x").status_code == 400


# --- what is done with it -------------------------------------------------------------------


def test_what_is_undone_was_never_sent_and_is_a_draft_again(
    teacher: Grader, column: LineItem, student: User
) -> None:
    teacher.approve(student, "7")

    answer = teacher.send("undo", grade=str(given(column)[0].pk))

    assert said(answer) == "One grade taken back: nothing of it was sent."
    (grade,) = given(column)
    assert (grade.state, grade.posted_at) == (State.UNDONE, None)
    assert Proposal.objects.get(pk=grade.proposal_id).state == Proposal.State.DRAFT


def test_all_that_is_held_is_released_at_once_and_what_had_left_is_told(
    teacher: Grader, column: LineItem, student: User
) -> None:
    other = factories.an_enrolment(column.course).user
    for person in (student, other):
        teacher.approve(person, "7", hold="manual")
    first, second = (str(grade.pk) for grade in given(column))
    teacher.send("release", grade=first)

    answer = teacher.send("release", grade=[first, second])

    assert said(answer) == "One grade released. 1 had left before."
    assert {grade.state for grade in given(column)} == {State.QUEUED}


def test_what_has_left_cannot_be_taken_back(
    teacher: Grader, column: LineItem, student: User
) -> None:
    teacher.approve(student, "7", hold="0")

    answer = teacher.send("undo", grade=str(given(column)[0].pk))

    assert said(answer).startswith("It was too late")
    assert given(column)[0].state == State.QUEUED


@pytest.mark.parametrize("act", ["undo", "release", "overwrite", "retry"])
def test_a_grade_of_another_column_is_not_touched(
    teacher: Grader, column: LineItem, student: User, act: str
) -> None:
    other = factories.a_column(column.course)
    there = Grader(Running(teacher.base, None), other)  # type: ignore[arg-type]
    there.approve(student, "7")

    teacher.send(act, grade=str(given(other)[0].pk))

    assert [grade.state for grade in given(other)] == [State.HELD]


def test_what_gave_way_is_overwritten_once_however_often_that_is_pressed(
    teacher: Grader, column: LineItem, student: User
) -> None:
    actor = factories.an_actor(column.course, Role.TEACHER)
    old = a_grade(actor, column, student, state=State.SUPERSEDED, lms_points=9)

    answers = [said(teacher.send("overwrite", grade=str(old.pk))) for _ in range(2)]

    assert answers[0] == "One grade goes out once more."
    assert answers[1].startswith("It was too late")
    assert [(one.state, one.overwrite) for one in given(column)] == [
        (State.SUPERSEDED, False),
        (State.QUEUED, True),
    ]


def test_an_act_nobody_knows_is_not_here(teacher: Grader) -> None:
    assert teacher.send("delete").status_code == 404


# --- how it stands --------------------------------------------------------------------------

STANDINGS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "Held until <time", "Undo"),
    ({"release_at": None}, "Held until you release it", "Release now"),
    ({"state": State.QUEUED}, "Queued", ""),
    ({"state": State.SENDING}, "Being sent", ""),
    ({"state": State.DELIVERED, "delivered_at": NOW}, "Delivered <time", "Correct"),
    (
        {"state": State.SUPERSEDED, "lms_points": Decimal("9.50")},
        "Changed by hand in Canvas: 9.5 stands there",
        "Overwrite",
    ),
    ({"state": State.REJECTED, "error": "not_gradable"}, "perhaps they left the course", ""),
    ({"state": State.DEAD, "error": "lms_unauthorised"}, "connect it again", "Try again"),
    ({"state": State.DEAD, "error": "bug"}, "a mistake of its own", "Try again"),
]


@pytest.mark.parametrize(
    ("state", "words", "button"),
    STANDINGS,
    ids=[
        "held",
        "manual",
        "queued",
        "sending",
        "delivered",
        "superseded",
        "rejected",
        "unconnected",
        "bug",
    ],
)
def test_every_state_is_told_with_what_can_be_done(
    teacher: Grader, column: LineItem, student: User, state: dict[str, Any], words: str, button: str
) -> None:
    a_grade(factories.an_actor(column.course, Role.TEACHER), column, student, **state)
    Job.objects.filter(course=column.course).update(state=Job.State.BURIED, finished_at=NOW)

    page = teacher.call("GET", f"/{column.assignment_id}").text

    assert words in page
    assert f">{button}</button>" in page


def test_while_the_lms_is_away_that_and_since_when_is_told(
    teacher: Grader, column: LineItem, student: User
) -> None:
    actor = factories.an_actor(column.course, Role.TEACHER)
    a_grade(actor, column, student, state=State.QUEUED)
    Job.objects.filter(course=column.course).update(away_since=NOW, error="lms_unavailable")

    assert "Waiting for Canvas since <time" in teacher.standing().text
    assert "1 waiting for your learning platform" in teacher.call("GET", "").text


def test_what_was_given_up_is_on_its_way_once_it_is_tried_again(
    teacher: Grader, column: LineItem, student: User
) -> None:
    actor = factories.an_actor(column.course, Role.TEACHER)
    grade = a_grade(actor, column, student, state=State.DEAD, error="bug")
    jobs = Job.objects.filter(course=column.course, kind=grades.KIND)
    jobs.update(state=Job.State.BURIED, finished_at=NOW)

    answer = teacher.send("retry", grade=str(grade.pk))

    assert said(answer) == "One grade is tried again."
    assert "Queued" in answer.text
    assert "1 on their way" in teacher.call("GET", "").text


def test_what_is_known_already_is_not_told_again(
    teacher: Grader, column: LineItem, student: User
) -> None:
    found = re.search('data-key="([^"]+)"', teacher.standing().text)
    assert found

    before = teacher.standing(found[1]).status_code
    teacher.approve(student, "7")

    assert (before, teacher.standing(found[1]).status_code) == (204, 200)


def test_the_list_counts_as_the_page_does_and_asks_no_more_for_more_columns(
    column: LineItem, student: User
) -> None:
    actor = factories.an_actor(column.course, Role.TEACHER)
    factories.an_enrolment(column.course)
    a_grade(actor, column, student)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            marks.tallies(actor)
        return len(queries)

    one = asked()
    columns = [column, *(factories.a_column(column.course) for _ in range(5))]

    assert asked() == one
    tallies = marks.tallies(actor)
    for each in columns:
        assert tallies[each.pk] == marks.counts(marks.of(actor, each))


def test_a_larger_class_takes_no_more_queries(column: LineItem) -> None:
    actor = factories.an_actor(column.course, Role.TEACHER)

    def asked(students: int) -> int:
        for _ in range(students):
            a_grade(actor, column, factories.an_enrolment(column.course).user)
        with CaptureQueriesContext(connection) as queries:
            marks.of(actor, column)
        return len(queries)

    assert asked(3) == asked(20)


def test_people_are_asked_for_once_in_a_while_even_when_that_fails(
    teacher: Grader, column: LineItem
) -> None:
    deployment = factories.a_deployment(column.course.institution)
    url = "https://school.example/members"
    CourseService.objects.create(course=column.course, deployment=deployment, members_url=url)
    asked: Callable[[], Any] = lambda: Job.objects.filter(  # noqa: E731
        course=column.course, kind=gradebook.ROSTER
    )

    first = teacher.call("GET", "").text
    asked().update(state=Job.State.BURIED, finished_at=NOW)
    second = teacher.call("GET", "").text

    assert "Asking your learning platform" in first
    assert "Asking your learning platform" not in second
    assert asked().count() == 1


def test_a_platform_that_answers_no_more_is_not_asked_and_the_page_says_why(
    teacher: Grader, column: LineItem
) -> None:
    deployment = factories.a_deployment(column.course.institution)
    told = {"members_url": "https://school.example/members", "trouble": "lms_refused"}
    CourseService.objects.create(course=column.course, deployment=deployment, **told)

    page = teacher.call("GET", "").text

    assert "does not answer what Tutor.AI asks about this course any more" in page
    assert "The learning platform does not allow this." in page
    assert not Job.objects.filter(course=column.course, kind=gradebook.ROSTER).exists()


# --- who may --------------------------------------------------------------------------------


def everything(column: LineItem) -> list[tuple[str, str]]:
    one = f"/{column.assignment_id}"
    acts = [("POST", f"{one}/{act}") for act in ("approve", "undo", "release", "overwrite")]
    return [("GET", one), ("GET", f"{one}/standing"), *acts]


@pytest.mark.parametrize("role", sorted(set(Role) - GRADERS))
def test_who_does_not_grade_is_refused(tool: Running, column: LineItem, role: Role) -> None:
    somebody = Grader(tool, column, role)

    asked = [("GET", ""), ("POST", "/hold"), *everything(column)]

    assert {somebody.call(*one).status_code for one in asked} == {403}


def test_a_teaching_assistant_grades_and_sets_nothing_up(
    tool: Running, column: LineItem, student: User
) -> None:
    assistant = Grader(tool, column, Role.TA)

    assert said(assistant.approve(student, "7")) == "1 grade approved."
    assert "How long is an approved grade held?" not in assistant.call("GET", "").text
    assert assistant.call("POST", "/hold", minutes="15").status_code == 403


def test_who_acts_as_a_teacher_is_told_that_a_person_has_to_grade(
    tool: Running, column: LineItem, student: User
) -> None:
    acting = Grader(tool, column, masquerade="999")

    answer = acting.approve(student, "7")

    assert answer.status_code == 403
    assert "acting as this person" in answer.json()["detail"]
    assert {acting.call(*one).status_code for one in everything(column)} == {403}
    assert given(column) == []


def test_a_teacher_of_another_course_finds_nothing(tool: Running, column: LineItem) -> None:
    near = factories.a_column(factories.a_course(column.course.institution))
    for other in (near, factories.a_column()):
        stranger = Grader(tool, other)

        assert {stranger.call(*one).status_code for one in everything(column)} == {404}
        assert str(column.assignment_id) not in stranger.call("GET", "").text


def test_what_a_column_that_is_gone_was_to_have_can_still_be_seen(
    teacher: Grader, column: LineItem, student: User
) -> None:
    actor = factories.an_actor(column.course, Role.TEACHER)
    a_grade(actor, column, student, state=State.REJECTED, error="column_gone")
    LineItem.objects.filter(pk=column.pk).update(gone_at=NOW)

    listed = teacher.call("GET", "").text
    page = teacher.call("GET", f"/{column.assignment_id}").text
    refused = teacher.approve(student, "8").text

    assert "not in the gradebook any more" in listed
    assert "1 not accepted" in listed
    assert "no grades can be given for it" in page
    assert "The assignment is not in its gradebook any more." in page
    assert "The assignment is not in the gradebook any more" in refused
    assert len(given(column)) == 1


def test_a_column_that_is_gone_without_a_grade_is_not_here(
    teacher: Grader, column: LineItem, student: User
) -> None:
    teacher.approve(student, "7")
    teacher.send("undo", grade=str(given(column)[0].pk))
    LineItem.objects.filter(pk=column.pk).update(gone_at=NOW)

    assert {teacher.call(*one).status_code for one in everything(column)} == {404}
    assert "There is nothing to grade yet" in teacher.call("GET", "").text


@pytest.mark.parametrize("points", ["NaN", "Infinity", "1e999999", "1e-999999", "-0.01"])
def test_points_of_a_program_are_checked_likewise(points: str) -> None:
    with pytest.raises(BadRequest):
        gradebook.cents(Decimal(points))


def test_two_who_approve_the_same_at_once_go_through_it_in_one_order() -> None:
    low, high = sorted([new_id(), new_id()])
    named: Callable[[UUID], dict[str, str]] = lambda user: {"line_item": "x", "user": str(user)}  # noqa: E731
    proposals = [Proposal(payload=named(user)) for user in (high, low)]

    assert sorted(proposals, key=gradebook.cell) == proposals[::-1]
