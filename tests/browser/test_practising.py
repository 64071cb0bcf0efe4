"""A student practises, sees their progress and takes the plan home; their teacher sees the class."""

from playwright.sync_api import Frame, Page, expect

from agents import finding
from lti.models import LaunchSession
from tests.browser.conftest import PATIENCE, Open, World, database
from tests.browser.test_looks import Walk

expect.set_options(timeout=PATIENCE)


def found(frame: Frame) -> None:
    """Have the skills of the launched course found, as a worker does after a reading."""
    launch = frame.url.split("/")[4]

    def find() -> int:
        course = LaunchSession.objects.get(pk=launch).course
        assert course
        return finding.find(course.pk)

    assert database(find)


def practise(walk: Walk, page: Page, frame: Frame) -> None:
    """Open one's progress, practise with and without a hint, and go back."""
    frame.get_by_role("button", name="My progress").click()
    frame.get_by_role("heading", name="My progress").wait_for()
    walk.look(frame, "progress")
    frame.get_by_role("button", name="Practise", exact=True).first.click()
    frame.locator(".gap").first.wait_for()
    walk.look(frame, "practice")
    first = frame.locator(".gaps > li").first
    first.get_by_role("button", name="Hint").press("Enter")
    expect(first.locator("[data-part='hint']")).to_contain_text("counts as practice with help")
    walk.look(frame, "hint")
    first.get_by_role("textbox").fill("something else")
    first.get_by_role("button", name="Check").press("Enter")
    expect(first.locator(".verdict")).to_be_focused()
    expect(first).to_contain_text("with help")
    walk.look(frame, "verdict")
    frame.get_by_role("button", name="Progress", exact=True).click()
    expect(frame.get_by_text("With help: 0 of 1 right.")).to_be_visible()


def test_a_student_practises_and_takes_the_plan_home(school: World, browser: Open) -> None:
    walk = Walk(school, browser)
    page, frame = walk.launch("student")
    frame.locator(".chips button").first.wait_for()
    found(frame)
    practise(walk, page, frame)
    frame.get_by_role("button", name="Plan", exact=True).click()
    frame.get_by_role("heading", name="Study plan").wait_for()
    walk.look(frame, "plan")
    with page.expect_download() as download:
        frame.get_by_role("button", name="calendar").click()
    calendar = download.value.path().read_bytes()
    teacher(walk)

    assert download.value.suggested_filename == "Study plan.ics"
    assert b"BEGIN:VEVENT" in calendar
    assert walk.faults == []


def teacher(walk: Walk) -> None:
    """Change the list of skills, and look at the class."""
    _page, frame = walk.launch("teacher")
    frame.get_by_role("button", name="Skills", exact=True).click()
    frame.locator(".skills summary").first.click()
    frame.get_by_role("button", name="Choose pages").first.click()
    frame.locator("[data-part='pages'] input").first.wait_for()
    walk.look(frame, "skills")
    frame.get_by_label("A skill of your own").fill("Tell work from heat")
    frame.get_by_role("button", name="Add a skill").click()
    expect(frame.locator("details[open]")).to_contain_text("Saved.")
    frame.get_by_role("button", name="Show", exact=True).click()
    expect(frame.get_by_text("Nobody took a hint yet.")).to_be_visible()
    walk.look(frame, "class")
