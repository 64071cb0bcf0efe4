"""Every page and dialog, walked through: nothing serious for axe, nothing wider than its frame."""

import re
from typing import Any

from playwright.sync_api import Frame, Page, expect

from tests.browser.axe import LAID_OUT, serious, settled
from tests.browser.conftest import PATIENCE, Open, World, ask, connect
from tests.browser.test_rungs import only

expect.set_options(timeout=PATIENCE)
LOOKS: dict[str, dict[str, Any]] = {
    "dark on a phone": {"width": 380, "height": 640, "scheme": "dark"},
    "right to left": {"width": 380, "height": 640, "dir": "rtl"},
    "twice the text": {"width": 800, "height": 1600, "font": 32},
    "light": {"width": 1000, "height": 800},  # last: the walk goes on in it
}
# Letters the other way or larger have the same names, roles and contrast: two looks tell of those.
ALL_RULES = ("dark on a phone", "light")
FONT = "getComputedStyle(document.documentElement).fontSize"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Walk:
    """A walk through pages, each looked at in every look; `faults` is what nobody should meet."""

    def __init__(self, world: World, browser: Open) -> None:
        self.world = world
        self.context = browser(bypass_csp=True)
        self.faults: list[str] = []

    def launch(self, person: str, **query: str) -> tuple[Page, Frame]:
        page = self.context.new_page()
        return page, self.world.launch(page, person, "physics", **query)

    def look(self, frame: Frame, name: str) -> None:
        """Note what is wrong with what the frame shows now, in each look."""
        session = self.context.new_cdp_session(frame.page)
        for called, look in LOOKS.items():
            frame.page.set_viewport_size({"width": look["width"], "height": look["height"]})
            frame.page.emulate_media(color_scheme=look.get("scheme", "light"))
            # As the browser's own setting does: media queries count in it too.
            session.send("Page.setFontSizes", {"fontSizes": {"standard": look.get("font", 16)}})
            frame.evaluate("dir => (document.documentElement.dir = dir)", look.get("dir", "ltr"))
            settled(frame)
            assert frame.evaluate(FONT) == f"{look.get('font', 16)}px"
            self._note(frame, f"{name}, {called}", () if called in ALL_RULES else LAID_OUT)
        session.detach()

    def _note(self, frame: Frame, name: str, rules: tuple[str, ...]) -> None:
        wider = frame.evaluate(WIDER)
        if wider:
            self.faults.append(f"{name}: {wider} pixels too wide")
        self.faults += [f"{name}: {fault}" for fault in serious(frame, rules)]


def test_a_students_pages_can_be_used_by_anybody(school: World, browser: Open) -> None:
    walk = Walk(school, browser)
    page, frame = walk.launch("student")
    frame.locator(".chips button").first.wait_for()
    walk.look(frame, "welcome")
    ask(frame, "What is kinetic energy?")
    walk.look(frame, "answer")
    frame.locator(".sources button").first.click()
    expect(frame.locator("dialog.sheet[open] mark")).not_to_be_empty()
    walk.look(frame, "source")
    frame.get_by_role("button", name="Close").click()
    frame.get_by_role("button", name="Not helpful").click()
    walk.look(frame, "why")
    frame.get_by_role("button", name="Cancel").click()
    frame.locator('[data-act="talks"]').click()
    frame.locator(".talks summary").first.click()
    walk.look(frame, "conversations")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    walk.context.route(re.compile("/v1/"), lambda route: route.fulfill(status=401, json={}))
    frame.get_by_label("Your question").fill("Why?")
    frame.get_by_label("Your question").press("Enter")
    frame.get_by_label("What you were writing").wait_for()
    walk.look(frame, "ended")
    assert walk.faults == []


def test_a_teachers_pages_can_be_used_by_anybody(world: World, browser: Open, worker: Any) -> None:
    walk = Walk(world, browser)
    _page, frame = walk.launch("student")
    frame.get_by_role("heading", name="not open").wait_for()
    walk.look(frame, "closed")
    _page, frame = walk.launch("teacher")
    frame.get_by_label("Access token").wait_for()
    walk.look(frame, "bring")
    connect(frame, world)
    walk.look(frame, "read")
    frame.get_by_role("button", name="Next: try it").click()
    frame.get_by_role("button", name="Ask the five questions").click()
    expect(frame.locator(".tries .turn.tutor footer")).to_have_count(5, timeout=120_000)
    walk.look(frame, "try")
    frame.get_by_role("button", name="Open to students").click()
    frame.locator(".items li").first.wait_for()
    walk.look(frame, "course")
    frame.get_by_role("button", name="Grades").click()
    frame.locator("#columns:not([hx-trigger]) .card").first.wait_for()
    walk.look(frame, "grades")
    frame.get_by_role("button", name="Pendulum").click()
    points = frame.locator(".mark input")
    for row, written in enumerate(("7", "8", "abc", "99")):
        points.nth(row).fill(written)
    frame.locator("#hold").select_option("at")
    frame.locator("[data-part='approve']").click()
    expect(frame.locator("[data-part='told']")).to_contain_text("needs another look")
    walk.look(frame, "a grade that cannot be")
    points.nth(2).fill("9")
    frame.locator("#hold").select_option("manual")
    frame.locator("[data-part='approve']").click()
    expect(frame.locator(".mark .acts")).to_have_count(4)
    walk.look(frame, "held grades")
    publish(walk, frame)
    assert walk.faults == []


def publish(walk: Walk, frame: Frame) -> None:
    """Write a page and a quiz, look at what will happen, and download one."""
    frame.locator("[data-part='back']").click()
    frame.get_by_role("button", name="Course").click()
    frame.get_by_role("button", name="Publish").click()
    frame.get_by_role("button", name="Page", exact=True).click()
    frame.get_by_label("Title").fill("What to read before the first lecture")
    frame.get_by_label("Text").fill("## First\n\n- chapter **1**: $$E = mc^2$$")
    frame.get_by_role("button", name="Save and look").click()
    frame.locator(".written .katex").wait_for()
    walk.look(frame, "a page")
    frame.get_by_role("button", name="All drafts").click()
    frame.get_by_role("button", name="Quiz", exact=True).click()
    frame.get_by_label("What is the quiz called?").fill("Forces")
    frame.get_by_label("What is the quiz called?").press("Enter")
    for kind in ("matching", "single"):
        frame.get_by_label("A new question:").select_option(kind)
        frame.get_by_role("button", name="Add", exact=True).click()
        frame.get_by_label("Question", exact=True).fill("What is a force?")
        if kind == "single":
            frame.get_by_role("button", name="Save the question").click()
            frame.get_by_text("Not saved yet").wait_for()
            walk.look(frame, "a question")
        answers = frame.locator("[name='answer']")
        for at, words in enumerate(("mass times acceleration", "a word")):
            answers.nth(at).fill(words)
            if kind == "matching":
                frame.locator("[name='other']").nth(at).fill(words)
        frame.get_by_role("button", name="Save the question").click()
        frame.get_by_label("A new question:").wait_for()
    walk.look(frame, "a quiz")
    frame.get_by_role("button", name="Next: what will happen").click()
    with frame.page.expect_download() as begun:
        frame.get_by_role("button", name="Download as Moodle XML").click()
    assert begun.value.suggested_filename == "Forces.xml"
    walk.look(frame, "what will happen")
    frame.get_by_role("button", name="Approve and send").click()
    frame.get_by_text("stands in Canvas, unpublished").wait_for()


def test_pages_of_a_launch_that_stops_can_be_used_by_anybody(
    school: World, browser: Open, tool: Any
) -> None:
    walk = Walk(school, browser)
    page = walk.context.new_page()
    page.goto(f"{tool.url}/lti/login?iss=nobody&login_hint=1&target_link_uri={tool.url}")
    expect(page.locator("main")).to_contain_text("unknown_platform")
    walk.look(page.main_frame, "refused")
    asked = only(walk.context, tool.url, None)
    _page, frame = walk.launch("student", **asked)
    frame.get_by_role("button", name="new tab").wait_for()
    walk.look(frame, "one more click")
    assert walk.faults == []
