"""The first hop: somebody clicked in the LMS."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lti.models import LaunchState, Registration
from tests.lti.platform import Platform, http

FRAME = {"Sec-Fetch-Dest": "iframe"}
OLD_SAFARI = {"User-Agent": "Mozilla/5.0 (iPad; CPU OS 15_0 like Mac OS X) Safari/604.1"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_login_goes_to_the_platform_with_what_openid_asks_for(
    platform: Platform, method: str
) -> None:
    told = platform.login_with(login_hint="a b&c", lti_message_hint='{"cmid":36}')
    how: dict[str, Any] = {"params" if method == "GET" else "data": told}

    answer = http(method, f"{platform.tool.url}/lti/login", **how)

    url = urlsplit(answer.headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    state, nonce = asked.pop("state"), asked.pop("nonce")
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{platform.url}/auth"
    assert asked == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "client",
        "redirect_uri": f"{platform.tool.url}/lti/launch",
        "login_hint": "a b&c",
        "lti_message_hint": '{"cmid":36}',
    }
    assert len(state) > 40
    assert len(nonce) > 40
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_binder_is_kept_in_a_cookie_of_this_login_alone(platform: Platform) -> None:
    one, two = platform.login(), platform.login()

    told = one.answer.headers["Set-Cookie"]
    for word in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/", "Max-Age=600"):
        assert word in told
    assert one.cookie.split("=")[0] != two.cookie.split("=")[0]
    assert one.cookie.partition("=")[2] not in one.row.binder_hash


def test_an_address_with_a_query_keeps_it(platform: Platform) -> None:
    Registration.objects.filter(pk=platform.registration.pk).update(
        auth_url=f"{platform.url}/auth?region=eu"
    )

    answer = platform.login(lti_message_hint="").answer

    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["region"] == ["eu"]
    assert "lti_message_hint" not in asked


@pytest.mark.parametrize("headers", [FRAME, OLD_SAFARI])
def test_inside_a_frame_a_page_keeps_the_binder_in_every_other_place_too(
    platform: Platform, headers: dict[str, str]
) -> None:
    told = platform.login_with(lti_storage_target="post_message_forwarding")

    answer = http("POST", f"{platform.tool.url}/lti/login", data=told, headers=headers)

    assert answer.status_code == 200
    assert "bind_" in answer.headers["Set-Cookie"]
    assert 'data-target="post_message_forwarding"' in answer.text
    assert f'data-origin="{platform.url.rpartition("/")[0]}"' in answer.text
    assert "js/lti/login.js" in answer.text


@pytest.mark.parametrize(
    "told",
    [
        {"iss": ""},
        {"iss": "https://nobody.example"},
        {"client_id": "another"},
        {"iss": "\x00"},
        {"iss": "x" * 9000},
        {"login_hint": ""},
    ],
)
def test_a_login_we_cannot_place_is_refused_and_begins_nothing(
    platform: Platform, told: dict[str, str]
) -> None:
    answer = http("POST", f"{platform.tool.url}/lti/login", data=platform.login_with(**told))

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    begun = LaunchState.objects.filter(registration=platform.registration, used_at=None)
    assert not begun.exists()


def test_a_registration_that_is_off_begins_no_login(platform: Platform) -> None:
    Registration.objects.filter(pk=platform.registration.pk).update(active=False)

    answer = http("POST", f"{platform.tool.url}/lti/login", data=platform.login_with())

    assert (answer.status_code, "switched_off" in answer.text) == (403, True)


def test_no_other_method_begins_a_login(platform: Platform) -> None:
    assert http("PUT", f"{platform.tool.url}/lti/login").status_code == 405


@pytest.mark.parametrize("path", ["/lti/launch", "/lti/launch/confirm"])
def test_who_opens_a_launch_address_by_hand_is_sent_to_the_course(
    platform: Platform, path: str
) -> None:
    answer = http("GET", platform.tool.url + path)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "from your course" in answer.text
