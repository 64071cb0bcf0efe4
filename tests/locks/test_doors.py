"""Every door to the tutor, for whoever sits an exam and for everybody else."""

import asyncio
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from agents import invigilating, locks, practice, retrieve
from agents.tools import server
from tests.locks import making
from tests.locks.making import ASKED, HOUR
from tutorai.errors import Locked
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor, Role

LOCKED = (423, "sitting_exam")
QUESTION = "What slows down a block that slides?"
HELPS = {
    "searchCourse": {"query": "friction"},
    "getPersonalizedContent": {"topic": "friction"},
    "practiceItem": {},
}
STAYS: dict[str, dict[str, Any]] = {"getTableOfContent": {}, "getCourseBasicInfo": {}}


async def _doors(actor: Actor, token: str, course: Course, gap: str) -> dict[str, Any]:
    """What each door answers: "open", or the status and code of its refusal."""
    client, mine = AsyncClient(), {"authorization": f"Bearer {token}"}
    body = {"course_id": str(course.pk), "question": QUESTION}

    async def ask(**headers: str) -> Any:
        told: Any = await client.post(
            "/v1/ai/ask", body, "application/json", headers=mine | headers
        )
        if told.streaming:
            text = b"".join([part async for part in told.streaming_content]).decode()
            return "open" if "event: done" in text else text
        return _said(told)

    async def get(path: str) -> Any:
        return await client.get(path, headers=mine)

    async def post(path: str, fields: dict[str, Any]) -> Any:
        return await client.post(path, fields, headers=mine)

    photo = SimpleUploadedFile("a.py", b"print(1)", "text/x-python")
    found: dict[str, Any] = {
        "ask": await ask(),
        "ask, streamed": await ask(accept="text/event-stream"),
        "suggestions": _said(await get("/v1/ai/suggestions")),
        "practice": _said(await post("/pages/practice/check", {"token": gap, "said": "y"})),
        "attach": _said(await post("/v1/ai/attachments", {"file": photo})),
    }
    for name, arguments in HELPS.items():
        result = await server.call(actor, name, arguments)
        found[name] = result.data["code"] if result.data.get("code") == "sitting_exam" else "open"
    for name, arguments in STAYS.items():
        assert not (await server.call(actor, name, arguments)).failed
    page = (await get("/pages/practice")).content.decode()
    chat = (await get("/pages/chat")).content.decode()
    found["pages"] = {"so the tutor does not help now" in one for one in (page, chat)}
    assert (await get(f"/v1/courses/{course.pk}/toc")).status_code == 200
    return found


def _said(response: Any) -> Any:
    """Return "open", or how it refused."""
    if response.status_code in {200, 201}:
        return "open"
    return response.status_code, json.loads(response.content)["code"]


def through(who: tuple[Actor, str], course: Course, gap: str) -> set[str]:
    """Return the doors that are open to somebody; every other one says that they sit an exam."""
    found = asyncio.run(_doors(*who, course, gap))
    shut = {name for name, told in found.items() if told in (LOCKED, "sitting_exam", {True})}
    opened = {name for name, told in found.items() if told in ("open", {False})}
    assert shut | opened == set(found), found
    return opened


def test_every_door_is_shut_to_who_sits_an_exam_and_open_to_everybody_else() -> None:
    course = making.a_course()
    soon = making.now() + HOUR
    work = making.some_work(course, sections=["A"], attempts=1)
    exam = making.an_exam(work)
    extra = {"sections": ["X"], "available_until": soon.isoformat()}
    over = making.now() - HOUR / 6
    late = making.some_work(
        course, "Resit", sections=["E"], available_until=over, overrides=[extra]
    )
    making.an_exam(late)
    people = {
        "locked": making.somebody(course, Role.STUDENT, "A"),
        "extended": making.somebody(course, Role.STUDENT, "E", "X"),
        "released": making.somebody(course, Role.STUDENT, "A"),
        "submitted": making.somebody(course, Role.STUDENT, "A"),
        "elsewhere": making.somebody(course, Role.STUDENT, "B"),
        "closed": making.somebody(course, Role.STUDENT, "E"),
        "teacher": making.somebody(course, Role.TEACHER, "A"),
    }
    making.handed_in(people["submitted"][0], work)
    invigilating.release(people["teacher"][0], exam.pk, people["released"][0].user_id)

    (gap, *_others), _sets = practice.exercises(people["teacher"][0], None, 0)

    opened = {name: through(who, course, gap.token) for name, who in people.items()}

    every = opened["teacher"]
    assert len(every) == 9
    assert {name for name, doors in opened.items() if doors == every} == {
        "released",
        "submitted",
        "elsewhere",
        "closed",
        "teacher",
    }
    assert opened["locked"] == opened["extended"] == set()
    told = {name: _read(who) for name, (who, _token) in people.items() if name != "teacher"}
    known = {name: ASKED in text for name, text in told.items()}
    assert {name for name, seen in known.items() if seen} == {"released", "submitted", "closed"}
    with pytest.raises(Locked, match=r"“Resit”.*\(Europe/Madrid, CES?T\).*your grades"):
        locks.check(people["extended"][0])


def _read(actor: Actor) -> str:
    """What retrieval finds of the exams' text."""
    found = retrieve.search(actor, ASKED, k=10).passages
    return " ".join(one.text for one in found)
