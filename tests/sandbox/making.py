"""A pretend college for one test, and the ways into it: REST, LTI services, a browser's forms."""

import html
import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ALL_SCOPES = [NRPS, *(f"{AGS}{name}" for name in ("lineitem", "result.readonly", "score"))]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
HTTP = httpx.Client(timeout=60)  # for all; it keeps no cookie of use
LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')
FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')


@dataclass(frozen=True)
class PretendTool:
    """A tool that only publishes its keys: all that a platform needs of one for services."""

    url: str
    key: rsa.RSAPrivateKey
    taken: list[bytes] = field(default_factory=list)  # bodies that were posted to it
    asked: list[str] = field(default_factory=list)  # paths of what was read of it

    def signed(self, **claims: Any) -> str:
        """Sign a message of five minutes."""
        now = int(time.time())
        times = {"iat": now, "exp": now + 300, "nonce": uuid.uuid4().hex}
        return jwt.encode({**times, **claims}, self.key, "RS256", headers={"kid": "tool"})

    def assertion(self, client_id: str, audience: str, **claims: Any) -> str:
        """Sign what asks for a service token; `claims` replace the right ones."""
        now = int(time.time())
        right = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "iat": now,
            "exp": now + 300,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode({**right, **claims}, self.key, "RS256", headers={"kid": "tool"})


@contextmanager
def pretend_tool() -> Iterator[PretendTool]:
    """Serve a JWKS on loopback."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    body = json.dumps({"keys": [{**public, "kid": "tool", "use": "sig", "alg": "RS256"}]}).encode()

    taken: list[bytes] = []
    asked: list[str] = []

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            taken.append(self.rfile.read(length))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield PretendTool(f"http://127.0.0.1:{server.server_port}", key, taken, asked)
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True)
class College:
    """One world of the sandbox."""

    url: str
    told: dict[str, Any]
    tool: PretendTool
    clients: list[httpx.Client] = field(default_factory=list)

    def close(self) -> None:
        """Close what was opened."""
        for client in self.clients:
            client.close()

    def _opened(self, **settings: Any) -> httpx.Client:
        self.clients.append(httpx.Client(**settings))
        return self.clients[-1]

    @property
    def name(self) -> str:
        return str(self.told["world"])

    @property
    def registration(self) -> dict[str, Any]:
        found: dict[str, Any] = self.told["registration"]
        return found

    @property
    def course(self) -> dict[str, Any]:
        """The physics course."""
        found: dict[str, Any] = self.told["courses"]["physics"]
        return found

    def person(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.told["people"][key]
        return found

    def control(self, path: str, /, **body: Any) -> Any:
        """Use a control route."""
        answer = HTTP.post(f"{self.url}/sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def option(self, **options: Any) -> None:
        """Set how this college's Canvas behaves."""
        self.control("options", world=self.name, **options)

    # --- REST ---------------------------------------------------------------------------

    def rest(self, path: str, who: str = "teacher", **query: Any) -> httpx.Response:
        """Ask the REST API with somebody's token; `path` is below the course."""
        return self.with_token(self.person(who)["token"], path, **query)

    def with_token(self, token: str, path: str = "", **query: Any) -> httpx.Response:
        url = f"{self.url}/api/v1/courses/{self.course['id']}/{path}".rstrip("/")
        return HTTP.get(url, params=query, headers=bearer(token))

    def listed(self, path: str, who: str = "teacher", **query: Any) -> list[dict[str, Any]]:
        """Return a whole list, following every next link as it stands."""
        answer = self.rest(path, who, **query)
        found: list[dict[str, Any]] = answer.json()
        while url := links(answer).get("next"):
            answer = HTTP.get(url, headers=bearer(self.person(who)["token"]))
            found += answer.json()
        return found

    def token(self, **form: str) -> httpx.Response:
        """Ask the token endpoint as the tool's API key."""
        api = self.registration["api"]
        client = {"client_id": api["client_id"], "client_secret": api["client_secret"]}
        return HTTP.post(api["token_url"], data={**client, **form})

    def consent(self, who: str = "teacher", **form: str) -> dict[str, str]:
        """Press Authorize; return what the tool is told in its redirect URI."""
        api = self.registration["api"]
        given = {
            "client_id": api["client_id"],
            "redirect_uri": api["redirect_uri"],
            "state": "s1",
            "person": self.person(who)["id"],
        }
        answer = HTTP.post(f"{self.url}/login/oauth2/accept", data={**given, **form})
        return dict(httpx.URL(answer.headers["Location"]).params)

    def granted(self, **form: str) -> dict[str, Any]:
        """Return the answer to a code that the teacher consented to."""
        code = self.consent(**form)["code"]
        answer = self.token(grant_type="authorization_code", code=code)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    # --- LTI ----------------------------------------------------------------------------

    def service_token(self, *scopes: str, **claims: Any) -> httpx.Response:
        """Ask for a service token with a signed assertion."""
        told = self.registration
        assertion = self.tool.assertion(told["client_id"], told["token_url"], **claims)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": " ".join(scopes or ALL_SCOPES),
        }
        return HTTP.post(told["token_url"], data=form)

    def services(self, *scopes: str) -> httpx.Client:
        """Return a client for the course's services."""
        secret = self.service_token(*scopes).json()["access_token"]
        return self._opened(
            base_url=f"{self.url}/api/lti/courses/{self.course['id']}",
            headers={"Authorization": f"Bearer {secret}"},
        )

    def authorization(self, **changes: str | None) -> httpx.Response:
        """Begin a launch and send the tool's authorization request; None leaves a part out."""
        begun = self.control(
            "launch", person=self.person("student")["id"], course=self.course["id"]
        )
        return self._authorized(begun["parameters"], **changes)

    def launched(self, who: str, **options: Any) -> dict[str, Any]:
        """Return the claims of a launch from the physics course."""
        given = {"person": self.person(who)["id"], "course": self.course["id"], **options}
        return self.told_by(self.control("launch", **given))

    def told_by(self, begun: dict[str, Any]) -> dict[str, Any]:
        """Return the claims of a launch that was begun."""
        where = begun["redirect_uri"]
        token = fields(self._authorized(begun["parameters"], redirect_uri=where))["id_token"]
        told: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return told

    def _authorized(self, parameters: dict[str, str], **changes: str | None) -> httpx.Response:
        right = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": parameters["client_id"],
            "redirect_uri": self.registration["tool"]["launch_url"],
            "login_hint": parameters["login_hint"],
            "lti_message_hint": parameters["lti_message_hint"],
            "state": "state-1",
            "nonce": uuid.uuid4().hex,
        }
        sent = {name: value for name, value in {**right, **changes}.items() if value is not None}
        return HTTP.get(self.registration["auth_url"], params=sent)

    # --- pages --------------------------------------------------------------------------

    def browser(self, who: str) -> httpx.Client:
        """Return a client that looks around as somebody."""
        return self._opened(
            base_url=self.url,
            cookies={"sandbox_as": self.person(who)["id"]},
            follow_redirects=True,
        )

    def place(self, path: str) -> str:
        return f"/courses/{self.course['id']}/{path}"


def bearer(token: str) -> dict[str, str]:
    """Return the header that a token travels in; none without one."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def links(answer: httpx.Response) -> dict[str, str]:
    """Return the addresses of a Link header by their names."""
    return {name: url for url, name in LINK.findall(answer.headers["link"])}


def fields(answer: httpx.Response) -> dict[str, str]:
    """Return the hidden fields of a form that posts itself."""
    return {name: html.unescape(value) for name, value in FIELD.findall(answer.text)}


def a_college(url: str, tool: PretendTool, **world: Any) -> College:
    """Build a world with the physics course, registered to the pretend tool."""
    body = {"tool_url": tool.url, "courses": ["physics"], **world}
    answer = HTTP.post(f"{url}/sandbox/worlds", json=body)
    assert answer.status_code == 200, answer.text
    return College(url, answer.json(), tool)
