"""The shell answers a launch with its session, and anyone else with nothing."""

import json
import re
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tutorai.ids import new_id
from tutorai.web import shell

LAUNCH = new_id()


def a_request() -> HttpRequest:
    request = RequestFactory().post("/lti/launch")
    request.csp_nonce = "n0nce"  # type: ignore[attr-defined]
    return request


def launched(locale: str = "en", launch: UUID = LAUNCH) -> HttpResponse:
    return shell.launch_response(
        a_request(),
        launch_id=launch,
        access_token="access",
        refresh_secret="secret",
        expires_in=600,
        facts={
            "role": "student",
            "locale": locale,
            "user": {"name": "</script><b>Ada"},
        },
    )


def island(response: HttpResponse) -> dict[str, object]:
    found = re.search(r'<script id="launch" type="application/json">(.*?)</script>', text(response))
    assert found is not None
    read: dict[str, object] = json.loads(found[1])
    return read


def text(response: HttpResponse) -> str:
    return response.content.decode()


def test_the_answer_to_a_launch_carries_its_session() -> None:
    assert island(launched()) == {
        "role": "student",
        "locale": "en",
        "user": {"name": "</script><b>Ada"},
        "launch_id": str(LAUNCH),
        "access_token": "access",
        "refresh_secret": "secret",
        "expires_in": 600,
    }


def test_a_name_cannot_break_out_of_the_island() -> None:
    assert "<b>Ada" not in text(launched())


def test_it_is_kept_by_no_cache() -> None:
    assert "no-store" in launched().headers["Cache-Control"]


def test_it_speaks_the_launchs_language_and_falls_back_to_the_requests() -> None:
    assert '<html lang="es" dir="ltr">' in text(launched("es-419"))
    assert '<html lang="en" dir="ltr">' in text(launched("tlh"))


def test_the_words_of_the_scripts_come_along() -> None:
    assert '"stop": "Detener"' in text(launched("es")).replace("\\u0022", '"')


def test_opened_again_it_is_empty_and_its_scripts_carry_the_nonce() -> None:
    page = text(shell._shell(a_request(), None))

    assert 'id="launch"' not in page
    assert page.count('nonce="n0nce"') == 2
