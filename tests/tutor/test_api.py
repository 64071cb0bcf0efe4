"""The routes: JSON and events, whose question it is, and what a lost connection leaves."""

import asyncio
import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.test import AsyncRequestFactory

from agents.models.talk import Message
from agents.tutor import ask as asking
from agents.tutor import turns
from tests.tutor.talking import QUESTION, School
from tutorai.api import ai
from tutorai.errors import NotYours
from tutorai.ids import new_id
from tutorai.threads import in_thread


def a_request(school: School, **headers: str) -> Any:
    request = AsyncRequestFactory().post("/v1/ai/ask", headers=headers)
    request.auth = school.actor  # type: ignore[attr-defined]  # as the API's auth sets it
    return request


def state(turn: turns.Turn) -> str:
    return Message.objects.get(pk=turn.message_id).state


def a_body(school: School, **fields: Any) -> ai.Asked:
    return ai.Asked(course_id=school.course.pk, question=QUESTION, **fields)


def test_json_has_the_documented_fields(school: School) -> None:
    response = asyncio.run(ai.ask(a_request(school), a_body(school)))

    told = json.loads(response.content)
    assert {"answer", "mode", "citations", "conversation_id"} <= set(told)
    assert {"n", "title", "quote", "url"} <= set(told["citations"][0])


def test_events_are_framed_and_not_buffered_on_their_way(school: School) -> None:
    async def read() -> tuple[Any, str]:
        request = a_request(school, accept="text/event-stream")
        response = await ai.ask(request, a_body(school))
        return response, b"".join([part async for part in response]).decode()

    response, text = asyncio.run(read())

    blocks = text.removesuffix("\n\n").split("\n\n")
    assert response["Content-Type"].startswith("text/event-stream")
    assert response["X-Accel-Buffering"] == "no"
    assert response["Content-Encoding"] == "identity"
    assert "no-cache" in response["Cache-Control"]
    assert blocks[0].startswith("event: status\ndata: {")
    assert blocks[-1].startswith("event: done\ndata: {")


def test_nobody_asks_in_another_persons_name(school: School) -> None:
    with pytest.raises(NotYours):
        asyncio.run(ai.ask(a_request(school), a_body(school, user_id=new_id())))


def test_a_lost_connection_loses_no_answer(school: School) -> None:
    school.script({"text": "A sliding block slows down. " * 5, "pause": 0.02})

    async def leave() -> turns.Turn:
        turn = await in_thread(school.begin)()
        events = asking.events(turn)
        while (await anext(events))[0] != "delta":
            continue
        await events.aclose()
        async with asyncio.timeout(20):
            while await in_thread(state)(turn) == "streaming":
                await asyncio.sleep(0.05)
        return turn

    turn = asyncio.run(leave())

    kept = Message.objects.get(pk=turn.message_id)
    assert kept.state == "done"
    assert kept.text.count("slows down") == 5


def test_a_stop_ends_the_stream_and_keeps_what_was_said(school: School) -> None:
    school.script({"text": "A sliding block slows down. " * 40, "pause": 0.02})

    async def halt() -> turns.Turn:
        turn = await in_thread(school.begin)()
        events = asking.events(turn)
        while (await anext(events))[0] != "delta":
            continue
        await ai.stop(a_request(school), turn.message_id)
        assert [event async for event in events][-1][0] == "done"
        return turn

    turn = asyncio.run(halt())

    kept = Message.objects.get(pk=turn.message_id)
    assert kept.state == "stopped"
    assert 0 < kept.text.count("slows down") < 40


@pytest.mark.parametrize("path", ["suggestions", "conversations"])
def test_without_a_session_nothing_is_told(tool: Any, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{tool.url}/v1/ai/{path}"))

    assert refused.value.code == 401
    refused.value.close()
