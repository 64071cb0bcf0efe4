"""A course that is made here, in a real browser: from its teacher's office to a student's answer."""

from playwright.sync_api import expect

from tests import factories, people
from tests.browser.conftest import PATIENCE, Open, ask, database
from tests.conftest import Running
from tests.standalone import making
from tutorai.access import Officer
from tutorai.models import Office

expect.set_options(timeout=PATIENCE)


def a_course() -> tuple[str, str]:
    """A teacher's session, and the page of the course they have filled."""
    office = factories.an_office(role=Office.Role.TEACHER)
    who = Officer(office.account_id, office.institution, Office.Role.TEACHER)
    course = making.a_course(who)
    page = "<p>Force is mass times acceleration.</p>"
    resource = (
        '<resource identifier="p" type="webcontent" href="p.html"><file href="p.html"/></resource>'
    )
    package = {making.MANIFEST: making.a_manifest(resource), "p.html": page}
    making.read(who, course, making.packed(package))
    path = f"/institution/{office.institution.slug}/courses/{course.pk}/"
    return people.session(office.account), path


def test_a_teacher_opens_their_course_and_a_student_joins_it_by_its_link(
    tool: Running, browser: Open
) -> None:
    session, path = database(a_course)
    teacher = browser().new_page()
    cookie = {"name": "sessionid", "value": session, "url": tool.url}
    teacher.context.add_cookies([cookie])  # type: ignore[list-item]
    teacher.goto(tool.url + path)
    teacher.get_by_role("button", name="Open as teacher").click()
    expect(teacher.get_by_role("heading", name="What Tutor.AI can read")).to_be_visible()
    assert "/app/" in teacher.url
    teacher.reload()  # the session is kept, and no address carries it
    teacher.get_by_role("button", name="Next: try it").click()
    teacher.get_by_role("button", name="Open to students").click()
    expect(teacher.get_by_role("button", name="Close to students")).to_be_visible()
    expect(teacher.get_by_role("button", name="Grades")).to_have_count(0)
    teacher.goto(tool.url + path)
    teacher.get_by_role("button", name="Make the link").click()
    address = teacher.locator("#link").inner_text()

    student = browser(width=400).new_page()
    student.goto(address)
    student.get_by_label("Your name").fill("Ben Ali")
    student.keyboard.press("Enter")
    ask(student.main_frame, "What is force?")
    assert "/join/" not in student.url
    student.locator(".sources button").first.click()
    expect(student.locator("dialog.sheet[open] mark")).not_to_be_empty()
    student.goto(address)
    student.get_by_role("button", name="Go on as Ben Ali").click()

    expect(student.get_by_role("heading", name="Hello Ben")).to_be_visible()
