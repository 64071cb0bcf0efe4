"""A program that asks by OAuth, a teacher in a launch who lets it, and the window between them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from django.utils import timezone
from mcp.client import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from lti.sessions import Begun
from tests import factories
from tests.retrieval import making
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Role

BACK = "http://localhost:8765/callback"
AWAY = re.compile(r'http-equiv="refresh" content="0;url=([^"]+)"')
CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
TOKEN = re.compile(r"tutorai_at_[\w-]{40,}")
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # of RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


class Store:
    """Where a program keeps what it was given."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Teacher:
    """Somebody with a launch into a course, and a browser."""

    def __init__(self, url: str, role: Role = Role.TEACHER, course: Course | None = None) -> None:
        self.url = url
        self.course = course or making.filled(opened_at=timezone.now())
        self.begun: Begun = factories.a_session(self.course, role)
        self.asked: str = ""
        self.seen: list[str] = []

    @property
    def user(self) -> Any:
        return self.begun.session.user

    def page(self, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """A fragment of the course's pages; with `fields` a form."""
        headers = {"Authorization": f"Bearer {self.begun.access_token}"}
        method = "GET" if fields is None else "POST"
        return httpx.request(method, f"{self.url}{path}", headers=headers, data=fields, timeout=60)

    def code(self) -> str:
        found = CODE.search(self.page("/pages/programs/code", {}).text)
        assert found
        return found[0]

    def token(self, **fields: str) -> str:
        """A token made on the page."""
        told = {"name": "A script", "days": "7", **fields}
        found = TOKEN.search(self.page("/pages/programs/make", told).text)
        assert found
        return found[0]

    def allow(self, address: str, *, propose: bool = True, act: str = "allow") -> dict[str, str]:
        """What somebody does in the window of a program; what the program is then told."""
        code = self.code()
        with httpx.Client(timeout=60) as window:
            self.seen = [window.get(address).text]
            self.seen.append(window.post(address, data={"act": "look", "ticket": code}).text)
            fields = {"act": act, "ticket": code, **({"propose": "on"} if propose else {})}
            left = AWAY.search(window.post(address, data=fields).text)
        assert left
        query = parse_qs(urlsplit(unescape(left[1])).query)
        return {name: values[0] for name, values in query.items()}


def provider(url: str, teacher: Teacher, store: Store, **how: Any) -> OAuthClientProvider:
    """The official client's own way through OAuth, with `teacher` at the window."""
    told: dict[str, str] = {}

    async def redirected(address: str) -> None:
        teacher.asked = address
        told.update(await asyncio.to_thread(teacher.allow, address, **how))

    async def called_back() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**{"code": "", **told})

    metadata = OAuthClientMetadata(redirect_uris=[BACK], client_name="A helper")
    return OAuthClientProvider(f"{url}/mcp", metadata, store, redirected, called_back)


def registered(url: str, **told: Any) -> httpx.Response:
    said = {"redirect_uris": [BACK], "client_name": "A helper", **told}
    return httpx.post(f"{url}/oauth/register", json=said)


class Script:
    """A program that may say what it should not."""

    def __init__(self, url: str, back: str = BACK, **told: Any) -> None:
        self.url, self.back = url, back
        self.client = registered(url, redirect_uris=[back], **told).json()["client_id"]

    def address(self, **other: str | None) -> str:
        told: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": self.back,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "s t",
            **other,
        }
        said = {name: one for name, one in told.items() if one is not None}
        return str(httpx.URL(f"{self.url}/oauth/authorize", params=said))

    def asks(self, **other: str | None) -> httpx.Response:
        return httpx.get(self.address(**other), timeout=60)

    def error(self, **other: str | None) -> str:
        back = httpx.URL(self.asks(**other).headers["Location"])
        assert back.params["iss"] == self.url
        return str(back.params["error"])

    def swaps(self, code: str, **other: str) -> httpx.Response:
        told = {"grant_type": "authorization_code", "client_id": self.client, "code": code}
        told |= {"redirect_uri": self.back, "code_verifier": VERIFIER}
        return httpx.post(f"{self.url}/oauth/token", data={**told, **other}, timeout=60)


def rpc(url: str, token: str, method: str, /, **params: Any) -> httpx.Response:
    """One request as a script would write it, for plain JSON."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {
        "Accept": "application/json",
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    return httpx.post(f"{url}/mcp", json=body, headers=headers, timeout=60)


def called(url: str, token: str, name: str, /, **arguments: Any) -> Any:
    """What became of a tool's call: the result of MCP, or the status of what refused it."""
    answer = rpc(url, token, "tools/call", name=name, arguments=arguments)
    return answer.json()["result"] if answer.status_code == 200 else answer.status_code


@asynccontextmanager
async def program(
    url: str, *, token: str = "", auth: OAuthClientProvider | None = None
) -> AsyncIterator[Client]:
    """The official client, over HTTP, with a token or a way to get one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        create_mcp_http_client(headers, auth=auth) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        yield client
