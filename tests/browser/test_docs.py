"""The page of the API: whole, from our own files, and within our policy."""

from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import PAGES, PATIENCE, Open
from tests.conftest import Running

expect.set_options(timeout=PATIENCE)


def test_the_api_is_shown_from_our_own_files_and_breaks_no_policy(
    tool: Running, browser: Open
) -> None:
    page: Page = browser().new_page()
    PAGES.append(page)
    heard: list[str] = []
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("console", lambda told: heard.append(told.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", note)

    page.goto(f"{tool.url}/v1/docs")
    operation = page.locator(".opblock").filter(has_text="/v1/ai/ask")
    operation.locator("button").first.click()
    page.get_by_role("button", name="Authorize").click()

    expect(operation.locator(".opblock-body")).to_contain_text("course_id")
    expect(page.get_by_label("auth-bearer-value")).to_be_visible()
    assert [url for url in asked if not url.startswith((tool.url, "data:"))] == []
    assert heard == []
