"""A server that says what a real Moodle 4.5.6 was recorded saying, over HTTP.

`Recorded` answers each call by the recording whose request it is (function and form, whoever
calls), or by the one a test names. Files have no bytes in the recordings: so many zeros stand
for them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.moodle.client import Moodle
from connectors.tokens import Given
from tests.sandbox.recorded import MOODLE, exchange, families

WS, FILES = "ws", "file"
OWN = {"wstoken", "moodlewsrestformat"}
TOKEN = "0123456789abcdef0123456789abcdef"


def forms(family: str = WS) -> dict[str, dict[str, str]]:
    """Return what was sent to functions, by recording."""
    sent = {name: one["request"].get("form") for name, one in families()[family].items()}
    return {
        name: {key: str(value) for key, value in form.items() if key not in OWN}
        for name, form in sent.items()
        if form and "wsfunction" in form
    }


def _answered(name: str) -> bool:
    """Whether the service account got an answer."""
    ours = exchange(name)["request"]["form"].get("wstoken") == "<WS_TOKEN_WSUSER>"
    return ours and "_err_" not in name


@dataclass
class Recorded:
    """The server: what it is to say next, and what it heard."""

    url: str = ""
    next: str = ""  # a recording to answer with, whatever function or file is asked for
    others: dict[str, Any] = field(
        default_factory=dict
    )  # by function: what was not recorded, or what says it to a form
    heard: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # paths with their queries

    def moodle(self) -> Moodle:
        """Return a client of it."""
        return Moodle(self.url, Given(TOKEN), patience=0)

    def answer(self, form: dict[str, str]) -> tuple[int, str, bytes]:
        """Return status, type and body for a call of a function."""
        asked = {key: value for key, value in form.items() if key not in OWN}
        if self.next.startswith(f"{WS}_"):
            return self._said(self.next)
        if (function := asked.get("wsfunction", "")) in self.others:
            told = self.others[function]
            told = told(asked) if callable(told) else told
            return 200, "application/json", self._here(told)
        found = [name for name, sent in forms().items() if sent == asked and _answered(name)]
        return self._said(found[0] if found else "ws_err_function_not_in_service")

    def file(self, path: str) -> tuple[int, str, bytes]:
        """Return what a file's address gave."""
        for name, one in families()[FILES].items():
            if urlsplit(one["request"]["url"]).path == path and "token_ok" in name:
                return self._said(name)
        return self._said("file_pluginfile_missing_file")

    def _said(self, name: str) -> tuple[int, str, bytes]:
        then = exchange(name)["response"]
        told = then["headers"]
        if "body" not in then:
            return then["status"], told["Content-Type"], bytes(int(told.get("Content-Length", 0)))
        return then["status"], told["Content-Type"], self._here(then["body"])

    def _here(self, body: Any) -> bytes:
        return json.dumps(body).replace(MOODLE, self.url).encode()


@contextmanager
def serving() -> Iterator[Recorded]:
    """Run such a server."""
    recorded = Recorded()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(body, keep_blank_values=True))
            recorded.heard.append(form)
            recorded.asked.append(self.path)
            if "wsfunction" in form:
                status, kind, told = recorded.answer(form)
            elif recorded.next.startswith(f"{FILES}_"):
                status, kind, told = recorded._said(recorded.next)
            else:
                status, kind, told = recorded.file(urlsplit(self.path).path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    recorded.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield recorded
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
