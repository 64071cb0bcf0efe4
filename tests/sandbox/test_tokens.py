"""Access tokens of the pretend Canvas, and how it refuses."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.making import HTTP, College

MINE = "url:GET|/api/v1/courses/:id"


def test_refreshing_kills_the_old_token_at_once(college: College) -> None:
    first = college.granted()

    fresh = college.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    dead = college.with_token(first["access_token"])

    assert "refresh_token" not in fresh
    assert college.with_token(fresh["access_token"]).status_code == 200
    assert dead.status_code == 401
    assert dead.json()["errors"][0]["message"] == "Invalid access token."
    assert dead.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'


def test_a_refresh_token_works_again_and_again(college: College) -> None:
    secret = college.granted()["refresh_token"]

    answers = [college.token(grant_type="refresh_token", refresh_token=secret) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_an_unknown_refresh_token_is_a_400_and_a_wrong_secret_a_401(college: College) -> None:
    unknown = college.token(grant_type="refresh_token", refresh_token="never")
    stranger = college.token(grant_type="refresh_token", client_secret="guessed")

    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_request")
    assert stranger.status_code == 401
    assert stranger.headers["WWW-Authenticate"] == "Canvas OAuth 2.0"


def test_a_code_works_once(college: College) -> None:
    code = college.consent()["code"]

    first = college.token(grant_type="authorization_code", code=code)
    second = college.token(grant_type="authorization_code", code=code)

    assert first.json()["user"]["id"] == int(college.person("teacher")["id"])
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


def test_cancelling_tells_the_tool_with_its_state(college: College) -> None:
    told = college.consent(deny="1")

    assert (told["error"], told["state"]) == ("access_denied", "s1")
    assert "code" not in told


def test_a_code_goes_only_to_the_registered_address(college: College) -> None:
    client = college.registration["api"]["client_id"]
    form = {"client_id": client, "redirect_uri": "https://evil.example/", "person": "1"}

    asked = HTTP.get(f"{college.url}/login/oauth2/auth", params={**form, "response_type": "code"})
    pressed = HTTP.post(f"{college.url}/login/oauth2/accept", data=form)

    assert [asked.status_code, pressed.status_code] == [400, 400]


def test_a_revoked_token_is_refused_by_name(college: College) -> None:
    secret = college.granted()["access_token"]

    gone = HTTP.delete(
        f"{college.url}/login/oauth2/token", headers={"Authorization": f"Bearer {secret}"}
    )

    assert gone.status_code == 200
    assert college.with_token(secret).status_code == 401


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"revoked": True}, "Revoked access token."),
        ({"expired": True}, "Invalid access token."),
        ({"ended": True}, "Expired access token."),
    ],
)
def test_a_refused_token_says_why_and_asks_for_another(
    college: College, change: dict[str, bool], message: str
) -> None:
    secret = college.person("teacher")["token"]
    college.control("tokens", value=secret, **change)

    answer = college.rest("pages")

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == message
    assert "WWW-Authenticate" in answer.headers


def test_without_a_token_canvas_asks_for_one(library: College) -> None:
    answer = library.with_token("", "pages")

    assert answer.status_code == 401
    assert answer.json()["status"] == "unauthenticated"
    assert "WWW-Authenticate" in answer.headers


def test_want_of_a_scope_does_not_ask_for_another_token(college: College) -> None:
    secret = college.granted(scope=MINE)["access_token"]

    refused = college.with_token(secret, "pages")

    assert college.with_token(secret).status_code == 200
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["message"] == "Insufficient scopes on access token."
    assert "WWW-Authenticate" not in refused.headers


@pytest.mark.parametrize(("switch", "status"), [(False, 401), (True, 403)])
def test_want_of_permission_does_not_ask_for_another_token(
    college: College, switch: bool, status: int
) -> None:
    college.option(permission_403=switch)

    answer = college.rest("pages/friction-and-drag/date_details", "student")

    assert answer.status_code == status
    assert answer.json()["status"] == "unauthorized"
    assert "WWW-Authenticate" not in answer.headers


def test_whoever_asks_too_much_gets_a_403_in_plain_text_until_the_bucket_leaks(
    college: College,
) -> None:
    college.option(cost=700)

    first, second = college.rest("pages"), college.rest("pages")
    other = college.rest("pages", "ta")

    assert float(first.headers["X-Request-Cost"]) == 700
    assert first.status_code == other.status_code == 200
    assert second.status_code == 403
    assert second.text == "403 Forbidden (Rate Limit Exceeded)\n"
    assert second.headers["X-Rate-Limit-Remaining"] == "0.0"
    assert "Retry-After" not in second.headers


def test_many_requests_at_once_are_too_many_whatever_they_cost(college: College) -> None:
    college.control("faults", world=college.name, kind="delay", seconds=2, times=13)

    with ThreadPoolExecutor(20) as pool:
        at_once = list(pool.map(lambda _: college.rest("pages").status_code, range(20)))
    alone = college.rest("pages").status_code

    assert set(at_once) == {200, 403}
    assert alone == 200


def test_a_caller_without_a_name_is_turned_away(library: College) -> None:
    token = {"Authorization": f"Bearer {library.person('teacher')['token']}"}
    url = f"{library.url}/api/v1/courses/{library.course['id']}"

    answer = HTTP.get(url, headers={**token, "User-Agent": ""})

    assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")
