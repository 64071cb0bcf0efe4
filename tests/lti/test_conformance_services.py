"""What a tool has to show of Names and Roles and of Assignment and Grades to be certified.

The rows are those of 1EdTech's LTI Advantage suite; each has its id in the test's name.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import jwt

from lti import ags, keys, nrps, roster
from lti.claims import GRADES, ROSTER
from lti.models import CourseService
from tests.lti.platform import Platform
from tests.lti.scripted import PERSON, Answer, Place
from tests.lti.test_offers import grades, launch
from tutorai.ledger.outcomes import Grade
from tutorai.lmsdm.models import LineItem

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
LINK = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


def roster_of(*people: str, **headers: str) -> Answer:
    """Return a page of a roster."""
    members = [{"user_id": one, "roles": [LINK]} for one in people]
    return Answer(body=json.dumps({"id": "…", "members": members}), headers=headers)


# --- launches ----------------------------------------------------------------------------------


def test_nrps_01_ags_01_a_launch_tells_where_roster_and_gradebook_are(platform: Platform) -> None:
    told = grades()
    told.pop("lineitem")  # the suite's launch names the list alone
    members = {"context_memberships_url": "https://lms.example/Members?Page=First"}

    course = launch(platform, **{GRADES: told, ROSTER: members})

    service = CourseService.objects.get(course=course)
    assert service.members_url == members["context_memberships_url"]
    assert service.line_items_url == told["lineitems"]
    assert not LineItem.objects.filter(course=course).exists()


# --- Names and Roles ---------------------------------------------------------------------------


def test_nrps_02_to_05_a_roster_is_asked_for_as_the_suite_wants_it(place: Place) -> None:
    place.says("GET", "/members", roster_of(PERSON))

    roster.read(place.service.course)

    (asked,) = place.asked("/members")
    (token,) = place.asked("/token")
    assert asked.method == "GET"  # 02
    assert asked.headers["Accept"] == (  # 03
        "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    )
    assert asked.headers["Authorization"] == f"Bearer token-{place.server.tokens}"  # 04
    assert token.form["scope"] == (  # 05: that one alone
        "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
    )


def test_nrps_06_the_next_page_is_asked_for_exactly_as_it_is_written(place: Place) -> None:
    onward = f"{place.url}/Members/Next?Cursor=AbC%2fdE==&x=1,2"
    place.says("GET", "/members", roster_of("a", Link=f'<{onward}>; rel="next"'))
    place.says("GET", "/Members/Next", roster_of("b"))

    found = nrps.members(place.service)

    assert [one.user.user_id for one in found] == ["a", "b"]
    assert place.asked("/Members/Next")[0].path == onward.removeprefix(f"http://{place.host}")


# --- Assignment and Grades ---------------------------------------------------------------------


def test_ags_02_a_token_is_asked_for_with_a_signed_assertion(place: Place) -> None:
    place.says("GET", "/items", Answer(body="[]"))

    ags.listing(place.service)

    form = place.asked("/token")[0].form
    kid = jwt.get_unverified_header(form["client_assertion"])["kid"]
    (public,) = [jwt.PyJWK(key) for key in keys.jwks()["keys"] if key["kid"] == kid]
    told = jwt.decode(
        form["client_assertion"],
        public,
        algorithms=["RS256"],
        audience=place.registration.token_url,
        options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
    )
    assert told["iss"] == told["sub"] == place.registration.client_id
    assert isinstance(told["aud"], str)
    assert 0 < told["exp"] - time.time() <= 300
    assert form["grant_type"] == "client_credentials"
    assert form["client_assertion_type"] == (
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    )


def a_column(place: Place, **fields: object) -> dict[str, object]:
    """Return a column as a platform tells it."""
    told = {"id": f"{place.url}/items/1?type_id=1", "label": "Quiz 1", "scoreMaximum": 100}
    return {**told, "resourceId": "quiz-1", "tag": "grade", **fields}


def test_ags_03_a_column_is_made(place: Place) -> None:
    place.says("GET", "/items", Answer(body="[]"))
    place.says("POST", "/items", Answer(201, json.dumps(a_column(place))))

    row = ags.find_or_make(
        place.service,
        label="Quiz 1",
        maximum=Decimal(100),
        resource_id="quiz-1",
        tag="grade",
        starts=datetime(2026, 11, 1, tzinfo=UTC),
        ends=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    )

    (asked,) = place.asked("/items", "POST")
    assert asked.path.endswith("/items?type_id=1")
    assert asked.headers["Content-Type"] == ITEM
    assert "\n" not in asked.body
    assert json.loads(asked.body) == {
        "label": "Quiz 1",
        "scoreMaximum": 100,
        "resourceId": "quiz-1",
        "tag": "grade",
        "startDateTime": "2026-11-01T00:00:00.000Z",
        "endDateTime": "2026-12-31T23:59:59.000Z",
    }
    assert (row.resource_id, row.tag, row.url) == ("quiz-1", "grade", a_column(place)["id"])


def test_ags_04_columns_are_listed_by_filter_and_over_pages(place: Place) -> None:
    more = f'<{place.url}/items?type_id=1&p=2>; rel="next"'
    one, other = a_column(place), a_column(place, id=f"{place.url}/items/2?type_id=1")
    strange = a_column(place, id=f"{place.url}/items/3?type_id=1", tag="other")
    place.says(
        "GET",
        "/items",
        Answer(body=json.dumps([one]), headers={"Link": more}),
        Answer(body=json.dumps([other, strange])),
    )

    found = ags.listing(place.service, resource_id="quiz-1", tag="grade")

    assert [item.url for item in found] == [one["id"], other["id"]]
    first, second = place.asked("/items")
    assert first.path.endswith("/items?type_id=1&resource_id=quiz-1&tag=grade")
    assert second.path.endswith("/items?type_id=1&p=2")
    assert first.headers["Accept"] == second.headers["Accept"] == ITEMS


def test_ags_05_a_column_is_changed_and_deleted(place: Place) -> None:
    row = place.column(resource_id="quiz-1", tag="grade")
    place.says("GET", "/items/1", Answer(body=json.dumps(a_column(place))))
    place.says("PUT", "/items/1", Answer(body=json.dumps(a_column(place, label="Quiz One"))))
    place.says("GET", "/items/1/results", Answer(body="[]"))
    place.says("DELETE", "/items/1", Answer(204))

    changed = ags.update(row, label="Quiz One")
    ags.delete(changed)

    (put,) = place.asked("/items/1", "PUT")
    (gone,) = place.asked("/items/1", "DELETE")
    assert put.path.endswith("/items/1?type_id=1")
    assert put.path == gone.path
    assert put.headers["Content-Type"] == put.headers["Accept"] == ITEM
    assert json.loads(put.body)["label"] == changed.label == "Quiz One"
    changed.refresh_from_db()
    assert changed.gone_at is not None


def test_ags_06_a_score_is_posted(place: Place) -> None:
    place.says("POST", "/items/1/scores", Answer(200))
    cell = place.cell()
    body = cell.write(Grade(Decimal("8.5"), Decimal(10), "", datetime(2026, 9, 1, tzinfo=UTC)))

    assert cell.send(body).status == 200

    (asked,) = place.asked("/items/1/scores")
    assert asked.path.endswith("/items/1/scores?type_id=1")
    assert asked.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert {"userId", "timestamp", "activityProgress", "gradingProgress"} <= set(
        json.loads(asked.body)
    )


def test_ags_07_the_results_of_a_column_are_read(place_on: Callable[..., Place]) -> None:
    place = place_on("other")
    row = place.column()
    shown = [{"id": "…", "userId": one, "resultScore": 7, "resultMaximum": 10} for one in "ab"]
    place.says("GET", "/items/1/results", Answer(body=json.dumps(shown)))

    found = ags.shown(row)

    (asked,) = place.asked("/items/1/results")
    assert asked.headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"
    assert asked.path.endswith("/items/1/results?type_id=1")
    assert {person: reading.points for person, reading in found.items()} == {
        "a": Decimal(7),
        "b": Decimal(7),
    }
