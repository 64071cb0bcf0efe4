"""How the LMSs we call are, on the staff site: seen by who may, closed by who may."""

from collections.abc import Iterator

import httpx
import pytest
from django.contrib.auth.models import Permission

from connectors import lua
from connectors.breaker import LEAST, Breaker
from connectors.bucket import Bucket
from tests.admin.test_staff_site import Browser, an_account
from tests.conftest import Running
from tutorai.errors import LMSUnavailable
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent

HERE, CLOSE = "/admin/lms/", "/admin/lms/close"


def entered(tool: Running, *rights: str) -> Iterator[Browser]:
    account = an_account(is_staff=True)
    account.user_permissions.set(Permission.objects.filter(codename__in=rights))
    with httpx.Client(base_url=tool.url, follow_redirects=True, timeout=30) as http:
        browser = Browser(http)
        browser.sign_in(account.email)
        yield browser


@pytest.fixture
def operator(tool: Running) -> Iterator[Browser]:
    """Somebody who may change connections."""
    yield from entered(tool, "change_connector")


@pytest.fixture
def reader(tool: Running) -> Iterator[Browser]:
    """Somebody who may see them."""
    yield from entered(tool, "view_connector")


@pytest.fixture
def stranger(tool: Running) -> Iterator[Browser]:
    """Somebody of the staff who has nothing to do with connections."""
    yield from entered(tool, "view_job")


def tripped() -> Breaker:
    breaker = Breaker(lua.redis(), f"canvas:{new_id()}.example:rest")
    for _ in range(LEAST):
        breaker.report(breaker.allow(), ok=False)
    with pytest.raises(LMSUnavailable):
        breaker.allow()
    return breaker


def test_an_open_breaker_is_listed_and_closed_by_who_may_and_that_is_remembered(
    operator: Browser, reader: Browser
) -> None:
    breaker = tripped()
    asked = {"name": breaker.name}

    seen = reader.get(HERE)
    refused = reader.post(HERE, asked, to=CLOSE)

    assert breaker.name in seen.text
    assert "Let calls out now" not in seen.text
    assert refused.status_code == 403

    closed = operator.post(HERE, asked, to=CLOSE)

    assert "Calls go out again." in closed.text
    assert AuditEvent.objects.filter(verb="breaker.close").exists()
    breaker.allow()
    assert "It was closed already." in operator.post(HERE, asked, to=CLOSE).text


def test_the_scarcest_bucket_comes_first_under_a_name_without_a_token(reader: Browser) -> None:
    label = f"canvas:{new_id()}.example"
    bucket = Bucket(lua.redis(), lua.key("canvas", str(new_id())), 600, 10, 50, label=label)
    bucket.take()
    bucket.settle(spent=1, left=10, pause=30)

    page = reader.get(HERE)

    assert label in page.text
    assert "shut for" in page.text
    assert "calls are left for reading courses" in page.text
    assert bucket.key not in page.text


def test_who_may_not_see_connections_sees_neither_the_page_nor_its_place_in_the_menu(
    stranger: Browser,
) -> None:
    assert stranger.get(HERE).status_code == 403
    assert HERE not in stranger.get("/admin/").text
