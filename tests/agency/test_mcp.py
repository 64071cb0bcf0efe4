"""Programs at /mcp: the official client through OAuth, tokens of a page, and when they end."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from agents.models import Switch
from lti.models import Deployment
from tests.agency.programs import (
    BACK,
    Script,
    Store,
    Teacher,
    called,
    program,
    provider,
    registered,
    rpc,
)
from tests.conftest import Running
from tests.retrieval import making
from tutorai.agency.models import AccessToken, Delegation
from tutorai.ledger.models import Proposal
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Enrolment
from tutorai.lmsdm.schema import Role

ASKED = {"query": "kinetic friction"}


@pytest.fixture(scope="module")
def teacher(tool: Running) -> Teacher:
    """A teacher in a course that can be searched."""
    return Teacher(tool.url)


@pytest.fixture
def another(tool: Running, teacher: Teacher) -> Teacher:
    """Another one in the same course, whose place may change."""
    return Teacher(tool.url, course=teacher.course)


def at_rest() -> str:
    """All that the tables of this app hold, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'agency_%'")
        tables = [row[0] for row in cursor.fetchall()]
        said = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            said += [row[0] for row in cursor.fetchall()]
    assert len(tables) == 6
    return "\n".join(said)


def verbs(**of: Any) -> list[str]:
    return list(AuditEvent.objects.filter(**of).order_by("id").values_list("verb", flat=True))


async def works(url: str, teacher: Teacher, store: Store) -> list[Any]:
    """What a program does once it is let in."""
    async with program(url, auth=provider(url, teacher, store)) as client:
        return [
            {one.name for one in (await client.list_tools()).tools},
            await client.call_tool("searchCourse", ASKED),
            await client.call_tool("generate_quiz", {"topic": "kinetic friction"}),
            await client.call_tool("searchCourse", {"query": ""}),
            await client.call_tool("myProgress", {}),
        ]


def test_the_official_client_asks_is_let_in_works_refreshes_and_ends_with_a_stolen_token(
    tool: Running, teacher: Teacher
) -> None:
    store = Store()

    listed, found, made, wrong, unknown = asyncio.run(works(tool.url, teacher, store))

    assert "A helper" in teacher.seen[0]
    assert f"resource={tool.url.replace(':', '%3A').replace('/', '%2F')}%2Fmcp" in teacher.asked
    assert {"searchCourse", "generate_quiz", "pushGrade"} <= listed
    assert not {"myProgress", "askForPerson"} & listed
    assert found.structured_content
    assert found.structured_content["places"][0]["title"] == "Friction"
    assert found.content[0].text.startswith("<tool_result-")
    assert made.structured_content["sent"] is False
    draft = Proposal.objects.get(pk=made.structured_content["proposal_id"])
    assert (draft.state, draft.made_by, draft.author_id) == ("draft", "ai", teacher.user.pk)
    assert (wrong.is_error, unknown.is_error) == (True, True)
    assert store.client
    same = {"client_id": store.client.client_id}
    held = Delegation.objects.get(user=teacher.user, client__client_id=same["client_id"])
    assert verbs(object=held.pk) == ["program.grant", "program.propose"]
    assert verbs(object=draft.pk) == ["draft.make"]
    assert "A helper" in teacher.page("/pages/programs").text

    first = store.tokens
    assert first
    assert first.refresh_token
    again = {"grant_type": "refresh_token", "refresh_token": first.refresh_token, **same}
    second = httpx.post(f"{tool.url}/oauth/token", data=again).json()
    secrets = [first.access_token, first.refresh_token, *map(str, second.values())]
    page = teacher.token(propose="on")
    rests = at_rest()
    assert not [one for one in [*secrets[:3], second["refresh_token"], page] if one in rests]
    assert (called(tool.url, first.access_token, "searchCourse", **ASKED)) == 401
    assert not called(tool.url, second["access_token"], "searchCourse", **ASKED)["isError"]

    reused = httpx.post(f"{tool.url}/oauth/token", data=again)
    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert called(tool.url, second["access_token"], "searchCourse", **ASKED) == 401
    held.refresh_from_db()
    assert held.ended_by == "reuse"
    assert verbs(object=held.pk)[-1] == "program.revoke"


def test_who_says_no_or_lets_it_read_alone_is_heard(tool: Running, teacher: Teacher) -> None:
    store = Store()

    async def names() -> set[str]:
        auth = provider(tool.url, teacher, store, propose=False)
        async with program(tool.url, auth=auth) as client:
            return {one.name for one in (await client.list_tools()).tools}

    listed = asyncio.run(names())
    refused = teacher.allow(teacher.asked, act="refuse")

    assert not {"generate_quiz", "pushGrade"} & listed
    assert refused["error"] == "access_denied"
    assert store.tokens
    assert store.tokens.scope == "read"
    assert store.client
    given = {"token": store.tokens.refresh_token or "", "client_id": store.client.client_id}
    assert httpx.post(f"{tool.url}/oauth/revoke", data=given).status_code == 200
    assert called(tool.url, store.tokens.access_token, "searchCourse", **ASKED) == 401


def test_a_token_of_a_page_works_until_it_is_ended_there(tool: Running, teacher: Teacher) -> None:
    token = teacher.token(name="Nightly script")

    async def tried() -> list[bool]:
        async with program(tool.url, token=token) as client:
            told = await client.call_tool("getCourseBasicInfo", {})
            denied = await client.call_tool("generate_quiz", {"topic": "friction"})
            return [told.is_error, denied.is_error]

    assert asyncio.run(tried()) == [False, True]
    held = Delegation.objects.get(user=teacher.user, name="Nightly script")
    teacher.page(f"/pages/programs/{held.pk}/end", {})

    assert held.used_at is not None
    assert called(tool.url, token, "getCourseBasicInfo") == 401
    assert "Nightly script" not in teacher.page("/pages/programs").text


def test_who_shows_no_token_is_told_where_to_get_one(tool: Running) -> None:
    refused = rpc(tool.url, "", "tools/list")
    wrong = rpc(tool.url, "tutorai_at_" + "x" * 43, "tools/list")
    named = refused.headers["WWW-Authenticate"].split('resource_metadata="')[1].split('"')[0]
    resource = httpx.get(named).json()
    server = httpx.get(f"{tool.url}/.well-known/oauth-authorization-server").json()

    assert (refused.status_code, wrong.status_code) == (401, 401)
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
    assert resource["resource"] == f"{tool.url}/mcp"
    assert resource["authorization_servers"] == [server["issuer"]] == [tool.url]
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["grant_types_supported"] == ["authorization_code", "refresh_token"]


def test_a_token_ends_with_the_place_it_stands_for(tool: Running, another: Teacher) -> None:
    token = another.token()
    place = Enrolment.objects.filter(user=another.user, course=another.course)
    held = Delegation.objects.filter(user=another.user)
    installed = Deployment.objects.filter(pk=another.begun.session.deployment_id or "")
    kept = AccessToken.objects.filter(user__in=held)
    past, later = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(days=1)

    def works() -> bool:
        return bool(called(tool.url, token, "searchCourse", **ASKED) != 401)

    assert works()
    for rows, lost, again in (
        (place, {"role": "student"}, {"role": "teacher"}),
        (place, {"role": "ta"}, {"role": "teacher"}),
        (place, {"active": False}, {"active": True}),
        (installed, {"status": "disabled"}, {"status": "active"}),
        (held, {"expires_at": past}, {"expires_at": later}),
        (kept, {"expires": past}, {"expires": later}),
        (kept, {"resource": []}, {"resource": [f"{tool.url}/mcp"]}),
        (kept, {"resource": ["https://else.example/mcp"]}, {"resource": [f"{tool.url}/mcp"]}),
    ):
        rows.update(**lost)
        assert not works(), lost
        rows.update(**again)
        assert works(), again


def test_a_token_opens_one_course_and_a_student_makes_none(tool: Running, another: Teacher) -> None:
    elsewhere = making.filled(opened_at=timezone.now())
    token = another.token(propose="on")
    student = Teacher(tool.url, Role.STUDENT, another.course)
    page = str(elsewhere.items.get(title="Friction").pk)

    opened = called(tool.url, token, "openPassage", content_id=page)

    assert opened["isError"]
    for path, fields in (
        ("/pages/programs", None),
        ("/pages/programs/code", {}),
        ("/pages/programs/make", {"name": "Mine", "days": "7"}),
    ):
        assert student.page(path, fields).status_code == 403
    assert not Delegation.objects.filter(user=student.user).exists()


def test_what_is_switched_off_or_over_says_so(tool: Running, another: Teacher) -> None:
    token = another.token(propose="on")
    course = another.course
    switch = Switch.objects.create(
        institution=course.institution, course=course, capability="tools"
    )
    off = called(tool.url, token, "searchCourse", **ASKED)
    switch.delete()
    course.__class__.objects.filter(pk=course.pk).update(state="completed")
    draft = called(tool.url, token, "generate_quiz", topic="kinetic friction")
    reads = called(tool.url, token, "searchCourse", **ASKED)
    course.__class__.objects.filter(pk=course.pk).update(state="available")

    assert off["isError"]
    assert "tutor_off" in off["content"][0]["text"]
    assert draft["isError"]
    assert "course_ended" in draft["content"][0]["text"]
    assert not reads["isError"]


def test_the_door_takes_no_strange_page_host_method_or_size(
    tool: Running, another: Teacher
) -> None:
    bearer = {"Authorization": f"Bearer {another.token()}", "Accept": "application/json"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

    def asked(**headers: str) -> int:
        named = {name.replace("_", "-"): told for name, told in headers.items()}
        return httpx.post(f"{tool.url}/mcp", json=body, headers={**bearer, **named}).status_code

    assert asked() == 200
    assert asked(Origin=tool.url) == 200
    assert asked(Origin="https://evil.example") == 403
    assert asked(Host="evil.example") == 421
    assert asked(MCP_Protocol_Version="1999-01-01") == 400
    assert httpx.get(f"{tool.url}/mcp", headers=bearer).status_code == 405
    large = {**body, "params": {"x": "y" * 300_000}}
    assert httpx.post(f"{tool.url}/mcp", json=large, headers=bearer).status_code == 413
    broken = httpx.post(
        f"{tool.url}/mcp", content=b"{", headers={**bearer, "Content-Type": "application/json"}
    )
    assert broken.status_code == 400
    asks = {"Origin": tool.url, "Access-Control-Request-Method": "POST"}
    shared = httpx.options(f"{tool.url}/mcp", headers=asks)
    assert shared.headers["Access-Control-Allow-Origin"] == tool.url
    for origin, told in ((tool.url, tool.url), ("https://evil.example", None)):
        sent = httpx.options(f"{tool.url}/oauth/register", headers={**asks, "Origin": origin})
        assert (sent.status_code, sent.headers.get("Access-Control-Allow-Origin")) == (204, told)


@pytest.mark.parametrize(
    "address",
    [
        *("http://evil.example/", "https://a.example/#x", "https://me@a.example/", "javascript:x"),
        *("https://*.example/", "https://a.example/ b", "data:text/html,x", "https://", "x" * 500),
    ],
)
def test_a_program_is_called_back_at_plain_addresses_alone(tool: Running, address: str) -> None:
    answer = registered(tool.url, redirect_uris=[address])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


def test_what_a_program_says_of_itself_is_read_with_care(tool: Running) -> None:
    made = registered(tool.url, token_endpoint_auth_method="client_secret_post").json()

    assert made["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in made
    unfit: list[dict[str, Any]] = [
        {"redirect_uris": []},
        {"grant_types": ["password"]},
        {"client_name": 7},
    ]
    for told in unfit:
        assert registered(tool.url, **told).status_code == 400
    for body in (b"", b"[]", b"{", b"\xff", b'{"x":' + b"[" * 9000):
        assert httpx.post(f"{tool.url}/oauth/register", content=body).status_code == 400


def test_a_request_that_is_not_right_goes_nowhere_or_back_with_the_reason(tool: Running) -> None:
    script = Script(tool.url)

    assert script.asks().status_code == 200
    assert script.asks(redirect_uri="http://localhost:9/callback").status_code == 200  # any port
    for lost in (
        {"client_id": "nobody"},
        {"client_id": "no\x00body"},
        {"redirect_uri": "http://localhost:8765/else"},
        {"redirect_uri": f"{BACK}?more=1"},
        {"redirect_uri": "http://127.0.0.1.evil.example:8765/callback"},
    ):
        assert script.asks(**lost).status_code == 400
    assert script.error(code_challenge=None, code_challenge_method=None) == "invalid_request"
    assert script.error(code_challenge_method="plain") == "invalid_request"
    assert script.error(code_challenge_method=None) == "invalid_request"
    assert script.error(response_type="token") == "unsupported_response_type"
    assert script.error(scope="read everything") == "invalid_scope"
    assert script.error(resource="https://else.example/mcp") == "invalid_target"


def test_nobody_is_sent_to_another_host_by_a_request_that_is_not_right(tool: Running) -> None:
    script = Script(tool.url, "https://else.example/callback")

    page = script.asks(response_type="token")

    assert page.status_code == 200
    assert "Location" not in page.headers
    assert "http-equiv" not in page.text
    assert "Back to else.example" in page.text
    assert 'href="https://else.example/callback?error=unsupported_response_type' in page.text


def test_a_code_is_good_once_with_its_verifier_for_its_program(
    tool: Running, another: Teacher
) -> None:
    script, other = Script(tool.url), Script(tool.url)

    def code() -> str:
        told = another.allow(script.address(), propose=False)
        assert (told["state"], told["iss"]) == ("s t", tool.url)
        return told["code"]

    kept = code()
    assert kept not in at_rest()
    assert script.swaps(kept, code_verifier="x" * 43).json()["error"] == "invalid_grant"
    assert other.swaps(kept).json()["error"] == "invalid_grant"
    assert script.swaps(kept, redirect_uri="http://localhost:1/callback").status_code == 400
    assert script.swaps(kept, resource="https://else.example/").json()["error"] == "invalid_target"
    fresh = code()
    assert script.swaps(fresh, resource=f"{tool.url}/mcp").status_code == 200
    assert script.swaps(fresh).json()["error"] == "invalid_grant"
    for grant in ("password", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"):
        refused = script.swaps("", grant_type=grant, username="a", password="b", device_code="c")
        assert refused.status_code in {400, 404}
        assert "access_token" not in refused.text
    assert script.swaps("\x00").status_code == 400


def test_a_code_of_a_page_is_good_once_for_who_still_has_the_place(
    tool: Running, another: Teacher
) -> None:
    script = Script(tool.url)
    address, code = script.address(), another.code()

    def typed(code: str, act: str = "allow") -> str:
        return httpx.post(address, data={"act": act, "ticket": code}, timeout=60).text

    assert "is not good" in typed("ABCD-EFGH-JKMN")
    look = typed(code.replace("-", " ").lower(), "look")
    assert another.course.title in look
    assert "A helper" in look
    Enrolment.objects.filter(user=another.user).update(role="student")
    assert "is not good" in typed(code)
    Enrolment.objects.filter(user=another.user).update(role="teacher")
    assert "refresh" in typed(code)
    assert "is not good" in typed(code)
