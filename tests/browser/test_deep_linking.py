"""Deep linking through an LMS's own pages: a teacher chooses, a student opens exactly that."""

from playwright.sync_api import BrowserContext, Frame, Page, expect

from tests.browser.conftest import PATIENCE, Open, World, tool_frame
from tests.browser.test_looks import Walk

expect.set_options(timeout=PATIENCE)
PLACE = "link_selection"  # takes several at once


def as_person(context: BrowserContext, world: World, key: str) -> None:
    """Look at the LMS as this person."""
    person = str(world.person(key)["id"])
    context.add_cookies([{"name": "sandbox_as", "value": person, "url": world.url}])


def add(page: Page, world: World, place: str = PLACE) -> Frame:
    """Begin to place something; return the picker's frame."""
    page.goto(f"{world.url}/courses/{world.course('physics')['id']}/add/{place}")
    frame = tool_frame(page)
    frame.get_by_text("What would you like to place?").wait_for()
    return frame


def opened(page: Page, world: World, title: str) -> Frame:
    """Open a link of the course's page."""
    page.goto(f"{world.url}/courses/{world.course('physics')['id']}")
    page.locator("#placed").get_by_role("link", name=title, exact=True).last.click()
    return tool_frame(page)


def test_a_teacher_places_three_things_and_a_student_opens_exactly_those(
    school: World, browser: Open
) -> None:
    context = browser("blocked")
    as_person(context, school, "teacher")
    page = school.page(context)
    frame = add(page, school)
    expect(frame.get_by_role("button", name="Add to the course")).to_be_disabled()
    frame.get_by_label("The tutor about a part of it").check()
    frame.get_by_label("Search the course").first.fill("friction")
    parts = frame.get_by_role("list", name="Pages, modules and assignments")
    expect(parts.get_by_role("listitem")).to_have_count(2)  # the page, and the module it is in
    parts.get_by_label("Friction and drag").check()
    frame.get_by_label("A practice set").check()
    sources = frame.get_by_role("list", name="Pages and modules")
    sources.get_by_label("2 Forces").check()
    frame.get_by_role("checkbox", name="A study plan").first.check()
    frame.get_by_role("button", name="Add 3 links to the course").click()
    frame.get_by_role("button", name="Save").click()
    expect(page.locator("#placed li a[href*='link=']").first).to_be_visible()

    as_person(context, school, "student")
    frame = opened(page, school, "Tutor: Friction and drag")
    expect(frame.locator(".scope")).to_have_text("About: Friction and drag")
    expect(frame.locator(".chips button").first).to_contain_text("riction")

    frame = opened(page, school, "Practice: 2 Forces")
    first = frame.locator(".gaps li").first
    answer = first.get_by_role("textbox")
    answer.fill("wrong")
    answer.press("Enter")
    expect(first).to_contain_text("Not this word")
    expect(first.locator(".verdict")).to_be_focused()
    first.get_by_text("Where it stands").click()
    expect(first.locator(".passage mark")).to_be_visible()
    expect(first.get_by_role("link", name="Open in your course")).to_be_visible()
    second = frame.locator(".gaps li").nth(1)
    second.get_by_role("button", name="Show me").click()
    expect(second).to_contain_text("Shown")

    frame = opened(page, school, "Study plan")
    expect(frame.get_by_role("heading", name="Coming up")).to_be_visible()
    due = frame.locator(".works li").filter(
        has_text="Pendulum practical report"
    )  # or a review first
    expect(due.first).to_be_visible()
    frame.get_by_role("button", name="Ask", exact=True).click()
    expect(frame.locator(".chat .scope")).to_have_count(0)


def test_the_picker_and_what_it_places_can_be_used_by_anybody(school: World, browser: Open) -> None:
    walk = Walk(school, browser)
    as_person(walk.context, school, "teacher")
    page = walk.context.new_page()
    frame = add(page, school)
    for label in ("The tutor about a part of it", "A practice set", "With a column"):
        frame.get_by_label(label).check()
    walk.look(frame, "picker")
    frame.get_by_label("Search the course").first.fill("nothing has these")
    frame.get_by_text("Nothing in the course has these words.").first.wait_for()
    frame.get_by_role("button", name="Cancel").click()
    page.frame_locator("iframe[name=tool]").get_by_text("Nothing was added").first.wait_for()
    frame = add(page, school)
    frame.get_by_label("The tutor about a part of it").check()
    frame.get_by_label("Momentum").first.check()
    frame.get_by_label("A practice set").check()
    frame.get_by_role("checkbox", name="A study plan").first.check()
    frame.get_by_role("button", name="Add 3 links to the course").click()
    frame.get_by_role("button", name="Save").click()
    page.locator("#placed li a[href*='link=']").first.wait_for()
    as_person(walk.context, school, "student")
    frame = opened(page, school, "Practice")
    frame.get_by_role("button", name="Show me").first.click()
    frame.get_by_text("Where it stands").click()
    walk.look(frame, "practice")
    frame = opened(page, school, "Study plan")
    frame.locator(".works li").first.wait_for()
    walk.look(frame, "plan")
    frame = opened(page, school, "Tutor: Momentum and collisions")
    frame.locator(".chips button").first.wait_for()
    walk.look(frame, "bound tutor")
    assert walk.faults == []
