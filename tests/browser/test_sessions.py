"""A session in the browser: two tabs of one launch, a start without a line, someone in disguise."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, Route, expect

from agents.models.talk import Conversation
from lti.models import LaunchSession
from tests.browser.conftest import PATIENCE, Open, World, ask, database

expect.set_options(timeout=PATIENCE)
BANNER = (
    "You are acting as this person: their conversations stay closed, and you cannot give grades."
)


def opened_alone(school: World, context: BrowserContext, person: str = "student") -> Page:
    """Launch into a tab of its own."""
    page = school.page(context)
    page.goto(school.launch_page(person, "physics", frame="tab"))
    with context.expect_page() as opened:
        page.get_by_role("link", name="Open Tutor.AI").click()
    opened.value.get_by_label("Your question").wait_for()
    return opened.value


def renewed(tab: Page) -> None:
    """Refuse one request of the tab's, which then renews its session."""
    tab.route(
        re.compile("/v1/ai/conversations"),
        lambda route: route.fulfill(status=401, json={}),
        times=1,
    )
    tab.locator('[data-act="talks"]').click()
    expect(tab.locator(".talks li").first).to_be_visible()
    tab.keyboard.press("Escape")


def test_two_tabs_of_one_launch_renew_in_turn_and_both_live(school: World, browser: Open) -> None:
    context = browser("allowed")
    first = opened_alone(school, context)
    second = school.page(context)
    second.goto(first.url)
    second.get_by_label("Your question").wait_for()

    for tab in (first, second, first):
        renewed(tab)

    for tab in (first, second):
        expect(tab.get_by_label("Your question")).to_be_visible()


def test_tabs_of_one_launch_that_renew_at_the_same_moment_all_live(
    school: World, browser: Open
) -> None:
    context = browser("allowed")
    tabs = [opened_alone(school, context)]
    for _ in range(3):
        tabs.append(school.page(context))
        tabs[-1].goto(tabs[0].url)
        tabs[-1].get_by_label("Your question").wait_for()

    for _ in range(3):
        for tab in tabs:
            tab.evaluate(
                """() => { window.went = import("/static/js/lti/keep.js")
                  .then(({ renew }) => renew(location.pathname.split("/")[2])); }"""
            )
        assert all(tab.evaluate("() => window.went.then(Boolean)") for tab in tabs)


def test_after_a_start_without_a_line_every_click_still_acts_once(
    school: World, browser: Open
) -> None:
    page = school.page(browser())
    page.context.route("**/pages/home", lambda route: route.abort(), times=1)
    frame = school.launch(page, "teacher", "physics")
    frame.locator("#toast").get_by_role("button", name="Try again").click()
    frame.get_by_text("Open to students since").wait_for()
    seen: list[str] = []
    page.on("request", lambda sent: seen.append(sent.url) if "/pages/chat" in sent.url else None)

    frame.get_by_role("button", name="Ask", exact=True).click()

    frame.locator(".chips button").first.wait_for()
    page.wait_for_timeout(300)
    assert len(seen) == 1


def test_only_who_may_set_the_course_up_is_offered_its_page(school: World, browser: Open) -> None:
    frame = school.launch(school.page(browser()), "ta", "physics")
    frame.locator(".chips button").first.wait_for()
    expect(frame.get_by_role("button", name="Course", exact=True)).to_have_count(0)

    frame = school.launch(school.page(browser()), "teacher", "physics")
    frame.get_by_role("button", name="Ask", exact=True).click()
    expect(frame.get_by_role("button", name="Course", exact=True)).to_be_visible()


def disguised(school: World, browser: Open, **window: Any) -> tuple[Page, Frame]:
    """Open the page of a student whom someone of the LMS acts as."""
    page = school.page(browser(**window))
    frame = school.launch(page, "student", "physics")
    frame.locator(".chips button").first.wait_for()
    launch = frame.url.split("/")[4]
    database(lambda: LaunchSession.objects.filter(pk=launch).update(masquerade="77"))
    frame.goto(frame.url)
    frame.get_by_label("Your question").wait_for()
    return page, frame


@pytest.mark.parametrize("size", [{"width": 1000, "height": 800}, {"width": 360, "height": 500}])
def test_whoever_acts_as_another_is_told_so_and_nothing_is_pushed_out_of_sight(
    school: World, browser: Open, size: dict[str, int]
) -> None:
    _page, frame = disguised(school, browser, **size)

    expect(frame.get_by_text(BANNER)).to_be_visible()
    composer = frame.locator(".composer").bounding_box()
    body = frame.locator("body").bounding_box()
    assert composer is not None
    assert body is not None
    assert composer["y"] + composer["height"] <= body["y"] + body["height"] + 1


def test_nobody_else_is_told_that_they_act_as_someone(school: World, browser: Open) -> None:
    frame = school.launch(school.page(browser()), "student", "physics")
    frame.locator(".chips button").first.wait_for()

    expect(frame.get_by_text(BANNER)).to_have_count(0)


def refused(route: Route) -> None:
    route.fulfill(status=403, json={"code": "not_yours", "detail": "You may not do this."})


def test_what_is_closed_to_whoever_acts_as_another_says_why_and_offers_no_second_try(
    school: World, browser: Open
) -> None:
    page, frame = disguised(school, browser)
    page.context.route(re.compile("/v1/ai/(ask|conversations)"), refused)

    frame.get_by_label("Your question").fill("What is kinetic energy?")
    frame.get_by_label("Your question").press("Enter")
    expect(frame.locator(".turn.tutor")).to_contain_text(BANNER)
    expect(frame.get_by_role("button", name="Try again")).to_have_count(0)

    frame.locator('[data-act="talks"]').click()
    expect(frame.locator(".talks")).to_have_text(BANNER)


def test_a_refusal_of_the_list_stands_in_the_list(school: World, browser: Open) -> None:
    page = school.page(browser())
    frame = school.launch(page, "student", "physics")
    frame.locator(".chips button").first.wait_for()
    ask(frame, "What is kinetic energy?")
    page.context.route(re.compile("/v1/ai/conversations"), refused)

    frame.locator('[data-act="talks"]').click()

    expect(frame.locator(".talks")).to_have_text("You may not do this.")


def test_who_signs_out_leaves_nothing_for_the_next_one_at_the_computer(
    school: World, browser: Open
) -> None:
    page = school.page(browser("allowed"))
    frame = school.launch(page, "student", "physics")
    frame.get_by_label("Your question").fill("my own words")
    was = frame.url

    frame.locator('[data-act="talks"]').click()
    frame.get_by_role("button", name="Sign out").click()
    frame.get_by_role("heading", name="Open Tutor.AI again").wait_for()
    expect(frame.get_by_label("What you were writing")).to_be_hidden()

    frame.goto(was)
    frame.get_by_role("heading", name="Open Tutor.AI again").wait_for()
    assert "my own words" not in frame.evaluate("JSON.stringify({...sessionStorage})")


def test_unsent_words_are_shown_to_whoever_wrote_them_alone(school: World, browser: Open) -> None:
    page = school.page(browser("allowed"))
    frame = school.launch(page, "student", "physics")
    frame.get_by_label("Your question").fill("my own words")

    frame = school.launch(page, "student2", "physics")

    frame.locator(".chips button").first.wait_for()
    expect(frame.locator("[data-part='field']")).to_have_value("")


def test_what_is_pressed_as_soon_as_the_page_stands_has_its_effect(
    school: World, browser: Open
) -> None:
    page = school.page(browser())
    page.context.route("**/js/chat.js", late, times=1)
    frame = school.launch(page, "student", "physics")

    frame.get_by_label("Your question").fill("my own words")
    frame.locator('[data-act="talks"]').click()

    expect(frame.get_by_role("button", name="Sign out")).to_be_visible()
    expect(frame.locator("[data-part='field']")).to_have_value("my own words")


def late(route: Route) -> None:
    time.sleep(2)
    route.continue_()


def test_a_dialog_goes_along_when_the_lms_scrolls_a_frame_higher_than_its_window(
    school: World, browser: Open
) -> None:
    page = school.page(browser(height=600))
    frame = school.launch(page, "student3", "physics")
    frame.locator(".chips button").first.wait_for()
    database(lambda: many_talks(frame.url.split("/")[4]))
    frame.locator('[data-act="talks"]').click()
    expect(frame.locator(".talks li")).to_have_count(30)

    for edge in (0, 5000, 0):
        page.evaluate("(y) => scrollTo(0, y)", edge)
        page.wait_for_timeout(900)
        sheet = frame.locator("dialog[open]").bounding_box()
        assert sheet is not None
        assert sheet["y"] >= -1
        assert sheet["y"] + sheet["height"] <= 601
    frame.get_by_role("button", name="Sign out").click()

    frame.get_by_role("heading", name="Open Tutor.AI again").wait_for()


def many_talks(launch: str) -> None:
    """Let whoever launched have asked for weeks."""
    held = LaunchSession.objects.get(pk=launch)
    course = held.course
    assert course
    for number in range(30):
        Conversation.objects.create(
            institution=held.user.institution,
            course=course,
            user=held.user,
            title=f"Week {number}",
        )
