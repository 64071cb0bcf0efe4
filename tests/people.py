"""People with accounts, and the browsers they sit at: cookies, forms, no JavaScript."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from tests import factories
from tutorai.lmsdm.models import Institution
from tutorai.models import Account, Office

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Browser:
    """A browser with cookies, that follows redirects and posts forms as they stand."""

    def __init__(self, http: httpx.Client, office: Office | None = None) -> None:
        self.http = http
        self._office = office

    @property
    def office(self) -> Office:
        """The office of whoever sits here."""
        assert self._office is not None
        return self._office

    @property
    def institution(self) -> Institution:
        """The institution of that office."""
        return self.office.institution

    def url(self, name: str, **parts: Any) -> str:
        """Return the address of a page of that institution, by the name of its URL."""
        return reverse(name, kwargs={"slug": self.institution.slug, **parts})

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def post(
        self, path: str, fields: dict[str, Any] | None = None, *, to: str = "", **headers: str
    ) -> httpx.Response:
        """Post to `path` (or `to`), with the CSRF token of the form on the page at `path`."""
        found = TOKEN.search(self.get(path).text)
        token = found.group(1) if found else ""
        return self.http.post(
            to or path, data={"csrfmiddlewaretoken": token, **(fields or {})}, headers=headers
        )


@contextmanager
def browser(url: str, office: Office | None = None) -> Iterator[Browser]:
    """A browser before the tool at `url`, of nobody who is signed in."""
    with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as http:
        yield Browser(http, office)


@contextmanager
def account(url: str, who: Account, office: Office | None = None) -> Iterator[Browser]:
    """A browser where `who` is signed in, with a second factor."""
    with browser(url, office) as opened:
        opened.http.cookies.set("sessionid", session(who))
        yield opened


@contextmanager
def officer(url: str, role: str, institution: Institution | None = None) -> Iterator[Browser]:
    """A browser where somebody new is signed in, who holds an office with that role."""
    office = factories.an_office(institution, Office.Role(role))
    with account(url, office.account, office) as opened:
        yield opened


def session(who: Account) -> str:
    """Begin a session as a complete sign-in does; return its key, which the cookie carries."""
    store = SessionStore()
    store[SESSION_KEY] = str(who.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = who.get_session_auth_hash()
    store.create()
    return str(store.session_key)
