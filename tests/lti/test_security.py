"""What nobody may do (SEC), with a platform that tries."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.core.cache import cache
from django.utils import timezone

from lti import jwks
from lti.models import Deployment, LaunchSession, LaunchState, Registration
from lti.tool import Head
from tests.lti.platform import (
    INSTRUCTOR,
    LEARNER,
    LTI,
    REMOVE,
    Begun,
    Platform,
    badly,
    drop_by_drop,
    headed,
    http,
    jwk,
    private_key,
    slowly,
)

Another = Callable[..., Platform]


# --- state and browser ----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["", "unknown", "\x00", "ж" * 50, None])
def test_a_state_we_did_not_give_is_refused_sec_01(platform: Platform, state: str | None) -> None:
    begun = platform.login()
    form = {"id_token": platform.sign(platform.claims(begun)), "state": state}

    answer = platform.send({name: value for name, value in form.items() if value is not None})

    assert answer.status_code == 400
    assert "unknown_state" in answer.text
    assert begun.row.used_at is None


def test_a_state_ten_minutes_old_is_refused_sec_01(platform: Platform) -> None:
    begun = platform.login()
    LaunchState.objects.filter(pk=begun.row.pk).update(
        created_at=timezone.now() - timedelta(minutes=10, seconds=1)
    )

    answer = platform.post(begun, platform.sign(platform.claims(begun)))

    assert (answer.status_code, "unknown_state" in answer.text) == (400, True)


def test_a_launch_that_waits_for_its_browser_opens_nothing_once_switched_off(
    platform: Platform,
) -> None:
    begun = platform.login()
    waiting = platform.post(begun, platform.sign(platform.claims(begun)), cookie="other=1")
    Registration.objects.filter(pk=platform.registration.pk).update(active=False)

    form = {"state": begun.state, "binder": begun.cookie.partition("=")[2]}
    answer = http("POST", f"{platform.tool.url}/lti/launch/confirm", data=form)

    assert waiting.status_code == 200
    assert (answer.status_code, "switched_off" in answer.text) == (403, True)


def test_a_registration_that_was_switched_off_launches_nobody_sec_01(platform: Platform) -> None:
    begun = platform.login()
    Registration.objects.filter(pk=platform.registration.pk).update(active=False)

    answer = platform.post(begun, platform.sign(platform.claims(begun)))

    assert (answer.status_code, "switched_off" in answer.text) == (403, True)


@pytest.mark.parametrize("cookie", ["other=1", "bind_%s=wrong"])
def test_a_state_from_another_browser_gets_no_session_but_a_new_tab_sec_02(
    platform: Platform, cookie: str
) -> None:
    begun = platform.login()
    token = platform.sign(platform.claims(begun))

    answer = platform.post(begun, token, cookie=cookie.replace("%s", begun.state[:12]))

    assert answer.status_code == 200
    assert 'id="launch"' not in answer.text
    assert f'action="/lti/login/{platform.registration.login_slug}"' in answer.text
    assert not LaunchSession.objects.filter(pk=begun.row.pk).exists()


def test_the_new_tab_begins_the_same_login_again_sec_02(platform: Platform) -> None:
    begun = platform.login(lti_deployment_id=platform.deployment_id)
    platform.post(begun, platform.sign(platform.claims(begun)), cookie="other=1")

    slug = platform.registration.login_slug
    again = platform.login(slug=slug, **begun.row.login)
    page = http(
        "POST", f"{platform.tool.url}/lti/login/{slug}", data={**begun.row.login, "new_tab": "1"}
    )

    assert platform.post(again, platform.sign(platform.claims(again))).status_code == 200
    # A form's policy would forbid a redirect to a host it does not name: a page goes on instead.
    assert (page.status_code, "js/lti/login.js" in page.text) == (200, True)
    assert "bind_" in page.headers["Set-Cookie"]


def confirmed(platform: Platform, state: str, binder: str) -> Any:
    """Show the binder from another place than a cookie."""
    form = {"state": state, "binder": binder}
    return http("POST", f"{platform.tool.url}/lti/launch/confirm", data=form)


def test_a_binder_from_elsewhere_opens_the_session_once(platform: Platform) -> None:
    begun = platform.login(lti_storage_target="_parent")
    binder = begun.cookie.partition("=")[2]
    platform.post(begun, platform.sign(platform.claims(begun)), cookie="other=1")
    waiting = begun.row.claims

    answer = confirmed(platform, begun.state, binder)
    again = confirmed(platform, begun.state, binder)

    assert waiting is not None
    assert 'id="launch"' in answer.text
    assert begun.row.claims is None  # nobody's data stays where it is not needed
    session = LaunchSession.objects.get(pk=begun.row.pk)
    assert session.platform_storage is not None
    assert session.platform_storage["target"] == "_parent"
    assert (again.status_code, "replayed" in again.text) == (400, True)


@pytest.mark.parametrize("binder", ["", "wrong", "ж", "\x00"])
def test_a_wrong_binder_opens_nothing_and_ends_the_waiting(platform: Platform, binder: str) -> None:
    begun = platform.login()
    right = begun.cookie.partition("=")[2]
    platform.post(begun, platform.sign(platform.claims(begun)), cookie="other=1")

    answer = confirmed(platform, begun.state, binder)
    late = confirmed(platform, begun.state, right)

    assert (answer.status_code, begun.row.failure) == (400, "not_this_browser")
    assert late.status_code == 400
    assert not LaunchSession.objects.filter(pk=begun.row.pk).exists()


def test_nothing_can_be_confirmed_that_did_not_wait(platform: Platform) -> None:
    begun = platform.login()
    binder = begun.cookie.partition("=")[2]

    assert "not_this_browser" in confirmed(platform, begun.state, binder).text
    assert "not_this_browser" in confirmed(platform, "unknown", binder).text
    assert platform.post(begun, platform.sign(platform.claims(begun))).status_code == 200


def test_a_launch_that_waited_is_looked_at_again_before_it_opens(platform: Platform) -> None:
    begun = platform.login()
    binder = begun.cookie.partition("=")[2]
    platform.post(begun, platform.sign(platform.claims(begun)), cookie="other=1")
    Deployment.objects.filter(registration=platform.registration).update(status="disabled")

    answer = confirmed(platform, begun.state, binder)

    assert (answer.status_code, begun.row.failure) == (403, "switched_off")


def test_the_same_post_again_is_told_kindly_with_the_way_back_sec_03(platform: Platform) -> None:
    begun = platform.login()
    token = platform.sign(platform.claims(begun))

    first, second = platform.post(begun, token), platform.post(begun, token)

    assert first.status_code == 200
    assert (second.status_code, "replayed" in second.text) == (400, True)
    assert f'href="{platform.url}/back?course=1&amp;lti_errormsg=' in second.text
    assert 'id="launch"' not in second.text


def test_a_launch_posted_many_times_at_once_opens_one_session_sec_03(platform: Platform) -> None:
    platform.launch()
    begun = platform.login()

    answers = sorted(at_once(platform, [begun] * 6))

    assert answers == [200, 400, 400, 400, 400, 400]


def test_a_failed_launch_spends_its_state(platform: Platform) -> None:
    begun = platform.login()
    bad = platform.sign(platform.claims(begun, version="1"))

    platform.post(begun, bad)
    answer = platform.post(begun, platform.sign(platform.claims(begun)))

    assert (answer.status_code, "replayed" in answer.text) == (400, True)
    assert begun.row.failure == "claim_version"


@pytest.mark.parametrize("nonce", ["of another login", "", 5, [], "\ud800"])
def test_a_nonce_of_another_login_is_refused_sec_04(platform: Platform, nonce: Any) -> None:
    assert platform.launch(nonce=nonce).refused(401, "invalid_token")


# --- signatures -----------------------------------------------------------------------------


def segment(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def test_an_unsigned_token_is_refused_sec_05(platform: Platform) -> None:
    begun = platform.login()
    header = {"alg": "none", "kid": platform.kid}
    token = f"{segment(header)}.{segment(platform.claims(begun))}."

    assert platform.post(begun, token).status_code == 401
    assert begun.row.failure == "invalid_token"


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused_sec_05(
    platform: Platform,
) -> None:
    begun = platform.login()
    secret = (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    signed = f"{segment({'alg': 'HS256', 'kid': platform.kid})}.{segment(platform.claims(begun))}"
    mac = hmac.digest(secret, signed.encode(), hashlib.sha256)

    answer = platform.post(begun, f"{signed}.{base64.urlsafe_b64encode(mac).decode()}")

    assert (answer.status_code, begun.row.failure) == (401, "invalid_token")


def test_a_token_of_one_kind_never_meets_a_key_of_another_sec_05(platform: Platform) -> None:
    platform.keys = [jwk(private_key("ES256"), platform.kid)]

    assert platform.launch().refused(401, "unknown_kid")


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
@pytest.mark.parametrize("named", [True, False])
def test_every_algorithm_of_the_security_framework_is_accepted_named_in_the_jwks_or_not(
    platform: Platform, algorithm: str, named: bool
) -> None:
    more = {"alg": algorithm} if named else {}
    platform.keys = [
        jwk(private_key("ES384"), platform.kid, use="enc"),
        jwk(private_key(algorithm), platform.kid, **more),
    ]

    assert platform.launch(algorithm=algorithm).role == "student"


def test_a_key_that_names_its_algorithm_serves_no_other(platform: Platform) -> None:
    platform.keys = [jwk(private_key(), platform.kid, alg="RS256")]

    assert platform.launch(algorithm="RS512").refused(401, "unknown_kid")


@pytest.mark.parametrize("algorithm", ["PS256", "EdDSA", "ES256K", "RS1", "", None, 5])
def test_no_other_algorithm_is_accepted_sec_05(platform: Platform, algorithm: Any) -> None:
    begun = platform.login()
    token = platform.sign(platform.claims(begun))

    answer = platform.post(begun, headed(token, alg=algorithm, kid=platform.kid))

    assert (answer.status_code, begun.row.failure) == (401, "invalid_token")


def test_a_weak_key_is_no_key(platform: Platform) -> None:
    weak = private_key(bits=1024)
    platform.keys = [jwk(weak, platform.kid)]
    begun = platform.login()
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = jwt.encode(platform.claims(begun), weak, "RS256", headers={"kid": platform.kid})

    answer = platform.post(begun, token)

    assert (answer.status_code, begun.row.failure) == (401, "unknown_kid")


@pytest.mark.parametrize(
    "broken",
    [
        5,
        {"kid": "key-1"},
        {"kid": "key-1", "kty": "RSA", "n": "!!", "e": "AQAB"},
        {"kid": "key-1", "kty": "RSA", "n": 5, "e": "AQAB"},
        {"kid": "key-1", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kid": "key-1", "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kid": ["key-1"], "kty": "RSA"},
        {"kty": "oct", "k": "AAAA", "kid": "key-1"},
    ],
)
def test_broken_keys_are_passed_over_for_the_good_one(platform: Platform, broken: Any) -> None:
    platform.keys = [broken, jwk(private_key(), platform.kid)]

    assert platform.launch().role == "student"


def test_a_wrong_signature_under_the_right_kid_is_refused_sec_06(platform: Platform) -> None:
    begun = platform.login()
    forged = jwt.encode(
        platform.claims(begun), private_key(number=1), "RS256", headers={"kid": platform.kid}
    )

    assert platform.post(begun, forged).status_code == 401
    assert begun.row.failure == "invalid_token"


# --- for whom, and when ---------------------------------------------------------------------


def test_the_issuer_of_another_registration_is_refused_sec_07(
    platform: Platform, another: Another
) -> None:
    other = another()
    other.register()

    assert platform.launch(iss=other.issuer).refused(401, "invalid_token")


@pytest.mark.parametrize(
    "told",
    [
        {"aud": "another client"},
        {"aud": ["client", "other"]},
        {"aud": ["client", "other"], "azp": "other"},
        {"aud": "client", "azp": "other"},
        {"aud": []},
        {"aud": {"client": 1}},
        {"aud": [["client"]]},
        {"azp": ""},
        {"iss": ["client"]},
    ],
)
def test_a_token_for_somebody_else_is_refused_sec_07(platform: Platform, told: Any) -> None:
    assert platform.launch(**told).refused(401, "invalid_token")


@pytest.mark.parametrize(
    "told",
    [
        {"aud": ["client"]},
        {"aud": ["client", "other"], "azp": "client"},
        {"aud": ["other", "client"], "azp": "client"},
        {"azp": "client"},
    ],
)
def test_a_token_for_us_among_others_is_accepted_sec_08(platform: Platform, told: Any) -> None:
    assert platform.launch(**told).role == "student"


@pytest.mark.parametrize("told", [{"exp": -50}, {"iat": 50}, {"nbf": 50}, {"iat": -3500}])
def test_clocks_may_differ_by_a_minute_sec_09(platform: Platform, told: dict[str, Any]) -> None:
    now = int(time.time())
    moved: dict[str, Any] = {name: now + by for name, by in told.items()}

    assert platform.launch(**moved).role == "student"


@pytest.mark.parametrize(
    "told", [{"exp": -70}, {"iat": 70}, {"nbf": 70}, {"iat": -3610, "exp": 3600}]
)
def test_beyond_a_minute_or_an_hour_old_is_refused_sec_09(
    platform: Platform, told: dict[str, Any]
) -> None:
    now = int(time.time())
    moved: dict[str, Any] = {name: now + by for name, by in told.items()}

    assert platform.launch(**moved).refused(401, "invalid_token")


@pytest.mark.parametrize("value", [REMOVE, None])
@pytest.mark.parametrize("name", ["exp", "iat", "nonce"])
def test_a_token_without_its_times_or_nonce_is_refused_sec_10(
    platform: Platform, name: str, value: Any
) -> None:
    assert platform.launch(**{name: value}).refused(400, f"claim_{name}")


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["soon", [], {}, float("nan"), float("inf")])
def test_times_that_are_none_are_refused_sec_10(platform: Platform, name: str, value: Any) -> None:
    assert platform.launch(**{name: value}).refused(401, "invalid_token")


# --- deployments and addresses --------------------------------------------------------------


def test_an_unknown_deployment_is_written_down_and_waits_for_an_administrator_sec_11(
    platform: Platform,
) -> None:
    launched = platform.launch(deployment_id="new one")

    assert launched.refused(403, "deployment_pending")
    assert "administrator" in launched.answer.text
    assert "Physics" not in launched.answer.text
    row = Deployment.objects.get(registration=platform.registration, deployment_id="new one")
    assert (row.status, row.institution) == ("pending", None)


def test_a_deployment_opens_when_it_is_approved_and_closes_when_it_is_not_sec_11(
    platform: Platform,
) -> None:
    platform.launch(deployment_id="new one")
    rows = Deployment.objects.filter(deployment_id="new one", registration=platform.registration)
    rows.update(status="active", institution=platform.registration.institution)

    opened = platform.launch(deployment_id="new one")
    rows.update(status="disabled")

    assert opened.role == "student"
    assert platform.launch(deployment_id="new one").refused(403, "switched_off")


def test_a_registration_may_approve_by_itself_for_its_own_school_sec_11(
    platform: Platform,
) -> None:
    Registration.objects.filter(pk=platform.registration.pk).update(auto_approve_deployments=True)

    assert platform.launch(deployment_id="new one").role == "student"


def test_nothing_approves_itself_for_no_school_sec_11(platform: Platform) -> None:
    Registration.objects.filter(pk=platform.registration.pk).update(
        auto_approve_deployments=True, institution=None
    )

    assert platform.launch(deployment_id="new one").refused(403, "deployment_unclaimed")


def test_a_login_for_one_deployment_opens_no_other_sec_12(platform: Platform) -> None:
    Deployment.objects.create(
        registration=platform.registration,
        deployment_id="deployment-2",
        institution=platform.registration.institution,
        status="active",
    )
    begun = platform.login(lti_deployment_id="deployment-2")

    answer = platform.post(begun, platform.sign(platform.claims(begun)))

    assert (answer.status_code, begun.row.failure) == (400, "wrong_deployment")


FOREIGN = [
    "https://evil.example/lti/launch",
    "//evil.example",
    "%s.evil.example/lti/launch",
    "%s@evil.example/",
    "javascript:alert(1)",
    "/lti/launch",
]


@pytest.mark.parametrize("target", [*FOREIGN, REMOVE, None, 5, ""])
def test_a_launch_for_a_foreign_address_is_refused_sec_13(platform: Platform, target: Any) -> None:
    told = target.replace("%s", platform.tool.url) if isinstance(target, str) else target

    launched = platform.launch(target_link_uri=told)

    assert launched.refused(400, "claim_target_link_uri")
    assert "evil.example" not in launched.answer.headers.get("Location", "")


@pytest.mark.parametrize("target", [*FOREIGN, ""])
def test_a_login_for_a_foreign_address_is_refused_and_goes_nowhere_sec_13(
    platform: Platform, target: str
) -> None:
    told = platform.login_with(target_link_uri=target.replace("%s", platform.tool.url))

    answer = http("GET", f"{platform.tool.url}/lti/login", params=told)

    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert "claim_target_link_uri" in answer.text


# --- what the platform itself says ----------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        ("login_required", "login_required", "not signed in"),
        ("launch_no_longer_valid", "launch_no_longer_valid", "too old"),
        ("access_denied", "access_denied", "may not open"),
        ("temporarily_unavailable", "temporarily_unavailable", "right now"),
        ("unauthorized_client", "platform_setup", "not set up"),
        ("<script>alert(1)</script>", "platform_refused", "did not complete"),
    ],
)
def test_an_error_of_the_platform_is_readable_and_spends_the_state_sec_14(
    platform: Platform, error: str, reason: str, words: str
) -> None:
    begun = platform.login()
    form = {"error": error, "error_description": "<b>because</b>", "state": begun.state}

    answer = platform.send(form, begun.cookie)

    assert answer.status_code == 400
    assert reason in answer.text
    assert words in answer.text
    assert "<script>alert" not in answer.text
    assert "<b>because" not in answer.text
    assert begun.row.failure == reason


def test_an_error_without_a_state_is_readable_too_sec_14(platform: Platform) -> None:
    answer = platform.send({"error": "login_required", "state": ""})

    assert (answer.status_code, "login_required" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "..",
        "a.b.c.d.e",
        "é.é.é",
        "e30.e30.",
        "x" * 70_000,
        "[" * 50_000 + ".e30.e30",
        segment([]) + ".e30.e30",
        segment("text") + ".e30.e30",
        base64.urlsafe_b64encode(b"\xff\xfe").decode() + ".e30.e30",
        base64.urlsafe_b64encode(b"[" * 30_000).decode() + ".e30.e30",
        base64.urlsafe_b64encode(b"9" * 5_000).decode() + ".e30.e30",
    ],
    ids=lambda token: token[:12] or "empty",
)
def test_what_is_no_token_is_refused_sec_15(platform: Platform, token: str) -> None:
    begun = platform.login()

    answer = platform.post(begun, token)

    assert (answer.status_code, begun.row.failure) == (401, "invalid_token")


def test_a_token_in_four_parts_is_refused_sec_15(platform: Platform) -> None:
    begun = platform.login()
    head, body, mark = platform.sign(platform.claims(begun)).split(".")

    assert platform.post(begun, f"{head}.{body}.{mark}.{mark}").status_code == 401


@pytest.mark.parametrize("body", [b"\xff", b"[]", b'"text"', b"5", b"null", b"[" * 20_000])
def test_a_signed_body_that_is_no_object_is_refused_sec_15(platform: Platform, body: bytes) -> None:
    begun = platform.login()
    token = jwt.api_jws.encode(body, private_key(), "RS256", headers={"kid": platform.kid})

    assert platform.post(begun, token).status_code == 401


@pytest.mark.parametrize("header", [{"b64": False}, {"crit": ["exp"]}, {"crit": 5}])
def test_a_token_that_asks_for_an_extension_is_refused_sec_15(
    platform: Platform, header: Any
) -> None:
    begun = platform.login()
    token = platform.sign(platform.claims(begun))

    answer = platform.post(begun, headed(token, kid=platform.kid, **header))

    assert (answer.status_code, begun.row.failure) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("name", "works"),
    [
        ("resource_link", False),
        ("context", True),
        ("launch_presentation", True),
        ("tool_platform", True),
        ("custom", True),
        ("lis", True),
    ],
)
@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_an_object_claim_that_is_none_is_absent_sec_15(
    platform: Platform, name: str, works: bool, value: Any
) -> None:
    launched = platform.launch(**{name: value})

    assert launched.answer.status_code == (200 if works else 400)


# --- keys -----------------------------------------------------------------------------------


def held(platform: Platform, *, hours: float) -> None:
    """Let the tool hold the platform's keys since so many hours."""
    name = "jwks:" + hashlib.sha256(platform.jwks_url.encode()).hexdigest()
    cache.set(name, {"at": time.time() - hours * 3600, "keys": platform.keys}, 3600)


@pytest.mark.parametrize(
    "answer",
    [badly(500), badly(404), badly(200, b"no JSON"), badly(200, b"[]"), badly(200, b"{}")],
    ids=["500", "404", "text", "list", "empty"],
)
def test_old_keys_serve_while_the_platform_is_down_and_it_is_asked_once_a_minute_sec_16(
    platform: Platform, answer: Any
) -> None:
    platform.answer = answer
    held(platform, hours=7)

    assert [platform.launch().role for _ in range(3)] == ["student"] * 3
    assert platform.fetches == 1


def test_keys_six_hours_old_are_fetched_anew_sec_16(platform: Platform) -> None:
    old, platform.keys = platform.keys, [jwk(private_key(number=1), platform.kid)]
    name = "jwks:" + hashlib.sha256(platform.jwks_url.encode()).hexdigest()
    cache.set(name, {"at": time.time() - 7 * 3600, "keys": old}, 3600)

    assert platform.launch().refused(401, "invalid_token")
    assert platform.fetches == 1


def test_without_any_keys_a_launch_is_told_to_wait_and_works_soon_after_sec_16(
    platform: Platform,
) -> None:
    platform.answer = badly(500)
    launched = platform.launch()
    also = platform.launch()
    asked = platform.fetches
    platform.answer = Platform.answer

    time.sleep(5)

    assert launched.refused(503, "keys_unavailable")
    assert launched.answer.headers["Retry-After"] == "60"
    assert also.refused(503, "keys_unavailable")
    assert asked == 1
    assert platform.launch().role == "student"


def test_a_platform_that_never_ends_its_answer_holds_up_only_its_own_launch_sec_16(
    platform: Platform, another: Another
) -> None:
    other = another()
    other.register()
    platform.answer = drop_by_drop

    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        waiting = pool.submit(jammed, platform)
        time.sleep(0.5)
        assert other.launch().role == "student"
        quick = time.monotonic() - began
        status = waiting.result()
        slow = time.monotonic() - began

    assert quick < 4
    assert status == 503
    assert slow < 9


def jammed(platform: Platform) -> int:
    """Launch with a client of this thread's own."""
    with httpx.Client(timeout=30) as browser:
        login = browser.get(f"{platform.tool.url}/lti/login", params=platform.login_with())
        asked = dict(pair.split("=") for pair in login.headers["Location"].split("?")[1].split("&"))
        token = jwt.encode({}, private_key(), "RS256", headers={"kid": platform.kid})
        form = {"state": asked["state"], "id_token": token}
        return browser.post(f"{platform.tool.url}/lti/launch", data=form).status_code


def at_once(platform: Platform, logins: list[Begun]) -> list[int]:
    """Post one launch for each login, all at the same time; return the statuses."""
    jobs = [(one, platform.sign(platform.claims(one))) for one in logins]

    def post(job: tuple[Begun, str]) -> int:
        begun, token = job
        with httpx.Client(timeout=30) as browser:
            form = {"id_token": token, "state": begun.state}
            url = f"{platform.tool.url}/lti/launch"
            return browser.post(url, data=form, headers={"Cookie": begun.cookie}).status_code

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(post, jobs))


def test_first_launches_at_once_fetch_the_keys_once_and_all_get_in_sec_16(
    platform: Platform,
) -> None:
    platform.answer = slowly(0.5)
    begun = [platform.login() for _ in range(10)]

    answers = at_once(platform, begun)

    assert answers == [200] * 10
    assert platform.fetches == 1


def test_a_hundred_unknown_kids_cost_one_look_at_the_keys_sec_17(platform: Platform) -> None:
    assert platform.launch().role == "student"

    refused = [platform.launch(header={"kid": f"none-{n}"}) for n in range(100)]

    assert {one.answer.status_code for one in refused} == {401}
    assert platform.fetches == 2  # the first, which does not count, and one


async def test_a_fetch_that_comes_too_late_asks_nobody_sec_17(platform: Platform) -> None:
    head = Head(platform.kid, "RS256")

    for _ in range(2):
        await jwks.fetch(platform.jwks_url, head)

    assert platform.fetches == 1
    assert jwks.key(platform.jwks_url, head).kid == platform.kid


def test_a_key_rotated_just_after_the_first_fetch_is_found_sec_17(platform: Platform) -> None:
    assert platform.launch().role == "student"
    platform.kid = "key-2"
    platform.keys.append(jwk(private_key(), "key-2"))

    assert platform.launch().role == "student"
    assert platform.fetches == 2


def test_launches_at_once_with_a_new_key_all_get_in_sec_17(platform: Platform) -> None:
    assert platform.launch().role == "student"
    platform.answer = slowly(0.3)
    platform.kid = "key-2"
    platform.keys = [jwk(private_key(), "key-2")]
    begun = [platform.login() for _ in range(6)]

    answers = at_once(platform, begun)

    assert answers == [200] * 6
    assert platform.fetches == 2


# --- demotion -------------------------------------------------------------------------------


def test_a_demoted_instructor_loses_the_older_session_at_once_sec_18(platform: Platform) -> None:
    teacher = platform.launch(roles=[INSTRUCTOR]).island
    elsewhere = platform.launch(roles=[INSTRUCTOR], context={"id": "course-2"}).island

    student = platform.launch(roles=[LEARNER]).island

    assert student["role"] == "student"
    assert [status(platform, one) for one in (teacher, elsewhere, student)] == [401, 200, 200]
    assert refreshed(platform, teacher).status_code == 401


def test_outside_a_course_a_demotion_counts_as_well_sec_18(platform: Platform) -> None:
    teacher = platform.launch(roles=[INSTRUCTOR], context=REMOVE).island
    student = platform.launch(roles=[LEARNER], context=REMOVE).island

    assert [status(platform, one) for one in (teacher, student)] == [401, 200]


def status(platform: Platform, island: Any) -> int:
    """Ask who is signed in, with this session's access token."""
    headers = {"Authorization": f"Bearer {island['access_token']}"}
    return http("GET", f"{platform.tool.url}/v1/me", headers=headers).status_code


def refreshed(platform: Platform, island: Any) -> Any:
    """Ask for new tokens."""
    told = {name: island[name] for name in ("launch_id", "refresh_secret")}
    return http("POST", f"{platform.tool.url}/v1/token/refresh", json=told)


def test_no_name_and_no_token_stands_in_a_failed_state(platform: Platform) -> None:
    launched = platform.launch(version="1")

    row = launched.begun.row
    assert row.claims is None
    assert "Ada" not in json.dumps(row.login)
    assert f"{LTI}version" not in json.dumps(row.login)
