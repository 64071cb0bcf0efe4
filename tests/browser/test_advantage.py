"""From an LMS that never heard of us to a grade in its gradebook, through the pages people see."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import BrowserContext, Frame, Page, expect

from lti import invites
from tests import factories, people
from tests.browser.conftest import PATIENCE, Open, World, database, post, tool_frame
from tutorai import flows
from tutorai.models import Office

pytestmark = pytest.mark.long
expect.set_options(timeout=PATIENCE)
NOTES = (
    "# Friction\n\nKinetic friction slows a block that slides over a rough table. "
    "Static friction keeps a heavy wardrobe from moving until the push is strong enough.\n"
)
# Blackboard's developer portal asks a vendor for these.
APPLICATION = {
    "Name": "Tutor.AI",
    "Login initiation URL": "/lti/login",
    "Redirect URL": "/lti/launch",
    "Key set (JWKS) URL": "/lti/jwks",
    "Target link URI": "/lti/launch",
}
# Where each lets a teacher choose several at once.
PLACES = {"canvas": "module_index_menu_modal", "moodle": "ContentArea", "blackboard": "content"}


class College(World):
    """A school whose LMS has not heard of the tool, and its administrator in both places."""

    office: Office

    @property
    def home(self) -> str:
        """The address of the course's page."""
        return f"{self.url}/courses/{self.course('physics')['id']}"

    @property
    def tools(self) -> str:
        """The address of the LMS's page of tools."""
        return f"{self.url}/worlds/{self.told['world']}/tools"

    def ours(self, path: str = "") -> str:
        """Return the address of the institution's page with us."""
        return f"{settings.PUBLIC_URL}/institution/{self.office.institution.slug}/{path}"

    def as_somebody(self, page: Page, person: str) -> None:
        """Look at the course as that person."""
        page.goto(self.home)
        chosen = page.get_by_label("Looking as")
        if chosen.input_value() != self.person(person)["id"]:
            with page.expect_navigation():
                chosen.select_option(self.person(person)["id"])
            page.goto(self.home)

    def invite(self) -> str:
        """Return a registration address, as the page Platforms hands it out."""
        until = timezone.now() + timedelta(days=1)
        secret = database(lambda: invites.make(self.office.institution, expires_at=until))
        return f"{settings.PUBLIC_URL}/lti/register/{secret}"


def by_address(college: College, page: Page) -> None:
    """Paste the address, agree to what the frame says, turn the tool on."""
    page.goto(college.tools)
    page.get_by_label("Registration URL").fill(college.invite())
    page.get_by_role("button", name="Register").click()
    frame = page.frame_locator("iframe[name=tool]")
    frame.get_by_role("button", name="Register").click()
    frame.get_by_role("button", name="Close").click()
    turn_on(page)


def by_client_id(college: College, page: Page) -> None:
    """Enter the tool at the vendor's portal, its client ID at the school, and both at ours."""
    page.goto(college.tools)
    for label, value in APPLICATION.items():
        told = f"{settings.PUBLIC_URL}{value}" if value.startswith("/") else value
        page.get_by_label(label, exact=True).fill(told)
    page.get_by_role("button", name="Add").click()
    client_id, jwks = page.locator("#applications dl code").all_inner_texts()
    page.get_by_label("Client ID").fill(client_id)
    page.get_by_role("button", name="Submit").click()
    turn_on(page)
    deployment_id = page.locator(".deployment-id").inner_text()
    issuer, auth, token = page.locator("dl.facts").last.locator("code").all_inner_texts()[:3]
    page.goto(college.ours("platforms/new/other"))
    for name, value in {
        "name": "Blackboard",
        "issuer": issuer,
        "client_id": client_id,
        "auth_url": auth,
        "token_url": token,
        "jwks_url": jwks,
        "deployment_id": deployment_id,
    }.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Register").click()


def turn_on(page: Page) -> None:
    page.get_by_role("button", name="Activate").or_(page.get_by_role("button", name="Approve")).or_(
        page.get_by_role("button", name="Save and turn on")
    ).click()
    expect(page.locator("main .tag").first).to_have_text("on")


WAYS: dict[str, Callable[[College, Page], None]] = {
    "canvas": by_address,
    "moodle": by_address,
    "blackboard": by_client_id,
}


@pytest.fixture
def college(tool: Any, sandbox: Any, request: pytest.FixtureRequest) -> College:
    """An LMS of the test's own that knows no tool."""
    wish = {"tool_url": tool.url, "courses": ["physics"], "registered": False}
    told = post(f"{sandbox.url}/sandbox/worlds", {**wish, "dialect": request.param})
    made = College(sandbox.url, told)
    made.office = database(factories.an_office)
    return made


def signed_in(context: BrowserContext, college: College) -> None:
    """Let the browser be that of the institution's administrator, too."""
    key = database(lambda: people.session(college.office.account))
    context.add_cookies([{"name": "sessionid", "value": key, "url": settings.PUBLIC_URL}])


def launched(college: College, page: Page, person: str = "teacher") -> Frame:
    return college.launch(page, person, "physics")


def approve(college: College, page: Page) -> None:
    """Let an installation in that nobody named before, in the inbox."""
    frame = launched(college, page)
    expect(frame.locator("body")).to_contain_text("waits to be approved")
    page.goto(college.ours("inbox/"))
    page.get_by_role("button", name="Approve").click()


def open_course(frame: Frame, notes: Path, *, connects: bool) -> None:
    """Give the course something to read and open it to its students.

    To connect it is offered where a token of one's own does (`connects`).
    """
    notes.write_text(NOTES)
    frame.locator("input[type=file]").wait_for(state="attached")
    expect(frame.get_by_label("Access token")).to_have_count(int(connects))
    frame.locator("input[type=file]").set_input_files(notes)
    expect(frame.locator("#coverage-words")).to_contain_text("100 %", timeout=120_000)
    frame.get_by_role("button", name="Next: try it").click()
    frame.get_by_role("button", name="Open to students").click()
    frame.get_by_text("Open to students since").wait_for()


def place_three(college: College, page: Page) -> None:
    """Choose three things in the picker, and save where the LMS asks to."""
    college.as_somebody(page, "teacher")
    page.locator(f"#placed a.button[href*={PLACES[college.told['dialect']]}]").click()
    frame = page.frame_locator("iframe[name=tool]")
    for what in ("tutor", "practice", "plan"):
        frame.locator(f"[name=what][value={what}]").check()
    frame.locator("[name=graded]").check()
    frame.locator("[data-part=add]").click()
    save = frame.get_by_role("button", name="Save")
    expect(save.or_(frame.get_by_role("link", name="Back to the course"))).to_be_visible()
    if save.is_visible():
        save.click()
        page.wait_for_url("**/courses/*")
    page.goto(college.home)
    expect(page.locator("#placed > ul > li > a")).to_have_text(
        ["Tutor.AI", "Practice", "Study plan"]
    )


@pytest.mark.parametrize("college", WAYS, indirect=True)
def test_an_lms_that_never_heard_of_us_ends_with_a_grade_in_its_gradebook(
    college: College, worker: Any, browser: Open, tmp_path: Path
) -> None:
    context = browser()
    signed_in(context, college)
    page = college.page(context)
    WAYS[college.told["dialect"]](college, page)
    if college.told["dialect"] == "canvas":  # whose registration names no deployment
        approve(college, page)
    alone = college.told["dialect"] != "blackboard"  # which asks for an application
    open_course(launched(college, page), tmp_path / "notes.md", connects=alone)
    place_three(college, page)

    college.as_somebody(page, "student")
    page.locator("#placed").get_by_role("link", name="Practice").first.click()
    frame = tool_frame(page)
    expect(frame.locator("body")).to_contain_text("wardrobe")
    name = college.person("student")["name"]

    frame = launched(college, page)
    frame.get_by_role("button", name="Grades").click()
    frame.get_by_role("button", name="Practice").click()
    mark = frame.locator(".mark").filter(has_text=name)
    expect(mark).to_contain_text("/ 10")
    mark.get_by_label("Points").fill("7")
    frame.get_by_label("Hold them").select_option("0")
    frame.locator("[data-part='approve']").click()
    for _ in range(80):  # no scheduler runs here: what waits is looked for by hand
        if mark.get_by_text("Delivered").count():
            break
        database(flows.sweep)
        page.wait_for_timeout(250)
    expect(mark).to_contain_text("Delivered")

    college.as_somebody(page, "student")
    page.goto(f"{college.home}/gradebook")
    expect(page.locator("tr", has_text=name)).to_contain_text("7")
    assert college.faults == []
