"""To an LMS's page of consent and back: only the window that went comes back, and once."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings
from django.utils import timezone

from connectors import consents
from connectors.models import Connector, Consent, Token
from lti import sessions
from tests import factories
from tests.conftest import Running
from tests.connections.making import an_application, consent_at
from tests.sync.making import School
from tutorai.ledger.models import Job
from tutorai.lmsdm.schema import Role


class Window:
    """A teacher's page, and the window it opens: its cookies are its own."""

    def __init__(self, tool: Running, school: School, role: Role = Role.TEACHER) -> None:
        self.url, self.school = tool.url, school
        self.begun = factories.a_session(school.course, role)
        self.kept: dict[str, str] = {}  # its cookies

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.begun.access_token}"}

    def page(self, path: str, method: str = "GET", **form: str) -> httpx.Response:
        url = f"{self.url}/pages/{path}"
        return httpx.request(method, url, headers=self.bearer, data=form or None, timeout=30)

    def start(self, **form: str) -> httpx.Response:
        return httpx.post(f"{self.url}/connect/canvas/start", headers=self.bearer, data=form)

    def go(self, state: str, origin: str = "") -> httpx.Response:
        headers = {"Origin": origin or settings.PUBLIC_URL}
        url = f"{self.url}/connect/canvas/go"
        answer = httpx.post(url, data={"state": state}, headers=headers)
        self.kept |= dict(answer.cookies)
        return answer

    def away(self) -> str:
        """Begin, and return where the window goes on to."""
        url: str = self.go(self.start().json()["state"]).json()["url"]
        return url

    def consent(self, url: str, person: str = "teacher", **form: str) -> dict[str, str]:
        return consent_at(url, str(self.school.told["people"][person]["id"]), **form)

    def back(self, **query: str) -> httpx.Response:
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.kept.items())}
        url = f"{self.url}/connect/canvas/callback"
        return httpx.get(url, params=query, headers=cookie if self.kept else None, timeout=30)


@pytest.fixture
def window(tool: Running, school: School) -> Window:
    an_application(school)
    return Window(tool, school)


def test_a_teacher_consents_once_and_the_course_is_read(window: Window, school: School) -> None:
    page = window.page("setup/1").text
    began = window.start()
    url = window.go(began.json()["state"]).json()["url"]
    back = window.consent(url)

    done = window.back(**back)

    row = school.connector
    token = Token.objects.get(connector=row)
    asked = parse_qs(urlsplit(url).query)
    assert "Connect with Canvas" in page
    assert asked["redirect_uri"] == [f"{window.url}/connect/canvas/callback"]
    assert len(asked["scope"]) == 1
    assert "Canvas is connected" in done.text
    assert (row.status, row.external_id) == ("active", school.external["id"])
    assert (token.kind, token.user_id) == (Token.Kind.OAUTH, window.begun.session.user_id)
    assert token.owner == str(school.told["people"]["teacher"]["id"])
    assert Job.objects.filter(course=school.course, kind="sync_course").exists()
    after = window.page("setup/1").text
    assert "with your permission" in after
    for secret in (token.secret(), back["code"], began.json()["state"], token.access):
        assert secret not in done.text + after + str(began.headers)
    assert (window.back(**back).status_code, began.headers["Cache-Control"][:9]) == (
        410,
        "max-age=0",
    )


def test_whoever_is_sent_anothers_address_consents_to_nothing(
    window: Window, tool: Running, school: School
) -> None:
    state = window.start().json()["state"]
    url = window.go(state).json()["url"]
    back = window.consent(url, "ta")
    victim = Window(tool, school)

    by_link = victim.back(**back)
    by_state = victim.go(state)
    by_form = Window(tool, school).go(window.start().json()["state"], origin="https://evil.example")

    assert (by_link.status_code, by_state.status_code, by_form.status_code) == (410, 410, 403)
    assert not Connector.objects.filter(course=school.course).exists()
    assert "Canvas is connected" in window.back(**back).text  # nothing was spent by them


def test_a_refusal_is_told_in_plain_words_and_ends_the_way(window: Window, school: School) -> None:
    back = window.consent(window.away(), deny="1")
    page = window.back(**back)
    words = {
        said: window.back(state=state_of(window.away()), error=said, error_description="x").text
        for said in ("invalid_scope", "login_required", "unauthorized_client", "<b>what</b>")
    }

    assert "You did not allow it" in page.text
    assert window.back(**back).status_code == 410
    assert "does not allow all that Tutor.AI asks for" in words["invalid_scope"]
    assert "not signed in to Canvas" in words["login_required"]
    assert "does not know Tutor.AI" in words["unauthorized_client"]
    assert "gave no reason" in words["<b>what</b>"]
    assert "<b>what" not in words["<b>what</b>"]
    assert not Connector.objects.filter(course=school.course).exists()


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def test_a_way_is_over_after_ten_minutes_and_with_the_session(
    window: Window, school: School
) -> None:
    late, gone = window.away(), window.away()
    late_hash = consents.digest(state_of(late))
    old = timezone.now() - consents.LIFETIME
    Consent.objects.filter(state_hash=late_hash).update(created_at=old)
    back = window.consent(gone)
    sessions.end(window.begun.session.pk)

    answers = window.back(**window.consent(late)), window.back(**back)

    assert [answer.status_code for answer in answers] == [410, 200]
    assert "Your session has ended" in answers[1].text
    assert not Connector.objects.filter(course=school.course).exists()


def test_a_consent_of_somebody_who_may_not_see_the_course_is_given_back(
    window: Window, school: School
) -> None:
    back = window.consent(window.away())
    ways = Consent.objects.filter(course=school.course)
    ways.update(external_id="99999")

    page = window.back(**back)

    log = [line for line in school.requests("/login/oauth2/token") if line["method"] == "DELETE"]
    assert "Canvas is not connected" in page.text
    assert not Connector.objects.filter(course=school.course).exists()
    assert len(log) == 1


@pytest.mark.parametrize("role", [Role.TA, Role.STUDENT], ids=str)
def test_who_sets_no_course_up_begins_nothing(tool: Running, school: School, role: Role) -> None:
    assert Window(tool, school, role).start().status_code == 403


def test_without_an_application_there_is_nothing_to_consent_to(
    tool: Running, school: School
) -> None:
    window = Window(tool, school)

    answer = window.start()

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "Connect with Canvas" not in window.page("setup/1").text


def test_disconnecting_ends_the_token_at_the_lms_too(window: Window, school: School) -> None:
    window.back(**window.consent(window.away()))
    secret = Token.objects.get(connector=school.connector).secret()

    page = window.page("disconnect", "POST").text

    answer = httpx.get(
        f"{school.url}/api/v1/users/self",
        headers={"Authorization": f"Bearer {secret}", "User-Agent": "test"},
    )
    assert answer.status_code == 401
    assert "Canvas is disconnected" in page
    assert not Token.objects.filter(connector=school.connector).exists()


def test_a_consent_that_was_taken_back_is_told_on_the_course_page(
    window: Window, school: School
) -> None:
    window.back(**window.consent(window.away()))
    Connector.objects.filter(course=school.course).update(status=Connector.Status.NEEDS_REAUTH)

    page: Any = window.page("progress").text

    assert "does not let Tutor.AI in any more" in page
    assert "Connect again" in page
    assert "Sync now" not in page
