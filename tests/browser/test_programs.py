"""The window in which a person lets a program in, or not: every look of it, and by the keyboard."""

import os
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests import factories, people
from tests.agency.programs import BACK, Teacher
from tests.browser.axe import serious
from tests.browser.conftest import PATIENCE, Open, database
from tests.browser.test_institution import LOOKS
from tests.browser.test_looks import WIDER
from tests.conftest import Running
from tests.standalone.making import a_course
from tutorai.access import Officer
from tutorai.models import Office

expect.set_options(timeout=PATIENCE)
ELSEWHERE = "https://a-program-with-a-long-name.example.com/callback"
NAME = "A helper for teachers who would rather not open another page"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
FOCUSED = "() => (document.activeElement.innerText || document.activeElement.id).trim()"
MOST = 20  # keys


def asks(url: str, back: str = BACK, **other: str) -> str:
    """The address to which a program that registers now sends a person's browser."""
    said = {"redirect_uris": [back], "client_name": NAME}
    client = httpx.post(f"{url}/oauth/register", json=said, timeout=60).json()["client_id"]
    told = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": back,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "scope": "read propose",
        **other,
    }
    return f"{url}/oauth/authorize?{urlencode(told)}"


def reach(page: Page, name: str) -> None:
    """Go on by the Tab key until what is called `name` has the focus."""
    for _key in range(MOST):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"{name!r} has no way to it by keys on {page.url}")


class Window:
    """The window that a program opened; `faults` is what nobody should meet in it."""

    def __init__(self, page: Page, look: str) -> None:
        self.page, self.called = page, look
        self.faults: list[str] = []
        # Where programs listen: a person was brought there, whatever answers.
        for address in (BACK, ELSEWHERE):
            page.route(f"{address}*", self._listen)

    def _listen(self, route: Route) -> None:
        route.fulfill(body="<!doctype html><title>Heard</title>", content_type="text/html")

    def look(self, name: str) -> None:
        """Note what is wrong with what stands there now, in both directions."""
        self.faults += [f"{name}: {fault}" for fault in serious(self.page)]
        for direction in ("ltr", "rtl"):
            self.page.evaluate("told => { document.documentElement.dir = told; }", direction)
            if wider := self.page.evaluate(WIDER):
                self.faults.append(f"{name}, {direction}: {wider} pixels too wide")
            if folder := os.environ.get("SHOTS"):
                path = f"{folder}/program-{self.called}-{direction}-{name}.png"
                self.page.screenshot(path=path, full_page=True)

    def heard(self) -> dict[str, Any]:
        """What the program was told."""
        expect(self.page).to_have_title("Heard")
        return {name: one[0] for name, one in parse_qs(urlsplit(self.page.url).query).items()}


@pytest.fixture(params=list(LOOKS))
def window(request: pytest.FixtureRequest, browser: Open) -> Window:
    """A window in each look."""
    return Window(browser(bypass_csp=True, **LOOKS[request.param]).new_page(), request.param)


def test_a_teacher_lets_a_program_in_by_keys_alone(tool: Running, window: Window) -> None:
    code = database(lambda: Teacher(tool.url).code())
    page = window.page

    page.goto(asks(tool.url, ELSEWHERE))
    window.look("ask")
    reach(page, "ticket")
    page.keyboard.type("AAAA-AAAA-AAAA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    window.look("wrong code")
    reach(page, "ticket")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_text("In this course alone")).to_be_visible()
    window.look("confirm")
    reach(page, "Allow")
    page.keyboard.press("Enter")

    assert set(window.heard()) == {"code", "iss"}
    assert window.faults == []


def an_owner() -> str:
    """The session of somebody who owns a school with one course that was made there."""
    office = factories.an_office()
    a_course(Officer(office.account_id, office.institution, Office.Role.OWNER), "Physics")
    return people.session(office.account)


def test_an_owner_lets_a_program_in_by_keys_alone(tool: Running, window: Window) -> None:
    key = database(an_owner)
    page = window.page
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": tool.url}])

    page.goto(asks(tool.url))
    reach(page, "I have an account of an institution here")
    page.keyboard.press("Enter")
    expect(page.get_by_label("In one course alone, and as what")).to_be_visible()
    window.look("allow")
    reach(page, "Allow")
    page.keyboard.press("Enter")

    assert set(window.heard()) == {"code", "iss"}
    assert window.faults == []


def test_a_wrong_request_sends_on_only_who_wants_to_go(tool: Running, window: Window) -> None:
    page = window.page

    page.goto(asks(tool.url, ELSEWHERE, response_type="token"))
    expect(page.get_by_role("heading", name="Nothing was allowed")).to_be_visible()
    window.look("amiss")
    reach(page, "Back to a-program-with-a-long-name.example.com")
    page.keyboard.press("Enter")

    assert window.heard()["error"] == "unsupported_response_type"
    assert window.faults == []
