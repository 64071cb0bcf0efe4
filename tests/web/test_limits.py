"""A body that is larger than its address takes is refused before it has come."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings

from tests.conftest import PATIENCE, Running

MB = 1024**2
LIMITS = [
    ("/v1/ai/ask", "3 MB"),
    ("/pages/open", "3 MB"),
    ("/pages/upload", "50 MB"),
]


def beginning(tool: Running, path: str, *, length: int = 0, sent: int = 0) -> tuple[int, bytes]:
    """What is answered to a request that never ends.

    `length` is the one it names; without one it comes in chunks, `sent` MB of them.
    """
    link = HTTPConnection(urlsplit(tool.url).netloc, timeout=PATIENCE)
    with closing(link):
        link.putrequest("POST", path)
        link.putheader(
            *(("Content-Length", length) if length else ("Transfer-Encoding", "chunked"))
        )
        link.endheaders()
        for _ in range(sent):
            link.send(b"%x\r\n%s\r\n" % (MB, bytes(MB)))
        answer = link.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize(("path", "limit"), LIMITS)
def test_a_length_beyond_the_limit_is_refused_at_once(tool: Running, path: str, limit: str) -> None:
    status, body = beginning(tool, path, length=10**12)

    assert status == 413
    assert json.loads(body) == {"code": "too_big", "detail": f"This is larger than {limit}."}


@pytest.mark.parametrize(("path", "limit"), LIMITS)
def test_a_body_without_a_length_is_counted_as_it_comes(
    tool: Running, path: str, limit: str
) -> None:
    status, body = beginning(tool, path, sent=int(limit.split()[0]) + 2)

    assert status == 413
    assert json.loads(body)["code"] == "too_big"


@pytest.mark.parametrize("path", ["/lti/launch", "/admin/login/", "/nowhere"])
def test_people_are_told_in_their_language_on_a_page(tool: Running, path: str) -> None:
    languages = {"Accept-Language": "es"}

    answer = httpx.post(tool.url + path, content=bytes(4 * MB), headers=languages)

    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "3 MB" in answer.text
    assert 'lang="es"' in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_the_connection_serves_on_after_a_refusal(tool: Running) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [bytes(MB)] * 8

    with httpx.Client(base_url=tool.url) as client:
        assert client.post("/v1/logout", content=chunks()).status_code == 413
        assert client.get("/healthz").text == "ok"


def test_a_teachers_files_are_taken_up_to_their_own_limit(tool: Running) -> None:
    files = {"files": ("big.txt", bytes(settings.UPLOAD_LIMIT))}

    assert httpx.post(f"{tool.url}/pages/upload", files=files, timeout=PATIENCE).status_code == 401
