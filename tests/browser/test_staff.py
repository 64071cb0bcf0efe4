"""The staff site's dead letters in a real browser: nothing serious for axe, nothing too wide."""

import os
from typing import Any, Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories, people
from tests.browser.axe import serious, settled
from tests.browser.conftest import Open, database
from tests.browser.test_looks import WIDER
from tutorai.ids import new_id
from tutorai.ledger.models import Job

LOOKS: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "dark": (1280, 900, "dark"),
    "phone": (360, 740, "light"),
    "light": (1280, 900, "light"),  # last: the walk goes on in it
}


def a_pile() -> str:
    """Bury a few jobs of a school; return the id of the newest."""
    course = factories.a_course()
    causes = ["lms_refused", "lms_unauthorised", "bug", "lost_worker"]
    kinds = ["sync_course", "index_item", "send_grade", "embed_course"]
    for kind, error in zip(kinds, causes, strict=True):
        job = Job.objects.create(
            institution=course.institution,
            course=course,
            kind=kind,
            error=error,
            queue="sync",
            key=str(new_id()),
            payload={"connector": str(new_id())},
            state=Job.State.BURIED,
            attempts=4,
            finished_at=timezone.now(),
        )
    return str(job.pk)


@pytest.fixture
def operator() -> str:
    """The session of somebody who may do everything."""

    def make() -> str:
        return people.session(factories.an_account(is_staff=True, is_superuser=True))

    return database(make)


class Walk:
    """Each page on the way in each look; `faults` is what nobody should have to live with."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []

    def look(self, where: str) -> None:
        for name, (width, height, scheme) in LOOKS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme=scheme)
            settled(self.page)
            if folder := os.environ.get("SHOTS"):
                self.page.screenshot(path=f"{folder}/{name}-{where}.png", full_page=True)
            self._note(f"{where}, {name}")

    def _note(self, where: str) -> None:
        wider = self.page.evaluate(WIDER)
        if wider > 0:
            self.faults.append(f"{where}: {wider} pixels too wide")
        self.faults += [f"{where}: {fault}" for fault in serious(self.page)]


def test_letters_are_read_retried_and_discarded(tool: Any, browser: Open, operator: str) -> None:
    newest = database(a_pile)
    page = browser(bypass_csp=True).new_page()
    walk = Walk(page)
    page.context.add_cookies([{"name": "sessionid", "value": operator, "url": tool.url}])
    page.goto(f"{tool.url}/admin/tutorai/deadletter/")
    walk.look("list")
    page.locator("input.action-select").first.check()
    walk.look("picked")
    page.goto(f"{tool.url}/admin/tutorai/deadletter/{newest}/change/")
    walk.look("letter")
    page.get_by_role("button", name="Discard").click()
    walk.look("why")
    page.get_by_label("Reason").fill("The course ended.")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("1 job discarded.")).to_be_visible()
    page.goto(f"{tool.url}/admin/tutorai/deadletter/?pile=discarded")
    walk.look("discarded")
    page.goto(f"{tool.url}/admin/")
    walk.look("index")
    assert "\n".join(walk.faults) == ""
