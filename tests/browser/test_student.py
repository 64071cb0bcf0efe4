"""A student in the LMS's page: launch, ask, read, open the source, come back."""

import re
from typing import Any

from playwright.sync_api import Frame, Page, Route, expect

from tests.browser.conftest import PATIENCE, Open, World, ask

expect.set_options(timeout=PATIENCE)
QUESTION = "What is kinetic energy?"


def student(
    school: World, browser: Open, cookies: str = "blocked", **window: Any
) -> tuple[Page, Frame]:
    page = school.page(browser(cookies, **window))
    frame = school.launch(page, "student", "physics")
    frame.locator(".chips button").first.wait_for()
    return page, frame


def test_a_student_asks_in_the_frame_and_opens_where_the_answer_stands(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser)

    ask(frame, QUESTION)
    frame.locator(".sources button").first.click()

    sheet = frame.locator("dialog.sheet[open]")
    expect(sheet.locator("mark")).not_to_be_empty()
    expect(sheet.get_by_role("link", name="Open in your course")).to_have_attribute(
        "href", re.compile(re.escape(school.url))
    )


def test_escape_closes_the_source_from_wherever_the_focus_is(school: World, browser: Open) -> None:
    _page, frame = student(school, browser)
    ask(frame, QUESTION)
    frame.locator(".sources button").first.click()
    sheet = frame.locator("dialog.sheet[open]")
    expect(sheet.locator("mark")).not_to_be_empty()

    frame.get_by_label("Your question").press("Escape")

    expect(sheet).to_have_count(0)
    expect(frame.get_by_label("Your question")).to_be_focused()


def test_an_answer_longer_than_the_view_is_shown_from_its_question_on(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser, width=360, height=500)

    ask(frame, QUESTION)

    question = frame.locator(".turn.user").last
    expect(frame.get_by_role("button", name="To the newest")).to_be_visible()
    scroll, top = frame.locator('[data-part="scroll"]').bounding_box(), question.bounding_box()
    assert scroll is not None
    assert top is not None
    assert 0 <= top["y"] - scroll["y"] <= 16


def test_suggested_questions_come_from_this_course_and_are_asked_by_a_click(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser)
    chip = frame.locator(".chips button").first
    text = chip.inner_text()

    chip.click()

    expect(frame.locator(".turn.user")).to_contain_text(text)
    expect(frame.locator(".turn.tutor .cite-number").first).to_be_visible()


def test_a_reload_keeps_the_session_and_the_unsent_words(school: World, browser: Open) -> None:
    _page, frame = student(school, browser)
    frame.get_by_label("Your question").fill("half a question")

    frame.goto(frame.url)

    expect(frame.get_by_label("Your question")).to_have_value("half a question")


def test_a_reload_comes_back_to_the_conversation(school: World, browser: Open) -> None:
    _page, frame = student(school, browser)
    ask(frame, QUESTION)

    frame.goto(frame.url)

    expect(frame.locator(".turn.user")).to_have_text(re.compile(re.escape(QUESTION)))
    expect(frame.locator(".turn.tutor .cite-number").first).to_be_visible()


def test_a_question_that_is_too_long_is_said_to_be_and_stays(school: World, browser: Open) -> None:
    _page, frame = student(school, browser)
    frame.get_by_label("Your question").fill("why " * 1001)

    frame.get_by_label("Your question").press("Enter")

    expect(frame.locator("#toast")).to_contain_text("4000")
    assert len(frame.get_by_label("Your question").input_value()) == 4004


def test_the_keyboard_stays_where_it_was_used(school: World, browser: Open) -> None:
    page, frame = student(school, browser)
    frame.locator(".chips button").first.press("Enter")
    expect(frame.get_by_label("Your question")).to_be_focused()
    frame.locator(".turn.tutor footer").last.wait_for()
    frame.get_by_role("button", name="Not helpful").press("Enter")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("button", name="Not helpful")).to_be_focused()
    frame.locator('[data-act="talks"]').press("Enter")
    menu = frame.locator(".talks summary").first
    menu.press("Enter")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.press("Enter")
    frame.get_by_role("button", name="Rename").first.press("Enter")
    page.keyboard.type("Mine")
    page.keyboard.press("Enter")
    expect(frame.locator(".talks li", has_text="Mine").locator("summary")).to_be_focused()


def test_with_third_party_cookies_allowed_all_is_the_same(school: World, browser: Open) -> None:
    _page, frame = student(school, browser, "allowed")
    frame.get_by_label("Your question").fill("half a question")

    frame.goto(frame.url)

    expect(frame.get_by_label("Your question")).to_have_value("half a question")


def test_two_tabs_with_two_roles_do_not_mix(school: World, browser: Open) -> None:
    context = browser()
    frames = []
    for person in ("student", "teacher"):
        page = school.page(context)
        frames.append(school.launch(page, person, "physics"))
        frames[-1].locator(".bar").wait_for()

    for frame in frames:
        frame.goto(frame.url)

    expect(frames[0].locator(".chat")).to_be_visible()
    expect(frames[1].get_by_text("Open to students since")).to_be_visible()


def test_a_conversation_is_found_renamed_continued_and_deleted(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser)
    ask(frame, "Why does a pendulum swing back?")
    frame.locator('[data-act="new"]').click()
    frame.locator('[data-act="talks"]').click()
    frame.get_by_role("searchbox").fill("pendulum")
    expect(frame.locator(".talks .open")).to_have_count(1)

    frame.locator(".talks summary").click()
    frame.get_by_role("button", name="Rename").click()
    frame.get_by_role("textbox", name="Rename").fill("Swinging")
    frame.get_by_role("button", name="Save").click()
    frame.get_by_role("searchbox").fill("")
    frame.get_by_role("button", name=re.compile("Swinging")).first.click()
    expect(frame.locator(".turn.user")).to_have_count(1)
    ask(frame, "And on the moon?")

    frame.locator('[data-act="talks"]').click()
    row = frame.locator(".talks li", has_text="Swinging")
    row.locator("summary").click()
    row.get_by_role("button", name="Delete").click()
    frame.locator(".small-dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_conversation_can_be_taken_home(school: World, browser: Open) -> None:
    page, frame = student(school, browser)
    ask(frame, QUESTION)
    frame.locator('[data-act="talks"]').click()
    frame.locator(".talks summary").first.click()

    with page.expect_download() as download:
        frame.get_by_role("button", name="Download").first.click()

    assert QUESTION in download.value.path().read_text()


def test_a_thumb_is_kept_with_its_reason(school: World, browser: Open) -> None:
    _page, frame = student(school, browser)
    ask(frame, QUESTION)

    frame.get_by_role("button", name="Not helpful").last.click()
    frame.get_by_role("textbox", name="What was wrong with it?").fill("too short")
    frame.locator(".small-dialog").get_by_role("button", name="Send").click()

    expect(frame.get_by_role("button", name="Not helpful").last).to_have_attribute(
        "aria-pressed", "true"
    )


def test_only_start_and_end_of_an_answer_are_announced(school: World, browser: Open) -> None:
    _page, frame = student(school, browser)

    ask(frame, QUESTION)

    expect(frame.get_by_role("log")).to_have_attribute("aria-live", "off")
    expect(frame.locator("#status")).to_have_text("The answer is ready.")


def test_shift_enter_makes_a_line_and_a_composition_is_not_sent(
    school: World, browser: Open
) -> None:
    _page, frame = student(school, browser)
    field = frame.get_by_label("Your question")

    field.press_sequentially("one")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})

    expect(field).to_have_value("one\ntwo")


def test_an_ended_session_says_so_and_keeps_what_was_being_written(
    school: World, browser: Open
) -> None:
    page, frame = student(school, browser)
    frame.get_by_label("Your question").fill("nearly done")
    page.context.route(re.compile("/v1/"), lambda route: route.fulfill(status=401, json={}))

    frame.get_by_label("Your question").press("Enter")

    expect(frame.get_by_role("heading")).to_have_text("Open Tutor.AI again from your course")
    expect(frame.get_by_label("What you were writing")).to_have_value("nearly done")


def test_an_answer_cut_off_on_its_way_is_fetched_from_the_server(
    school: World, browser: Open
) -> None:
    page, frame = student(school, browser)
    page.context.route(re.compile("/v1/ai/ask"), cut_before_the_end)

    ask(frame, QUESTION)

    expect(frame.locator(".turn.tutor .cite-number").first).to_be_visible()
    expect(frame.get_by_role("button", name="Try again")).to_have_count(0)


def cut_before_the_end(route: Route) -> None:
    """Let the server answer, and lose the last event on the way."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().partition("event: done")[0])


def test_the_launchs_language_is_spoken(school: World, browser: Open) -> None:
    page = school.page(browser())

    frame = school.launch(page, "student", "physics", locale="es")

    expect(frame.get_by_label("Su pregunta")).to_be_visible()
    frame.goto(frame.url)
    expect(frame.get_by_label("Su pregunta")).to_be_visible()
    assert frame.evaluate("document.documentElement.lang") == "es"


def test_in_a_frame_400_pixels_high_the_composer_is_in_sight(school: World, browser: Open) -> None:
    page = school.page(browser())
    frame = school.launch(page, "student", "physics", frame="low")
    frame.locator(".chips button").first.wait_for()
    ask(frame, QUESTION)

    box = frame.locator(".composer form").bounding_box()
    outer = page.locator("iframe[name=tool]").bounding_box()

    assert box is not None
    assert outer is not None
    assert outer["height"] <= 410
    assert box["y"] + box["height"] <= outer["y"] + outer["height"]


def test_the_frame_asks_the_lms_for_room(school: World, browser: Open) -> None:
    page, _frame = student(school, browser)

    page.wait_for_function("document.querySelector('iframe[name=tool]').clientHeight >= 700")
