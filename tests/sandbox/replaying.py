"""Every recording of Moodle said again to the Moodle we play, over HTTP, and each answer compared.

Status, reason phrase, all headers and the whole body have to be as they were. Only what is new in
every answer is compared by its kind alone (`NEW`, `DRAWN`), and only what `OURS` and `THEIRS`
list may be there on one side alone.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox import recorded
from tests.sandbox.facts import said
from tests.sandbox.making import AGS, ALL_SCOPES, PretendTool, bearer
from tests.sandbox.recorded import MOODLE, SHARED, TOOL, WORLD, Exchange, Row, exchange

HOUR = datetime(2026, 11, 22, 10, 44, 45, tzinfo=UTC)  # when most of it was recorded
SITE = "Sandbox College"
NAMES = ("Tutor Fixture University", "TFU")  # the site's, long and short
# Headers of our own server; a recording has none of them.
OURS = {
    "date": "recordings leave it out",
    "content-length": "recordings leave it out",
    "connection": "ours to say when a reason phrase was written by hand",
    "server": "uvicorn's",
}
# What a recording has and we have not.
THEIRS = {
    "transfer-encoding": "nginx sends in chunks; left out when the recordings were copied",
}
# Members of JSON that differ each time: compared by type.
NEW = {
    "access_token": "",
    "nonce": "ours is the tool's own",
    "state": "likewise",
    "iat": "",
    "exp": "compared with iat",
    "lis_result_sourcedid": "a random number and its hash",
    "kid": "",
    "n": "a key's modulus",
    "id_token": "",
    "guid": "names the site",
}
# Parts of texts that differ each time.
DRAWN = [
    (r"(ltilaunch_ContentItemSelectionRequest|ltilaunch\d+_)[\w-]+", r"\1#"),
    (r"sesskey=[^&\"]+", "sesskey=#"),
    (r"MoodleSession=[^;]+", "MoodleSession=#"),
    (r"iat prior to [\dT:+-]+", "iat prior to #"),
    (r"registration_token=[^&\"]+", "registration_token=#"),
]

Story = Iterable[str | Callable[["Site"], object]]


@dataclass
class Site:
    """The recorded site as we play it."""

    url: str
    tool: PretendTool
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)
    layout: Any = None  # what a test laid out, for whoever needs the same
    known: dict[str, str] = field(default_factory=dict)  # ids of ours → the recorded ones

    def close(self) -> None:
        """Take the site down."""
        self.http.delete(f"{self.url}/sandbox/worlds/{WORLD}")
        self.http.close()

    # --- laying it out --------------------------------------------------------------------

    def control(self, path: str, **body: Any) -> Any:
        """Use a control route."""
        answer = self.http.post(f"{self.url}/sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fresh(self, *rows: Row) -> None:
        """Begin again: the site as it was set up, and these rows."""
        self.http.delete(f"{self.url}/sandbox/worlds/{WORLD}")
        self.http.cookies.clear()
        self.tokens.clear()
        self.known.clear()
        self.layout = None
        self.lay(*recorded.college(self.tool.url), *rows)
        ahead = (HOUR - datetime.now(UTC)).total_seconds()
        # This Moodle kept every score's own timestamp.
        self.control("options", world=WORLD, clock=ahead, lms_clock=False)

    def lay(self, *rows: Row) -> None:
        """Write rows down, over those of the same id."""
        self.control("rows", rows=list(rows))

    def seen_as(self, person: int | None) -> None:
        """Sign the browser in as somebody, or out."""
        self.http.cookies.clear()
        if person is not None:
            self.http.cookies.set("sandbox_as", str(person))

    # --- tokens ---------------------------------------------------------------------------

    def access(self, *scopes: str, tool: int = SHARED) -> str:
        """Return a service token; asked for once."""
        wanted = scopes or tuple(ALL_SCOPES)
        if (str(tool), *wanted) not in self.tokens:
            value = uuid.uuid4().hex
            self.lay(self.service_token(value, wanted, tool, later=timedelta(hours=1)))
            self.tokens[str(tool), *wanted] = value
        return self.tokens[str(tool), *wanted]

    def service_token(
        self, value: str, scopes: tuple[str, ...], tool: int, *, later: timedelta
    ) -> Row:
        """Return the row of a token that ends so much later than now."""
        ends = (datetime.now(UTC) + later).isoformat()
        given = {"tool": tool, "scopes": " ".join(scopes), "expires_at": ends}
        return {"model": "sandbox.servicetoken", "pk": value, "fields": given}

    def signed(
        self,
        claims: dict[str, Any],
        header: dict[str, Any],
        recorded_at: int,
        key: rsa.RSAPrivateKey | None = None,
    ) -> str:
        """Sign what the recorded tool signed, as if the hour of the recording were now."""
        shift = int(time.time()) - recorded_at
        moved = {
            name: value + shift if name in ("iat", "exp") else value
            for name, value in claims.items()
        }
        ours = json.loads(self.ours(json.dumps(moved)))
        kid = {"tool-key-1": "tool"}.get(header.get("kid") or "", header.get("kid"))
        return jwt.encode(ours, key or self.tool.key, "RS256", headers={"kid": kid} if kid else {})

    # --- saying ---------------------------------------------------------------------------

    def ours(self, text: str) -> str:
        """Put our addresses and ids where the recorded ones stand."""
        places = {MOODLE: self.url, TOOL: self.tool.url}
        domains = {one.partition("//")[2]: here.partition("//")[2] for one, here in places.items()}
        for theirs, here in {**places, **domains}.items():
            text = text.replace(theirs, here).replace(quote(theirs, ""), quote(here, ""))
        for name in NAMES:
            text = text.replace(name, SITE)
        for here, theirs in self.known.items():
            text = re.sub(rf"(lineitems/|item ){theirs}\b", rf"\g<1>{here}", text)
        return text

    def say(self, name: str, token: str = "", **changes: Any) -> httpx.Response:
        """Send what was sent then; `changes` are httpx's own words for a request."""
        asked = exchange(name)["request"]
        headers = {"Accept": "*/*", **asked.get("headers", {})}
        headers = {name: value for name, value in headers.items() if name != "Authorization"}
        sent: dict[str, Any] = {"headers": headers | bearer(token)}
        if "json" in asked:
            sent["content"] = self.ours(json.dumps(asked["json"]))
        elif "body" in asked:
            sent["content"] = self.ours(asked["body"])
        elif "form" in asked:
            sent["data"] = json.loads(self.ours(json.dumps(asked["form"])))
        url = changes.pop("url", self.ours(asked["url"]))
        return self.http.request(asked["method"], url, **{**sent, **changes})

    def replays(self, story: Story) -> None:
        """Say recordings again, one after the other, and require the recorded answers."""
        for step in story:
            if callable(step):
                step(self)
            else:
                self.as_recorded(step, self.say(step, self.token_of(step)))

    def token_of(self, name: str) -> str:
        """Return the service token that a recording was said with."""
        if name.endswith("no_token"):
            return ""
        if name.endswith("bad_token"):
            return "deadbeef"
        narrow = name.endswith(("_scope",))
        return self.access(*([f"{AGS}lineitem.readonly"] if narrow else []))

    def as_recorded(self, name: str, answer: httpx.Response, *, body: bool = True) -> None:
        """Require that an answer is the recorded one."""
        then = exchange(name)["response"]
        assert answer.status_code == then["status"], (name, answer.text[:2000])
        if "reason" in then:
            assert answer.reason_phrase == self.ours(then["reason"]), name
        if "headers" in then:
            assert headers_of(answer) == self._headers(then), name
        if body and "body" in then:
            now = said(answer.headers.get("Content-Type", ""), answer.text)
            assert blurred(now) == blurred(self.expected(then["body"])), name

    def expected(self, body: Any) -> Any:
        """Return a recorded body with our addresses and ids."""
        return json.loads(self.ours(json.dumps(body, ensure_ascii=False)))

    def _headers(self, then: Exchange) -> dict[str, str]:
        named = {name.lower(): self.ours(value) for name, value in then["headers"].items()}
        return {name: told(name, value) for name, value in named.items() if name not in THEIRS}


def headers_of(answer: httpx.Response) -> dict[str, str]:
    """Return an answer's headers, but for our own server's."""
    # httpx reads bytes beyond ASCII as the charset that fits.
    raw = [(name.decode().lower(), value.decode()) for name, value in answer.headers.raw]
    return {name: told(name, value) for name, value in raw if name not in OURS}


def told(name: str, value: str) -> Any:
    """Return what a header says; a cookie's attributes come in any order."""
    if name == "set-cookie":
        return sorted(blurred(value).lower().split("; "))
    return blurred(value)


def blurred(value: Any) -> Any:
    """Put kinds in the place of what is new in every answer."""
    if isinstance(value, dict):
        return {
            name: type(part).__name__ if name in NEW else blurred(part)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [blurred(part) for part in value]
    if isinstance(value, str):
        for drawn, mark in DRAWN:
            value = re.sub(drawn, mark, value)
    return value
