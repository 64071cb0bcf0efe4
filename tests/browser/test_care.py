"""A person, and what goes along with a question, in a real browser."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from playwright.sync_api import Page, expect

from agents.models import CarePlan, Endpoint
from lti import cookies, sessions
from tests import factories, people
from tests.browser.axe import serious, settled
from tests.browser.conftest import PATIENCE, Open, database
from tests.care import photos
from tests.conftest import Running
from tests.retrieval import making
from tutorai.lmsdm.models import User
from tutorai.lmsdm.schema import Role
from tutorai.models import Office

expect.set_options(timeout=PATIENCE)
LOOKS: dict[str, dict[str, Any]] = {
    "dark on a phone": {"width": 360, "height": 640, "scheme": "dark"},
    "right to left": {"width": 360, "height": 640, "dir": "rtl"},
    "light": {"width": 1000, "height": 800},
}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PICTURES = os.environ.get("LOOKS", "")  # a folder to keep what was seen


def look(page: Page, name: str) -> list[str]:
    """Return what is wrong with what the page shows, in each look."""
    faults = []
    for called, told in LOOKS.items():
        page.set_viewport_size({"width": told["width"], "height": told["height"]})
        page.emulate_media(color_scheme=told.get("scheme", "light"))
        page.evaluate("dir => (document.documentElement.dir = dir)", told.get("dir", "ltr"))
        settled(page)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name} {called}.png")
        faults += [f"{name} {called}: {fault}" for fault in serious(page)]
        if wider := page.evaluate(WIDER):
            faults.append(f"{name} {called}: {wider} pixels too wide")
    return faults


def a_class() -> tuple[dict[str, tuple[str, str]], str, str]:
    """Return the sessions of a student and a teacher, a helper's sign-in, and their page."""
    course = making.filled(title="Mechanics", opened_at=timezone.now())
    Endpoint.objects.create(
        institution=course.institution,
        name="large",
        base_url="http://127.0.0.1:9/v1",
        model="m",
        vision=True,
    )
    office = factories.an_office(course.institution, Office.Role.ADMINISTRATOR)
    CarePlan.objects.create(
        institution=course.institution,
        contacts=[{"name": "Counselling", "how": "+00 1234", "hours": "day and night"}],
        recipients=[office.account.email],
        hours="on working days",
    )
    begun = {role: factories.a_session(course, role) for role in (Role.STUDENT, Role.TEACHER)}
    User.objects.filter(pk=begun[Role.TEACHER].session.user_id).update(name="Grace Hopper")
    opened = {role.value: _kept(one) for role, one in begun.items()}
    page = f"/institution/{course.institution.slug}/care/"
    return opened, people.session(office.account), page


def _kept(begun: sessions.Begun) -> tuple[str, str]:
    return str(begun.session.pk), begun.refresh_secret


def came(browser: Open, url: str, kept: tuple[str, str]) -> Page:
    """Return the page of a session that is known by its cookie, as after a reload."""
    key, secret = kept
    context = browser(bypass_csp=True)
    named = cookies.name("keep", UUID(key).hex)
    cookie = {"name": named, "value": secret, "url": url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{url}/app/{key}/")
    return page


def test_a_student_asks_for_a_person_with_a_photo_and_in_distress(
    tool: Running, browser: Open, tmp_path: Path
) -> None:
    opened, helper, care_page = database(a_class)
    (tmp_path / "board.jpg").write_bytes(photos.telling_jpeg())
    (tmp_path / "area.py").write_text("def area(r):\n    return r\n")
    faults = []

    student = came(browser, tool.url, opened["student"])
    field = student.get_by_label("Your question")
    with student.expect_file_chooser() as chooser:
        student.get_by_role("button", name="Attach a photo").click()
    chooser.value.set_files([tmp_path / "board.jpg", tmp_path / "area.py"])
    expect(student.get_by_role("button", name="Take out board.jpg")).to_be_visible()
    expect(student.get_by_role("button", name="Take out area.py")).to_be_visible()
    faults += look(student, "attached")
    field.fill("What slows down a block that slides?")
    field.press("Enter")
    expect(student.locator(".turn.user .thumb img")).to_be_visible()
    student.locator(".turn.tutor footer").last.wait_for()
    field.fill("I want to die")
    field.press("Enter")
    expect(student.locator(".turn.tutor").last).to_contain_text("+00 1234")
    student.locator(".turn.tutor footer").nth(1).wait_for()
    faults += look(student, "distress")
    student.reload()
    expect(student.locator(".turn.user .thumb img")).to_be_visible()

    student.locator('[data-act="person"]').last.click()
    student.get_by_label("What would you like to say?").fill("May I come by?")
    student.get_by_label("Let the teachers of this course read").check()
    student.get_by_role("button", name="Ask for a person").click()
    expect(student.get_by_text("Not read yet.")).to_be_visible()
    faults += look(student, "person")

    teacher = came(browser, tool.url, opened["teacher"])
    expect(teacher.locator(".badge")).to_have_text("1")
    faults += look(teacher, "course")
    teacher.get_by_role("button", name="Asked for you").click()
    faults += look(teacher, "asked")
    teacher.get_by_role("button", name="Open what").click()
    teacher.get_by_role("button", name="Read the conversation").click()
    expect(teacher.locator(".shared .prose").first).to_contain_text("friction")
    teacher.get_by_label("Your answer").fill("On Monday at 10.")
    faults += look(teacher, "talk")
    teacher.get_by_role("button", name="Send and close").click()
    expect(teacher.get_by_text("Nobody is waiting for you.")).to_be_visible()

    student.reload()
    expect(student.locator('.news[data-act="person"]')).to_be_visible()
    student.locator('[data-act="person"]').last.click()
    expect(student.get_by_text("Read by Grace Hopper on")).to_be_visible()
    expect(student.get_by_text("On Monday at 10.")).to_be_visible()
    student.keyboard.press("Escape")
    expect(student.locator('.news[data-act="person"]')).to_have_count(0)

    office = browser(bypass_csp=True).new_page()
    cookie = {"name": "sessionid", "value": helper, "url": tool.url}
    office.context.add_cookies([cookie])  # type: ignore[list-item]
    office.goto(tool.url + care_page)
    office.get_by_role("button", name="See who it is").click()
    expect(office.get_by_role("button", name="Seen to")).to_be_visible()
    faults += look(office, "care")
    assert faults == []
