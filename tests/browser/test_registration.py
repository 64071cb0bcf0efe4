"""The link of a guide is copied, a platform opens it, somebody says yes, the platform closes it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests import factories, people
from tests.browser.conftest import PAGES, PATIENCE, Open, closing, database
from tests.conftest import Running
from tests.lti.scripted import Answer, Scripted, scripted
from tests.registration.conftest import TOKEN, Registrar

expect.set_options(timeout=PATIENCE)
LISTEN = """() => addEventListener("message", (event) => {
  document.documentElement.dataset.heard = JSON.stringify(event.data);
})"""


@pytest.fixture(scope="module")
def platforms() -> Iterator[Scripted]:
    """A server for platforms that register us."""
    with scripted() as server:
        yield server


def test_a_link_is_copied_from_a_guide_and_the_platform_hears_when_all_is_done(
    tool: Running, browser: Open, platforms: Scripted
) -> None:
    office = database(factories.an_office)
    where = f"127.3.3.3:{platforms.server_port}"
    registrar = database(lambda: Registrar(platforms, where, institution=office.institution))
    registrar.registers()
    context = browser()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=tool.url)
    key = database(lambda: people.session(office.account))
    context.add_cookies([{"name": "sessionid", "value": key, "url": tool.url}])
    page = context.new_page()
    PAGES.append(page)
    heard: list[str] = []
    context.on("console", lambda told: heard.append(told.text) if told.type == "error" else None)

    page.goto(f"{tool.url}/institution/{office.institution.slug}/platforms/guide/moodle")
    page.get_by_role("button", name="Make the link").click()
    page.locator("[data-copy=link]").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("() => navigator.clipboard.readText()")
    # The platform opens it in a window of its own, and listens.
    told = Answer(body="<!doctype html><title>LMS</title>", headers={"Content-Type": "text/html"})
    platforms.orders["GET", "/admin"] = [told]
    platforms.orders["GET", "/favicon.ico"] = [Answer()]
    page.goto(f"{registrar.url}/admin")
    page.evaluate(LISTEN)
    with page.expect_popup() as opened:
        query = f"openid_configuration={registrar.config_url}&registration_token={TOKEN}"
        page.evaluate("(url) => { window.open(url); }", f"{link}?{query}")
    window = opened.value
    window.get_by_label("Names only").check()
    window.get_by_role("button", name="Register").click()
    expect(window.get_by_role("heading", name="Tutor.AI is registered")).to_be_visible()
    with closing(window):
        window.get_by_role("button", name="Close").click()
    said = '{"subject":"org.imsglobal.lti.close"}'
    expect(page.locator("html")).to_have_attribute("data-heard", said)

    assert heard == []
    claims = registrar.sent()["https://purl.imsglobal.org/spec/lti-tool-configuration"]["claims"]
    assert ("name" in claims, "email" in claims) == (True, False)
