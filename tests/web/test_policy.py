"""Headers, language and kind errors: what every answer gets."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.http import HttpRequest, StreamingHttpResponse
from django.test import AsyncClient, RequestFactory
from django.utils import translation
from django.utils.translation import gettext as _

from tutorai.errors import NotFound, NotSignedIn, NotYours, TooMany, TutorError
from tutorai.threads import in_thread
from tutorai.web import errors, middleware


def directives(response: Any) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split("; ")
    return dict(part.partition(" ")[::2] for part in parts)


async def test_a_page_allows_nothing_but_our_own_files_and_its_nonce() -> None:
    found = directives(await AsyncClient().get("/healthz"))

    assert found["default-src"] == "'none'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", found["script-src"])
    assert found["style-src"] == found["connect-src"] == found["img-src"] == "'self'"
    assert found["base-uri"] == "'none'"


async def test_every_answer_has_a_nonce_of_its_own() -> None:
    one, other = [directives(await AsyncClient().get("/healthz"))["script-src"] for _n in range(2)]

    assert one != other


async def test_a_page_that_knows_no_launch_may_be_framed_by_any_https_site() -> None:
    assert directives(await AsyncClient().get("/healthz"))["frame-ancestors"].split()[0] == "https:"


async def test_outside_development_no_plain_http_site_may_frame_us(
    settings: Any,
) -> None:
    settings.DEVELOPMENT = False

    assert directives(await AsyncClient().get("/healthz"))["frame-ancestors"] == "https:"


async def test_no_page_of_ours_says_x_frame_options_and_all_are_quiet() -> None:
    headers = (await AsyncClient().get("/healthz")).headers

    assert "X-Frame-Options" not in headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "microphone=()" in headers["Permissions-Policy"]


async def test_the_staff_site_has_a_policy_of_its_own_and_is_never_framed() -> None:
    assert (
        "frame-ancestors 'none'"
        in (await AsyncClient().get("/admin/login/")).headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("", "es-MX,en;q=0.5", "es"),
        ("", "fr,es;q=0.4", "es"),
        ("", "fr", "en"),
        ("", "", "en"),
        ("?lang=es", "en", "es"),
        ("?lang=es_ES", "en", "es"),
        ("?lang=../../etc", "es", "es"),
    ],
)
async def test_the_language_is_the_querys_then_the_browsers_then_english(
    query: str, header: str, expected: str
) -> None:
    headers = {"accept-language": header}

    assert (await AsyncClient().get(f"/healthz{query}", headers=headers)).headers[
        "Content-Language"
    ] == expected


async def test_a_language_does_not_leak_into_the_next_answer() -> None:
    before = translation.get_language()

    await AsyncClient().get("/healthz?lang=es")

    assert translation.get_language() == before


async def test_a_stream_speaks_the_language_of_its_request() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield _("Cancel").encode()

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(parts())

    response: Any = await middleware.language(view)(RequestFactory().get("/?lang=es"))

    assert [part async for part in response] == [b"Cancelar"]


async def test_the_language_goes_along_into_a_thread() -> None:
    with translation.override("es"):
        assert await in_thread(_)("Cancel") == "Cancelar"


async def test_a_page_that_is_not_there_says_so_kindly_with_a_number() -> None:
    response = await AsyncClient().get("/nowhere")
    text = response.content.decode()

    assert response.status_code == 404
    assert "Nothing is here" in text
    assert re.search(r"give this number: [0-9a-f]{8}", text)


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (NotSignedIn(), "Please open Tutor.AI again"),
        (NotYours(), "This is not open to you"),
        (NotFound(), "Nothing is here"),
        (TooMany(), "This did not work"),
    ],
)
def test_our_own_errors_are_pages_for_people(error: TutorError, title: str) -> None:
    response = errors.told(RequestFactory().get("/"), error)

    assert response.status_code == error.status
    assert title in response.content.decode()


async def test_a_script_gets_code_and_words_instead() -> None:
    response = await AsyncClient().get("/pages/home", headers={"authorization": "Bearer nonsense"})

    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")


def test_other_faults_have_their_page_too() -> None:
    request = RequestFactory().get("/")

    pages = [
        errors.bad_request(request, ValueError()),
        errors.forbidden(request, ValueError()),
    ]

    assert [page.status_code for page in [*pages, errors.broken(request)]] == [
        400,
        403,
        500,
    ]


def test_a_return_link_leaves_the_frame() -> None:
    page = errors.page(
        RequestFactory().get("/"),
        title="t",
        words="w",
        status=400,
        return_url="https://lms.example",
    )

    assert (
        '<a class="button primary" href="https://lms.example" target="_top">'
        in page.content.decode()
    )


async def test_a_static_file_is_sent_once_and_then_confirmed() -> None:
    client = AsyncClient()
    first = await client.get("/static/app.css", headers={"accept-encoding": "gzip"})

    second = await client.get("/static/app.css", headers={"if-none-match": first.headers["ETag"]})

    assert (first.status_code, first.headers["Content-Encoding"]) == (200, "gzip")
    assert first.headers["Content-Type"] == "text/css"
    assert second.status_code == 304


@pytest.mark.parametrize("path", ["../tutorai/settings.py", "js", "none.js", "js/../../manage.py"])
async def test_only_static_files_are_sent(path: str) -> None:
    assert (await AsyncClient().get(f"/static/{path}")).status_code in {400, 404}


async def test_a_font_is_sent_as_it_is() -> None:
    path = "/static/vendor/katex/fonts/KaTeX_Main-Regular.woff2"

    response = await AsyncClient().get(path, headers={"accept-encoding": "gzip"})

    assert response.headers["Content-Type"] == "font/woff2"
    assert "Content-Encoding" not in response.headers
