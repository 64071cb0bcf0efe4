"""Canvas's own ways, beyond what the contract asks of every LMS."""

from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from connectors.base import Client, Draft, Held, Known, Publishing
from connectors.canvas.oauth import OAuth
from connectors.canvas.publishing import Publisher
from connectors.canvas.wire import Wire
from connectors.tokens import Given
from tests.conftest import Running
from tests.dialects.canvas import Lms
from tests.dialects.contract import HTTP
from tutorai.errors import (
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
    UrlRefused,
)
from tutorai.ids import new_id
from tutorai.lmsdm.schema import Ask, ContentItem, Kind, Question, Quiz, Unreadable


@pytest.fixture(scope="module")
def canvas(sandbox: Running) -> Lms:
    """A course that these tests may read."""
    return Lms.open(sandbox)


@pytest.fixture(scope="module")
def other(sandbox: Running) -> Lms:
    """One that they may add to."""
    return Lms.open(sandbox)


@pytest.fixture
def own(other: Lms) -> Any:
    """That one, mended afterwards."""
    yield other
    other.mend()


def wire(lms: Lms, secret: str = "") -> Wire:
    return Wire(lms.url, Given(secret or lms.token), patience=10)


def read(lms: Lms, known: Known | None = None) -> list[ContentItem]:
    return [item for answer in lms.client().listing(lms.course_id, known) for item in answer()]


def held(items: list[ContentItem]) -> dict[str, Held]:
    return {item.item_id: Held(item.version, item.window) for item in items}


# --- ids, lists, addresses -------------------------------------------------------------------


def test_ids_are_text_also_those_of_another_shard(sandbox: Running) -> None:
    far = Lms.open(sandbox, "study", shard=2107)

    [course] = far.client().courses()

    assert course.course_id == far.course_id
    assert int(course.course_id) > 2**53


def test_a_module_that_comes_without_its_items_is_filled(own: Lms) -> None:
    whole = own.client().toc(own.course_id)
    own.option(omit_items=True)

    assert own.client().toc(own.course_id) == whole


def test_a_key_that_takes_no_include_costs_calls_and_loses_nothing(own: Lms) -> None:
    people = {one.user.user_id: one for one in own.client().people(own.course_id)}
    work = own.client().assignments(own.course_id)
    own.option(no_includes=True)
    client = own.client()

    assert {one.user.user_id: one for one in client.people(own.course_id)} == people
    assert client.assignments(own.course_id) == work
    assert client.standing().lacks == ("include[]",)


def test_a_token_of_few_scopes_says_which_it_lacks(canvas: Lms) -> None:
    few = ["users/:id", "courses", "courses/:id", "courses/:course_id/pages"]
    secret = canvas.control(
        "tokens",
        person=canvas.person("teacher"),
        scopes=" ".join(f"url:GET|/api/v1/{path}" for path in few),
    )["value"]

    lacks = canvas.client(Given(secret)).standing().lacks

    assert "url:GET|/api/v1/courses/:course_id/enrollments" in lacks
    assert "url:POST|/api/v1/courses/:course_id/pages" in lacks
    assert "url:GET|/api/v1/courses/:course_id/pages" not in lacks


def test_a_course_that_switched_its_pages_off_has_none(own: Lms) -> None:
    own.option(pages_disabled=True)

    assert not [item for item in read(own) if item.kind is Kind.PAGE]


@pytest.mark.parametrize("url", ["http://10.0.0.1", "http://169.254.169.254", "file:///etc", "x"])
def test_a_private_or_odd_address_is_never_called(url: str) -> None:
    with pytest.raises(UrlRefused):
        Wire(url, Given("secret")).get("courses/1")


def test_a_download_follows_its_redirect_without_the_token(canvas: Lms) -> None:
    file = canvas.told["courses"]["chemistry"]["files"]["safety-rules.docx"]
    to, begun = BytesIO(), timezone.now().isoformat()  # others use the same storage

    wire(canvas).download(wire(canvas).get(f"files/{file}")["url"], to, cap=10**6)

    log = [line for line in HTTP.get(f"{canvas.url}/sandbox/log").json() if line["at"] > begun]
    stored = [line for line in log if line["path"].startswith("/stored/")]
    assert to.getvalue()[:2] == b"PK"
    assert {line["signed_in"] for line in stored} == {False}


def test_a_file_that_is_told_to_wait_for_long_is_left_to_the_ledger(own: Lms) -> None:
    file = own.told["courses"]["chemistry"]["files"]["safety-rules.docx"]
    url = wire(own).get(f"files/{file}")["url"]
    said = {"status": 429, "headers": {"Retry-After": "3600"}}
    own.control("faults", world=own.name, path=f"/files/{file}/", kind="status", **said)

    with pytest.raises(LMSThrottled) as told:
        wire(own).download(url, BytesIO(), cap=10**6)

    assert (told.value.retry_after or 0) >= 3600


@pytest.mark.parametrize("redirects", [False, True])
def test_a_code_that_is_none_is_refused_however_the_endpoint_says_so(
    own: Lms, redirects: bool
) -> None:
    api = own.told["registration"]["api"]
    client = Client(api["client_id"], api["client_secret"])
    given = {"code": "none", "redirect_uri": api["redirect_uri"], "verifier": ""}
    own.option(token_redirects=redirects)

    with pytest.raises(LMSMisunderstood if redirects else LMSUnauthorised):
        OAuth().exchange(own.url, client, **given)


# --- who sees what -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "key", "seen"),
    [
        ("Instructions for Bench 2", "student3", True),
        ("Instructions for Bench 2", "student", False),
        ("A second try at the laboratory", "student4", True),
        ("A second try at the laboratory", "student3", False),
    ],
)
def test_a_page_is_for_its_group_and_people_once_what_comes_before_is_done(
    canvas: Lms, title: str, key: str, seen: bool
) -> None:
    begun = canvas.told["courses"]["chemistry"]["modules"]["Before you begin"]
    lines = canvas.client().toc(canvas.course_id)
    done = [line.node_id for line in lines if line.parent_id == f"module:{begun}"]

    assert canvas.sees(key, title, *done) is seen
    assert canvas.sees(key, title) is (None if seen else False)


def test_work_closed_to_some_is_open_to_the_others(canvas: Lms) -> None:
    begun = canvas.told["courses"]["chemistry"]["modules"]["Before you begin"]
    lines = canvas.client().toc(canvas.course_id)
    done = [line.node_id for line in lines if line.parent_id == f"module:{begun}"]

    assert canvas.sees("student2", "Titration report", *done) is True
    assert canvas.sees("student4", "Titration report", *done) is False  # theirs opens later


def test_half_a_list_of_people_is_none(sandbox: Running) -> None:
    school = Lms.open(sandbox)
    everybody = len(list(school.client().people(school.course_id)))
    mine = school.told["courses"]["chemistry"]["enrolments"]["teacher"]
    school.control(f"enrolments/{mine}", limit_to_section=True)
    client = school.client()

    assert len(list(client.people(school.course_id))) < everybody  # Canvas does not say why
    client.course(school.course_id)
    with pytest.raises(LMSRefused):
        client.people(school.course_id)


# --- the fewest calls ----------------------------------------------------------------------------


def test_a_quick_reading_asks_for_no_dates_of_what_did_not_change(sandbox: Running) -> None:
    large = Lms.open(sandbox, filler_pages=25, filler_files=10, filler_modules=5)
    large.option(page_size=20)
    first = read(large)
    full = len(large.log("/date_details"))
    HTTP.delete(f"{large.url}/sandbox/log", params={"world": large.name})

    again = read(large, held(first))

    asked = [line["path"].rpartition("/")[2] for line in large.log()]
    assert again == first
    assert full == 42  # 31 pages and 11 files
    lists = ["announcements", "assignments", "files", "folders", "pages", "pages", "tabs"]
    assert sorted(asked) == sorted([*lists, large.course_id])


def test_a_quick_reading_asks_anew_for_what_is_new_or_looks_different(own: Lms) -> None:
    first = read(own)
    known = held(first)
    shown = next(item for item in first if item.title == "Choosing an indicator")
    hidden = next(item for item in first if item.title == "Titration, step by step")
    page = own.told["courses"]["chemistry"]["pages"]["titration-step-by-step"]["id"]
    del known[shown.item_id]
    own.control(f"pages/{page}", published=False)
    HTTP.delete(f"{own.url}/sandbox/log", params={"world": own.name})

    again = {item.item_id: item for item in read(own, known)}

    assert again[shown.item_id] == shown
    assert not again[hidden.item_id].window.published
    assert len(own.log("/date_details")) == 2
    own.control(f"pages/{page}", published=True)


# --- announcements, quizzes ------------------------------------------------------------------------


def test_an_announcement_of_last_term_is_told_too(own: Lms) -> None:
    made = wire(own).post(
        f"courses/{own.course_id}/discussion_topics",
        {"title": "Long ago", "message": "<p>Then.</p>", "is_announcement": "true"},
    )
    row = {"course": int(own.course_id), "title": "Long ago", "message": "<p>Then.</p>"}
    at = {"posted_at": "2020-01-01T00:00:00Z"}
    rows = [{"model": "sandbox.announcement", "pk": int(made["id"]), "fields": {**row, **at}}]
    own.control("rows", rows=rows)

    assert "Long ago" in {item.title for item in read(own) if item.kind is Kind.ANNOUNCEMENT}


def test_a_new_quiz_says_that_it_cannot_be_read(own: Lms) -> None:
    work = int(own.told["courses"]["chemistry"]["assignments"]["Naming acids"]["id"])
    fields = {
        "course": int(own.course_id),
        "name": "Made anew",
        "description": "",
        "points_possible": "5",
        "submission_types": ["external_tool"],
        "restriction": {"new_quiz": True},
    }
    rows = [{"model": "sandbox.assignment", "pk": work + 10**9, "fields": fields}]
    own.control("rows", rows=rows)

    [found] = [item for item in read(own) if item.title == "Made anew"]
    assert (found.kind, found.unreadable) == (Kind.QUIZ, Unreadable.UNSUPPORTED)


def test_a_quiz_that_is_published_reads_as_it_was_written(own: Lms) -> None:
    told = {one.title: one for one in own.client().quizzes(own.course_id)}
    asked = told["Acids and bases, checked"]
    kept = [one for one in asked.questions if one.ask is not Ask.OTHER]
    what = a_quiz(asked.model_copy(update={"title": "Once more", "questions": tuple(kept)}))

    made = own.publisher().publish(own.course_id, what, None)

    read = {one.quiz_id: one for one in own.client().quizzes(own.course_id)}[made.external_id]
    assert not read.window.published
    assert [plain(one) for one in read.questions] == [plain(one) for one in kept]
    assert (read.minutes, read.attempts, read.shuffle) == (10, 2, True)


def plain(question: Question) -> dict[str, Any]:
    """Return a question without the number that Canvas gives it."""
    return question.model_dump(exclude={"question_id"})


def a_quiz(quiz: Quiz) -> Publishing:
    return Publishing(Draft.QUIZ, f"m{new_id().hex[:16]}", quiz.title, quiz=quiz)


def test_a_quiz_that_stopped_half_way_is_finished_and_no_question_asked_twice(own: Lms) -> None:
    told = {one.title: one for one in own.client().quizzes(own.course_id)}
    asked = told["Acids and bases, checked"].model_copy(update={"title": "Half way"})
    what, publisher = a_quiz(asked), own.publisher()
    own.spoil("new quiz", kind="drop", method="POST", after=3)
    with pytest.raises(LMSUnavailable):
        publisher.publish(own.course_id, what, None)

    begun = publisher.find(own.course_id, what)
    assert begun is not None
    assert not begun.whole
    made = publisher.publish(own.course_id, what, begun)

    found = publisher.find(own.course_id, what)
    assert found is not None
    assert (found.external_id, found.whole) == (made.external_id, True)
    number = made.external_id.partition(":")[2]
    listed = list(wire(own).pages(f"courses/{own.course_id}/quizzes/{number}/questions"))
    names = [one["question_name"] for one in listed]
    assert names == [one.title for one in asked.questions]


def test_a_student_writes_nothing(own: Lms) -> None:
    what = Publishing(Draft.PAGE, "m1", "Mine", "<p>!</p>")
    publisher = Publisher(own.url, Given(own.poor))

    with pytest.raises(LMSRefused):
        publisher.publish(own.course_id, what, None)
    with pytest.raises(LMSNotFound):
        own.publisher().publish("999999", replace(what, title="X"), None)


def test_points_of_a_quiz_are_counted_once_it_is_whole(own: Lms) -> None:
    asked = Quiz(title="Two", questions=(a_question("a"), a_question("b")))
    what = a_quiz(asked)

    own.publisher().publish(own.course_id, what, None)

    listed = wire(own).pages(f"courses/{own.course_id}/quizzes")
    assert [one["question_count"] for one in listed if one["title"] == "Two"] == [2]


def a_question(text: str) -> Question:
    return Question(ask=Ask.ESSAY, text=f"<p>{text}</p>", title=text, points=Decimal(2))
