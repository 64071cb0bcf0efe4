"""A teacher's first launch, from nothing to open; and who comes too early."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from connectors import applications
from connectors.models import Application
from lti.models import Registration
from tests.browser.conftest import PATIENCE, Open, World, closing, connect, database

expect.set_options(timeout=PATIENCE)


def test_a_student_who_comes_too_early_sees_who_must_open_it(world: World, browser: Open) -> None:
    context = browser()
    world.launch(world.page(context), "teacher", "physics").locator(".steps").wait_for()

    frame = world.launch(world.page(context), "student", "physics")

    expect(frame.get_by_role("heading")).to_have_text("Tutor.AI is not open in this course yet")
    expect(frame.get_by_text(world.person("teacher")["name"])).to_be_visible()


@pytest.fixture
def asked(world: World) -> Iterator[None]:
    """The school's developer key for this Canvas: as long as it is there, teachers consent."""
    api = world.told["registration"]["api"]
    told = {"lms": "canvas", "base_url": world.url, "client_id": api["client_id"]}

    def enter() -> Application:
        known = Registration.objects.get(client_id=world.told["registration"]["client_id"])
        assert known.institution is not None
        return applications.keep(known.institution, secret=api["client_secret"], **told)

    row = database(enter)
    yield
    database(row.delete)


def test_three_steps_from_nothing_to_open_by_consent_in_a_window_of_its_own(
    world: World, browser: Open, worker: Any, asked: None
) -> None:
    page = world.page(browser())
    frame = world.launch(page, "teacher", "physics")

    with page.expect_popup() as opened:
        frame.get_by_role("button", name="Connect with Canvas").click()
    window = opened.value
    window.get_by_label("In the name of").select_option(str(world.person("teacher")["id"]))
    with closing(window):
        window.get_by_role("button", name="Authorize").click()
    frame.locator("#coverage-words").wait_for(timeout=120_000)
    frame.locator("#reading:not([hx-trigger])").wait_for(timeout=120_000)
    expect(frame.locator("#coverage-words")).to_contain_text("Tutor.AI can read")
    frame.get_by_role("button", name="Next: try it").click()
    frame.get_by_role("button", name="Ask the five questions").click()
    expect(frame.locator(".tries .turn.tutor footer")).to_have_count(5, timeout=120_000)
    expect(frame.locator(".tries .cite-number").first).to_be_visible()
    frame.get_by_role("button", name="Open to students").click()

    expect(frame.get_by_text("Open to students since")).to_be_visible()
    expect(frame.locator(".items li").first).to_be_visible()


def test_a_wrong_token_is_told_and_the_address_stays(world: World, browser: Open) -> None:
    frame = world.launch(world.page(browser()), "teacher", "physics")
    frame.get_by_label("Address of your Canvas").fill(world.url)
    frame.get_by_label("Access token").fill("wrong")

    frame.get_by_role("button", name="Connect and read").click()

    expect(frame.get_by_role("alert").first).not_to_be_empty()
    expect(frame.get_by_label("Address of your Canvas")).to_have_value(world.url)


def test_a_course_without_a_connection_is_read_from_dropped_files(
    world: World, browser: Open, worker: Any, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# Friction\n\nFriction is a force between two surfaces that slide.\n")
    frame = world.launch(world.page(browser()), "teacher", "physics")

    frame.locator("input[type=file]").set_input_files(notes)

    expect(frame.locator("#coverage-words")).to_have_text(
        "Tutor.AI can read 100 % of this course", timeout=120_000
    )


def test_a_file_nobody_can_read_is_named_and_the_others_are_taken(
    world: World, browser: Open, tmp_path: Path
) -> None:
    notes, slides = tmp_path / "notes.md", tmp_path / "slides.key"
    notes.write_text("# Friction\n\nFriction is a force.\n")
    slides.write_bytes(b"PK")
    frame = world.launch(world.page(browser()), "teacher", "physics")

    frame.locator("input[type=file]").set_input_files([slides, notes])

    expect(frame.locator("#coverage-words")).to_be_visible()
    expect(frame.locator("#toast")).to_contain_text("slides.key This cannot be used")


def test_disconnecting_is_asked_about_first_and_said_afterwards(
    world: World, browser: Open, worker: Any
) -> None:
    frame = world.launch(world.page(browser()), "teacher", "physics")
    connect(frame, world)
    frame.get_by_role("button", name="Next: try it").click()
    frame.get_by_role("button", name="Open to students").click()
    frame.get_by_text("Connection", exact=True).click()
    frame.get_by_label("Access token").fill("wrong")
    frame.get_by_role("button", name="Replace the token").click()
    expect(frame.get_by_text("Canvas did not accept this token")).to_be_visible()
    expect(frame.get_by_text("Open to students since")).to_be_visible()

    frame.get_by_role("button", name="Disconnect").click()
    # The frame was higher when the dialog was placed, and is made smaller now.
    frame.evaluate("document.documentElement.style.setProperty('--above', '5000px')")
    frame.page.set_viewport_size({"width": 900, "height": 700})
    frame.get_by_role("button", name="Cancel").click()
    expect(frame.get_by_text("Canvas is disconnected").first).to_have_count(0)
    frame.get_by_role("button", name="Disconnect").click()
    frame.locator(".small-dialog").get_by_role("button", name="Disconnect").click()

    expect(frame.get_by_text("Canvas is disconnected: changes")).to_be_visible()


def test_an_observer_gets_a_clear_page(school: World, browser: Open) -> None:
    frame = school.launch(school.page(browser()), "observer", "physics")

    expect(frame.get_by_role("heading")).to_have_text("You are an observer here")


def test_what_was_cut_off_is_pressed_again_under_the_same_key_and_then_under_another(
    world: World, browser: Open, worker: Any, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# Friction\n\nFriction is a force.\n")
    page = world.page(browser())
    # Playwright cannot send a file on: the upload is lost on its way, the click on its way back.
    uploads = cut_once(page, "**/pages/upload", Route.abort)
    opened = cut_once(page, "**/pages/open", lose)
    frame = world.launch(page, "teacher", "physics")

    frame.locator("input[type=file]").set_input_files(notes)
    frame.get_by_text("notes.md We could not be reached").wait_for()
    frame.locator("input[type=file]").set_input_files(notes)
    frame.get_by_role("button", name="Next: try it").click()
    frame.get_by_role("button", name="Open to students").click()
    frame.locator("#toast").get_by_text("We could not be reached").wait_for()
    frame.get_by_role("button", name="Open to students").click()
    frame.get_by_role("button", name="Close to students").click()
    frame.get_by_role("button", name="Open to students").click()
    frame.get_by_text("Open to students since").wait_for()

    assert len(uploads) == 2
    assert uploads[0] == uploads[1]
    assert len(opened) == 3
    assert opened[0] == opened[1] != opened[2]


def cut_once(page: Page, pattern: str, cut: Callable[[Route], object]) -> list[str]:
    """Return the keys under which the page sends; the line is cut at the first try."""
    keys: list[str] = []
    ends = iter([cut])

    def pass_on(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        next(ends, Route.continue_)(route)

    page.route(pattern, pass_on)
    return keys


def lose(route: Route) -> None:
    """Let a request through, and keep its answer back."""
    route.fetch()
    route.abort()


def test_of_two_pages_that_were_asked_for_the_later_one_stays(school: World, browser: Open) -> None:
    page = school.page(browser())
    frame = school.launch(page, "teacher", "physics")
    frame.get_by_text("Open to students since").wait_for()
    held: list[Route] = []
    page.context.route("**/pages/tutor", lambda route: held.append(route))

    frame.get_by_role("button", name="Tutor", exact=True).click()
    frame.get_by_role("button", name="Publish", exact=True).click()
    frame.get_by_role("button", name="Page", exact=True).wait_for()
    with page.expect_response("**/pages/tutor"):
        held[0].continue_()
    page.wait_for_timeout(500)

    expect(frame.get_by_role("button", name="Page", exact=True)).to_be_visible()
