"""A token's successor is asked for once, stored before it is used, and asked for in time."""

import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from threading import Barrier, Semaphore
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from connectors import applications, linking, registry, renewing, tokens
from connectors.base import Bearer, Client, Grant
from connectors.blackboard.oauth import OAuth as Blackboard
from connectors.canvas.oauth import OAuth as Canvas
from connectors.errors import ClientRefused
from connectors.models import PURPOSE, Application, Connector, Token
from connectors.places import Place
from connectors.tokens import Stored
from tests import factories
from tests.connections.making import consented
from tests.lti.scripted import Answer, Scripted, a_token
from tests.sync.making import School
from tutorai import crypto
from tutorai.errors import LMSError, LMSMisunderstood, LMSUnauthorised, LMSUnavailable, NotSent
from tutorai.ids import new_id

TOKEN = "/login/oauth2/token"
US = Client("key", "secret")
THREADS = 60


def asked(school: School, secret: str) -> int:
    """Whom Canvas takes this token for: the status of its answer."""
    headers = {"Authorization": f"Bearer {secret}", "User-Agent": "test"}
    return httpx.get(f"{school.url}/api/v1/users/self", headers=headers).status_code


def test_sixty_threads_with_a_dead_token_ask_once_and_all_get_their_answer(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    row = consented(school)
    before = Token.objects.get(connector=row)
    school.control("tokens", value=before.secret(), expired=True)
    school.forget()
    caplog.set_level(logging.DEBUG, logger="tutorai")
    caplog.set_level(logging.DEBUG, logger="django")
    together, few = Barrier(THREADS), Semaphore(8)  # more at once would be throttled

    def call(_: int) -> int:
        try:
            bearer = Stored(row).current()
            connections.close_all()  # as a wire does before it calls: there are fewer than threads
            together.wait(30)
            fresh = Stored(row).instead_of(bearer)
        finally:
            connections.close_all()
        with few:
            return asked(school, fresh.secret)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(call, range(THREADS)))

    after = Token.objects.get(connector=row)
    assert answers == [200] * THREADS
    assert len(school.requests(TOKEN)) == 1
    assert (after.version, after.refresh) == (before.version + 1, before.refresh)
    assert after.renewing_until is None
    assert asked(school, before.secret()) == 401
    for secret in (before.secret(), after.secret(), before.access, after.access):
        assert secret not in caplog.text


def test_a_token_is_renewed_before_it_ends_and_serves_on_while_that_fails(school: School) -> None:
    row = consented(school)
    first = Stored(row).current()
    soon = timezone.now() + timedelta(seconds=100)
    Token.objects.filter(connector=row).update(expires_at=soon)
    school.fault("status", TOKEN, status=503)

    kept = Stored(row).current()
    fresh = Stored(row).current()

    assert (kept, fresh.version) == (first, first.version + 1)
    assert Token.objects.filter(connector=row, expires_at__gt=soon).exists()


def test_a_successor_that_is_refused_as_well_ends_the_connection_and_is_not_renewed_again(
    school: School,
) -> None:
    row = consented(school)
    school.forget()
    said = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
    school.fault("status", "/users/self", status=401, times=2, headers=said)

    with pytest.raises(LMSUnauthorised):
        registry.reopen(row).standing()

    row.refresh_from_db()
    assert row.status == Connector.Status.NEEDS_REAUTH
    assert len(school.requests(TOKEN)) == 1


def test_a_consent_that_was_taken_back_ends_the_connection_and_its_readings(school: School) -> None:
    row = consented(school)
    bearer = Stored(row).current()
    school.control("tokens", value=bearer.secret, revoked=True)
    before = linking.stale().filter(pk=row.pk).exists()

    with pytest.raises(LMSUnauthorised):
        Stored(row).instead_of(bearer)

    row.refresh_from_db()
    assert before
    assert (row.status, row.error) == (Connector.Status.NEEDS_REAUTH, "lms_unauthorised")
    assert not linking.stale().filter(pk=row.pk).exists()


def test_a_course_through_its_school_uses_that_ones_token_and_ends_with_it(school: School) -> None:
    whole = Connector.objects.create(
        institution=school.course.institution, lms="canvas", base_url=school.url
    )
    tokens.keep(whole, Grant(school.token), kind=Token.Kind.SERVICE)
    place = Place(school.url, school.external["id"])
    row = linking.keep(school.course, place=place, by=school.teacher.user_id, through=whole)

    bearer = Stored(row).current()
    with pytest.raises(LMSUnauthorised):
        Stored(row).instead_of(bearer)

    whole.refresh_from_db()
    assert bearer.secret == school.token
    assert whole.status == Connector.Status.NEEDS_REAUTH
    assert not linking.stale().filter(pk=row.pk).exists()


def test_who_still_reads_the_old_lms_is_not_given_the_new_ones_token() -> None:
    course, by = factories.a_course(), factories.an_enrolment().user_id
    old = linking.keep(course, place=Place("https://old.example", "7"), by=by)
    tokens.keep(old, Grant("mine"))
    new = linking.keep(course, place=Place("https://new.example", "7"), by=by)
    tokens.keep(new, Grant("a colleague's"))

    with pytest.raises(NotSent):
        Stored(old).current()
    with pytest.raises(NotSent):
        Stored(old).instead_of(Bearer("mine", 1))

    assert Stored(new).current().secret == "a colleague's"


# --- what a token endpoint says ---------------------------------------------------------------


@pytest.fixture
def endpoint(server: Scripted) -> str:
    """An address of its own, below which a test orders answers."""
    return f"http://127.0.0.1:{server.server_port}/{new_id().hex}"


def says(server: Scripted, base: str, *answers: Answer, path: str = TOKEN) -> None:
    server.orders["POST", base[base.index("/", 8) :] + path] = list(answers)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            Answer(
                400, '{"error":"invalid_request","error_description":"refresh_token not found"}'
            ),
            LMSUnauthorised,
        ),
        (Answer(400, '{"error":"invalid_grant"}'), LMSUnauthorised),
        (
            Answer(401, '{"error":"invalid_client","error_description":"unknown client"}'),
            ClientRefused,
        ),
        (
            Answer(302, headers={"Location": "http://127.0.0.1:1/?error=invalid_grant"}),
            LMSMisunderstood,
        ),
        (Answer(503, "<html>"), LMSUnavailable),
        (Answer(200, "<html>"), LMSMisunderstood),
        (Answer(200, '{"access_token": "two\\nlines"}'), LMSMisunderstood),
    ],
    ids=["gone", "over", "client", "redirect", "down", "page", "odd"],
)  # connectors.md 1.1, and RFC 6749 5.2
def test_what_a_token_endpoint_says_is_told_as_what_it_is(
    server: Scripted, endpoint: str, answer: Answer, error: type[LMSError]
) -> None:
    says(server, endpoint, answer)

    with pytest.raises(error) as told:
        Canvas().refresh(endpoint, US, refresh="r", redirect_uri="")

    assert type(told.value) is error
    assert "secret" not in repr(told.value)


def a_school(endpoint: str, **token: Any) -> Connector:
    """A school's Blackboard, read with its application's own token."""
    institution = factories.an_institution()
    told = {"lms": "blackboard", "base_url": endpoint}
    application = applications.keep(institution, client_id="key", secret="secret", **told)
    row = Connector.objects.create(institution=institution, application=application, **told)
    tokens.keep(row, Grant("first", seconds=3600), kind=Token.Kind.CLIENT)
    Token.objects.filter(connector=row).update(**token)
    return row


@pytest.fixture
def asks_blackboard() -> Iterator[None]:
    """How a Blackboard is asked, whatever the registry holds."""
    before, renewing.oauth_of = renewing.oauth_of, lambda lms: Blackboard()
    yield
    renewing.oauth_of = before


BLACKBOARD = "/learn/api/public/v1/oauth2/token"


def test_an_applications_own_token_is_used_to_its_end_and_not_handed_out_for_seconds(
    server: Scripted, endpoint: str, asks_blackboard: None
) -> None:
    # connectors.md 3.1: asked again, the same token comes with fewer seconds.
    same, new = a_token("first", expires_in=9), a_token("second", expires_in=3599)
    says(server, endpoint, same, new, path=BLACKBOARD)
    row = a_school(endpoint)

    used = Stored(row).current()
    Token.objects.filter(connector=row).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotSent) as told:
        Stored(row).current()
    fresh = Stored(row).current()

    sent = server.asked[-1]
    assert (used.secret, told.value.retry_after, fresh.secret) == ("first", 10, "second")
    assert sent.form == {"grant_type": "client_credentials"}
    assert sent.headers["Authorization"] == "Basic a2V5OnNlY3JldA=="


def test_a_live_token_that_is_refused_says_that_the_application_is_not_let_in(
    server: Scripted, endpoint: str, asks_blackboard: None
) -> None:
    says(server, endpoint, a_token("first", expires_in=3000), path=BLACKBOARD)
    row = a_school(endpoint)

    with pytest.raises(LMSUnauthorised):
        Stored(row).instead_of(Bearer("first", 1))

    row.refresh_from_db()
    assert row.status == Connector.Status.NEEDS_REAUTH


def test_blackboards_consent_gives_a_refresh_token_that_changes(
    server: Scripted, endpoint: str
) -> None:
    given = {"refresh_token": "next", "user_id": "0a1b", "scope": "read write offline"}
    body = json.loads(a_token("one", expires_in=3599).body)
    says(server, endpoint, Answer(body=json.dumps({**body, **given})), path=BLACKBOARD)

    url = Blackboard().consent_url(endpoint, US, redirect_uri="u", state="s", verifier="v" * 43)
    got = Blackboard().exchange(endpoint, US, code="c", redirect_uri="u", verifier="v" * 43)

    assert "code_challenge_method=S256" in url
    assert "scope=read+write+offline" in url
    assert got == Grant("one", "next", 3599, "uuid:0a1b", ("read", "write", "offline"))
    assert server.asked[-1].form["code_verifier"] == "v" * 43


def test_a_secret_goes_to_the_address_it_was_entered_for_and_to_a_vendors_own_alone() -> None:
    school = factories.an_institution()
    own = applications.keep(
        school, lms="canvas", base_url="https://a.example", client_id="1", secret="s"
    )
    said = StringIO()
    sys.stdin = StringIO("the secret\n")
    call_command("lms_application", lms="blackboard", client_id="k", stdout=said)
    sys.stdin = sys.__stdin__
    everyones = Application.objects.get(pk=json.loads(said.getvalue())["application_id"])

    def found(lms: str, url: str) -> Any:
        return applications.serving(school, lms, url)

    assert found("canvas", "https://a.example") == own
    assert found("canvas", "https://b.example") is None
    assert found("blackboard", "https://college.blackboard.com") == everyones
    assert found("blackboard", "https://blackboard.com.evil.example") is None
    assert found("blackboard", "https://evilblackboard.com") is None
    assert everyones.secret() == "the secret"
    assert "secret" not in said.getvalue()
    with pytest.raises(CommandError):
        call_command("lms_application", lms="canvas", client_id="k")
    everyones.delete()  # it would serve every school of the other tests


def test_who_took_too_long_to_ask_does_not_put_an_older_token_back(
    server: Scripted, endpoint: str, asks_blackboard: None
) -> None:
    told = a_token("late", expires_in=3000)
    says(server, endpoint, replace(told, pause=0.005), path=BLACKBOARD)
    row = a_school(endpoint)

    def ask() -> Bearer:
        try:
            return Stored(row).instead_of(Bearer("first", 1))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ask)
        while not any(urlsplit(endpoint).path in one.path for one in server.asked):
            assert not late.done()
        newer = crypto.encrypt("newer", purpose=PURPOSE)
        Token.objects.filter(connector=row).update(version=2, access=newer)

    assert late.result() == Stored(row).current() == Bearer("newer", 2)
