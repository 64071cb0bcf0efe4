"""People with accounts, and the browsers they sit at: cookies, forms, no JavaScript."""

import base64
import hmac
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
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


class Letters:
    """What the tool has sent by mail, which lands in files (tests.boot)."""

    def to(self, address: str) -> list[str]:
        """Return the text of each letter to that address, oldest first."""
        folder = Path(settings.EMAIL_FILE_PATH)
        files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        texts = [part for file in files for part in file.read_bytes().split(b"-" * 79 + b"\n")]
        letters = [message_from_bytes(text, policy=policy.default) for text in texts]
        return [
            f"{letter['Subject']}\n\n{letter.get_content()}"
            for letter in letters
            if letter["To"] == address
        ]


@contextmanager
def browser(url: str, office: Office | None = None) -> Iterator[Browser]:
    """A browser before the tool at `url`, of nobody who is signed in."""
    with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as http:
        yield Browser(http, office)


@contextmanager
def account(
    url: str, who: Account, office: Office | None = None, *shown: dict[str, Any]
) -> Iterator[Browser]:
    """A browser where `who` is signed in, with a second factor."""
    with browser(url, office) as opened:
        opened.http.cookies.set("sessionid", session(who, *shown))
        yield opened


@contextmanager
def officer(url: str, role: str, institution: Institution | None = None) -> Iterator[Browser]:
    """A browser where somebody new is signed in, who holds an office with that role."""
    office = factories.an_office(institution, Office.Role(role))
    with account(url, office.account, office) as opened:
        yield opened


def session(who: Account, *shown: dict[str, Any]) -> str:
    """Begin a session as a complete sign-in does; return its key, which the cookie carries.

    `shown` is what allauth remembers of it, else a password and a code.
    """
    store = SessionStore()
    store[SESSION_KEY] = str(who.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = who.get_session_auth_hash()
    records = shown or ({"method": "password"}, {"method": "mfa", "type": "totp"})
    store["account_authentication_methods"] = [{"at": time.time(), **each} for each in records]
    store["account_authentication_methods_user"] = str(who.pk)
    store.create()
    return str(store.session_key)


def a_code(secret: str, ahead: int = 0) -> str:
    """Return what an authenticator app shows for `secret`, `ahead` steps of 30 s from now.

    Source: https://www.rfc-editor.org/rfc/rfc6238 and, for the cut, rfc4226 §5.3.
    """
    step = (int(time.time()) // 30 + ahead).to_bytes(8, "big")
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(key, step, "sha1")
    cut = int.from_bytes(mac[mac[-1] & 15 :][:4], "big") & 0x7FFFFFFF
    return f"{cut % 10**6:06d}"
