"""Grades over Canvas's REST API, against the pretend Canvas: a teacher's own assignments."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from connectors import columns, lua, tokens
from connectors.base import Grant
from connectors.breaker import Breaker
from connectors.canvas.grading import RULES, Cell
from connectors.models import Connector
from tests.conftest import Running
from tests.sync.making import School, a_school
from tutorai.errors import LMSNotFound, LMSUnauthorised, LMSUnavailable, NotSent
from tutorai.ledger.outcomes import Grade, Outcome
from tutorai.lmsdm.models import Assignment, LineItem

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
NUMBERS = count(1)  # of students nobody has graded yet


@pytest.fixture(scope="module")
def read(sandbox: Running) -> School:
    """A school whose course was read, with its columns."""
    school = a_school(sandbox, filler_students=25)
    school.read()
    columns.of_assignments(school.course)
    return school


@pytest.fixture
def away(read: School) -> Iterator[School]:
    """The same; what breaker and bucket learned is forgotten before and afterwards."""
    forget(read)
    yield read
    forget(read)


def forget(school: School) -> None:
    breaker = breaker_of(school)
    bucket = lua.key("canvas", lua.digest(f"{school.url} {school.token}"))
    lua.redis().delete(breaker._state, breaker._window, bucket)


def breaker_of(school: School) -> Breaker:
    return Breaker(lua.redis(), f"canvas:{school.url.partition('://')[2]}:rest")


@dataclass(frozen=True)
class Desk:
    """One student nobody has graded yet, in one assignment of 20 points."""

    school: School
    line_item: LineItem
    person: dict[str, Any]

    @property
    def cell(self) -> Cell:
        return Cell(self.school.connector, self.line_item, self.person["id"])

    @property
    def shown(self) -> dict[str, Any]:
        """What the pretend Canvas has."""
        own = self.line_item.url.rpartition("/")[2]
        listed = httpx.get(f"{self.school.url}/sandbox/scores/{own}").json()
        return next(one for one in listed if one["person"] == self.person["id"])

    def fault(self, kind: str, **more: Any) -> None:
        self.school.fault(kind, f"/submissions/{self.person['id']}", method="PUT", **more)


def a_desk(school: School) -> Desk:
    line_item = LineItem.objects.filter(course=school.course, gone_at=None).order_by("label")[0]
    return Desk(school, line_item, school.told["people"][f"extra{next(NUMBERS)}"])


def a_grade(points: str = "8.5", comment: str = "", maximum: Decimal | None = None) -> Grade:
    return Grade(Decimal(points), maximum or Decimal(20), comment, NOON)


def body(desk: Desk, points: str = "8.5", comment: str = "") -> str:
    return desk.cell.write(a_grade(points, comment, desk.line_item.maximum))


def outcome(desk: Desk, form: str) -> Outcome:
    return RULES.outcome(desk.cell.send(form))


# --- columns ---------------------------------------------------------------------------------


def test_every_assignment_with_points_of_a_connected_course_is_a_column(read: School) -> None:
    first = list(LineItem.objects.filter(course=read.course).values_list("pk", "gone_at"))

    again = columns.of_assignments(read.course)

    works = read.external["assignments"]
    rows = LineItem.objects.filter(course=read.course)
    here = f"{read.url}/api/v1/courses/{read.external['id']}/assignments"
    assert again == len(works)
    assert {row.url for row in rows} == {f"{here}/{work['id']}" for work in works.values()}
    assert {row.label for row in rows} == set(works)
    assert {row.source for row in rows} == {read.connector.source}
    assert list(rows.values_list("pk", "gone_at")) == first


def connected(sandbox: Running) -> tuple[School, Assignment]:
    """A school whose course is connected and not read, and an assignment as reading makes it."""
    school = a_school(sandbox, filler_students=30)
    school.connect()
    title, told = next(iter(school.external["assignments"].items()))
    work = Assignment.objects.create(
        course=school.course,
        source=school.connector.source,
        source_id=f"assignment:{told['id']}",
        title=title,
        max_points=20,
    )
    return school, work


def test_a_column_whose_assignment_is_gone_is_marked_and_comes_back_with_it(
    sandbox: Running,
) -> None:
    school, work = connected(sandbox)
    columns.of_assignments(school.course)

    Assignment.objects.filter(pk=work.pk).update(deleted_at=NOON)
    left = columns.of_assignments(school.course)
    gone = work.line_items.get().gone_at
    Assignment.objects.filter(pk=work.pk).update(deleted_at=None)
    back = columns.of_assignments(school.course)

    assert (left, back) == (0, 1)
    assert gone is not None
    assert work.line_items.get().gone_at is None


def test_an_assignment_that_launches_gave_a_column_has_no_second_one(sandbox: Running) -> None:
    school, work = connected(sandbox)
    columns.of_assignments(school.course)
    LineItem.objects.create(course=school.course, assignment=work, source="lti:1", url="a")

    columns.of_assignments(school.course)

    assert [row.url for row in work.line_items.filter(gone_at=None)] == ["a"]


# --- writing and reading ---------------------------------------------------------------------


def test_the_form_names_points_and_a_comment_only_if_there_is_one(read: School) -> None:
    desk = a_desk(read)

    assert parse_qsl(body(desk, "8.50")) == [("submission[posted_grade]", "8.5")]
    assert parse_qsl(body(desk, "10", "Well\ndone & so on")) == [
        ("submission[posted_grade]", "10"),
        ("comment[text_comment]", "Well\ndone & so on"),
    ]


def test_points_are_written_in_the_assignments_own_scale(read: School) -> None:
    desk = a_desk(read)
    maximum = desk.line_item.maximum
    assert maximum is not None

    form = desk.cell.write(a_grade("1", maximum=maximum * 3))

    assert parse_qsl(form) == [("submission[posted_grade]", "0.33")]


def test_a_grade_arrives_and_is_read_back(read: School) -> None:
    desk = a_desk(read)
    before = desk.cell.read()

    told = outcome(desk, body(desk, "8.5", "Well done."))

    after = desk.cell.read()
    assert (before.points, before.comment) == (None, "")
    assert told is Outcome.DELIVERED
    assert (after.points, after.comment) == (Decimal("8.5"), "Well done.")
    assert after.at is not None


def test_every_sending_adds_its_comment(read: School) -> None:
    desk = a_desk(read)

    sent = [outcome(desk, body(desk, "5", "Once.")) for _ in range(2)]

    assert sent == [Outcome.DELIVERED] * 2
    assert desk.shown["comments"] == ["Once.", "Once."]


def test_a_comment_of_somebody_else_is_not_taken_for_ours(read: School) -> None:
    desk = a_desk(read)
    desk.cell.send(body(desk, "5", "Ours."))
    assistant = read.told["people"]["ta"]["token"]

    httpx.put(
        f"{desk.line_item.url}/submissions/{desk.person['id']}",
        data={"comment[text_comment]": "The assistant's."},
        headers={"Authorization": f"Bearer {assistant}", "User-Agent": "tests"},
    ).raise_for_status()

    assert desk.cell.read().comment == "Ours."
    assert desk.shown["points"] == "5"


# --- what Canvas refuses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "means"),
    [
        ("submission%5Bposted_grade%5D=many", Outcome.REFUSED),
        ("submission%5Bposted_grade%5D=1e9", Outcome.REFUSED),
        ("submission%5Bposted_grade%5D=50%25", Outcome.DELIVERED),
    ],
    ids=["words", "too much", "percent"],
)
def test_a_grade_that_canvas_cannot_read_is_refused(
    read: School, form: str, means: Outcome
) -> None:
    assert outcome(a_desk(read), form) is means


@pytest.mark.parametrize(
    ("fault", "means"),
    [
        ({"kind": "throttle"}, Outcome.THROTTLED),
        ({"kind": "throttle429"}, Outcome.THROTTLED),
        ({"kind": "status", "status": 401, "body": "{}"}, Outcome.FORBIDDEN),
        ({"kind": "status", "status": 403, "body": "{}"}, Outcome.FORBIDDEN),
        ({"kind": "status", "status": 422, "body": "{}"}, Outcome.REFUSED),
        ({"kind": "status", "status": 503}, Outcome.UNCLEAR),
    ],
    ids=["throttle", "throttle429", "permission", "permission 403", "unprocessable", "sick"],
)
def test_each_answer_means_what_the_table_says_and_is_not_asked_twice(
    away: School, fault: dict[str, Any], means: Outcome
) -> None:
    desk = a_desk(away)
    desk.fault(**fault)
    away.forget()

    told = outcome(desk, body(desk))

    assert told is means
    assert len(away.requests(f"/submissions/{desk.person['id']}")) == 1


def test_somebody_who_is_no_student_is_not_gradable_and_the_column_stays(read: School) -> None:
    desk = a_desk(read)
    teacher = Desk(read, desk.line_item, read.told["people"]["teacher"])

    assert outcome(teacher, body(teacher)) is Outcome.NOT_GRADABLE
    assert teacher.cell.read().points is None


def test_an_assignment_that_is_gone_is_said_so(read: School) -> None:
    desk = a_desk(read)
    desk.line_item.url = f"{desk.line_item.url}00000"

    with pytest.raises(LMSNotFound):
        desk.cell.read()
    assert outcome(desk, body(desk)) is Outcome.GONE
    assert desk.cell.relocate() is False


def test_a_grade_without_an_answer_may_have_arrived(away: School) -> None:
    desk = a_desk(away)
    desk.fault("drop")

    with pytest.raises(LMSUnavailable) as told:
        desk.cell.send(body(desk, "7"))

    assert not isinstance(told.value, NotSent)
    assert (desk.shown["points"], desk.shown["posts"]) == ("7", 1)


def test_what_the_breaker_holds_back_was_not_sent(away: School) -> None:
    desk = a_desk(away)
    breaker = breaker_of(away)
    for _ in range(8):
        breaker.report(breaker.allow(), ok=False)
    away.forget()

    with pytest.raises(NotSent) as told:
        desk.cell.send(body(desk))

    assert told.value.retry_after
    assert away.requests("/submissions/") == []


def test_a_dead_token_asks_for_a_new_connection_and_its_successor_is_used(
    sandbox: Running,
) -> None:
    school, _work = connected(sandbox)
    columns.of_assignments(school.course)
    desk = a_desk(school)
    school.control("tokens", value=school.token, revoked=True)

    with pytest.raises(LMSUnauthorised):
        desk.cell.send(body(desk))

    assert school.connector.status == Connector.Status.NEEDS_REAUTH
    fresh = school.told["people"]["ta"]["token"]
    tokens.keep(school.connector, Grant(fresh), user_id=school.teacher.user_id)
    assert outcome(desk, body(desk)) is Outcome.DELIVERED
