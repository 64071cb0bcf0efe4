"""The window in which a person lets a program in, or not: every look of it, and by the keyboard."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests import factories, people
from tests.agency.programs import BACK, Script, Teacher
from tests.browser.conftest import PATIENCE, Open, database
from tests.browser.test_care import look
from tests.conftest import Running
from tests.standalone.making import a_course
from tutorai.access import Officer
from tutorai.models import Office

expect.set_options(timeout=PATIENCE)
ELSEWHERE = "https://a-program-with-a-long-name.example.com/callback"
NAME = "A helper for teachers who would rather not open another page"
FOCUSED = "() => (document.activeElement.innerText || document.activeElement.id).trim()"
MOST = 20  # keys


def reach(page: Page, name: str) -> None:
    """Go on by the Tab key until what is called `name` has the focus."""
    for _key in range(MOST):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"{name!r} has no way to it by keys on {page.url}")


@pytest.fixture
def page(browser: Open) -> Page:
    """The window that a program opened; where programs listen, somebody answers."""
    opened = browser(bypass_csp=True).new_page()
    for address in (BACK, ELSEWHERE):
        opened.route(f"{address}*", listen)
    return opened


def listen(route: Route) -> None:
    route.fulfill(body="<!doctype html><title>Heard</title>", content_type="text/html")


def heard(page: Page) -> dict[str, str]:
    """What the program was told."""
    expect(page).to_have_title("Heard")
    return dict(parse_qsl(urlsplit(page.url).query))


def test_a_teacher_lets_a_program_in_by_keys_alone(tool: Running, page: Page) -> None:
    code = database(lambda: Teacher(tool.url).code())

    page.goto(Script(tool.url, ELSEWHERE, client_name=NAME).address(scope="read propose"))
    faults = look(page, "program ask")
    reach(page, "ticket")
    page.keyboard.type("AAAA-AAAA-AAAA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    faults += look(page, "program wrong code")
    reach(page, "ticket")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_text("In this course alone")).to_be_visible()
    faults += look(page, "program confirm")
    reach(page, "Allow")
    page.keyboard.press("Enter")

    assert set(heard(page)) == {"code", "state", "iss"}
    assert faults == []


def an_owner() -> str:
    """The session of somebody who owns a school with one course that was made there."""
    office = factories.an_office()
    a_course(Officer(office.account_id, office.institution, Office.Role.OWNER), "Physics")
    return people.session(office.account)


def test_an_owner_lets_a_program_in_by_keys_alone(tool: Running, page: Page) -> None:
    key = database(an_owner)
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": tool.url}])

    page.goto(Script(tool.url, client_name=NAME).address(scope="read propose"))
    reach(page, "I have an account of an institution here")
    page.keyboard.press("Enter")
    expect(page.get_by_label("In one course alone, and as what")).to_be_visible()
    faults = look(page, "program allow")
    reach(page, "Allow")
    page.keyboard.press("Enter")

    assert set(heard(page)) == {"code", "state", "iss"}
    assert faults == []


def test_a_wrong_request_sends_on_only_who_wants_to_go(tool: Running, page: Page) -> None:
    page.goto(Script(tool.url, ELSEWHERE).address(response_type="token"))
    expect(page.get_by_role("heading", name="Nothing was allowed")).to_be_visible()
    faults = look(page, "program amiss")
    reach(page, "Back to a-program-with-a-long-name.example.com")
    page.keyboard.press("Enter")

    assert heard(page)["error"] == "unsupported_response_type"
    assert faults == []
