"""The controls: for loopback only, and strict about what they are told."""

from email.utils import parsedate_to_datetime

import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College

# Our server believes a proxy on loopback about who is calling.
ELSEWHERE = {"X-Forwarded-For": "203.0.113.7"}


@pytest.mark.parametrize("path", ["health", "register", "courses", "worlds", "log", "options"])
def test_control_routes_answer_only_on_loopback(sandbox: Running, path: str) -> None:
    near = HTTP.get(f"{sandbox.url}/sandbox/{path}")
    far = HTTP.get(f"{sandbox.url}/sandbox/{path}", headers=ELSEWHERE)

    assert near.status_code == 200
    assert far.status_code == 404


def test_a_page_in_a_browser_cannot_send_to_the_controls(sandbox: Running) -> None:
    answer = HTTP.post(f"{sandbox.url}/sandbox/faults", content='{"kind": "status"}')
    form = HTTP.post(f"{sandbox.url}/sandbox/faults", data={"kind": "status"})

    assert [answer.status_code, form.status_code] == [400, 400]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("options", {"duplicate": True}),
        ("faults", {"kind": "explode"}),
        ("faults", {"knd": "status"}),
        ("worlds", {"courses": ["../physics"]}),
        ("worlds", {"name": "default"}),
        ("launch", {}),
    ],
)
def test_what_a_control_does_not_know_is_refused(
    sandbox: Running, path: str, body: dict[str, object]
) -> None:
    answer = HTTP.post(f"{sandbox.url}/sandbox/{path}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_fault_spoils_as_many_requests_as_it_says_and_only_in_its_world(
    college: College, library: College
) -> None:
    college.control("faults", world=college.name, kind="status", path="/pages", after=1, times=2)

    answers = [college.rest("pages").status_code for _ in range(4)]

    assert answers == [200, 500, 500, 200]
    assert library.rest("pages").status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"kind": "throttle"}, 403, "Rate Limit Exceeded"),
        ({"kind": "throttle429"}, 429, "Rate Limit Exceeded"),
        ({"kind": "html", "status": 503}, 503, "We will be right back"),
        ({"kind": "hang", "seconds": 0.01}, 504, "We will be right back"),
        ({"kind": "delay", "seconds": 0.01}, 200, "Friction and drag"),
    ],
)
def test_each_fault_looks_like_the_trouble_it_stands_for(
    college: College, fault: dict[str, object], status: int, words: str
) -> None:
    college.control("faults", world=college.name, path="/pages", **fault)

    answer = college.rest("pages")

    assert answer.status_code == status
    assert words in answer.text


def test_a_truncated_answer_is_no_json(college: College) -> None:
    whole = college.rest("pages").content
    college.control("faults", world=college.name, kind="truncate", path="/pages")

    cut = college.rest("pages")

    assert cut.status_code == 200
    assert whole.startswith(cut.content)
    assert len(cut.content) < len(whole)


def test_a_wrong_clock_shows_in_the_date_header_and_in_new_dates(college: College) -> None:
    right = parsedate_to_datetime(college.rest("pages").headers["Date"])
    page_id = college.course["pages"]["friction-and-drag"]["id"]
    college.option(clock=3600)

    college.control(f"pages/{page_id}", body="<p>Later.</p>")
    answer = college.rest(f"pages/page_id:{page_id}")
    ahead = parsedate_to_datetime(answer.headers["Date"]) - right

    assert 3590 < ahead.total_seconds() < 3700
    assert answer.json()["updated_at"] > right.strftime("%Y-%m-%dT%H:59:59Z")


def test_the_log_tells_what_was_asked_and_no_secret(college: College) -> None:
    college.rest("pages", access_token="a-secret")

    log = HTTP.get(f"{college.url}/sandbox/log", params={"world": college.name})

    assert log.json()[-1]["path"].endswith("/pages")
    assert "a-secret" not in log.text
    assert college.person("teacher")["token"] not in log.text


def test_a_dropped_world_is_gone(college: College) -> None:
    answer = HTTP.delete(f"{college.url}/sandbox/worlds/{college.name}")

    assert answer.json()["deleted"] > 0
    assert college.rest("pages").status_code == 401


def test_a_reset_puts_everything_back(college: College) -> None:
    page_id = college.course["pages"]["friction-and-drag"]["id"]
    college.control(f"pages/{page_id}", body="<p>Spoilt.</p>")
    college.option(pages_disabled=True)

    told = college.control("reset", world=college.name)
    fresh = College(college.url, told, college.tool)

    assert "Spoilt" not in fresh.rest("pages/friction-and-drag").json()["body"]
    assert fresh.rest("pages").status_code == 200
