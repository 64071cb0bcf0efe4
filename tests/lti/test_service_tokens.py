"""Tokens for a platform's services."""

import threading
import time
from collections.abc import Callable

import jwt
import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from lti import keys, service_tokens, wire
from lti.service_tokens import Token, current
from tests.lti.scripted import SCOPES, Answer, Place, a_token
from tests.racing import at_once
from tutorai import embedded
from tutorai.errors import (
    ClocksDiffer,
    KeysUnread,
    KeyUnknown,
    LMSError,
    LMSMisunderstood,
    LMSThrottled,
    LMSUnavailable,
    NotSent,
    ScopeMissing,
    ToolRefused,
)

ONE, OTHER = SCOPES[:2]
HTML = "<html>Error</html>"
BIG = "x" * (6 * 1024 * 1024)
BRIGHTSPACE = "https://auth.brightspace.com/core/connect/token"


def held_as(place: Place) -> str:
    """Return under which name a token for one scope rests."""
    return service_tokens.name_of(place.registration, [ONE])


@pytest.fixture
def without_redis(settings: Settings) -> None:
    """Nobody answers where Redis should be."""
    nowhere = f"redis://127.0.0.1:{embedded.free_port()}"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": nowhere}}


def test_a_token_is_asked_for_by_a_signature_with_the_key_we_publish(place: Place) -> None:
    told = place.registration

    token = current(told, [OTHER, ONE])

    (asked,) = place.asked("/token")
    assertion = asked.form["client_assertion"]
    public = {key["kid"]: key for key in keys.jwks()["keys"]}
    kid = jwt.get_unverified_header(assertion)["kid"]
    claims = jwt.decode(
        assertion, jwt.PyJWK(public[kid]), algorithms=["RS256"], audience=told.token_url
    )
    assert claims["iss"] == claims["sub"] == told.client_id
    assert claims["exp"] - claims["iat"] <= 300
    assert claims["iat"] <= time.time()
    assert asked.form["grant_type"] == "client_credentials"
    assert asked.form["client_assertion_type"] == service_tokens.ASSERTION
    assert asked.form["scope"] == f"{ONE} {OTHER}"
    assert token.scopes == {ONE, OTHER}


def test_a_platform_that_names_an_audience_gets_it_and_no_assertion_comes_twice(
    place: Place,
) -> None:
    place.registration.token_audience = "https://audience.example"
    place.says("POST", "/token", a_token("short", expires_in=60))

    for _ in range(2):
        current(place.registration, [ONE])

    told = [
        jwt.decode(one.form["client_assertion"], options={"verify_signature": False})
        for one in place.asked("/token")
    ]
    assert {one["aud"] for one in told} == {"https://audience.example"}
    assert len({one["jti"] for one in told}) == 2


@pytest.mark.parametrize(
    ("family", "url", "named", "audience"),
    [
        ("d2l", BRIGHTSPACE, "", "https://api.brightspace.com/auth/token"),
        ("d2l", "https://a.brightspace.com/token", "", "https://api.brightspace.com/auth/token"),
        ("d2l", BRIGHTSPACE, "https://own.example", "https://own.example"),
        ("d2l", "https://lms.example/core/connect/token", "", None),
        ("other", "https://lms.example/token", "", None),
    ],
    ids=[
        "the vendor's",
        "the vendor's for a school",
        "the registration's",
        "nobody else's",
        "the token's address",
    ],
)
def test_an_assertion_is_for_one_audience(
    place_on: Callable[..., Place], family: str, url: str, named: str, audience: str | None
) -> None:
    told = place_on(family).registration
    told.token_url, told.token_audience = url, named

    assert service_tokens.audience(told) == (audience or told.token_url)


def test_what_another_process_is_given_meanwhile_is_taken(place: Place) -> None:
    name = held_as(place)
    cache.add(f"{name}:busy", 1, 5)
    other = Token("theirs", frozenset({ONE}))
    timer = threading.Timer(0.1, lambda: service_tokens._kept(name, other, 60))
    timer.start()

    assert current(place.registration, [ONE]) == other

    timer.join()
    assert place.asked("/token") == []


@pytest.mark.parametrize("seconds", [1, 45])
def test_a_platform_that_gives_a_refused_token_again_until_it_ends_is_waited_for(
    place: Place, seconds: int
) -> None:
    place.says("POST", "/token", a_token("same", ONE, expires_in=seconds))
    current(place.registration, [ONE])

    with pytest.raises(NotSent) as error:
        current(place.registration, [ONE], instead_of="same")

    assert error.value.retry_after == seconds + 1


@pytest.mark.parametrize(
    ("written", "asked"),
    [("3600", 1), ('"3600"', 1), ("60", 2), ("0", 2), ("-5", 2), ("1e400", 1)],
)
def test_a_token_is_kept_until_a_minute_before_it_ends(
    place: Place, written: str, asked: int
) -> None:
    body = f'{{"access_token": "a", "scope": "{ONE}", "expires_in": {written}}}'
    place.says("POST", "/token", Answer(body=body))

    for _ in range(2):
        current(place.registration, [ONE])

    assert len(place.asked("/token")) == asked


def test_twenty_that_need_a_token_at_once_ask_once(place: Place) -> None:
    tokens = at_once(20, lambda _: current(place.registration, [ONE]))

    assert len({token.value for token in tokens}) == 1
    assert len(place.asked("/token")) == 1


def test_twenty_whose_token_was_refused_get_one_other(place: Place) -> None:
    old = current(place.registration, [ONE]).value

    tokens = at_once(20, lambda _: current(place.registration, [ONE], instead_of=old))

    assert len({token.value for token in tokens} | {old}) == 2
    assert len(place.asked("/token")) == 2


def test_each_set_of_scopes_has_a_token_of_its_own_in_whatever_order(place: Place) -> None:
    one, both = current(place.registration, [ONE]), current(place.registration, [ONE, OTHER])

    assert current(place.registration, [OTHER, ONE]) == both
    assert one != both


def test_what_a_lost_key_encrypted_is_asked_for_again(place: Place) -> None:
    current(place.registration, [ONE])
    cache.set(held_as(place), cache.get(held_as(place)).replace("v1.", "v1.lost-", 1), 60)

    current(place.registration, [ONE])

    assert len(place.asked("/token")) == 2


def test_a_token_rests_encrypted(place: Place) -> None:
    value = current(place.registration, [ONE]).value

    sealed = cache.get(held_as(place))
    assert sealed.startswith("v1.")
    assert value not in sealed


def test_who_waits_too_long_for_anothers_asking_comes_back_later(place: Place) -> None:
    cache.add(f"{held_as(place)}:busy", 1, 5)

    with pytest.raises(NotSent):
        current(place.registration, [ONE], patience=0.1)

    assert place.asked("/token") == []


@pytest.mark.usefixtures("without_redis")
def test_without_redis_a_process_asks_once_and_replaces_what_was_refused(place: Place) -> None:
    tokens = at_once(5, lambda _: current(place.registration, [ONE]))
    other = current(place.registration, [ONE], instead_of=tokens[0].value)

    assert len({token.value for token in tokens}) == 1
    assert other.value != tokens[0].value
    assert len(place.asked("/token")) == 2


@pytest.mark.usefixtures("without_redis")
def test_without_redis_too_no_token_is_used_in_its_last_minute(place: Place) -> None:
    place.says("POST", "/token", a_token("short", expires_in=60))

    for _ in range(2):
        current(place.registration, [ONE])

    assert len(place.asked("/token")) == 2


def test_a_platform_may_grant_less_than_was_asked(place: Place) -> None:
    place.says("POST", "/token", a_token("less", f"{ONE} something-else"))

    assert current(place.registration, [ONE, OTHER]).scopes == {ONE}


def test_a_platform_that_does_not_say_what_it_grants_grants_all(place: Place) -> None:
    place.says("POST", "/token", a_token("all"))

    assert current(place.registration, [ONE, OTHER]).scopes == {ONE, OTHER}


def test_a_platform_that_grants_nothing_is_told_of_in_words(place: Place) -> None:
    place.says("POST", "/token", a_token("none", "something-else"))

    with pytest.raises(ScopeMissing) as error:
        current(place.registration, [ONE])

    assert ONE.rpartition("/")[2] in str(error.value)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"access_token": ""}',
        '{"access_token": 7}',
        '{"access_token": "line\\nbreak"}',
        '{"access_token": "a", "expires_in": null}',
        f'{{"access_token": "a", "expires_in": {"9" * 400}}}',
        '{"access_token": "a", "scope": ["b"]}',
        "[" * 100_000,
        HTML,
        BIG,
    ],
    ids=[
        "nothing",
        "list",
        "null",
        "no token",
        "empty",
        "number",
        "line break",
        "no end",
        "beyond time",
        "scopes as a list",
        "deep",
        "html",
        "too large",
    ],
)
def test_an_answer_without_a_usable_token_is_not_understood(place: Place, body: str) -> None:
    place.says("POST", "/token", Answer(body=body))

    with pytest.raises(LMSMisunderstood):
        current(place.registration, [ONE])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(400, '{"error": "invalid_client"}'), ToolRefused),
        (Answer(401, '{"error": "invalid_client"}'), ToolRefused),
        (Answer(400, '{ "error" : ""kid" invalid" }'), ToolRefused),  # Moodle's own JSON
        (Answer(400, '{"error": "invalid_scope"}'), ScopeMissing),
        (Answer(404, HTML), LMSMisunderstood),
        (Answer(302, headers={"Location": "/login"}), LMSMisunderstood),
        (Answer(503, HTML), LMSUnavailable),
        (Answer(0), LMSError),
        (Answer(429, headers={"Retry-After": "7"}), LMSThrottled),
        (Answer(403, "403 Forbidden (Rate Limit Exceeded)"), LMSThrottled),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Answer) else value.code,
)
def test_a_refusal_says_what_it_means(place: Place, answer: Answer, kind: type[LMSError]) -> None:
    place.says("POST", "/token", answer)

    with pytest.raises(kind):
        current(place.registration, [ONE])


@pytest.mark.parametrize(
    ("family", "answer", "kind"),
    [
        ("moodle", Answer(404, "<!DOCTYPE html>\n<html>Error"), KeysUnread),
        ("moodle", Answer(404, "gone"), LMSMisunderstood),
        ("other", Answer(404, HTML), LMSMisunderstood),
        ("moodle", Answer(400, '{\n  "error" : ""kid" invalid, unable to lookup"\n}'), KeyUnknown),
        ("other", Answer(401, '{"error_description": "Unknown kid"}'), ToolRefused),
        ("other", Answer(401, '{"error_description": "kid not found"}'), KeyUnknown),
        ("other", Answer(400, '{"error_description": "JWK Error: 404"}'), KeysUnread),
        ("moodle", Answer(400, '{"error":"Expired token"}'), ClocksDiffer),
        ("other", Answer(400, '{"error_description": "iat is in the future"}'), ClocksDiffer),
        ("d2l", Answer(429, headers={"Retry-After": "30"}), LMSThrottled),
    ],
    ids=[
        "Moodle cannot fetch",
        "Moodle elsewhere",
        "another's page",
        "Moodle's kid",
        "unnamed",
        "kid",
        "keyset",
        "late",
        "early",
        "D2L's limit",
    ],
)
def test_a_refusal_is_named_when_its_words_say_what_is_wrong(
    place_on: Callable[..., Place], family: str, answer: Answer, kind: type[LMSError]
) -> None:
    place = place_on(family)
    place.says("POST", "/token", answer)

    with pytest.raises(kind) as error:
        current(place.registration, [ONE])

    assert type(error.value) is kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("9" * 400, 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("01 Jan 99999999999 00:00:00", None),
        ("soon", None),
        ("", None),
    ],
    ids=["seconds", "for ever", "a far date", "a date", "beyond dates", "words", "nothing"],
)
def test_a_pause_is_seconds_or_a_date(place: Place, header: str, seconds: float | None) -> None:
    place.says("POST", "/token", Answer(429, headers={"Retry-After": header}))

    with pytest.raises(LMSThrottled) as error:
        current(place.registration, [ONE])

    assert error.value.retry_after == seconds


def test_every_request_for_a_token_is_told_to_who_counts(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(service_tokens, "refreshed", lambda *words: told.append(words))
    place.says("POST", "/token", Answer(400), a_token("one"))
    host = place.host

    with pytest.raises(ToolRefused):
        current(place.registration, [ONE])
    current(place.registration, [ONE])

    assert told == [(host, "tool_refused"), (host, "ok")]


def test_nobody_needs_to_count_or_guard(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_tokens, "refreshed", None)
    monkeypatch.setattr(wire, "guard", None)
    place.says("POST", "/token", Answer(500))

    with pytest.raises(LMSUnavailable):
        current(place.registration, [ONE])


def test_a_platform_whose_token_endpoint_is_ill_is_left_alone_for_a_while(place: Place) -> None:
    place.says("POST", "/token", Answer(503))
    for _ in range(8):
        with pytest.raises(LMSUnavailable):
            current(place.registration, [ONE])

    with pytest.raises(NotSent) as error:
        current(place.registration, [ONE])

    assert error.value.retry_after
    assert len(place.asked("/token")) == 8
