"""The page that says why: in the launch's language, with a support id, about nobody."""

import html
from typing import Any

import pytest
from django.utils import translation

from lti import errors
from lti.errors import Refusal
from tests.lti.platform import Platform, http

REFUSED = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
]
SPANISH = {"Accept-Language": "es-MX,es;q=0.9"}


def test_a_refused_login_is_told_in_the_language_of_the_browser(platform: Platform) -> None:
    told = platform.login_with(iss="https://nobody.example")

    answer = http("POST", f"{platform.tool.url}/lti/login", data=told, headers=SPANISH)

    assert '<html lang="es"' in answer.text
    assert answer.headers["Content-Language"] == "es"
    assert "No se pudo abrir Tutor.AI" in answer.text
    assert "unknown_platform" in answer.text


@pytest.mark.parametrize("place", ["launch_presentation", "locale"])
def test_a_refused_launch_is_told_in_the_language_of_the_launch(
    platform: Platform, place: str
) -> None:
    told: Any = {"locale": "es_ES"} if place == "launch_presentation" else "es"

    launched = platform.launch(version="1", **{place: told})

    assert launched.refused(400, "claim_version")
    assert '<html lang="es"' in launched.answer.text
    assert launched.answer.headers["Content-Language"] == "es"
    assert "Vuelva a su curso" in launched.answer.text


@pytest.mark.parametrize("locale", ["tlh", "x" * 3000, "<b>", ""])
def test_a_language_we_do_not_speak_falls_back_to_the_browsers(
    platform: Platform, locale: str
) -> None:
    launched = platform.launch(version="1", locale=locale)

    assert '<html lang="en"' in launched.answer.text


def test_the_page_says_what_to_do_whom_to_tell_and_names_nobody(platform: Platform) -> None:
    launched = platform.launch(deployment_id="new one")

    text = html.unescape(launched.answer.text)
    assert "waits to be approved" in text
    assert "Ask your administrator" in text
    assert launched.begun.row.support_id in text
    for private in ("Ada", "ada@school.example", "Physics", "person-1", launched.begun.nonce):
        assert private not in text


NO_ADDRESS = [
    "javascript:alert(1)",
    "//evil",
    "x",
    5,
    "http://[",
    "",
    "http://a_b/",
    "http://é.example",
]


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_only_a_web_address_is_offered_as_the_way_back(platform: Platform, url: Any) -> None:
    launched = platform.launch(version="1", launch_presentation={"return_url": url})

    assert "lti_errormsg" not in launched.answer.text
    assert "javascript:" not in launched.answer.text


@pytest.mark.parametrize(
    ("url", "joined"),
    [("https://lms.example/c/1", "?"), ("https://lms.example:8443/c?x=1", "&amp;")],
)
def test_the_way_back_carries_what_the_platform_may_show(
    platform: Platform, url: str, joined: str
) -> None:
    launched = platform.launch(version="1", launch_presentation={"return_url": url})

    assert f'href="{html.escape(url)}{joined}lti_errormsg=' in launched.answer.text


def test_an_unverified_token_says_nothing_of_the_way_back(platform: Platform) -> None:
    begun = platform.login()
    token = platform.sign(platform.claims(begun))

    answer = platform.post(begun, token[:-4] + "AAAA")

    assert answer.status_code == 401
    assert "back?course=1" not in answer.text


@pytest.mark.parametrize("kind", [Refusal, *REFUSED], ids=lambda kind: kind.__name__)
def test_every_reason_has_its_words_in_spanish(kind: type[Refusal]) -> None:
    def said() -> list[str]:
        return [str(words) for words in (kind.message, kind.advice, kind.whom)]

    english = said()
    with translation.override("es"):
        spanish = said()

    assert all(one != other for one, other in zip(english, spanish, strict=True))
