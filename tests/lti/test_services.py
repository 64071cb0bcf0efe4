"""Calls to a platform's services: grades, columns, and what goes wrong on the way."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from lti import ags
from lti.models import Deployment, Registration
from lti.services import beneath
from tests import factories
from tests.lti.scripted import PERSON, SCOPES, Answer, Place, a_token
from tests.racing import at_once
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnavailable,
    NotFound,
    NotSent,
    ScopeMissing,
)
from tutorai.ledger.outcomes import Grade, Reading
from tutorai.lmsdm.models import Institution, LineItem

SCORES, RESULTS, ITEMS = "/items/1/scores", "/items/1/results", "/items"
GRADE = Grade(Decimal("8.10"), Decimal("10.00"), "", datetime(2026, 9, 1, 12, tzinfo=UTC))
AT = timezone(timedelta(hours=2))


def told(*things: Any, **headers: str) -> Answer:
    """Return an answer with a list."""
    return Answer(body=json.dumps(things), headers=headers)


def item(place: Place, number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a line item as a platform tells it."""
    url = f"{place.url}/items/{number}?type_id=1"
    return {"id": url, "label": f"Column {number}", "scoreMaximum": 20, **fields}


@pytest.mark.parametrize(
    ("url", "query", "expected"),
    [
        ("https://a.example/items/1", {}, "https://a.example/items/1/scores"),
        ("https://a.example/items/1/", {}, "https://a.example/items/1/scores"),
        ("https://a.example/i?type_id=1", {}, "https://a.example/i/scores?type_id=1"),
        ("https://a.example/i?a=%20&b#x", {"c": "d e"}, "https://a.example/i/scores?a=%20&b&c=d+e"),
        ("https://a.example/i?u=1&v=2", {"u": "3"}, "https://a.example/i/scores?v=2&u=3"),
    ],
    ids=["plain", "slash", "query", "verbatim", "replaced"],
)
def test_what_is_below_an_address_stands_before_its_query(
    url: str, query: dict[str, str], expected: str
) -> None:
    assert beneath(url, "/scores", **query) == expected
    assert beneath(beneath(url), "/scores", **query) == expected


# --- scores ----------------------------------------------------------------------------------


def test_a_score_is_one_line_of_json_with_plain_numbers(place: Place) -> None:
    grade = Grade(Decimal("8.10"), Decimal("10.00"), "", datetime(2026, 9, 1, 14, tzinfo=AT))

    body = place.cell().write(grade)

    assert "\n" not in body
    assert '"scoreGiven": 8.1, "scoreMaximum": 10,' in body
    assert json.loads(body) == {
        "timestamp": "2026-09-01T12:00:00.000Z",
        "userId": PERSON,
        "scoreGiven": 8.1,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }


@pytest.mark.parametrize(
    ("family", "comment"),
    [("canvas", "Good.\nMore."), ("moodle", "Good.\nMore."), ("blackboard", "Good.<br/>More.")],
)
def test_a_comment_has_the_platforms_line_breaks(
    place_on: Callable[..., Place], family: str, comment: str
) -> None:
    grade = Grade(Decimal(1), Decimal(2), " Good.\r\nMore.\n", GRADE.at)

    body = place_on(family).cell().write(grade)

    assert json.loads(body)["comment"] == comment


def test_canvas_is_told_that_a_grade_is_no_new_attempt(place_on: Callable[..., Place]) -> None:
    told = json.loads(place_on("canvas").cell().write(GRADE))

    assert told["https://canvas.instructure.com/lti/submission"] == {"new_submission": False}


def test_a_score_goes_to_its_column_byte_for_byte(place: Place) -> None:
    place.says("POST", SCORES, Answer(200, "", "Fine"))
    cell = place.cell()
    body = cell.write(GRADE)

    answer = cell.send(body)

    (asked,) = place.asked(SCORES)
    assert (answer.status, answer.text) == (200, "Fine\n")
    assert asked.path.endswith(f"{SCORES}?type_id=1")
    assert asked.body == body
    assert asked.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert asked.headers["Authorization"] == "Bearer " + current(place)


def current(place: Place) -> str:
    """Return the newest token that this platform gave."""
    return f"token-{place.server.tokens}"


def test_a_refused_score_tells_the_reason_and_the_pause(place: Place) -> None:
    place.says("POST", SCORES, Answer(429, "x" * 900, "Slow down", {"Retry-After": "9"}))

    answer = place.cell().send("{}")

    assert (answer.status, answer.retry_after) == (429, 9.0)
    assert answer.text == "Slow down\n" + "x" * 500


def test_a_killed_token_is_replaced_and_the_call_made_once_more(place: Place) -> None:
    place.says("POST", SCORES, Answer(401), Answer(200))

    assert place.cell().send("{}").status == 200

    tokens = [one.headers["Authorization"] for one in place.asked(SCORES)]
    assert len(set(tokens)) == len(tokens) == len(place.asked("/token")) == 2


def test_a_second_refusal_stands(place: Place) -> None:
    place.says("POST", SCORES, Answer(401))

    assert place.cell().send("{}").status == 401
    assert len(place.asked(SCORES)) == 2


def test_a_score_without_a_token_was_not_sent(place: Place) -> None:
    place.says("POST", "/token", Answer(503))

    with pytest.raises(NotSent):
        place.cell().send("{}")

    assert place.asked(SCORES) == []


@pytest.mark.parametrize(
    "answer", [Answer(0), Answer(200, "x" * 6_000_000)], ids=["cut", "too large"]
)
def test_a_score_whose_answer_was_lost_may_have_been_taken(place: Place, answer: Answer) -> None:
    place.says("POST", SCORES, answer)

    with pytest.raises(LMSUnavailable) as error:
        place.cell().send("{}")

    assert not isinstance(error.value, NotSent)


def test_a_platform_that_is_down_is_left_alone_but_not_for_one_locked_cell(
    place_on: Callable[..., Place],
) -> None:
    place = place_on("moodle")
    place.says("POST", SCORES, *[Answer(500, "[]")] * 9, Answer(503))
    cell = place.cell()
    for _ in range(18):
        cell.send("{}")

    with pytest.raises(NotSent) as error:
        cell.send("{}")

    assert error.value.retry_after


def test_a_right_that_no_launch_told_of_is_not_asked_for(place_on: Callable[..., Place]) -> None:
    place = place_on("other", scopes=sorted(ags.READ))

    with pytest.raises(ScopeMissing):
        place.cell().send("{}")

    assert place.asked() == []


def test_a_right_that_the_platform_did_not_grant_is_told_in_words(place: Place) -> None:
    place.says("POST", "/token", a_token("less", " ".join(ags.READ)))

    with pytest.raises(ScopeMissing) as error:
        place.cell().send("{}")

    assert "score" in str(error.value)


def test_a_person_the_platform_does_not_know_has_no_cell(place: Place) -> None:
    column, known = place.column(), place.person()

    assert ags.cell(column, factories.a_user(place.service.course.institution).pk) is None
    assert ags.cell(column, known.pk) is not None


@pytest.mark.parametrize("off", ["deployment", "registration", "service"])
def test_a_course_whose_platform_was_switched_off_has_no_gradebook(place: Place, off: str) -> None:
    column, person = place.column(), place.person()
    if off == "deployment":
        Deployment.objects.filter(pk=place.service.deployment_id).update(status="disabled")
    if off == "registration":
        Registration.objects.filter(pk=place.registration.pk).update(active=False)
    if off == "service":
        place.service.delete()

    with pytest.raises(NotFound):
        ags.cell(column, person.pk)


# --- results ---------------------------------------------------------------------------------


def result(person: str = PERSON, **fields: Any) -> dict[str, Any]:
    """Return a result as a platform tells it."""
    return {"id": "…", "userId": person, "resultScore": 8.1, "resultMaximum": 10, **fields}


def test_a_result_is_read_for_one_person(place: Place) -> None:
    at = "2026-11-22T10:45:14+00:00"
    place.says("GET", RESULTS, told(result(comment="Good", timestamp=at)))

    reading = place.cell().read()

    (asked,) = place.asked(RESULTS)
    assert asked.path.endswith(f"{RESULTS}?type_id=1&user_id={PERSON}")
    assert asked.headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"
    assert reading == Reading(
        Decimal("8.1"), Decimal(10), "Good", datetime(2026, 11, 22, 10, 45, 14, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("results", "points"),
    [
        ([], None),
        ([{"userId": PERSON}], None),
        ([result(PERSON, resultScore=0)], Decimal(0)),
        ([result("other"), result("another")], None),
        ([result("other", resultScore=1), result(resultScore=2)], Decimal(2)),
        ([result("her other name")], Decimal("8.1")),
    ],
    ids=["none", "cleared", "zero", "others", "among others", "other name"],
)
def test_what_the_gradebook_shows(
    place: Place, results: list[dict[str, Any]], points: Decimal | None
) -> None:
    place.says("GET", RESULTS, told(*results))

    assert place.cell().read().points == points


def test_where_a_filter_loses_the_comment_all_are_read(place_on: Callable[..., Place]) -> None:
    place = place_on("blackboard")
    place.says("GET", RESULTS, told(result("other")))

    assert place.cell().read() == Reading()
    assert "user_id" not in place.asked(RESULTS)[0].path


def test_a_list_is_read_over_all_its_pages_in_curly_quotes_too(place: Place) -> None:
    more = f"<{place.url}{RESULTS}?type_id=1&amp;from=1>; rel=“next”".encode().decode("latin-1")
    place.says("GET", RESULTS, told(result("other"), Link=more), told(result()))

    assert place.cell().read().points == Decimal("8.1")
    assert place.asked(RESULTS)[1].path.endswith("?type_id=1&from=1")


@pytest.mark.parametrize(
    "link",
    ['<{here}>; rel="next"', '<https://elsewhere.example/x>; rel="next"'],
    ids=["a loop", "another host"],
)
def test_a_list_that_leads_astray_is_not_followed(place: Place, link: str) -> None:
    here = f"{place.url}{RESULTS}?type_id=1&user_id={PERSON}"
    place.says("GET", RESULTS, told(Link=link.format(here=here)))

    with pytest.raises(LMSMisunderstood):
        place.cell().read()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(body="<html>"), LMSMisunderstood),
        (Answer(body="{}"), LMSMisunderstood),
        (Answer(body="[NaN]"), LMSMisunderstood),
        (Answer(body="[7]"), LMSMisunderstood),
        (Answer(body='[{"userId": null}]'), LMSMisunderstood),
        (Answer(0), LMSMisunderstood),
        (Answer(302), LMSMisunderstood),
        (Answer(401), LMSRefused),
        (Answer(403), LMSRefused),
        (Answer(403, "Rate Limit Exceeded"), LMSThrottled),
        (Answer(404), LMSNotFound),
        (Answer(412), LMSNotFound),
        (Answer(429), LMSThrottled),
        (Answer(503), LMSUnavailable),
    ],
    ids=lambda value: f"{value.status} {value.body!r}" if isinstance(value, Answer) else value.code,
)
def test_what_cannot_be_read_says_why(place: Place, answer: Answer, kind: type[LMSError]) -> None:
    place.says("GET", RESULTS, answer)

    with pytest.raises(kind):
        place.cell().read()


# --- columns ---------------------------------------------------------------------------------


def test_the_columns_of_a_gradebook_become_rows_with_assignments(place: Place) -> None:
    place.says("GET", ITEMS, told(item(place, resourceLinkId=3), item(place, 2, resourceId="ours")))

    changed = ags.read_columns(place.service)

    (asked,) = place.asked(ITEMS)
    assert asked.headers["Accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"
    first, second = sorted(changed, key=lambda row: row.url)
    assert (first.resource_link_id, second.resource_id) == ("3", "ours")
    assert first.assignment is not None
    assert (first.assignment.title, first.assignment.max_points) == ("Column 1", Decimal(20))
    assert ags.read_columns(place.service) == []


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[7]",
        '[{"label": "no id"}]',
        '[{"id": ""}]',
        '[{"id": "https://elsewhere.example/1"}]',
        f'[{{"id": "https://elsewhere.example/{"x" * 2000}"}}]',
    ],
    ids=["object", "number", "no id", "empty id", "another host", "long"],
)
def test_a_list_of_columns_that_is_none_changes_nothing(place: Place, body: str) -> None:
    place.says("GET", ITEMS, Answer(body=body))

    with pytest.raises(LMSMisunderstood):
        ags.read_columns(place.service)


def make(place: Place) -> LineItem:
    """Find or make the column of a resource."""
    return ags.find_or_make(
        place.service, label="Essay", maximum=Decimal("20.00"), resource_id="essay"
    )


def test_a_column_is_looked_for_before_it_is_made(place: Place) -> None:
    place.says("GET", ITEMS, told(item(place, 2), item(place, resourceId="essay")))

    row = make(place)

    assert row.url.endswith("/items/1?type_id=1")
    assert [one.method for one in place.asked(ITEMS)] == ["GET"]
    assert place.asked(ITEMS)[0].path.endswith("?type_id=1&resource_id=essay")


def test_a_column_that_is_not_there_is_made(place: Place) -> None:
    place.says("GET", ITEMS, told())
    made = item(place, label="Essay", resourceId="essay")
    place.says("POST", ITEMS, Answer(201, json.dumps(made)))

    row = make(place)

    (asked,) = place.asked(ITEMS, "POST")
    assert json.loads(asked.body) == {"label": "Essay", "scoreMaximum": 20, "resourceId": "essay"}
    assert asked.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert (row.label, row.maximum, row.resource_id) == ("Essay", Decimal(20), "essay")


def test_two_that_want_the_same_column_at_once_make_one(place: Place) -> None:
    made = item(place, resourceId="essay")
    place.says("GET", ITEMS, told(), told(made))
    place.says("POST", ITEMS, Answer(201, json.dumps(made)))

    rows = at_once(2, lambda _: make(place))

    assert rows[0] == rows[1]
    assert len(place.asked(ITEMS, "POST")) == 1


@pytest.mark.parametrize(
    "answer",
    [Answer(0), Answer(504), Answer(201, "<html>")],
    ids=["cut", "gateway", "not understood"],
)
def test_after_a_lost_answer_the_column_is_looked_for_again(place: Place, answer: Answer) -> None:
    place.says("GET", ITEMS, told(), told(item(place, resourceId="essay")))
    place.says("POST", ITEMS, answer)

    assert make(place).resource_id == "essay"
    assert len(place.asked(ITEMS, "POST")) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "looks"),
    [(Answer(0), LMSUnavailable, 2), (Answer(422), LMSRefused, 1)],
    ids=["cut", "refused"],
)
def test_a_column_that_was_not_made_is_an_error(
    place: Place, answer: Answer, kind: type[LMSError], looks: int
) -> None:
    place.says("GET", ITEMS, told())
    place.says("POST", ITEMS, answer)

    with pytest.raises(kind):
        make(place)

    assert len(place.asked(ITEMS, "GET")) == looks


def test_a_column_whose_making_never_left_here_is_not_looked_for(place: Place) -> None:
    place.says("GET", ITEMS, told())
    place.says("POST", ITEMS, Answer(401))
    place.says("POST", "/token", a_token("one", " ".join(SCOPES)), Answer(503))

    with pytest.raises(NotSent):
        make(place)

    assert len(place.asked(ITEMS, "GET")) == 1


@pytest.mark.parametrize(
    ("ours", "theirs", "query"),
    [
        ({"resource_id": "essay"}, {"resourceId": "essay"}, "resource_id=essay"),
        ({"resource_link_id": "3"}, {"resourceLinkId": "3"}, "resource_link_id=3"),
    ],
    ids=["resource", "link"],
)
def test_a_column_that_has_moved_is_found_again(
    place: Place, ours: dict[str, str], theirs: dict[str, str], query: str
) -> None:
    cell = place.cell(**ours)
    place.says("GET", ITEMS, told(item(place, 7, **theirs)))

    assert cell.relocate()

    assert cell.item.url.endswith("/items/7?type_id=1")
    assert place.asked(ITEMS)[0].path.endswith(query)
    assert LineItem.objects.filter(course=place.service.course).count() == 1


def test_a_column_that_is_nowhere_else_stays(place: Place) -> None:
    cell = place.cell(resource_id="essay")
    place.says("GET", ITEMS, told())

    assert not cell.relocate()


def test_a_column_that_has_no_name_cannot_be_looked_for(place: Place) -> None:
    assert not place.cell().relocate()
    assert place.asked(ITEMS) == []


def test_a_call_within_a_transaction_keeps_it(place: Place) -> None:
    place.says("GET", ITEMS, Answer(body="[]"))

    with transaction.atomic():
        row = factories.an_institution()
        ags.listing(place.service)

    assert Institution.objects.filter(pk=row.pk).exists()
