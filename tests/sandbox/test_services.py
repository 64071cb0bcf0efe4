"""Service tokens, names and roles, line items, scores and results."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox.making import AGS, NRPS, College, links

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
CANVAS = "https://canvas.instructure.com/lti/submission"
NOW = datetime.now(UTC)


def at(**later: float) -> str:
    """Return a moment near the start of the tests, as AGS writes it."""
    return (NOW + timedelta(**later)).isoformat(timespec="milliseconds")


@pytest.fixture
def services(college: College) -> httpx.Client:
    """A client with every scope, for a college of this test's own."""
    return college.services()


def make_item(services: httpx.Client, **more: Any) -> str:
    """Make a column of 20 points; return its address."""
    body = {"label": "Practice", "scoreMaximum": 20, "resourceId": "practice", **more}
    answer = services.post("/line_items", json=body, headers={"Content-Type": ITEM})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def send(services: httpx.Client, item: str, college: College, **more: Any) -> httpx.Response:
    """Send a score of 8 out of 10 for the student."""
    body = {
        "timestamp": at(),
        "userId": college.person("student")["sub"],
        "scoreGiven": 8,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        **more,
    }
    kept = {name: value for name, value in body.items() if value is not None}
    return services.post(f"{item}/scores", json=kept, headers={"Content-Type": SCORE})


def results(services: httpx.Client, item: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = services.get(f"{item}/results").json()
    return found


# --- tokens ----------------------------------------------------------------------------------


def test_a_signed_assertion_gets_a_token_for_the_scopes_asked(college: College) -> None:
    answer = college.service_token(NRPS)

    assert answer.status_code == 200
    assert answer.json()["scope"] == NRPS
    assert answer.json()["expires_in"] == 3600


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example/token"},
        {"sub": "10000000000999"},
        {"exp": int(time.time()) - 120},
        {"exp": int(time.time()) + 90_000},
        {"jti": None},
    ],
    ids=["audience", "subject", "over", "too long", "no jti"],
)
def test_an_assertion_that_is_wrong_gets_none(college: College, claims: dict[str, Any]) -> None:
    answer = college.service_token(**claims)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_an_assertion_counts_once(college: College) -> None:
    first, second = college.service_token(jti="same"), college.service_token(jti="same")

    assert [first.status_code, second.status_code] == [200, 400]


def test_an_unknown_client_and_an_unknown_scope_get_none(college: College) -> None:
    stranger = college.service_token(iss="10000000000999")
    greedy = college.service_token("https://purl.imsglobal.org/spec/lti/scope/everything")

    assert stranger.status_code == 401
    assert (greedy.status_code, greedy.json()["error"]) == (400, "invalid_scope")


def test_a_token_opens_only_its_scopes_and_its_own_college(
    library: College, college: College
) -> None:
    roster = library.services(NRPS)

    assert roster.get("/names_and_roles").status_code == 200
    assert roster.get("/line_items").status_code == 401
    other = f"{college.url}/api/lti/courses/{college.course['id']}/names_and_roles"
    assert roster.get(other).status_code == 404


# --- names and roles -------------------------------------------------------------------------


def test_the_roster_lists_each_member_once_over_its_pages(college: College) -> None:
    client = college.services()
    answer = client.get("/names_and_roles", params={"limit": 4})
    members = answer.json()["members"]
    while url := links(answer).get("next"):
        answer = client.get(url)
        members += answer.json()["members"]

    subs = [member["user_id"] for member in members]

    assert len(subs) == len(set(subs))
    assert set(subs) == {person["sub"] for person in college.told["people"].values()}


@pytest.mark.parametrize(
    "role", ["Instructor", "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]
)
def test_the_roster_can_be_asked_for_one_role(college: College, role: str) -> None:
    answer = college.services().get("/names_and_roles", params={"role": role})

    names = {member["name"] for member in answer.json()["members"]}

    assert names == {"Margaret Okonkwo", "Jonas Lindqvist"}


def test_with_a_resource_link_the_roster_joins_sub_and_canvas_id(college: College) -> None:
    answer = college.services().get(
        "/names_and_roles", params={"rlid": college.course["context_id"]}
    )

    joined = {
        member["user_id"]: member["message"][0]["https://purl.imsglobal.org/spec/lti/claim/custom"][
            "canvas_user_id"
        ]
        for member in answer.json()["members"]
    }

    assert joined == {one["sub"]: one["id"] for one in college.told["people"].values()}


def test_somebody_who_left_is_inactive(college: College) -> None:
    enrolment = college.course["enrolments"]["student"]
    college.control(f"enrolments/{enrolment}", state="completed")

    members = college.services().get("/names_and_roles").json()["members"]

    left = [member["user_id"] for member in members if member["status"] == "Inactive"]
    assert left == [college.person("student")["sub"]]


# --- line items ------------------------------------------------------------------------------


def test_a_line_item_is_made_found_changed_and_deleted(services: httpx.Client) -> None:
    item = make_item(services, tag="quiz")

    found = services.get("/line_items", params={"resource_id": "practice"}).json()
    changed = services.put(item, json={"label": "Exam"}, headers={"Content-Type": ITEM}).json()
    gone = services.delete(item)

    assert [one["id"] for one in found] == [item]
    assert (changed["label"], changed["scoreMaximum"], changed["tag"]) == ("Exam", 20, "quiz")
    assert gone.status_code == 204
    assert services.get(item).status_code == 404
    assert services.get("/line_items").json() == []


def test_making_the_same_line_item_twice_makes_two(services: httpx.Client) -> None:
    first, second = make_item(services), make_item(services)

    listed = services.get("/line_items", params={"limit": 1})

    assert first != second
    assert len(listed.json()) == 1
    assert len(services.get(links(listed)["next"]).json()) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"label": ""}, 422),
        ({"scoreMaximum": "ten"}, 422),
        ({"scoreMaximum": -1}, 422),
        ({"scoreMaximum": 10**12}, 422),
        ({"resourceLinkId": "never-heard-of"}, 404),
    ],
)
def test_a_line_item_that_makes_no_sense_is_refused(
    services: httpx.Client, change: dict[str, Any], status: int
) -> None:
    body = {"label": "Practice", "scoreMaximum": 20, **change}

    answer = services.post("/line_items", json=body, headers={"Content-Type": ITEM})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"label": "x", "scoreMaximum": NaN}', ITEM, 400),
        (b"[1]", ITEM, 400),
        (b"{", ITEM, 400),
        (b"label=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    services: httpx.Client, content: bytes, kind: str, status: int
) -> None:
    answer = services.post("/line_items", content=content, headers={"Content-Type": kind})

    assert answer.status_code == status


def test_a_read_only_token_lists_and_makes_nothing(college: College) -> None:
    client = college.services(f"{AGS}lineitem.readonly")

    assert client.get("/line_items").status_code == 200
    assert client.post("/line_items", json={"label": "x", "scoreMaximum": 1}).status_code == 401


# --- scores ----------------------------------------------------------------------------------


def test_a_score_is_scaled_to_its_column_and_shown_in_the_gradebook(
    services: httpx.Client, college: College
) -> None:
    item = make_item(services)

    answer = send(services, item, college)
    shown = college.browser("student").get(college.place("gradebook")).text

    assert services.get(answer.json()["resultUrl"]).json()["resultScore"] == 16
    assert [one["resultScore"] for one in results(services, item)] == [16]
    assert "<td>16</td>" in shown


def test_canvas_takes_its_own_user_number_too(services: httpx.Client, college: College) -> None:
    item = make_item(services)

    answer = send(services, item, college, userId=college.person("student")["id"])

    assert answer.status_code == 200
    assert results(services, item)[0]["userId"] == college.person("student")["sub"]


def test_an_older_score_is_refused_and_an_equally_old_one_taken(
    services: httpx.Client, college: College
) -> None:
    item = make_item(services)
    send(services, item, college)

    older = send(services, item, college, timestamp=at(seconds=-1), scoreGiven=1)
    equal = send(services, item, college, scoreGiven=9)

    assert older.status_code == 400
    assert "before last updated timestamp" in older.json()["errors"]["message"]
    assert equal.status_code == 200
    assert results(services, item)[0]["resultScore"] == 18


def test_a_grade_entered_by_hand_refuses_what_was_decided_before(
    services: httpx.Client, college: College
) -> None:
    item = make_item(services)
    send(services, item, college)
    person = college.person("student")["id"]
    college.control(f"scores/{item.rpartition('/')[2]}", person=person, points=12)

    answer = send(services, item, college, timestamp=at(milliseconds=1))

    assert answer.status_code == 400
    assert results(services, item)[0]["resultScore"] == 12


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"gradingProgress": "Pending"}, None),
        ({"scoreGiven": None}, None),
        ({"gradingProgress": "Pending", CANVAS: {"preserve_score": True}}, 16),
    ],
)
def test_a_score_that_does_not_count_takes_the_old_one_away_unless_told_not_to(
    services: httpx.Client, college: College, change: dict[str, Any], kept: int | None
) -> None:
    item = make_item(services)
    send(services, item, college)

    answer = send(services, item, college, timestamp=at(seconds=1), **change)

    assert answer.status_code == 200
    assert results(services, item)[0].get("resultScore") == kept


def test_every_comment_is_one_more_comment(services: httpx.Client, college: College) -> None:
    item = make_item(services)

    send(services, item, college, comment="first")
    send(services, item, college, comment="second")

    assert results(services, item)[0]["comment"] == "second"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"timestamp": None}, 400),
        ({"timestamp": "2026-13-45T99:00:00Z"}, 400),
        ({"timestamp": "2026-09-01T10:00:00"}, 400),
        ({"userId": None}, 400),
        ({"userId": "nobody"}, 422),
        ({"scoreMaximum": None}, 422),
        ({"scoreMaximum": 0}, 422),
        ({"scoreGiven": -1}, 422),
        ({"scoreGiven": "8"}, 422),
        ({"gradingProgress": "Done"}, 422),
        ({"activityProgress": "Lazy"}, 422),
        ({"submission": {"submittedAt": at(days=5)}}, 400),
    ],
)
def test_a_score_that_breaks_a_rule_is_refused_and_nothing_stored(
    services: httpx.Client, college: College, change: dict[str, Any], status: int
) -> None:
    item = make_item(services)

    answer = send(services, item, college, **change)

    assert answer.status_code == status
    assert results(services, item) == []


def test_a_teacher_and_somebody_who_left_get_no_score(
    services: httpx.Client, college: College
) -> None:
    item = make_item(services)
    college.control(f"enrolments/{college.course['enrolments']['student2']}", state="completed")

    teacher = send(services, item, college, userId=college.person("teacher")["sub"])
    left = send(services, item, college, userId=college.person("student2")["sub"])

    assert [teacher.status_code, left.status_code] == [422, 422]


def test_results_can_be_asked_for_one_person(services: httpx.Client, college: College) -> None:
    item = make_item(services)
    send(services, item, college)
    send(services, item, college, userId=college.person("student2")["sub"])

    one = services.get(f"{item}/results", params={"user_id": college.person("student2")["sub"]})

    assert [result["userId"] for result in one.json()] == [college.person("student2")["sub"]]
