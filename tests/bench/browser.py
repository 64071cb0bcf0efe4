"""One launch as a browser in an LMS's frame makes it, over bare sockets: cheap, and checked."""

import html
import json
import re
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.bench.place import Tool
from tests.bench.platform import Platform, Visit

PATIENCE = 60  # seconds for one answer
COOKIE = re.compile(rb"^set-cookie:\s*([^;\r]+)", re.IGNORECASE | re.MULTILINE)
PLACE = re.compile(rb'(?:^location:\s*|data-url=")([^"\r]+)', re.IGNORECASE | re.MULTILINE)
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Sec-Fetch-Dest: iframe\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: cross-site\r\n"
)
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


class Failed(Exception):
    """An answer that is no launch."""


@dataclass(frozen=True)
class Came:
    """A launch that succeeded, and the seconds its two hops took."""

    visit: Visit
    login: float
    launch: float
    cookies: str
    token: str  # a bearer token, where the tool gives one


def exchange(tool: Tool, method: str, path: str, headers: str = "", body: bytes = b"") -> bytes:
    """Send one request on a connection of its own, as a proxy does; return the whole answer."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost:{tool.port}\r\nConnection: close\r\n"
    sized = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
    with socket.create_connection(("127.0.0.1", tool.port), PATIENCE) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.sendall(f"{head}{headers}{sized}\r\n".encode() + body)
        parts = []
        while part := link.recv(65536):
            parts.append(part)
    return _joined(b"".join(parts))


def _joined(answer: bytes) -> bytes:
    """The answer with its body in one piece."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b"chunked" not in head.lower():
        return answer
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2 :]
    return head + b"\r\n\r\n" + body


def launch(tool: Tool, platform: Platform, visit: Visit) -> Came:
    """Log in, have the platform sign, launch; raise Failed unless this very person is let in."""
    launch_url = f"{tool.url}/lti/launch"
    asked = urlencode(platform.login(visit, launch_url)).encode()
    start = time.perf_counter()
    begun = exchange(tool, "POST", "/lti/login", BROWSER + FORM, asked)
    login = time.perf_counter() - start
    place = PLACE.search(begun)
    if not place:
        raise Failed(f"{tool.name}: login answered {begun[:300]!r}")
    given = parse_qs(urlsplit(html.unescape(place[1].decode())).query)
    cookies = "; ".join(cookie.decode() for cookie in COOKIE.findall(begun))
    token = platform.id_token(visit, given["nonce"][0], launch_url)
    body = f"state={given['state'][0]}&id_token=".encode() + token
    start = time.perf_counter()
    answer = exchange(tool, "POST", "/lti/launch", f"{BROWSER}{FORM}Cookie: {cookies}\r\n", body)
    took = time.perf_counter() - start
    told = _island(tool, answer)
    _check(tool, visit, told)
    kept = "; ".join(cookie.decode() for cookie in COOKIE.findall(answer))
    return Came(visit, login, took, kept, told.get("access_token", ""))


def ask_who(tool: Tool, came: Came) -> None:
    """Raise Failed unless the session this launch began stands, and is this person's."""
    path = "/v1/me" if came.token else "/me"
    bearer = f"Authorization: Bearer {came.token}\r\n" if came.token else ""
    answer = exchange(tool, "GET", path, f"Cookie: {came.cookies}\r\n{bearer}")
    _check(tool, came.visit, _body(tool, answer))


def _island(tool: Tool, answer: bytes) -> dict[str, Any]:
    found = re.search(rb'<script[^>]* id="launch"[^>]*>(.*?)</script>', answer, re.DOTALL)
    if answer[9:12] != b"200" or not found:
        raise Failed(f"{tool.name}: launch answered {answer[:300]!r}")
    told: dict[str, Any] = json.loads(found[1])
    return told


def _body(tool: Tool, answer: bytes) -> dict[str, Any]:
    if answer[9:12] != b"200":
        raise Failed(f"{tool.name}: {answer[:300]!r}")
    told: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return told


def _check(tool: Tool, visit: Visit, told: dict[str, Any]) -> None:
    seen = (told["user"]["name"], told["role"], told["course"]["title"])
    if seen != (visit.name, visit.role, visit.title):
        raise Failed(f"{tool.name}: {visit} was taken for {seen}")
