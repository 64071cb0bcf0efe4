"""Blackboard's client against the pretend Blackboard: restrictions, few calls, tokens, grades."""

import base64
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors import lua, tokens
from connectors.base import Draft, Grant, Held, Publishing
from connectors.blackboard.grading import RULES, Cell, column
from connectors.blackboard.wire import Wire
from connectors.cursors import Outcome as Read
from connectors.models import Connector
from connectors.reading import read
from connectors.tokens import Given
from tests import factories
from tests.conftest import Running
from tests.dialects.blackboard import Lms
from tests.dialects.contract import facts, seen
from tutorai.errors import LMSError, LMSNotFound, LMSRefused, LMSThrottled, TooBig
from tutorai.ledger.outcomes import Grade, Outcome
from tutorai.lmsdm.models import Course, LineItem
from tutorai.lmsdm.schema import ContentItem, Kind, Test, Unreadable

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
TOKEN = "/learn/api/public/v1/oauth2/token"
BENCH_TWO, FREE = "Instructions for Bench 2", "Before you come to the laboratory"


@pytest.fixture
def own(sandbox: Running) -> Lms:
    """A course of this test's own."""
    return Lms.open(sandbox)


@pytest.fixture(scope="module")
def lms(sandbox: Running) -> Lms:
    """A course that nobody changes."""
    return Lms.open(sandbox)


def listed(client: Any, course: str, known: Any = None) -> dict[str, ContentItem]:
    """Return the items by their ids."""
    answers = client.listing(course, known)
    return {item.item_id: item for answer in answers for item in answer()}


def titled(items: dict[str, ContentItem], title: str) -> ContentItem:
    return next(item for item in items.values() if item.title == title)


def asked(lms: Lms, client: Any, known: Any = None) -> list[str]:
    """Return the paths that reading a course asks for, but for people and submissions."""
    before = len(lms.log())
    client.course(lms.course_id)
    listed(client, lms.course_id, known)
    client.toc(lms.course_id)
    client.assignments(lms.course_id)
    return [line["path"].partition("/public/")[2] for line in lms.log()[before:]]


# --- restrictions ----------------------------------------------------------------------------


def test_who_is_in_the_group_sees_what_is_for_it_and_who_is_named_what_is_theirs(lms: Lms) -> None:
    items = listed(lms.client(), lms.course_id)
    bench, second = titled(items, BENCH_TWO), titled(items, "A second try at the laboratory")

    def who(item: ContentItem) -> set[str]:
        people = (f"student{number}" for number in ("", 2, 3, 4, 5))
        return {key for key in people if seen(item.window, facts(lms.members[key]))}

    assert who(bench) == {"student3", "student4"}
    assert who(second) == {"student4"}
    assert who(titled(items, FREE)) == {"student", "student2", "student3", "student4", "student5"}


def test_rules_that_may_not_be_read_keep_everything_shut_and_are_asked_for_once(own: Lms) -> None:
    own.option(rules_refused=True)

    assert own.sees("student", FREE) is None
    assert len(own.log("adaptiveRelease")) == 1


def test_an_original_course_is_read_and_stays_shut_where_its_rules_are_not_told(own: Lms) -> None:
    own.option(original=True)
    client = own.client()

    items = listed(client, own.course_id)
    page = titled(items, FREE)

    assert page.kind is Kind.PAGE
    assert page.body
    assert page.window.condition is not None
    assert page.window.condition.test is Test.UNKNOWN
    assert client.quizzes(own.course_id) == []
    assert {part.name for part in client.parts(own.course_id) if part.is_group} == {
        "Bench 1",
        "Bench 2",
    }


# --- few calls -------------------------------------------------------------------------------


def test_a_quick_reading_of_what_is_the_same_asks_for_lists_alone(own: Lms) -> None:
    client = own.client()
    first = asked(own, client)
    items = listed(client, own.course_id)
    known = {name: Held(item.version, item.window) for name, item in items.items()}

    again = asked(own, own.client(), known)

    here = f"courses/{own.course_id}/"
    assert [path.rpartition(here)[2] for path in again] == [
        "v3/" + here.rstrip("/"),
        "gradebook/columns",
        "contents",
        f"contents/_{own.told['courses'][own.key]['id']}_0/children",
        "announcements",
        again[-1].rpartition(here)[2],
    ]
    assert "/rubrics/" in again[-1]
    assert sum("adaptiveRelease" in path for path in first) > 10
    held = listed(own.client(), own.course_id, known)
    assert {name: item.window for name, item in held.items()} == {
        name: item.window for name, item in items.items()
    }


def test_texts_that_are_too_long_for_a_list_are_asked_for_apart(own: Lms) -> None:
    pages = own.told["courses"][own.key]["pages"]
    start = next(page for page in pages.values() if page["title"] == FREE)
    own.control(f"pages/{start['id']}", body="<p>long</p>" * 500_000)
    client = own.client()

    items = listed(client, own.course_id)

    other = titled(items, BENCH_TWO)
    assert other.body == ""
    assert "burette" in client.body(own.course_id, other)
    with pytest.raises(TooBig):
        client.body(own.course_id, titled(items, FREE))


def test_when_the_day_is_over_the_site_says_so_and_when_the_application_is_off_too(
    own: Lms,
) -> None:
    wire = Wire(own.url, Given(own.token), patience=0)
    own.option(daily_calls=1)
    wire.get(f"v3/courses/{own.course_id}")
    lua.redis().delete(wire.bucket(Given(own.token).current()).key)  # it was told to pause
    with pytest.raises(LMSThrottled) as told:
        wire.get(f"v3/courses/{own.course_id}")
    lua.redis().delete(wire.bucket(Given(own.token).current()).key)
    own.option(daily_calls=0, site_disabled=True)

    with pytest.raises(LMSRefused):
        wire.get(f"v3/courses/{own.course_id}")
    assert (told.value.retry_after or 0) >= 3600


def test_a_course_is_read_whole_and_then_quickly(own: Lms) -> None:
    row = connected(own)
    course = Course.objects.get(connector=row)

    def again() -> Read:
        return read(own.client(), row, course.pk, show=lambda *_: None, told=lambda _: None)

    first, second = again(), again()

    assert (first.full, second.full) == (True, False)
    assert first.changed > 5
    assert second.changed == 0
    assert course.items.get(title="safety-rules.docx").blob
    assert course.items.get(title="IUPAC Gold Book").unreadable == Unreadable.EXTERNAL


def connected(lms: Lms) -> Connector:
    """A course of ours that this one is connected to, with the teacher's token."""
    course = factories.a_course()
    row = Connector.objects.create(
        institution=course.institution,
        course=course,
        lms="blackboard",
        base_url=lms.url,
        external_id=lms.course_id,
    )
    tokens.keep(row, Grant(lms.token))
    return row


def test_an_original_course_takes_a_page_in_its_first_area_once(own: Lms) -> None:
    own.option(original=True)
    publisher = own.publisher()
    what = Publishing(Draft.PAGE, "m0123456789", "Made of ours", "<p>Written with care.</p>")

    made = publisher.publish(own.course_id, what, publisher.find(own.course_id, what))

    found = publisher.find(own.course_id, what)
    other = Publishing(Draft.PAGE, "m9876543210", "Made of ours")
    assert found == made
    assert made.whole
    assert publisher.find(own.course_id, other) is None
    nodes = {node.node_id: node for node in own.client().toc(own.course_id)}
    assert nodes[nodes[made.external_id].parent_id or ""].title == "Before you begin"


# --- tokens ----------------------------------------------------------------------------------


def granted(lms: Lms, **form: str) -> httpx.Response:
    """Ask the token address as the world's application."""
    api = lms.told["registration"]["api"]
    pair = (api["client_id"], api["client_secret"])
    return httpx.post(f"{lms.url}{TOKEN}", data=form, auth=pair)


def consented(lms: Lms, scope: str, challenge: str) -> dict[str, str]:
    """Say yes as the teacher does, and return what a code is exchanged with."""
    back = f"{lms.told['registration']['tool']['url']}/connect/blackboard/callback"
    asking = {
        "client_id": lms.told["registration"]["api"]["client_id"],
        "redirect_uri": back,
        "response_type": "code",
        "scope": scope,
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page = httpx.get(f"{lms.url}{TOKEN}".replace("token", "authorizationcode"), params=asking)
    assert page.status_code == 200
    folded = page.text.partition('name="scope" value="')[2].partition('"')[0]
    form = {**asking, "scope": folded, "person": lms.told["people"]["teacher"]["id"]}
    sent = httpx.post(f"{lms.url}{TOKEN}".replace("token", "accept"), data=form)
    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    code = query["code"][0]
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": back}


def test_an_application_has_one_token_and_asking_again_gives_the_same(lms: Lms) -> None:
    first, second = (granted(lms, grant_type="client_credentials").json() for _ in range(2))

    assert first["access_token"] == second["access_token"]
    assert second["expires_in"] <= first["expires_in"] < 3600
    wire = Wire(lms.url, Given(first["access_token"]))
    assert wire.get(f"v3/courses/{lms.course_id}")["id"] == lms.course_id


def test_consent_is_good_for_who_began_it_and_lasts_only_offline(lms: Lms) -> None:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    stolen = consented(lms, "read offline", challenge)
    brief, whole = consented(lms, "read", challenge), consented(lms, "read offline", challenge)

    assert granted(lms, **stolen, code_verifier="wrong").status_code == 400
    assert "refresh_token" not in granted(lms, **brief, code_verifier=verifier).json()
    told = granted(lms, **whole, code_verifier=verifier).json()
    assert told["user_id"] == lms.told["people"]["teacher"]["sub"]
    renewed = granted(lms, grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert renewed.json()["access_token"] != told["access_token"]
    again = granted(lms, grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


# --- grades ----------------------------------------------------------------------------------


@pytest.fixture
def desk(own: Lms) -> tuple[Lms, Connector, LineItem]:
    """A column of twenty points, and the connection that it is reached by."""
    row = connected(own)
    works = own.told["courses"][own.key]["assignments"]
    url = column(row, own.number(works["Titration report"]["id"]))
    return own, row, LineItem(url=url, maximum=Decimal(20))


def cell(desk: tuple[Lms, Connector, LineItem], key: str = "student4") -> Cell:
    lms, row, line_item = desk
    return Cell(row, line_item, lms.told["people"][key]["sub"])  # as LTI names people


def given(desk: tuple[Lms, Connector, LineItem], points: str, key: str = "student4") -> Outcome:
    told = Grade(Decimal(points), Decimal(10), "Well done.", NOON)
    one = cell(desk, key)
    return RULES.outcome(one.send(one.write(told)))


def test_a_grade_is_written_in_the_columns_own_points_and_the_last_one_wins(
    desk: tuple[Lms, Connector, LineItem],
) -> None:
    before = cell(desk).read()
    outcomes = [given(desk, "4"), given(desk, "7.5")]
    after = cell(desk).read()

    assert before.points is None
    assert outcomes == [Outcome.DELIVERED] * 2
    assert (after.points, after.maximum, after.comment) == (Decimal(15), Decimal(20), "Well done.")
    assert after.at is not None


def test_a_cell_that_nobody_opened_yet_is_tried_again_later(
    desk: tuple[Lms, Connector, LineItem],
) -> None:
    desk[0].option(grades_unpopulated=True)

    assert given(desk, "4") is Outcome.THROTTLED


def test_who_is_no_student_here_can_be_given_no_grade_and_a_lost_column_none_at_all(
    desk: tuple[Lms, Connector, LineItem],
) -> None:
    lms, row, line_item = desk
    nowhere = LineItem(url=line_item.url.rpartition("/")[0] + "/_1_1", maximum=Decimal(20))

    assert given(desk, "4", key="teacher") is Outcome.NOT_GRADABLE
    assert cell(desk, "teacher").read().points is None
    assert given((lms, row, nowhere), "4") is Outcome.GONE
    with pytest.raises(LMSNotFound):
        cell((lms, row, nowhere)).read()


def test_points_that_no_column_can_hold_are_refused(
    desk: tuple[Lms, Connector, LineItem],
) -> None:
    assert given(desk, "9999999") is Outcome.REFUSED
    with pytest.raises(LMSError):
        Wire(desk[0].url, Given("dead"), patience=0).get("v1/users/me")
