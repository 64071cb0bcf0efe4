"""Canvas's Live Events: only what is signed and new counts, and only as a hint."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from django.test import AsyncClient
from django.utils import timezone

from connectors.models import Connector, SyncCursor
from tests.lti import platform
from tests.lti.scripted import Answer, Scripted
from tests.sync.scripted import COURSE, HOST, Class, a_class
from tutorai.ledger.models import Job
from tutorai.threads import in_thread

PATH = "/connect/canvas/events"
GLOBAL = f"2107000000000000{COURSE}"


@pytest.fixture(scope="module")
def published() -> Iterator[str]:
    """Where Canvas's public keys stand."""
    told = {"keys": [platform.jwk(platform.private_key(), "now")]}
    server = Scripted()
    server.orders["GET", "/jwks"] = [Answer(body=json.dumps(told))]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/jwks"
    server.shutdown()
    server.server_close()


@pytest.fixture
def keys(settings: Any, published: str) -> str:
    """We look for them there."""
    settings.CANVAS_EVENTS_JWKS = published
    return published


def event(at: datetime | None = None, **metadata: Any) -> dict[str, Any]:
    told = {
        "event_name": "wiki_page_updated",
        "event_time": (at or timezone.now()).isoformat(),
        "hostname": HOST,
        "context_type": "Course",
        "context_id": GLOBAL,
        **metadata,
    }
    return {"metadata": told, "body": {"title": "Friction"}}


def signed(told: dict[str, Any], *, kid: str = "now", number: int = 0) -> str:
    return jwt.encode(
        told, platform.private_key(number=number), algorithm="RS256", headers={"kid": kid}
    )


async def send(body: str | bytes) -> int:
    answer = await AsyncClient().post(PATH, body, content_type="application/jwt")
    return answer.status_code


def jobs(there: Class) -> list[Job]:
    return list(Job.objects.filter(course=there.course, kind="sync_course"))


async def test_events_in_flocks_ask_for_one_quick_reading_in_a_minute(
    keys: str,
) -> None:
    there = await in_thread(a_class)()
    token = signed(event())

    statuses = [await send(token), await send(token), await send(signed(event()))]

    (job,) = await in_thread(jobs)(there)
    assert statuses == [204, 204, 204]
    assert "asked" not in job.payload
    assert timedelta(seconds=30) < job.due_at - timezone.now() <= timedelta(minutes=1)


async def test_a_new_audience_asks_for_a_whole_reading_for_no_date_tells_of_it(keys: str) -> None:
    there = await in_thread(a_class)()

    await send(signed(event(event_name="assignment_override_created")))
    await send(signed(event()))

    (job,) = await in_thread(jobs)(there)
    assert "asked" in job.payload


async def test_a_course_that_was_just_read_is_left_alone_for_a_while(
    keys: str,
) -> None:
    there = await in_thread(a_class)()
    named = {"connector": there.row, "course": there.course, "kind": "course"}
    await in_thread(SyncCursor.objects.create)(**named)

    await send(signed(event()))

    (job,) = await in_thread(jobs)(there)
    assert job.due_at - timezone.now() > timedelta(minutes=9)


@pytest.mark.parametrize(
    "told",
    [
        {"hostname": "other.example"},
        {"context_id": "21070000000000999"},
        {"context_type": "Account"},
        {"event_name": "asset_accessed"},
    ],
    ids=["another host", "another course", "no course", "nothing we read"],
)
async def test_what_is_about_nothing_we_read_asks_for_nothing(
    keys: str, told: dict[str, Any]
) -> None:
    there = await in_thread(a_class)()

    assert await send(signed(event(**told))) == 204

    assert await in_thread(jobs)(there) == []


async def test_a_paused_connection_is_not_woken(keys: str) -> None:
    there = await in_thread(a_class)()
    paused = Connector.objects.filter(pk=there.row.pk)
    await in_thread(paused.update)(status=Connector.Status.PAUSED)

    await send(signed(event()))

    assert await in_thread(jobs)(there) == []


def unsigned(told: dict[str, Any]) -> str:
    return jwt.encode(told, "", algorithm="none")


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "body",
    [
        lambda: "",
        lambda: json.dumps(event()),
        lambda: unsigned(event()),
        lambda: signed(event(), number=1),
        lambda: signed(event(), kid="other"),
        lambda: signed(event(timezone.now() - HOUR - timedelta(minutes=1))),
        lambda: signed(event(timezone.now() + HOUR)),
        lambda: signed({"metadata": {}}),
        lambda: signed({**event(), "exp": 1}),
        lambda: signed({**event(), "pad": "x" * 70_000}),
        lambda: b"\xff\xfe",
    ],
    ids=[
        *("empty", "no token", "not signed", "another key", "a key nobody publishes"),
        *("old", "from the future", "no event", "expired", "too large", "no text"),
    ],
)
async def test_what_is_not_signed_new_and_an_event_is_refused(keys: str, body: Any) -> None:
    there = await in_thread(a_class)()

    assert await send(body()) in {400, 401}

    assert await in_thread(jobs)(there) == []


async def test_where_no_keys_are_named_nothing_is_taken(settings: Any) -> None:
    settings.CANVAS_EVENTS_JWKS = ""

    assert await send(signed(event())) == 401
