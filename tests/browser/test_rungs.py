"""Each way of binding a launch and of keeping its session, alone.

A browser inside an LMS may refuse cookies, storage or messages. Here two of the three are taken
away, and the third has to carry; with all three gone a person is told what to do.
"""

import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.conftest import PATIENCE, Open, World

expect.set_options(timeout=PATIENCE)
RUNGS = ("cookie", "storage", "platform")
NO_STORAGE = """if (location.origin === "%s") {
  for (const name of ["sessionStorage", "localStorage"])
    Object.defineProperty(window, name, {get() { throw new DOMException("no", "SecurityError"); }});
}"""


def only(context: BrowserContext, tool: str, rung: str | None) -> dict[str, str]:
    """Leave one rung of the ladder; return what the launch page has to be asked for."""
    if rung != "cookie":
        context.route(f"{tool}/**", without_cookies)
    if rung != "storage":
        context.add_init_script(NO_STORAGE % tool)
    return {} if rung == "platform" else {"storage": "0"}


def without_cookies(route: Route) -> None:
    """Pass a request on with no cookie in either direction."""
    # Left out, Playwright would fill the header in from the browser's own jar.
    headers = {**route.request.all_headers(), "cookie": ""}
    answer = route.fetch(headers=headers, max_redirects=0)
    told = {k: v for k, v in answer.headers.items() if k != "set-cookie"}
    route.fulfill(response=answer, headers=told)


@pytest.mark.parametrize("rung", RUNGS)
def test_each_rung_alone_binds_the_launch_and_keeps_the_session(
    school: World, browser: Open, tool: Any, rung: str
) -> None:
    context = browser("allowed" if rung == "storage" else "blocked")
    asked = only(context, tool.url, rung)
    frame = school.launch(school.page(context), "student", "physics", **asked)
    expect(frame.get_by_label("Your question")).to_be_visible()

    frame.goto(frame.url)

    expect(frame.get_by_label("Your question")).to_be_visible()


def test_with_every_rung_gone_a_new_tab_is_offered_within_two_seconds_and_works(
    school: World, browser: Open, tool: Any
) -> None:
    context = browser()
    asked = only(context, tool.url, None)
    launched: list[float] = []
    context.on(
        "request",
        lambda sent: launched.append(time.monotonic()) if is_launch(sent) else None,
    )
    page = school.page(context)
    frame = school.launch(page, "student", "physics", **asked)

    button = frame.get_by_role("button", name="new tab")
    button.wait_for()
    assert time.monotonic() - launched[0] < 2

    context.unroute(f"{tool.url}/**")
    with context.expect_page() as opened:
        button.click()
    expect(opened.value.get_by_label("Your question")).to_be_visible()


def is_launch(sent: Any) -> bool:
    return bool(sent.method == "POST" and sent.url.endswith("/lti/launch"))


def test_a_session_that_could_be_kept_nowhere_says_to_open_it_again(
    school: World, browser: Open, tool: Any
) -> None:
    context = browser("allowed")
    frame = school.launch(school.page(context), "student", "physics", storage="0")
    expect(frame.get_by_label("Your question")).to_be_visible()
    context.clear_cookies()
    frame.evaluate("sessionStorage.clear()")
    context.route(f"{tool.url}/**", without_cookies)

    frame.goto(frame.url)

    expect(frame.get_by_role("heading")).to_have_text("Open Tutor.AI again from your course")
