"""The one HTTP client goes where it may, takes what it asked for, and does not wait for ever."""

import pytest
from pytest_django.fixtures import Settings

from tutorai.errors import UrlRefused
from tutorai.http import check_url, next_link, resolve, same_origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/",
        "http://example.org/",
        "https://user@example.org/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[",
    ],
)
def test_an_address_that_is_not_a_public_https_one_is_refused(url: str, settings: Settings) -> None:
    settings.DEVELOPMENT = False

    with pytest.raises(UrlRefused):
        check_url(url)


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
