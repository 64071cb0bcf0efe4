"""An institution's pages in a real browser: from the letter's link to a passkey, and every look."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from connectors.models import Connector
from tests import factories, people
from tests.browser.axe import serious
from tests.browser.conftest import PAGES, PATIENCE, Open, database
from tests.browser.test_looks import WIDER
from tests.conftest import Running
from tests.factories import PASSWORD
from tests.standalone import making
from tutorai import people as offices
from tutorai.access import Officer
from tutorai.ids import new_id
from tutorai.lmsdm import store
from tutorai.models import Office
from tutorai.standalone import finding, joining, planning

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def page(browser: Open) -> Iterator[Page]:
    """A page on which no violation of our policy and no script's error goes unseen."""
    opened = browser().new_page()
    PAGES.append(opened)
    heard: list[str] = []
    opened.on("console", lambda told: heard.append(told.text) if told.type == "error" else None)
    opened.on("pageerror", lambda error: heard.append(str(error)))
    yield opened
    assert heard == []


def an_invitation() -> tuple[str, str]:
    """The link of a letter, and the slug of the school that wrote it."""
    school = factories.an_institution(name="Riverside College")
    _row, secret = offices.invite(school, f"{new_id()}@example.edu", Office.Role.OWNER)
    return offices.link(secret), school.slug


def test_from_the_letters_link_over_a_passkey_to_the_page_and_back_by_the_passkey_alone(
    tool: Running, page: Page
) -> None:
    address, slug = database(an_invitation)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    # https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/#type-VirtualAuthenticatorOptions
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    page.goto(address)
    expect(page.get_by_label("The part of the link after #")).to_be_hidden()
    assert page.url.endswith("/sign-in/invitation/")  # the secret is out of sight at once
    page.get_by_role("button", name="Continue").click()
    page.locator("[name=new_password1]").fill(PASSWORD)
    page.locator("[name=new_password2]").fill(PASSWORD)
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("link", name="A passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="What needs doing")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{tool.url}/institution/{slug}/people/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("heading", name="People")).to_be_visible()


def a_school() -> tuple[str, str, list[str]]:
    """An owner's session, one who has yet to choose a second factor, and the pages to look at."""
    office = factories.an_office(factories.an_institution(name="Riverside College of Further Arts"))
    factories.an_office(office.institution, Office.Role.SUPPORT)
    offices.invite(office.institution, f"{new_id()}@a-long-name.example.edu", Office.Role.AUDITOR)
    base = f"/institution/{office.institution.slug}"
    told = [f"{base}/", f"{base}/people/", f"{base}/sign-in/", f"{base}/audit/"]
    row = factories.a_deployment(office.institution).registration
    platforms = ["", f"{row.pk}/", f"{row.pk}/change", "guide/canvas", "new/other"]
    told += [f"{base}/platforms/{page}" for page in platforms]
    told += courses_of(office)
    Connector.objects.create(
        institution=office.institution,
        lms="moodle",
        base_url="https://learn.a-long-name-of-a-school.example.edu/moodle",
        lacks=["mod_assign_get_grades"],
        error="lms_unavailable",
    )
    ways = ["", "add/canvas/application", "add/moodle/token"]
    told += [f"{base}/connections/{page}" for page in ways]
    new = people.session(factories.an_account(), {"method": "password"})
    return people.session(office.account), new, [*told, "/sign-in/security/"]


def courses_of(office: Office) -> list[str]:
    """Courses that were made there: one that students can join, one on its way into an LMS."""
    who = Officer(office.account_id, office.institution, Office.Role.OWNER)
    course = making.a_course(who, "An introduction to the physics of everyday things")
    target = factories.a_course(office.institution, title=course.title)
    for each, words in ((course, "ours"), (target, "theirs")):
        store.save_body(factories.an_item(each, title="Forces", body=""), html=f"<p>{words}</p>")
    planning.plan(finding.decide(who, course, target.pk, "lms"))
    unsure = making.a_course(who, "Algebra")
    for _each in range(2):
        factories.a_course(office.institution, title="Algebra")
    finding.look(who)
    base = f"/institution/{office.institution.slug}/courses/"
    row = course.move.items.get()
    told = ["", "new", "moves/", f"{course.pk}/", f"{course.pk}/move/", f"{unsure.pk}/move/"]
    told.append(f"{course.pk}/move/items/{row.pk}/")
    return [*(base + page for page in told), f"/join/{joining.renew(who, course, 7)}"]


LOOKS: dict[str, dict[str, Any]] = {
    "light": {"width": 1280, "height": 900},
    "dark phone": {"width": 360, "height": 740, "color_scheme": "dark"},
}
ENTRANCE = (
    "/sign-in/",
    "/sign-in/forgotten/",
    "/sign-in/invitation/",
    "/connect/canvas/go",
    "/connect/canvas/callback",
)
SETTING_UP = ("/sign-in/second-factor/", "/sign-in/security/app/", "/sign-in/security/passkey/")


@pytest.mark.parametrize("look", list(LOOKS))
def test_every_page_can_be_used_by_anybody(tool: Running, browser: Open, look: str) -> None:
    owner, new, pages = database(a_school)
    page = browser(bypass_csp=True, **LOOKS[look]).new_page()
    faults = []
    for session, paths in (("", ENTRANCE), (owner, pages), (new, SETTING_UP)):
        if session:
            cookie = {"name": "sessionid", "value": session, "url": tool.url}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
        for path in paths:
            page.goto(tool.url + path)
            faults += [f"{path}: {fault}" for fault in serious(page)]
            for direction in ("ltr", "rtl"):
                page.evaluate("told => { document.documentElement.dir = told; }", direction)
                if wider := page.evaluate(WIDER):
                    faults.append(f"{path}, {direction}: {wider} pixels too wide")
                if folder := os.environ.get("SHOTS"):
                    name = f"{look}-{direction}-{path.strip('/').replace('/', '-')}"
                    page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert "\n".join(faults) == ""
