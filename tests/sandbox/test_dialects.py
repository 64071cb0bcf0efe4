"""The gradebooks of the pretend LMS: Moodle's as recorded, Blackboard's and Canvas's as told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College, PretendTool, a_college, bearer
from tests.sandbox.replaying import HOUR
from tutorai.http import next_link

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
DIALECTS = ("canvas", "moodle", "blackboard")


@pytest.fixture(scope="module")
def colleges(sandbox: Running, pretend: PretendTool) -> Iterator[dict[str, College]]:
    """One college of each dialect."""
    made = {
        name: a_college(sandbox.url, pretend, dialect=name, filler_students=5) for name in DIALECTS
    }
    yield made
    for college in made.values():
        college.close()


@pytest.fixture
def moodle(colleges: dict[str, College]) -> College:
    """A Moodle at the hour of the recordings, which kept every score's own timestamp."""
    college = colleges["moodle"]
    ahead = (HOUR - datetime.now(UTC)).total_seconds()
    college.option(clock=ahead, lms_clock=False)
    return college


def column(college: College, maximum: int, **more: Any) -> dict[str, str]:
    """Make a column of the tool; return its id and address."""
    given = {"course": college.course["id"], "label": "Essay", "maximum": maximum, **more}
    made: dict[str, str] = college.control("columns", **given)
    return made


def cells(college: College, item: str) -> dict[str, dict[str, Any]]:
    """Return what a column holds, by the person's short name."""
    told = HTTP.get(f"{college.url}/sandbox/scores/{item}").json()
    return {one["key"]: one for one in told}


# --- Moodle ----------------------------------------------------------------------------------


def test_an_activity_of_a_newer_moodle_takes_moodles_own_clock(moodle: College) -> None:
    moodle.option(lms_clock=None, clock=3600)
    made = column(moodle, 100, coupled=True)

    first = send(moodle, made["url"], "student")
    again = send(moodle, made["url"], "student", timestamp=later(60))

    assert [first.status_code, again.status_code] == [200, 409]


def test_the_columns_of_moodle_come_in_pages_with_curly_links(moodle: College) -> None:
    listing = moodle.course["services"]["lineitems"]
    column(moodle, 1), column(moodle, 2)
    token = moodle.service_token().json()["access_token"]
    headers = {**bearer(token), "Accept": ITEMS}

    first = HTTP.get(f"{listing}&limit=1", headers=headers)
    following = next_link(first.headers["Link"])
    whatever = HTTP.get(listing, headers={**headers, "Accept": "*/*"})

    assert "rel=\u201cnext\u201d" in first.headers["Link"]
    assert following is not None
    assert HTTP.get(following, headers=headers).json()[0]["id"] != first.json()[0]["id"]
    assert whatever.status_code == 400


# --- what all of them do ---------------------------------------------------------------------


def later(seconds: float = 0) -> str:
    """Return a moment from now, as AGS writes it."""
    at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds, UTC)
    return at.isoformat(timespec="milliseconds")


def below(item: str, word: str) -> str:
    """Return an address below a line item's: before its query string, where it has one."""
    path, mark, query = item.partition("?")
    return f"{path}/{word}{mark}{query}"


def send(college: College, item: str, who: str, **more: Any) -> httpx.Response:
    """Send a score of 8 out of 10."""
    body = {
        "timestamp": later(),
        "userId": college.person(who)["sub"],
        "scoreGiven": 8,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        **more,
    }
    headers = {**bearer(token_of(college)), "Content-Type": SCORE}
    return HTTP.post(below(item, "scores"), json=body, headers=headers)


TOKENS: dict[str, str] = {}


def token_of(college: College) -> str:
    """Return a service token; one is enough for a college."""
    if college.name not in TOKENS:
        TOKENS[college.name] = college.service_token().json()["access_token"]
    return TOKENS[college.name]


def results(college: College, item: str, **query: str) -> Any:
    address = httpx.URL(below(item, "results")).copy_merge_params(query)
    return HTTP.get(address, headers={**bearer(token_of(college)), "Accept": RESULTS}).json()


@pytest.mark.parametrize(
    ("dialect", "product", "place"),
    [
        ("canvas", "canvas", "/api/lti/courses/{}/line_items/{}"),
        ("moodle", "moodle", "/mod/lti/services.php/{}/lineitems/{}/lineitem?type_id="),
        ("blackboard", "BlackboardLearn", "/learn/api/v1/lti/courses/_{}_1/lineItems/_{}_1"),
    ],
    ids=DIALECTS,
)
def test_a_launch_from_an_activity_names_its_column_in_the_lmss_own_form(
    colleges: dict[str, College], dialect: str, product: str, place: str
) -> None:
    college = colleges[dialect]
    made = column(college, 10, coupled=True, link=f"essay-{dialect}")
    launch = {"resource_link": {"id": f"essay-{dialect}"}, "course": college.course["id"]}

    from_it = claims(college, **launch)
    elsewhere = claims(college, course=college.course["id"])

    assert from_it[ENDPOINT]["lineitem"] == made["url"]
    assert place.format(college.course["id"], made["id"]) in made["url"]
    assert from_it[ENDPOINT]["lineitems"] == college.course["services"]["lineitems"]
    assert elsewhere[ENDPOINT].get("lineitem") != made["url"]
    assert from_it[f"{LTI}tool_platform"]["product_family_code"] == product
    assert from_it["sub"] == college.person("student")["sub"]
    assert college.registration["lti_register"][-4:-2] == ["--family", dialect]


def claims(college: College, **launch: Any) -> dict[str, Any]:
    """Return what a launch of the student says."""
    begun = college.control("launch", person=college.person("student")["id"], **launch)
    told: dict[str, Any] = college.told_by(begun)
    return told


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_roster_is_where_the_launch_says(colleges: dict[str, College], dialect: str) -> None:
    college = colleges[dialect]
    address = college.course["services"]["memberships"]

    answer = HTTP.get(address, headers=bearer(token_of(college)))

    subs = {member["user_id"] for member in answer.json()["members"]}
    assert college.person("student")["sub"] in subs


@pytest.mark.parametrize("dialect", DIALECTS)
def test_scores_for_one_person_sent_at_once_leave_one_cell(
    colleges: dict[str, College], dialect: str
) -> None:
    college, stamp = colleges[dialect], later()
    college.option(lms_clock=False, clock=0)
    item = column(college, 20)
    token_of(college)

    def one(points: int) -> int:
        answer = send(college, item["url"], "student", scoreGiven=points, timestamp=stamp)
        return answer.status_code

    with ThreadPoolExecutor(6) as threads:
        statuses = list(threads.map(one, range(1, 7)))

    cell = cells(college, item["id"])["student"]
    assert cell["posts"] == statuses.count(200)
    assert (statuses.count(200) == 1) is (dialect == "moodle")


def test_blackboard_takes_the_last_score_whatever_its_timestamp(
    colleges: dict[str, College],
) -> None:
    college, item = colleges["blackboard"], column(colleges["blackboard"], 20)

    send(college, item["url"], "student", comment="well<br/>done")
    older = send(college, item["url"], "student", scoreGiven=5, timestamp=later(-999))
    alone = results(college, item["url"], user_id=college.person("student")["sub"])

    assert (older.status_code, older.content) == (200, b"")
    assert [one["resultScore"] for one in alone] == [10]
    assert "comment" not in alone[0]
    assert results(college, item["url"])[0]["comment"] == "well<br/>done"


def test_blackboard_deletes_a_grade_that_is_begun_anew_and_knows_no_teacher(
    colleges: dict[str, College],
) -> None:
    college, item = colleges["blackboard"], column(colleges["blackboard"], 20)
    send(college, item["url"], "student")
    anew = {"activityProgress": "Initialized", "gradingProgress": "NotReady"}

    gone = send(college, item["url"], "student", **anew)
    nobody = send(college, item["url"], "teacher")

    assert gone.status_code == 200
    assert results(college, item["url"]) == []
    assert nobody.status_code == 400
    assert "User could not be found" in nobody.text


def test_canvas_appends_a_teachers_comment_and_counts_what_it_took(
    colleges: dict[str, College],
) -> None:
    college, item = colleges["canvas"], column(colleges["canvas"], 20)
    send(college, item["url"], "student", comment="first")
    person = college.person("student")["id"]
    college.control(f"scores/{item['id']}", person=person, points=3, comment="by hand")

    refused = send(college, item["url"], "student", timestamp=later(-60))

    cell = cells(college, item["id"])["student"]
    assert refused.status_code == 400
    assert (cell["points"], cell["posts"]) == ("3", 1)
    assert cell["comments"] == ["first", "by hand"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dropped_score_is_stored_and_not_answered(
    colleges: dict[str, College], dialect: str
) -> None:
    college, item = colleges[dialect], column(colleges[dialect], 20)
    college.option(clock=0)
    token_of(college)
    college.control("faults", world=college.name, kind="drop", path="/scores")

    with pytest.raises(httpx.RemoteProtocolError):
        send(college, item["url"], "student")

    assert cells(college, item["id"])["student"]["points"] == "16"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_college_that_is_down_answers_503_until_it_is_up(
    colleges: dict[str, College], dialect: str
) -> None:
    college, item = colleges[dialect], column(colleges[dialect], 20)
    token_of(college)

    college.option(down=True)
    down = send(college, item["url"], "student2").status_code
    college.option(down=False)
    up = send(college, item["url"], "student2").status_code

    assert [down, up] == [503, 200]


def test_a_college_cannot_be_asked_in_another_lmss_way(colleges: dict[str, College]) -> None:
    canvas, blackboard = colleges["canvas"], colleges["blackboard"]
    here = f"{canvas.url}/learn/api/v1/lti/courses/_{canvas.course['id']}_1/lineItems"

    assert HTTP.get(here, headers=bearer(token_of(canvas))).status_code == 404
    assert blackboard.service_token(jti=None).status_code == 400


def test_a_teacher_of_moodle_locks_a_grade_without_overriding_it(
    colleges: dict[str, College],
) -> None:
    college, item = colleges["moodle"], column(colleges["moodle"], 20)
    send(college, item["url"], "student")
    form = {"column": item["id"], "person": college.person("student")["id"], "locked": "on"}

    college.browser("teacher").post(
        college.place("gradebook"), data={**form, "points": "16", "was": "16"}
    )
    answer = send(college, item["url"], "student", timestamp=later(60))

    cell = cells(college, item["id"])["student"]
    assert (cell["locked"], cell["overridden"], cell["points"]) == (True, False, "16")
    assert (answer.status_code, answer.text) == (500, "[]")


def test_a_teacher_sees_a_grade_arrive_and_changes_it_by_hand(
    colleges: dict[str, College],
) -> None:
    college, item = colleges["canvas"], column(colleges["canvas"], 20, label="Oral exam")
    send(college, item["url"], "student", comment="Well argued.")
    teacher = college.browser("teacher")
    form = {"column": item["id"], "person": college.person("student")["id"], "points": "11.5"}

    before = teacher.get(college.place("gradebook")).text
    after = teacher.post(college.place("gradebook"), data=form).text
    college.browser("student").post(college.place("gradebook"), data={**form, "points": "20"})

    assert "Oral exam" in before
    assert "Well argued." in before
    assert 'value="11.50"' in after
    assert cells(college, item["id"])["student"]["points"] == "11.5"
