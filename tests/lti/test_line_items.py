"""Columns of ours in a platform's gradebook: looked at, changed, deleted, and never another's."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lti import ags
from tests.lti.scripted import Answer, Place, a_token
from tutorai.errors import (
    ColumnKept,
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSUnavailable,
    ScopeMissing,
)
from tutorai.lmsdm.models import LineItem

PATH = "/items/1"


def told(place: Place, **fields: Any) -> Answer:
    """Return the column as a platform tells it."""
    url = f"{place.url}{PATH}?type_id=1"
    column = {"id": url, "label": "Essay", "scoreMaximum": 20.5, "resourceId": "essay", "tag": "t"}
    return Answer(body=json.dumps({**column, **fields}))


def ours(place: Place) -> LineItem:
    """Return a column that we made, as our rows have it."""
    return place.column(resource_id="essay", label="Essay", maximum=20)


def test_a_column_is_looked_at_alone(place: Place) -> None:
    place.says("GET", PATH, told(place, label="New", resourceLinkId=3))

    row = ags.look(ours(place))

    (asked,) = place.asked(PATH)
    assert asked.headers["Accept"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert (row.label, row.maximum, row.tag, row.resource_link_id) == (
        "New",
        Decimal("20.50"),
        "t",
        "3",
    )


def test_columns_of_one_resource_are_told_apart_by_their_tag(place: Place) -> None:
    one = {"id": f"{place.url}/items/1", "label": "A", "resourceId": "essay", "tag": "draft"}
    made = {**one, "id": f"{place.url}/items/2", "tag": "final"}
    place.says("GET", "/items", Answer(body=json.dumps([one])))
    place.says("POST", "/items", Answer(201, json.dumps(made)))
    find: dict[str, Any] = {"label": "A", "maximum": Decimal(5), "resource_id": "essay"}

    draft = ags.find_or_make(place.service, **find, tag="draft")
    final = ags.find_or_make(place.service, **find, tag="final")
    either = ags.find_or_make(place.service, **find)

    assert (draft.tag, final.tag, either) == ("draft", "final", draft)
    assert len(place.asked("/items", "POST")) == 1


@pytest.mark.parametrize(
    ("family", "kept"),
    [
        ("moodle", {"resourceId": "essay", "tag": "t", "resourceLinkId": "3"}),
        ("blackboard", {"resourceId": "essay", "tag": "t"}),
    ],
)
def test_a_change_sends_all_that_is_there_but_what_the_platform_keeps_to_itself(
    place_on: Callable[..., Place], family: str, kept: dict[str, str]
) -> None:
    place = place_on(family)
    more = {"ltiLinkId": "3", "submissionReview": {"url": "https://x"}, "endDateTime": None}
    place.says("GET", PATH, told(place, resourceLinkId="3", **more))
    place.says("PUT", PATH, told(place, label="Report", resourceLinkId="3"))

    row = ags.update(ours(place), label="Report")

    (asked,) = place.asked(PATH, "PUT")
    assert "\n" not in asked.body
    assert json.loads(asked.body) == {
        "label": "Report",
        "scoreMaximum": 20.5,
        "submissionReview": {"url": "https://x"},
        **kept,
    }
    assert (row.label, row.tag) == ("Report", "t")


@pytest.mark.parametrize(
    ("method", "answer", "kind"),
    [
        ("GET", Answer(404), LMSNotFound),
        ("GET", Answer(body="[]"), LMSMisunderstood),
        ("PUT", Answer(400), LMSRefused),
        ("PUT", Answer(0), LMSUnavailable),
        ("PUT", Answer(body='{"error": "no"}'), LMSMisunderstood),
        ("PUT", Answer(body='{"id": "https://elsewhere.example/1"}'), LMSMisunderstood),
    ],
    ids=["gone", "a list", "refused", "cut", "an error inside", "elsewhere"],
)
def test_a_change_that_was_not_made_is_an_error_and_our_row_stays(
    place: Place, method: str, answer: Answer, kind: type[LMSError]
) -> None:
    row = ours(place)
    place.says("GET", PATH, told(place))
    place.says(method, PATH, answer)

    with pytest.raises(kind):
        ags.update(row, label="Other", maximum=Decimal(7), tag="x")

    row.refresh_from_db()
    assert (row.label, row.maximum) == ("Essay", Decimal(20))


def results(*points: float | None) -> Answer:
    """Return what a column shows."""
    shown = [{"userId": str(n), "resultScore": given} for n, given in enumerate(points)]
    return Answer(body=json.dumps(shown))


def test_a_column_of_ours_without_grades_is_deleted(place: Place) -> None:
    row = ours(place)
    place.says("GET", PATH, told(place))
    place.says("GET", f"{PATH}/results", results(None))
    place.says("DELETE", PATH, Answer(204))

    ags.delete(row)

    row.refresh_from_db()
    assert row.gone_at is not None
    assert len(place.asked(PATH, "DELETE")) == 1


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        ({"resourceLinkId": "3"}, []),
        ({"resourceId": ""}, []),
        ({"resourceId": "another"}, []),
        ({}, [None, 0]),
    ],
    ids=["an activity's", "nobody's", "another's", "with grades"],
)
def test_no_other_column_is_deleted(
    place: Place, fields: dict[str, Any], points: list[float | None]
) -> None:
    row = ours(place)
    place.says("GET", PATH, told(place, **fields))
    place.says("GET", f"{PATH}/results", results(*points))

    with pytest.raises(ColumnKept):
        ags.delete(row)

    row.refresh_from_db()
    assert row.gone_at is None
    assert place.asked(PATH, "DELETE") == []


def test_a_column_with_grades_is_deleted_when_that_is_said(place: Place) -> None:
    place.says("GET", PATH, told(place))
    place.says("DELETE", PATH, Answer(204))

    ags.delete(ours(place), with_grades=True)

    assert place.asked(f"{PATH}/results") == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_column_that_is_not_there_is_deleted_already(place: Place, method: str) -> None:
    row = ours(place)
    place.says("GET", PATH, told(place))
    place.says(method, PATH, Answer(404))

    ags.delete(row, with_grades=True)

    row.refresh_from_db()
    assert row.gone_at is not None


def test_a_column_that_a_platform_does_not_let_go_stays(place: Place) -> None:
    row = ours(place)
    place.says("GET", PATH, told(place))
    place.says("DELETE", PATH, Answer(401))  # Canvas, of an assignment's own

    with pytest.raises(LMSRefused):
        ags.delete(row, with_grades=True)

    row.refresh_from_db()
    assert row.gone_at is None


def test_without_the_right_to_see_grades_none_are_deleted(place: Place) -> None:
    place.says("GET", PATH, told(place))
    place.says("POST", "/token", a_token("less", " ".join(ags.WRITE)))

    with pytest.raises(ScopeMissing):
        ags.delete(ours(place))


@pytest.mark.parametrize(
    ("written", "maximum"),
    [("1e999", None), ("-1", None), ('"many"', None), ("0", None), ('"12.5"', Decimal("12.50"))],
)
def test_a_maximum_that_is_none_leaves_a_column_without_points(
    place: Place, written: str, maximum: Decimal | None
) -> None:
    body = f'[{{"id": "{place.url}/items/1", "label": "A", "scoreMaximum": {written}}}]'
    place.says("GET", "/items", Answer(body=body))

    (row,) = ags.read_columns(place.service)

    assert row.maximum == maximum
