"""What was handed in, groups, quizzes and news, as the pretend Canvas plays them.

Each of these is what a client stumbles over that only reads the documentation's first example.
"""

from typing import Any

import httpx
import jwt
import pytest

from tests.conftest import Running
from tests.dialects.canvas import Lms
from tests.sandbox.making import HTTP, PretendTool, bearer


@pytest.fixture(scope="module")
def canvas(sandbox: Running) -> Lms:
    """The chemistry course."""
    return Lms.open(sandbox)


def ask(lms: Lms, path: str, who: str = "teacher", **query: Any) -> httpx.Response:
    secret = lms.told["people"][who]["token"]
    return HTTP.get(f"{lms.url}/api/v1/{path}", params=query, headers=bearer(secret))


def here(lms: Lms, path: str, who: str = "teacher", **query: Any) -> Any:
    return ask(lms, f"courses/{lms.course_id}/{path}", who, **query).json()


def send(lms: Lms, path: str, who: str = "teacher", **form: str) -> httpx.Response:
    secret = lms.told["people"][who]["token"]
    url = f"{lms.url}/api/v1/courses/{lms.course_id}/{path}"
    return HTTP.post(url, data=form, headers=bearer(secret))


def test_who_handed_nothing_in_has_a_row_all_the_same(canvas: Lms) -> None:
    rows = here(canvas, "students/submissions", **{"student_ids[]": "all"})

    states = {row["workflow_state"] for row in rows if row["attempt"] is None}
    assert "unsubmitted" in states
    assert here(canvas, "students/submissions") == []


def test_earlier_attempts_are_in_the_history_and_the_row_is_the_last(canvas: Lms) -> None:
    query = {"student_ids[]": "all", "include[]": "submission_history"}

    [row] = [r for r in here(canvas, "students/submissions", **query) if r["attempt"] == 2]

    assert [one["attempt"] for one in row["submission_history"]] == [1, 2]
    assert row["body"] is None
    assert row["attachments"][0]["filename"] == "titration.txt"


def test_two_bounds_in_time_both_hold(canvas: Lms) -> None:
    query = {"student_ids[]": "all", "submitted_since": "2001-01-01T00:00:00Z"}

    told = here(canvas, "students/submissions", **query, graded_since="2001-01-01T00:00:00Z")
    wrong = ask(canvas, f"courses/{canvas.course_id}/students/submissions", submitted_since="x")

    assert len(told) == 1
    assert wrong.status_code == 400


def test_what_was_handed_in_is_had_by_its_student_and_the_teachers_alone(canvas: Lms) -> None:
    rows = here(canvas, "students/submissions", **{"student_ids[]": "all"})
    [url] = [file["url"] for row in rows for file in row["attachments"]]
    people = canvas.told["people"]

    asked = {
        who: HTTP.get(url, headers=bearer(people[who]["token"])).status_code
        for who in ("teacher", "student", "student2")
    }

    assert asked == {"teacher": 302, "student": 302, "student2": 401}


def test_an_override_names_only_the_dates_that_it_overrides(canvas: Lms) -> None:
    works = here(canvas, "assignments", **{"include[]": "overrides"})
    overrides = {work["name"]: work["overrides"] for work in works if work.get("overrides")}

    [naming] = overrides["Naming acids"]
    whom = {key for one in overrides["Titration report"] for key in one}

    assert "unlock_at" not in naming
    assert {"course_section_id", "group_id", "student_ids", "unlock_at"} <= whom


def test_everyones_deadline_is_told_to_who_asks_for_it(canvas: Lms) -> None:
    own = here(canvas, "assignments", "student5")[0]
    told = here(canvas, "assignments", "student5", override_assignment_dates="false")[0]

    assert own["due_at"] > told["due_at"]


def test_groups_tell_who_is_in_them_when_asked(canvas: Lms) -> None:
    bare, full = here(canvas, "groups")[0], here(canvas, "groups", **{"include[]": "users"})[0]

    assert "users" not in bare
    assert full["members_count"] == len(full["users"]) == 2


def test_news_are_those_of_two_weeks_unless_more_is_asked_for(canvas: Lms) -> None:
    code = {"context_codes[]": f"course_{canvas.course_id}"}

    recent = ask(canvas, "announcements", **code).json()
    old = ask(canvas, "announcements", **code, start_date="2001-01-01").json()
    wrong = ask(canvas, "announcements", **code, start_date="yesterday")

    assert [one["title"] for one in recent] == ["Bring goggles"]
    assert old == []  # 28 days from there on
    assert wrong.status_code == 400


def test_students_are_shown_no_draft_and_no_key(canvas: Lms) -> None:
    quizzes = here(canvas, "quizzes")
    place = f"courses/{canvas.course_id}/quizzes/{quizzes[0]['id']}/questions"

    refused = ask(canvas, place, "student")

    assert {one["title"] for one in quizzes} == {"Acids and bases, checked", "Warm-up"}
    assert [one["title"] for one in here(canvas, "quizzes", "student")] == [quizzes[0]["title"]]
    assert refused.status_code == 401
    assert "WWW-Authenticate" not in refused.headers


def test_a_second_page_of_a_title_stands_at_another_address(canvas: Lms) -> None:
    made = [send(canvas, "pages", **{"wiki_page[title]": "Twice"}).json() for _ in range(2)]

    assert [one["url"] for one in made] == ["twice", "twice-2"]
    assert [one["published"] for one in made] == [False, False]
    assert send(canvas, "pages", "student", **{"wiki_page[title]": "No"}).status_code == 401


def test_a_quiz_without_a_title_or_with_an_odd_question_is_refused(sandbox: Running) -> None:
    canvas = Lms.open(sandbox)
    assert send(canvas, "quizzes", **{"quiz[description]": "?"}).status_code == 400
    made = send(canvas, "quizzes", **{"quiz[title]": "New"}).json()
    odd = {"question[question_type]": "riddle_question"}

    assert send(canvas, f"quizzes/{made['id']}/questions", **odd).status_code == 400
    assert not made["published"]


@pytest.mark.parametrize("who", ["teacher", "student"])
def test_quizzes_and_news_can_be_looked_at(canvas: Lms, who: str) -> None:
    looks = {"sandbox_as": canvas.told["people"][who]["id"]}
    place = f"{canvas.url}/courses/{canvas.course_id}"
    number = canvas.told["courses"]["chemistry"]["quizzes"]
    [topic] = ask(
        canvas, "announcements", **{"context_codes[]": f"course_{canvas.course_id}"}
    ).json()
    with httpx.Client(cookies=looks) as browser:  # one of its own: cookies
        listed = browser.get(f"{place}/quizzes").text
        quiz = browser.get(f"{place}/quizzes/{number['Acids and bases, checked']}").text
        draft = browser.get(f"{place}/quizzes/{number['Warm-up']}")
        news = browser.get(topic["html_url"]).text

    teaches = who == "teacher"
    assert ("Warm-up" in listed) is teaches
    assert ("burette" in quiz) is teaches
    assert draft.status_code == (200 if teaches else 404)
    assert "No goggles" in news


def test_a_live_event_is_one_signed_jwt(canvas: Lms, pretend: PretendTool) -> None:
    given = {"course": canvas.course_id, "event_name": "wiki_page_updated", "to": pretend.url}

    good = canvas.control("events", **given, body={"title": "Friction"}, age=60)
    wrong = canvas.control("events", **given, key="wrong")

    keys = jwt.PyJWKSet.from_dict(HTTP.get(f"{canvas.url}/sandbox/events/jwks").json())
    key = keys[jwt.get_unverified_header(good["sent"])["kid"]].key
    told = jwt.decode(good["sent"], key, ["RS256"])
    assert (good["status"], told["body"]) == (204, {"title": "Friction"})
    assert told["metadata"]["event_name"] == "wiki_page_updated"
    assert pretend.taken[-2] == good["sent"].encode()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(wrong["sent"], key, ["RS256"])


def test_an_event_to_nobody_says_so(canvas: Lms) -> None:
    to = "http://127.0.0.1:9"

    assert canvas.control("events", course=canvas.course_id, event_name="x", to=to)["status"] == 0
