"""A real Chromium, with third-party cookies blocked or allowed on purpose, and a world to visit."""

import json
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request, urlopen

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.conftest import working
from tutorai import embedded

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
# Chromium takes the last list it is given: Playwright's, but with storage partitioned by site as
# browsers of today do.
OFF = [
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    # A page that a test hands on counts as one of the open internet; ours is on loopback.
    "LocalNetworkAccessChecks",
    "IsolateOrigins",
    "site-per-process",
    # Pages that Chromium opens beside each of ours, for its address bar: more work than our own.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=" + ",".join(OFF),
    # Playwright at times loses a frame that changes its process while it is redirected; the
    # rules for cookies, storage and policies are the same within one process.
    "--disable-site-isolation-trials",
]
# Chromium's own preference: 0 allows third-party cookies and storage, 1 blocks them.
COOKIES = {"allowed": 0, "blocked": 1}
MISSING = "No Chromium for the browser tests: apt-get install chromium, or set CHROMIUM."
PATIENCE = 40_000  # milliseconds; the machine may be busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium: fail where CI is meant to have it, else say in one line how to get it."""
    if Path(CHROMIUM).exists() or os.environ.get("CI") == "true":
        return
    here = Path(__file__).parent
    why = pytest.mark.skip(reason=MISSING)
    for item in items:
        if here in item.path.parents:
            item.add_marker(why)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in one line how to get what these tests need."""
    if any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(MISSING)


PAGES: list[Page] = []  # what the test at hand has opened
FAILED: list[str] = []  # what did not come


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what the browser showed: a time-out alone says nothing."""
    report = yield
    if report.failed:
        report.sections += [("browser", text) for page in PAGES for text in shown(page)]
        report.sections.append(("browser's failed requests", "\n".join(FAILED)))
    if call.when == "teardown":
        PAGES.clear()
        FAILED.clear()
    return report


def shown(page: Page) -> Iterator[str]:
    """Yield the address and the text of each frame that still answers."""
    for frame in page.frames if not page.is_closed() else []:
        try:
            body = frame.locator("body").inner_text(timeout=2000)
        except PlaywrightError as error:
            body = str(error)
        yield f"{frame.url}\n{body[:600]}"


@contextmanager
def closing(window: Page) -> Iterator[None]:
    """Wait until the window has closed itself; the click that does it may be told so as an error."""
    with window.expect_event("close"), suppress(PlaywrightError):
        yield


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright keeps an event loop in this thread: a module long, so that others have none."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, int], Browser]]:
    """Return a function: the Chromium, a module long, that treats third-party cookies so."""
    started: dict[tuple[str, int], Browser] = {}
    with ExitStack() as stack:

        def start(cookies: str, font: int) -> Browser:
            wish = cookies, font
            if wish not in started:
                profile = tmp_path_factory.mktemp("profile")
                started[wish] = stack.enter_context(a_chromium(playwright, profile, *wish))
            return started[wish]

        yield start


@contextmanager
def a_chromium(playwright: Playwright, profile: Path, cookies: str, font: int) -> Iterator[Browser]:
    """Start Chromium with preferences of ours, which need a profile; contexts inherit them."""
    (profile / "Default").mkdir()
    wishes = {
        "profile": {
            "cookie_controls_mode": COOKIES[cookies],
            "block_third_party_cookies": cookies == "blocked",
        },
        "webkit": {"webprefs": {"default_font_size": font}},
    }
    (profile / "Default" / "Preferences").write_text(json.dumps(wishes))
    port = embedded.free_port()
    first = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=[*FLAGS, f"--remote-debugging-port={port}"],
    )
    # Of a profile's browser Playwright hands out one context; who connects gets more of them.
    connected = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
    yield connected
    connected.close()
    first.close()


Open = Callable[..., BrowserContext]


@pytest.fixture
def browser(chromium: Callable[[str, int], Browser]) -> Iterator[Open]:
    """Return a function that opens a context of its own: `browser("blocked", width=360)`."""
    opened: list[BrowserContext] = []

    def open_browser(
        cookies: str = "blocked",
        *,
        width: int = 1000,
        height: int = 800,
        font: int = 16,
        **more: Any,
    ) -> BrowserContext:
        viewport: Any = {"width": width, "height": height}
        context = chromium(cookies, font).new_context(viewport=viewport, **more)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context

    yield open_browser
    for context in opened:
        context.unroute_all(behavior="ignoreErrors")
        context.close()


@dataclass
class World:
    """One pretend school: its courses, its people, and how to launch the tool from there."""

    url: str
    told: dict[str, Any]
    faults: list[str] = field(default_factory=list)

    def course(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.told["courses"][key]
        return found

    def person(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.told["people"][key]
        return found

    def launch_page(self, person: str, course: str, **query: str) -> str:
        """Return the address of the LMS's page with the tool in a frame."""
        wanted = "&".join(f"{name}={value}" for name, value in query.items())
        path = f"/courses/{self.course(course)['id']}/launch/{self.person(person)['id']}"
        return f"{self.url}{path}?{wanted}"

    def page(self, context: BrowserContext) -> Page:
        """Return a page on which every violation of our policy and every script error counts."""
        page = context.new_page()
        PAGES.append(page)
        page.on("console", lambda told: self._heard(told.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", lambda sent: FAILED.append(f"{sent.url} {sent.failure}"))
        return page

    def _heard(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.faults.append(text)

    def launch(self, page: Page, person: str, course: str, **query: str) -> Frame:
        """Launch inside the LMS's page; return the tool's frame."""
        page.goto(self.launch_page(person, course, **query))
        return tool_frame(page)


def tool_frame(page: Page) -> Frame:
    """Return the frame the tool lives in, wherever its redirects have brought it."""
    handle = page.wait_for_selector("iframe[name=tool]")
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    return frame


def post(url: str, body: dict[str, Any]) -> Any:
    """Ask the sandbox's control routes."""
    told = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(told, timeout=60) as answer:
        return json.load(answer)


T = TypeVar("T")


def database(work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own: Playwright's loop forbids the ORM here."""

    def closing() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closing).result()


def command(*words: str) -> None:
    """Run a management command."""
    database(lambda: call_command(*words))


@pytest.fixture
def world(tool: Any, sandbox: Any) -> Iterator[World]:
    """A school of this test's own, registered with the tool. No page may break our policy."""
    told = post(f"{sandbox.url}/sandbox/worlds", {"tool_url": tool.url, "courses": ["physics"]})
    command("lti_register", *told["registration"]["lti_register"])
    made = World(sandbox.url, told)
    yield made
    assert made.faults == []


def connect(frame: Frame, world: World, person: str = "teacher") -> None:
    """Do a teacher's first two steps: connect the pretend Canvas, and see all of it read."""
    frame.get_by_label("Address of your Canvas").fill(world.url)
    frame.get_by_label("Access token").fill(world.person(person)["token"])
    frame.get_by_role("button", name="Connect and read").click()
    frame.locator("#coverage-words").wait_for(timeout=120_000)
    frame.locator("#reading:not([hx-trigger])").wait_for(timeout=120_000)


@pytest.fixture(scope="session")
def school(tool: Any, sandbox: Any) -> Iterator[World]:
    """A school whose physics course was read and opened to students by its teacher."""
    told = post(f"{sandbox.url}/sandbox/worlds", {"tool_url": tool.url, "courses": ["physics"]})
    command("lti_register", *told["registration"]["lti_register"])
    made = World(sandbox.url, told)
    # In a thread of its own: this one may have Playwright's loop already.
    with ThreadPoolExecutor(1) as pool, working():
        pool.submit(set_up, made).result()
    yield made
    assert made.faults == []


def set_up(school: World) -> None:
    """Do what a teacher does, from the first launch to the opened course."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = chromium.new_context()
        context.set_default_timeout(PATIENCE)
        page = school.page(context)
        frame = school.launch(page, "teacher", "physics")
        connect(frame, school)
        frame.get_by_role("button", name="Next: try it").click()
        frame.get_by_role("button", name="Open to students").click()
        frame.get_by_text("Open to students since").wait_for()
        PAGES.remove(page)  # not of a test
        chromium.close()


def ask(frame: Frame, question: str) -> None:
    """Ask as a student, and wait until the answer stands."""
    frame.get_by_label("Your question").fill(question)
    frame.get_by_label("Your question").press("Enter")
    frame.locator(".turn.tutor footer").last.wait_for()
