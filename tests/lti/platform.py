"""A platform of a test's own: it signs what a test likes, and counts who asks for its keys."""

import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.management import call_command
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from lti.models import LaunchSession, LaunchState, Registration
from tests.conftest import Running

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
LEARNER, INSTRUCTOR = f"{LIS}membership#Learner", f"{LIS}membership#Instructor"
REMOVE: Any = object()  # as the value of a claim: leave it out
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}

client = httpx.Client(timeout=30)


def http(method: str, url: str, **how: Any) -> httpx.Response:
    """Send a request as a browser without cookies would; those it shall have go in by hand."""
    client.cookies.clear()
    return client.request(method, url, **how)


def private_key(algorithm: str = "RS256", number: int = 0, bits: int = 2048) -> Any:
    """Return a private key, made once for all tests; `number` tells several apart."""
    return _made(algorithm if algorithm in CURVES else "RSA", number, bits)


@cache
def _made(kind: str, number: int, bits: int) -> Any:
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind])
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def jwk(private: Any, kid: str, **more: Any) -> dict[str, Any]:
    """Return the public half of a key as platforms publish it."""
    write = RSAAlgorithm if isinstance(private, rsa.RSAPrivateKey) else ECAlgorithm
    told: dict[str, Any] = json.loads(write.to_jwk(private.public_key()))
    return {**told, "kid": kid, "use": "sig", **more}


class Server(ThreadingHTTPServer):
    """Serves the JWKS of every platform of the tests."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.platforms: dict[str, Platform] = {}


class Handler(BaseHTTPRequestHandler):
    """GET /<name>/jwks"""

    server: Server

    def do_GET(self) -> None:
        """Answer with the platform's keys, or as badly as it was told to."""
        platform = self.server.platforms[self.path.split("/")[1]]
        platform.fetches += 1
        platform.answer(self, json.dumps({"keys": platform.keys}).encode())

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


def well(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answer as a platform does."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def badly(status: int = 500, body: bytes = b"") -> Callable[[Any, bytes], None]:
    """Answer with something that is no JWKS."""

    def answer(handler: BaseHTTPRequestHandler, keys: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def slowly(seconds: float) -> Callable[[Any, bytes], None]:
    """Answer well, but late."""

    def answer(handler: BaseHTTPRequestHandler, keys: bytes) -> None:
        time.sleep(seconds)
        well(handler, keys)

    return answer


def drop_by_drop(handler: BaseHTTPRequestHandler, keys: bytes) -> None:
    """Send a header that does not end: each read is quick, the whole never done."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        handler.close_connection = True


@dataclass
class Begun:
    """A login that the tool answered."""

    state: str
    nonce: str
    cookie: str
    answer: httpx.Response

    @property
    def row(self) -> LaunchState:
        """What the tool wrote down of it."""
        return LaunchState.objects.get(nonce=self.nonce)


@dataclass
class Platform:
    """One registration with its own issuer and keys."""

    tool: Running
    server: Server
    name: str
    client_id: str = "client"
    deployment_id: str = "deployment-1"
    issuer: str = ""
    kid: str = "key-1"
    keys: list[dict[str, Any]] = field(default_factory=list)
    fetches: int = 0
    answer: Callable[[Any, bytes], None] = well

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.server.server_port}/{self.name}"
        self.issuer = self.issuer or self.url
        self.jwks_url = f"{self.url}/jwks"
        self.keys = self.keys or [jwk(private_key(), self.kid)]
        self.server.platforms[self.name] = self

    def register(self, *more: str, institution: str = "") -> Registration:
        """Register it with the tool, its deployment active."""
        words = {
            "--name": self.name,
            "--issuer": self.issuer,
            "--client-id": self.client_id,
            "--auth-url": f"{self.url}/auth",
            "--token-url": f"{self.url}/token",
            "--jwks-url": self.jwks_url,
            "--deployment-id": self.deployment_id,
            "--institution": institution or self.name,
        }
        call_command("lti_register", *[word for pair in words.items() for word in pair], *more)
        return self.registration

    @property
    def registration(self) -> Registration:
        """Its row."""
        return Registration.objects.get(issuer=self.issuer, client_id=self.client_id)

    def login_with(self, **given: str) -> dict[str, str]:
        """Return the parameters of a third-party initiated login."""
        told = {
            "iss": self.issuer,
            "client_id": self.client_id,
            "login_hint": "somebody",
            "target_link_uri": f"{self.tool.url}/lti/launch",
            "lti_message_hint": "hint",
            **given,
        }
        return {name: value for name, value in told.items() if value}

    def login(self, *, slug: str = "", headers: Any = None, **given: str) -> Begun:
        """Begin a login, and read the tool's request to the platform."""
        url = f"{self.tool.url}/lti/login" + (f"/{slug}" if slug else "")
        answer = http("POST", url, data=self.login_with(**given), headers=headers)
        asked = parse_qs(urlsplit(answer.headers["Location"]).query)
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        return Begun(asked["state"][0], asked["nonce"][0], cookie, answer)

    def claims(self, begun: Begun, **changes: Any) -> dict[str, Any]:
        """Return a whole payload, as 1EdTech's suite sends; keys of `changes` are short names."""
        now = int(time.time())
        told = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "person-1",
            "iat": now,
            "exp": now + 300,
            "nonce": begun.nonce,
            "name": "Ada Lovelace",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "email": "ada@school.example",
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": self.deployment_id,
            f"{LTI}target_link_uri": f"{self.tool.url}/lti/launch",
            f"{LTI}roles": [LEARNER],
            f"{LTI}context": {"id": "course-1", "label": "PH1", "title": "Physics"},
            f"{LTI}resource_link": {"id": "link-1", "title": "Tutor"},
            f"{LTI}launch_presentation": {
                "document_target": "iframe",
                "return_url": f"{self.url}/back?course=1",
            },
            f"{LTI}tool_platform": {"guid": "guid", "product_family_code": "test"},
            f"{LTI}custom": {},
        }
        for name, value in changes.items():
            full = name if name in told or name in PLAIN or "://" in name else f"{LTI}{name}"
            told[full] = value
        return {name: value for name, value in told.items() if value is not REMOVE}

    def sign(
        self, claims: Any, *, header: dict[str, Any] | None = None, algorithm: str = "RS256"
    ) -> str:
        """Sign with the platform's key of that algorithm; `header` adds or, with None, removes."""
        whole = {"kid": self.kid, **(header or {})}
        kept = {name: value for name, value in whole.items() if value is not None}
        body = json.dumps(claims).encode()  # jwt.encode would look at the claims
        return jwt.api_jws.encode(body, private_key(algorithm), algorithm, headers=kept)

    def post(self, begun: Begun, token: str, *, cookie: str | None = None) -> httpx.Response:
        """Post the form of the second hop; `cookie` "" is another browser."""
        return self.send({"id_token": token, "state": begun.state}, cookie or begun.cookie)

    def send(self, form: Any, cookie: str = "") -> httpx.Response:
        """Post any form to the launch address."""
        headers = {"Cookie": cookie} if cookie else {}
        return http("POST", f"{self.tool.url}/lti/launch", data=form, headers=headers)

    def launch(
        self, *, header: dict[str, Any] | None = None, algorithm: str = "RS256", **changes: Any
    ) -> "Launched":
        """Go both hops with a payload that differs from a good one by `changes`."""
        begun = self.login()
        token = self.sign(self.claims(begun, **changes), header=header, algorithm=algorithm)
        return Launched(begun, self.post(begun, token))


PLAIN = {"azp", "nbf", "locale", "zoneinfo", "picture"}


def headed(token: str, **fields: Any) -> str:
    """Put another header before what was signed."""
    header = json.dumps({"alg": "RS256", "typ": "JWT", **fields}).encode()
    return base64.urlsafe_b64encode(header).decode().rstrip("=") + token[token.index(".") :]


@dataclass
class Launched:
    """Both hops, done."""

    begun: Begun
    answer: httpx.Response

    @property
    def island(self) -> Any:
        """What the tool hands to its page: the session."""
        found = re.search(r'id="launch"[^>]*>(.*?)</script>', self.answer.text, re.DOTALL)
        assert found, (self.answer.status_code, self.answer.text[:800])
        return json.loads(found.group(1))

    @property
    def role(self) -> str:
        """The role of the session."""
        return str(self.island["role"])

    @property
    def session(self) -> LaunchSession:
        """The session's row."""
        rows = LaunchSession.objects.select_related("user", "course", "resource_link")
        return rows.get(pk=self.island["launch_id"])

    def refused(self, status: int, reason: str) -> bool:
        """Whether it was refused as it should: the page, no session, the state spent and marked."""
        row = self.begun.row
        assert (self.answer.status_code, row.failure) == (status, reason)
        assert self.answer.headers["Content-Type"].startswith("text/html")
        assert reason in self.answer.text
        assert row.support_id
        assert row.support_id in self.answer.text
        assert row.used_at is not None
        assert 'id="launch"' not in self.answer.text
        return not LaunchSession.objects.filter(pk=row.pk).exists()


@contextmanager
def serving() -> Iterator[Server]:
    """Run the server of keys."""
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def new(tool: Running, server: Server, **fields: Any) -> Platform:
    """Return a platform with a name nobody else has, not registered yet."""
    return Platform(tool, server, f"p{secrets.token_hex(6)}", **fields)
