"""The one HTTP client goes where it may, takes what it asked for, and does not wait for ever."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from pytest_django.fixtures import Settings

from tutorai import embedded
from tutorai.errors import LMSMisunderstood, LMSUnavailable, TooBig, UrlRefused
from tutorai.http import Http, check_url, next_link, resolve, same_origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/",
        "http://example.org/",
        "https://user@example.org/",
        "https://evil.example\\.example.org/",  # a browser goes to evil.example
        "https://evil.example%2f.example.org/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::10.0.0.1]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://[64:ff9b:1::1]/",
        "https://[2002:a00:1::]/",
        "https://[fec0::1]/",
        "https://[",
    ],
)
def test_an_address_that_is_not_a_public_https_one_is_refused(url: str, settings: Settings) -> None:
    settings.DEVELOPMENT = False

    with pytest.raises(UrlRefused):
        check_url(url)


def test_an_ipv4_address_that_a_translator_serves_is_as_public_as_itself(
    settings: Settings,
) -> None:
    settings.DEVELOPMENT = False

    assert check_url("https://[64:ff9b::9.9.9.9]/")


def test_a_name_that_leads_to_a_private_address_is_refused_outside_development(
    settings: Settings,
) -> None:
    settings.DEVELOPMENT = False

    with pytest.raises(UrlRefused, match="a private address"):
        resolve("localhost", 443)


@pytest.mark.parametrize("entry", ["10.1.2.3", "10.0.0.0/8"])
def test_an_operator_opens_a_private_host(entry: str, settings: Settings) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["moodle.internal", entry]

    assert check_url("https://10.1.2.3/") == "https://10.1.2.3/"


def test_development_opens_loopback_over_plain_http() -> None:
    assert check_url("http://127.0.0.1:8001/x") == "http://127.0.0.1:8001/x"
    assert resolve("127.0.0.1", 80) == "127.0.0.1"


@pytest.mark.parametrize(
    ("header", "url"),
    [
        (None, None),
        ('<https://a/?x=1,2>; rel="next", <https://a/>; rel="last"', "https://a/?x=1,2"),
        ("<https://a/?p=2&amp;q=1>; rel=“next”", "https://a/?p=2&q=1"),
        ('<https://a/>; rel="prev"', None),
    ],
)
def test_the_next_page_is_read_from_every_kind_of_link_header(
    header: str | None, url: str | None
) -> None:
    assert next_link(header) == url


def test_a_token_goes_only_to_the_origin_it_belongs_to() -> None:
    assert same_origin("https://a.org/x", "https://a.org:443/y")
    assert not same_origin("https://a.org/", "https://b.org/")
    assert not same_origin("https://a.org/", "https://a.org:bad/")


# --- over a socket --------------------------------------------------------------------------

Answer = Callable[[socket.socket], object]


@contextmanager
def serving(*answers: Answer) -> Iterator[str]:
    """A server that answers one connection after the other as told; yields its address."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            for answer in answers:
                link, _ = server.accept()
                with link, suppress(OSError):
                    link.recv(65536)
                    answer(link)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        thread.join()


def saying(*parts: bytes, pause: float = 0) -> Answer:
    """Send these parts, with a pause before each but the first."""

    def answer(link: socket.socket) -> None:
        for number, part in enumerate(parts):
            time.sleep(pause if number else 0)
            link.sendall(part)

    return answer


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(headers={"X-Ours": "1"})
    yield client
    client.close()


def test_an_answer_comes_whole_with_its_status_and_we_say_who_we_are(http: Http) -> None:
    with serving(saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone")) as url:
        told = http.request("GET", url)

    assert (told.status_code, told.text) == (404, "gone")
    assert told.request.headers["User-Agent"].startswith("TutorAI/")
    assert told.request.headers["X-Ours"] == "1"


def test_a_redirect_is_told_and_not_followed(http: Http) -> None:
    where = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"

    with serving(saying(where)) as url:
        assert http.request("GET", url).status_code == 302


def test_more_than_we_take_is_refused(http: Http) -> None:
    with serving(saying(OK)) as url, pytest.raises(TooBig):
        http.request("GET", url, cap=4)


@pytest.mark.parametrize(
    "answer",
    [
        saying(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"),
    ],
)
def test_what_is_not_http_is_misunderstood(http: Http, answer: Answer) -> None:
    with serving(answer) as url, pytest.raises(LMSMisunderstood):
        http.request("GET", url)


@pytest.mark.parametrize(
    "answer",
    [
        saying(b"", b"", pause=1),
        saying(*[bytes([byte]) for byte in OK], pause=0.1),
        saying(OK[:-5], *[bytes([byte]) for byte in b"hello"], pause=0.3),
    ],
    ids=["silence", "dripping headers", "a dripping body"],
)
def test_an_answer_that_does_not_end_in_time_is_given_up(http: Http, answer: Answer) -> None:
    with serving(answer) as url:
        begun = time.monotonic()
        with pytest.raises(LMSUnavailable):
            http.request("GET", url, deadline=0.5)

        assert time.monotonic() - begun < 0.9


def test_nobody_there_is_no_answer(http: Http) -> None:
    with pytest.raises(LMSUnavailable):
        http.request("GET", f"http://127.0.0.1:{embedded.free_port()}/")


def test_a_name_that_leads_nowhere_is_no_answer(http: Http) -> None:
    with pytest.raises(LMSUnavailable):
        http.request("GET", "https://no-such-host.invalid/")


def test_the_next_address_of_a_name_is_tried_where_the_first_refuses(http: Http) -> None:
    with serving(saying(OK)) as url:
        # `localhost` may be ::1 first; the server has 127.0.0.1 only.
        assert http.request("GET", url.replace("127.0.0.1", "localhost")).text == "hello"


def test_what_is_no_url_for_the_library_is_refused_as_ours_are(http: Http) -> None:
    with pytest.raises(UrlRefused):
        http.request("GET", "http://127.0.0.1/\x00")


def test_a_proxy_that_the_operator_named_carries_https(settings: Settings) -> None:
    heard: list[bytes] = []

    def proxy(link: socket.socket) -> None:
        link.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        heard.append(b"asked")

    with serving(proxy) as url:
        settings.HTTPS_PROXY = url.removesuffix("/x")
        client = Http()
        with pytest.raises(LMSUnavailable):
            client.request("GET", "https://no-such-host.invalid/")
        client.close()

    assert heard == [b"asked"]
