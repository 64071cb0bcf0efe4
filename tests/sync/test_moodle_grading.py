"""Grades over Moodle's web services, as recorded of a real Moodle."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors import cells, tokens
from connectors.base import Grant
from connectors.models import Connector, Token
from connectors.moodle import grading
from connectors.moodle.grading import RULES, Cell
from tests import factories
from tests.dialects.recorded_moodle import TOKEN, Recorded, serving
from tutorai.errors import LMSNotFound, LMSRefused, LMSUnauthorised, LMSUnavailable, NotSent
from tutorai.ledger.outcomes import Grade, Outcome
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Identity, LineItem

RECORDINGS = Path(__file__).resolve().parent.parent / "ledger" / "recordings"
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
SAVED = {
    "ok": Outcome.DELIVERED,
    "no_submission": Outcome.DELIVERED,
    "negative_one": Outcome.DELIVERED,
    "no_plugindata": Outcome.DELIVERED,
    "over_max": Outcome.DELIVERED,  # it says so: hence `verify`
    "unknown_user": Outcome.DELIVERED,  # likewise
    "teacher_as_student": Outcome.DELIVERED,
    "as_student": Outcome.FORBIDDEN,
    "bad_assignment": Outcome.GONE,
    "err_no_plugindata_existing_comment": Outcome.FAILED,
    "comma_decimal": Outcome.REFUSED,
    "not_number": Outcome.REFUSED,
    "missing_param": Outcome.REFUSED,
    "bool_true_string": Outcome.REFUSED,
}


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return found


def said(name: str) -> str:
    """Return the body of a recorded answer as it was on the wire."""
    return json.dumps(recorded(name)["response"]["body"], separators=(",", ":"))


def a_grade(points: str, comment: str = "") -> Grade:
    return Grade(Decimal(points), Decimal(100), comment, NOON)


@pytest.mark.parametrize(("name", "means"), SAVED.items(), ids=SAVED)
def test_each_recorded_answer_means_what_the_table_says(name: str, means: Outcome) -> None:
    answer = grading.answer(200, said(f"ws_save_grade_{name}"), "OK")

    assert RULES.outcome(answer) is means


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (200, "<!doctype html><title>Maintenance</title>", Outcome.UNCLEAR),
        (200, '{"exception":"x","errorcode":"upgraderunning","message":""}', Outcome.THROTTLED),
        (200, '{"exception":"x","errorcode":"accessexception"}', Outcome.FORBIDDEN),
        (502, "<html>", Outcome.UNCLEAR),
        (429, "", Outcome.THROTTLED),
    ],
    ids=["page", "upgrade", "expired", "proxy", "throttled"],
)
def test_what_was_not_recorded_is_judged_too(status: int, body: str, means: Outcome) -> None:
    assert RULES.outcome(grading.answer(status, body, "Words")) is means


def test_the_form_has_every_field_that_moodle_wants_and_no_token() -> None:
    form = dict(parse_qsl(_write("87.50", "Nice & <b>\nso on"), keep_blank_values=True))

    then = recorded("ws_save_grade_ok")["request"]["form"]
    assert set(form) == set(then) - {"wstoken"}
    assert (form["grade"], form["attemptnumber"], form["applytoall"]) == ("87.5", "-1", "0")
    comment = form["plugindata[assignfeedbackcomments_editor][text]"]
    assert comment == "Nice &amp; &lt;b&gt;<br />so on"


def test_a_comment_is_sent_also_when_there_is_none() -> None:
    assert ("plugindata[assignfeedbackcomments_editor][text]", "") in parse_qsl(
        _write("5"), keep_blank_values=True
    )


def _write(points: str, comment: str = "") -> str:
    return grading.write(a_grade(points, comment), assignment="5", user="5")


@pytest.mark.parametrize(
    ("name", "user", "points"),
    [
        ("ws_get_grades", "5", Decimal("87.5")),
        ("ws_get_grades", "404", None),
        ("ws_get_grades_after_negative_one", "6", None),
        ("ws_get_grades_after_over_max", "6", Decimal(70)),
    ],
    ids=["graded", "not graded", "minus one is none", "over the maximum was not stored"],
)
def test_a_grade_is_read_back(name: str, user: str, points: Decimal | None) -> None:
    told = grading.reading(recorded(name)["response"]["body"], assignment="5", user=user)

    assert told.points == points


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"assignments": [], "warnings": []}, LMSNotFound),
        ({"assignments": [], "warnings": [{"warningcode": "1"}]}, LMSRefused),
        ({"exception": "x", "errorcode": "invalidtoken"}, LMSUnauthorised),
        ({"exception": "x", "errorcode": "sitemaintenance"}, LMSUnavailable),
        ({"exception": "x", "errorcode": "nopermission"}, LMSRefused),
    ],
    ids=["unknown", "warned", "token", "maintenance", "permission"],
)
def test_what_cannot_be_read_back_is_an_error(
    payload: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        grading.reading(payload, assignment="5", user="5")


def test_an_assignment_without_grades_shows_nothing() -> None:
    payload = {"assignments": [], "warnings": [{"warningcode": "3"}]}

    assert grading.reading(payload, assignment="5", user="5").points is None


# --- over HTTP -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moodle() -> Iterator[Recorded]:
    """A server that says what was recorded."""
    with serving() as made:
        yield made


def a_cell(url: str) -> Cell:
    """Return Ada's cell in the essay, of a connection whose token is stored."""
    course = factories.a_course()
    row = Connector.objects.create(
        institution=course.institution,
        course=course,
        lms="moodle",
        base_url=url,
        external_id="6",
    )
    tokens.keep(row, Grant(TOKEN), kind=Token.Kind.SERVICE)
    column = LineItem(course=course, url=grading.column(row, "5"), maximum=Decimal(100))
    return Cell(row, column, "5")


def test_a_cell_writes_and_reads_with_its_token_in_the_form(moodle: Recorded) -> None:
    moodle.others, moodle.next = {"mod_assign_save_grade": None}, ""
    moodle.heard.clear()
    moodle.asked.clear()
    cell = a_cell(moodle.url)

    told = RULES.outcome(cell.send(cell.write(a_grade("87.5"))))

    assert told is Outcome.DELIVERED
    assert cell.read().points == Decimal("87.5")
    assert [form["wstoken"] for form in moodle.heard] == [TOKEN] * 2
    assert moodle.asked == ["/webservice/rest/server.php"] * 2


def test_a_dead_token_asks_for_a_new_one(moodle: Recorded) -> None:
    moodle.next = "ws_err_invalid_token"
    cell = a_cell(moodle.url)

    with pytest.raises(LMSUnauthorised):
        cell.send(cell.write(a_grade("1")))


def test_without_a_connection_nothing_was_sent() -> None:
    cell = a_cell("http://127.0.0.1:9")

    with pytest.raises(NotSent):
        cell.send("a=b")


@pytest.mark.parametrize(
    ("site", "own"), [("https://x.example/moodle", "7"), ("https://x.example", "5")]
)
def test_a_person_of_a_site_in_a_directory_is_known_by_its_whole_address(
    site: str, own: str
) -> None:
    course = factories.a_course()
    row = Connector.objects.create(
        institution=course.institution,
        course=course,
        lms="moodle",
        base_url=site,
        external_id="6",
    )
    user = factories.a_user(course.institution)
    for place in ("x.example/5", "x.example/moodle/7", "x.example/moodle2/8"):
        store.identify(
            institution_id=course.institution_id,
            source="moodle:launches",
            kind=Identity.Of.USER,
            external_id=place,
            row=user.pk,
        )
    column = LineItem(course=course, url=grading.column(row, "5"), maximum=Decimal(100))

    cell = cells.cell(row.pk, column, user.pk)

    assert isinstance(cell, Cell)
    assert f"userid={own}&" in cell.write(a_grade("1"))
