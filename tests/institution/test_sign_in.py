"""The way in, through the forms: password, second factor, recovery codes, a forgotten password."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session

from tests import factories, people
from tests.conftest import Running
from tests.factories import PASSWORD
from tests.people import Browser, a_code
from tutorai import crypto
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent
from tutorai.models import Account, Office

SECRET = re.compile(r'<code class="secret">(\w+)</code>')
CODES = re.compile(r"<li><code>(\d+)</code></li>")


@pytest.fixture
def browser(tool: Running) -> Iterator[Browser]:
    """Somebody who is not signed in."""
    with people.browser(tool.url) as opened:
        yield opened


def sign_in(
    browser: Browser, account: Account, wanted: str = "", password: str = PASSWORD
) -> httpx.Response:
    """Go through the first form."""
    fields = {"login": account.email, "password": password}
    return browser.post(f"/sign-in/?next={wanted}", {**fields, "next": wanted}, to="/sign-in/")


def set_up(browser: Browser) -> tuple[str, httpx.Response]:
    """Set up an authenticator app; return its secret and the page that follows."""
    page = browser.get("/sign-in/security/app/").text
    found = SECRET.search(page)
    assert found is not None
    token = people.TOKEN.search(page)
    assert token is not None
    fields = {"csrfmiddlewaretoken": token[1], "code": a_code(found[1])}
    return found[1], browser.http.post("/sign-in/security/app/", data=fields)


def test_a_first_sign_in_leads_over_a_second_factor_to_the_page_one_wanted(
    browser: Browser,
) -> None:
    office = factories.an_office()
    wanted = f"/institution/{office.institution.slug}/people/"

    chosen = sign_in(browser, office.account, wanted)
    assert browser.get(wanted).url.path == "/sign-in/second-factor/"
    secret, codes = set_up(browser)
    there = browser.get("/sign-in/second-factor/done/")

    assert chosen.url.path == "/sign-in/second-factor/"
    assert "Set up a second factor" in chosen.text
    assert len(CODES.findall(codes.text)) == 10
    assert there.url.path == wanted
    rows = {row.type: row.data for row in Authenticator.objects.filter(user=office.account)}
    assert crypto.decrypt(rows["totp"]["secret"], purpose="second-factor") == secret
    assert rows["recovery_codes"]["seed"].startswith("v1.")
    told = AuditEvent.objects.filter(institution=office.institution_id).order_by("id")
    assert [event.verb for event in told] == ["account.sign_in", "account.factor_add"]
    assert not EmailAddress.objects.filter(user=office.account).exists()


def an_enrolled(browser: Browser, **rights: Any) -> tuple[Account, str, list[str]]:
    """Somebody with an app set up, signed out again; with their secret and recovery codes."""
    account = factories.an_account(**rights)
    sign_in(browser, account)
    secret, page = set_up(browser)
    browser.http.cookies.clear()
    return account, secret, CODES.findall(page.text)


def test_a_code_is_asked_for_and_each_works_once(browser: Browser, tool: Running) -> None:
    account, secret, codes = an_enrolled(browser)

    asked = sign_in(browser, account)
    assert asked.url.path == "/sign-in/code/"
    assert browser.get("/institution/").url.path == "/sign-in/code/"
    used = a_code(secret)  # it set the app up, yet never signed in
    wrong = browser.post("/sign-in/code/", {"code": "12345x"})
    right = browser.post("/sign-in/code/", {"code": used})

    assert "Incorrect code" in wrong.text
    assert right.url.path == "/institution/"
    with people.browser(tool.url) as other:
        sign_in(other, account)
        assert "Incorrect code" in other.post("/sign-in/code/", {"code": used}).text
        assert other.post("/sign-in/code/", {"code": codes[0]}).url.path == "/institution/"


def test_the_staff_site_is_behind_the_same_sign_in(browser: Browser) -> None:
    account, secret, _codes = an_enrolled(browser, is_staff=True, is_superuser=True)

    assert browser.get("/admin/lti/deployment/").url.path == "/sign-in/"
    sign_in(browser, account, "/admin/lti/deployment/")
    assert browser.get("/admin/").url.path == "/sign-in/code/"
    there = browser.post("/sign-in/code/", {"code": a_code(secret)})

    assert there.url.path == "/admin/lti/deployment/"


def test_an_operator_by_password_alone_is_led_to_set_up_the_second_factor(
    browser: Browser,
) -> None:
    operator = Account.objects.create_superuser(f"Operator.{new_id()}@Example.edu", PASSWORD)

    operator.email = operator.email.upper()  # as a telephone's keyboard begins a word
    led = sign_in(browser, operator, "/admin/")

    assert led.url.path == "/sign-in/second-factor/"
    set_up(browser)
    assert browser.get("/sign-in/second-factor/done/").url.path == "/admin/"


def test_an_account_without_a_right_to_the_staff_site_is_told_so(tool: Running) -> None:
    with people.account(tool.url, factories.an_account()) as browser:
        assert browser.get("/admin/").status_code == 403


def test_an_older_session_is_asked_for_the_second_factor_set_up_since(tool: Running) -> None:
    office = factories.an_office()
    with people.account(tool.url, office.account, office, {"method": "password"}) as browser:
        set_up(browser)
        with people.account(tool.url, office.account, office, {"method": "password"}) as older:
            led = older.get(older.url("institution_home"))
            # Nor does the password alone change what one signs in with.
            for page in ("passkey/", "app/off/", "codes/new/"):
                asked = older.get(f"/sign-in/security/{page}")
                assert asked.url.path == "/sign-in/code/again/"
            again = older.post("/sign-in/code/again/", {"password": PASSWORD}, to="/sign-in/again/")

    assert led.url.path == again.url.path == "/sign-in/code/again/"


def test_the_only_second_factor_stays(tool: Running) -> None:
    with people.account(tool.url, factories.an_account()) as browser:
        set_up(browser)
        page = browser.post("/sign-in/security/app/off/")

        assert "only second factor" in page.text
        assert "Set up." in browser.get("/sign-in/security/").text


def test_what_matters_asks_again_when_the_sign_in_is_long_ago(tool: Running) -> None:
    long_ago = {"method": "password", "at": 1.0}, {"method": "mfa", "at": 1.0}
    with people.account(tool.url, factories.an_account(), None, *long_ago) as browser:
        asked = browser.get("/sign-in/security/app/")
        answered = browser.post(str(asked.url.raw_path.decode()), {"password": PASSWORD})

    assert asked.url.path == "/sign-in/again/"
    assert answered.url.path == "/sign-in/security/app/"


def test_a_forgotten_password_is_replaced_by_a_code_from_a_letter_and_the_factor_stays(
    browser: Browser, letters: people.Letters
) -> None:
    account, secret, _codes = an_enrolled(browser)

    browser.post("/sign-in/forgotten/", {"email": account.email})
    found = re.search(
        r"^([A-Z0-9]{4,}(?:-[A-Z0-9]+)*)$", letters.to(account.email)[-1], re.MULTILINE
    )
    assert found is not None
    browser.post("/sign-in/forgotten/code/", {"code": found[1]})
    new = PASSWORD + " anew"
    done = browser.post("/sign-in/forgotten/new/", {"password1": new, "password2": new})

    assert "Your password is changed" in done.text
    assert sign_in(browser, account).url.path == "/sign-in/"
    assert sign_in(browser, account, password=new).url.path == "/sign-in/code/"
    assert Session.objects.exists()
    assert secret


def test_signing_out_ends_it(tool: Running) -> None:
    office = factories.an_office(role=Office.Role.AUDITOR)
    with people.account(tool.url, office.account, office) as browser:
        browser.post("/sign-in/out/")

        assert browser.get(browser.url("institution_home")).url.path == "/sign-in/"


def test_nobody_is_sent_to_another_site_after_signing_in(tool: Running) -> None:
    account = factories.an_account()
    with people.account(tool.url, account) as browser:
        for path in ("//evil.example/x", "https://evil.example/"):
            answer = browser.http.get(
                "/sign-in/second-factor/", params={"next": path}, follow_redirects=False
            )
            assert answer.headers["Location"] == "/institution/"
