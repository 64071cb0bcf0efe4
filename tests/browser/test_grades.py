"""Grades in a real browser: held, undone, delivered; a change by hand in the LMS is never lost."""

import json
import re
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Frame, Locator, expect

from tests.browser.conftest import PATIENCE, Open, World, post

expect.set_options(timeout=PATIENCE)
PENDULUM, AUDIT = "Pendulum practical report", "Energy audit of a bicycle ride"


def grades(school: World, browser: Open, title: str, **window: Any) -> Frame:
    """Open an assignment's grades as its teacher, once its students are known."""
    frame = school.launch(school.page(browser(**window)), "teacher", "physics")
    frame.get_by_role("button", name="Grades").click()
    frame.get_by_role("button", name=title).click()
    expect(frame.locator(".mark")).to_have_count(5)
    return frame


def row(frame: Frame, school: World, person: str) -> Locator:
    return frame.locator(".mark").filter(has_text=school.person(person)["name"])


def fill(row: Locator, points: str, comment: str = "") -> None:
    row.get_by_label("Points").fill(points)
    row.get_by_label("Comment").fill(comment)


def approve(frame: Frame, hold: str) -> None:
    frame.get_by_label("Hold them").select_option(hold)
    frame.locator("[data-part='approve']").click()


def cell(school: World, title: str, person: str) -> dict[str, Any]:
    """What the LMS's gradebook has of one person."""
    with urlopen(column(school, title)) as answer:
        told = {one["person"]: one for one in json.load(answer)}
    found: dict[str, Any] = told.get(school.person(person)["id"], {})
    return found


def column(school: World, title: str) -> str:
    own = school.course("physics")["assignments"][title]["id"]
    return f"{school.url}/sandbox/scores/{own}"


def test_what_is_undone_stays_in_its_field_and_arrives_once_it_is_approved_again(
    school: World, browser: Open, worker: Any
) -> None:
    frame = grades(school, browser, PENDULUM)
    ada, ben = (row(frame, school, name) for name in ("student", "student2"))
    fill(ada, "25,5", "Well argued; check the units.")
    expect(frame.get_by_role("button", name="Approve one grade")).to_be_visible()

    approve(frame, "manual")
    expect(ada).to_contain_text("Held until you release it")
    fill(ben, "twelve")
    ada.get_by_role("button", name="Undo").click()
    expect(frame.get_by_role("status").filter(has_text="nothing of it was sent")).to_be_visible()
    expect(ada).to_contain_text("Not approved yet")
    expect(ada.get_by_label("Points")).to_be_focused()
    assert cell(school, PENDULUM, "student") == {}

    frame.get_by_role("button", name="Approve 2 grades").click()
    expect(ben).to_contain_text("Points are a number")
    expect(ben.get_by_label("Points")).to_be_focused()
    expect(ada.get_by_label("Points")).to_have_value("25.5")
    ben.get_by_label("Points").fill("")
    approve(frame, "0")

    expect(ada).to_contain_text("Delivered")
    told = cell(school, PENDULUM, "student")
    assert (told["points"], told["comments"]) == ("25.5", ["Well argued; check the units."])
    assert told["posts"] == 1
    assert cell(school, PENDULUM, "student2") == {}


def test_a_change_by_hand_in_the_lms_is_shown_and_overwritten_only_when_that_is_wished(
    school: World, browser: Open, worker: Any
) -> None:
    frame = grades(school, browser, AUDIT)
    ada = row(frame, school, "student")
    fill(ada, "11")
    approve(frame, "0")
    expect(ada).to_contain_text("Delivered")
    post(column(school, AUDIT), {"person": school.person("student")["id"], "points": 13})

    ada.get_by_role("button", name="Correct").click()
    ada.get_by_label("Points").fill("12")
    approve(frame, "0")
    expect(ada).to_contain_text("Changed by hand in Canvas: 13 stands there")
    assert cell(school, AUDIT, "student")["points"] == "13"
    ada.get_by_role("button", name="Overwrite").click()
    frame.locator(".small-dialog").get_by_role("button", name="Overwrite").click()

    expect(ada).to_contain_text("Delivered")
    assert cell(school, AUDIT, "student")["points"] == "12"


def test_from_student_to_student_by_the_enter_key_and_no_way_out_without_a_question(
    school: World, browser: Open, worker: Any
) -> None:
    frame = grades(school, browser, "Motion graphs problem set")
    points = frame.get_by_label("Points")

    points.first.fill("999")
    points.first.press("Enter")
    expect(points.nth(1)).to_be_focused()
    expect(frame.locator(".mark").first).to_contain_text("More than the")
    frame.locator(".mark").nth(1).get_by_label("Comment").fill("Nice.")
    expect(frame.locator(".mark").nth(1)).to_contain_text("Enter points, too")
    frame.get_by_role("button", name="All grades").click()
    frame.get_by_role("button", name="Cancel").click()

    expect(points.first).to_have_value("999")
    expect(frame.get_by_role("button", name=re.compile("^Approve one"))).to_be_visible()
