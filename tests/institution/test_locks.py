"""Guessing locks an account, from where it was guessed: nobody else, and nowhere else."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from axes.models import AccessAttempt
from django.db.models import F

from tests import factories, people
from tests.conftest import Running
from tests.factories import PASSWORD
from tests.people import a_code
from tutorai.models import Account

HERE, THERE = "203.0.113.7", "198.51.100.9"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Person:
    """Somebody at an address of their own, as our proxy tells it."""

    def __init__(self, browser: people.Browser, address: str, language: str = "en") -> None:
        self.http = browser.http
        self.http.headers.update({"X-Forwarded-For": address, "Accept-Language": language})
        found = people.TOKEN.search(browser.get("/sign-in/").text)
        assert found is not None
        self.token = {"csrfmiddlewaretoken": found[1]}

    def enter(self, account: Account, password: str = PASSWORD) -> httpx.Response:
        """Go through the first form."""
        fields = {"login": account.email, "password": password}
        return self.http.post("/sign-in/", data={**self.token, **fields})

    def code(self, code: str) -> httpx.Response:
        """Go through the second."""
        return self.http.post("/sign-in/code/", data={**self.token, "code": code})


At = Callable[..., Person]


@pytest.fixture
def at(tool: Running) -> Iterator[At]:
    """Return a function that sits somebody at an address: `at(HERE)`."""
    with ExitStack() as opened:

        def sit(address: str, language: str = "en") -> Person:
            return Person(opened.enter_context(people.browser(tool.url)), address, language)

        yield sit


def test_wrong_passwords_lock_that_account_from_there_and_nothing_else(at: At) -> None:
    account, colleague = factories.an_account(), factories.an_account()
    guesser = at(HERE)

    answers = [guesser.enter(account, "wrong").status_code for _ in range(20)]

    assert answers == [200] * 9 + [429] * 11
    assert guesser.enter(account).status_code == 429
    assert at(HERE).enter(colleague).url.path == "/sign-in/second-factor/"
    assert at(THERE).enter(account).url.path == "/sign-in/second-factor/"


def test_a_lock_ends_after_its_hour_and_says_so_in_the_readers_language(at: At) -> None:
    account, guesser = factories.an_account(), at(HERE)
    account.email = account.email.upper()  # it is the same account, however it is written
    for _ in range(10):
        locked = guesser.enter(account, "wrong")

    assert "There were too many wrong passwords" in locked.text
    assert account.email.lower() not in locked.text.lower()
    assert at(HERE, "es").enter(account).headers["Content-Language"] == "es"
    tried = AccessAttempt.objects.filter(username=account.email.lower())
    tried.update(attempt_time=F("attempt_time") - timedelta(hours=1, minutes=1))
    account.email = account.email.lower()
    assert guesser.enter(account).url.path == "/sign-in/second-factor/"


def test_wrong_codes_lock_as_wrong_passwords_do(at: At) -> None:
    account, guesser = factories.an_account(), at(HERE)
    TOTP.activate(account, SECRET)
    assert guesser.enter(account).url.path == "/sign-in/code/"

    answers = [guesser.code("000000x").status_code for _ in range(12)]

    assert answers == [200] * 9 + [429] * 3
    assert guesser.code(a_code(SECRET)).status_code == 429
    elsewhere = at(THERE)
    elsewhere.enter(account)
    assert elsewhere.code(a_code(SECRET)).url.path == "/institution/"


def test_nothing_that_was_typed_is_kept_of_a_failed_sign_in(at: At) -> None:
    account, guesser = factories.an_account(), at(HERE)
    TOTP.activate(account, SECRET)
    guesser.enter(account, "almost my password")
    guesser.enter(account)
    guesser.code("314159")

    kept = AccessAttempt.objects.filter(username=account.email)
    told = " ".join(f"{row.post_data} {row.get_data}" for row in kept)

    assert "almost" not in told
    assert "314159" not in told
