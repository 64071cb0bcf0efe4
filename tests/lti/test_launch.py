"""A launch over HTTP, from the pretend LMS to the session."""

import html
import json
import re
from typing import Any

import httpx
import pytest
from django.core.management import call_command

from tests.conftest import Running


@pytest.fixture
def world(tool: Running, sandbox: Running) -> Any:
    body = {"tool_url": tool.url, "courses": ["physics"]}
    told = httpx.post(f"{sandbox.url}/sandbox/worlds", json=body, timeout=60).json()
    call_command("lti_register", *told["registration"]["lti_register"])
    return told


def begin(tool: Running, sandbox: Running, world: Any, **options: Any) -> tuple[Any, str]:
    """Go as far as the platform's form; return its fields and the binder cookie."""
    person = world["people"]["student"]["id"]
    asked = {"person": person, "course": world["courses"]["physics"]["id"], **options}
    given = httpx.post(f"{sandbox.url}/sandbox/launch", json=asked).json()
    login = httpx.post(given["login_url"], data=given["parameters"])
    form = httpx.get(login.headers["Location"]).text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    cookie = login.headers["Set-Cookie"].split(";")[0]
    return {name: html.unescape(value) for name, value in fields.items()}, cookie


def post(tool: Running, fields: Any, cookie: str = "") -> httpx.Response:
    return httpx.post(f"{tool.url}/lti/launch", data=fields, headers={"Cookie": cookie})


def island(answer: httpx.Response) -> Any:
    found = re.search(r'id="launch"[^>]*>(.*?)</script>', answer.text, re.DOTALL)
    assert found, answer.text[:600]
    return json.loads(found.group(1))


def test_a_student_launches_and_is_known_and_a_replay_is_refused_sec_03(
    tool: Running, sandbox: Running, world: Any
) -> None:
    fields, cookie = begin(tool, sandbox, world)

    answer = post(tool, fields, cookie)
    told = island(answer)
    me = httpx.get(
        f"{tool.url}/v1/me", headers={"Authorization": f"Bearer {told['access_token']}"}
    ).json()

    assert answer.status_code == 200
    assert me["role"] == told["role"] == "student"
    assert me["course"] == told["course"]
    assert post(tool, fields, cookie).status_code == 400


def test_a_launch_from_another_browser_gets_no_session_sec_02(
    tool: Running, sandbox: Running, world: Any
) -> None:
    fields, _ = begin(tool, sandbox, world)

    answer = post(tool, fields)

    assert 'id="launch"' not in answer.text
    assert 'id="again"' in answer.text


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("https://purl.imsglobal.org/spec/lti/claim/version", 400),
        ("https://purl.imsglobal.org/spec/lti/claim/roles", 400),
        ("https://purl.imsglobal.org/spec/lti/claim/deployment_id", 400),
        ("https://purl.imsglobal.org/spec/lti/claim/resource_link", 400),
        ("sub", 400),
        ("exp", 400),
        ("nonce", 400),
    ],
)
def test_a_launch_without_a_claim_it_needs_is_refused_bad_04_to_12(
    tool: Running, sandbox: Running, world: Any, claim: str, status: int
) -> None:
    fields, cookie = begin(tool, sandbox, world, claims={claim: None})

    answer = post(tool, fields, cookie)

    assert answer.status_code == status
    assert 'id="launch"' not in answer.text


def test_a_refresh_secret_gives_new_tokens_and_a_forged_one_nothing(
    tool: Running, sandbox: Running, world: Any
) -> None:
    told = island(post(tool, *begin(tool, sandbox, world)))
    body = {"launch_id": told["launch_id"], "refresh_secret": told["refresh_secret"]}

    fresh = httpx.post(f"{tool.url}/v1/token/refresh", json=body)
    forged = httpx.post(f"{tool.url}/v1/token/refresh", json={**body, "refresh_secret": "x~y"})

    assert fresh.json()["role"] == "student"
    assert forged.status_code == 401
