"""Web pages that a teacher names: fetched through the guard, cited where they stand, fetched again."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from django.conf import LazySettings

from tests.standalone.making import a_course, an_officer, drain
from tutorai import flows
from tutorai.errors import BadRequest, NotFound, TooBig, UrlRefused

PAGE = (
    b"<html><head><title>Heat &amp; work</title></head><body><nav>Home</nav>"
    b"<main><h1>Heat</h1><p>Heat flows to the cold.</p><script>evil()</script></main></body></html>"
)


class Site(BaseHTTPRequestHandler):
    """A small web site."""

    answers: ClassVar[dict[str, tuple[int, str, bytes]]] = {
        "/heat": (200, "text/html; charset=utf-8", PAGE),
        "/latin": (200, "text/html; charset=latin-1", "<p>Wärme</p>".encode("latin-1")),
        "/notes.md": (200, "text/plain", b"# Cold\n\nCold is little heat.\n"),
        "/moved": (302, "/heat", b""),
        "/round": (302, "/round", b""),
        "/inside": (302, "http://10.0.0.1/secret", b""),
        "/picture": (200, "video/mp4", b"x"),
        "/script": (200, "text/html", b"<body><script>app()</script></body>"),
        "/big": (200, "text/plain", b"x" * 2048),
    }

    def do_GET(self) -> None:
        status, told, body = self.answers.get(self.path, (404, "text/plain", b""))
        self.send_response(status)
        self.send_header("Location" if status == 302 else "Content-Type", told)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_is_read_without_what_surrounds_it_and_keeps_its_address(site: str) -> None:
    who = an_officer()
    course = a_course(who)

    item = flows.put_link(who, course, f"{site}/moved#part")
    drain(course)

    item.refresh_from_db()
    assert (item.kind, item.title, item.url) == ("page", "Heat & work", f"{site}/moved")
    assert item.body == "<h1>Heat</h1><p>Heat flows to the cold.</p>"
    assert item.indexed_sha256 == item.sha256
    again = flows.put_link(who, course, f"{site}/moved")
    assert (again.pk, course.items.count()) == (item.pk, 1)
    assert "Wärme" in flows.put_link(who, course, f"{site}/latin").body
    file = flows.put_link(who, course, f"{site}/notes.md")
    drain(course)
    file.refresh_from_db()
    assert (file.kind, file.mime, file.unreadable) == ("file", "text/markdown", "")
    flows.fetch_again(who, course, file.pk)
    flows.take_out(who, course, file.pk)
    with pytest.raises(NotFound):
        flows.fetch_again(who, course, file.pk)


def test_what_cannot_be_fetched_says_why_and_changes_nothing(
    site: str, settings: LazySettings
) -> None:
    settings.UPLOAD_LIMIT = 1024
    who = an_officer()
    course = a_course(who)
    wrong: dict[str, type[Exception]] = {
        f"{site}/gone": BadRequest,
        f"{site}/round": BadRequest,
        f"{site}/picture": BadRequest,
        f"{site}/script": BadRequest,
        f"{site}/big": TooBig,
        f"{site}/inside": UrlRefused,
        "http://10.0.0.1/": UrlRefused,
        "https://user:word@example.edu/": UrlRefused,
        "ftp://example.edu/": UrlRefused,
        "not an address": BadRequest,
        "http://127.0.0.1:1/": BadRequest,
    }

    for address, error in wrong.items():
        with pytest.raises(error):
            flows.put_link(who, course, address)

    assert course.items.count() == 0
