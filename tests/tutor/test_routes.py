"""The routes of the talk over real HTTP: who reads it, finds it, renames it, takes it home."""

from typing import Any

import httpx
import pytest
from django.utils import timezone

from agents.models.index import Chunk
from lti import sessions
from tests import factories
from tests.conftest import Running
from tests.retrieval import making
from tutorai.ids import new_id
from tutorai.lmsdm.models import ContentItem, Course
from tutorai.lmsdm.schema import Role

QUESTION = "What slows down a block that slides?"


class Caller:
    """Someone with a session, who calls `/v1/ai`."""

    def __init__(self, tool: Running, begun: sessions.Begun) -> None:
        self.base = f"{tool.url}/v1/ai"
        self.course_id = str(begun.session.course_id)
        self.headers = {"Authorization": f"Bearer {begun.access_token}"}

    def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        return httpx.request(
            method, f"{self.base}/{path}", json=body or None, headers=self.headers, timeout=30
        )

    def ask(self, question: str = QUESTION, **fields: Any) -> httpx.Response:
        told = {"course_id": self.course_id, "question": question, **fields}
        return self.call("POST", "ask", **told)


@pytest.fixture
def student(tool: Running) -> Caller:
    """A student of a course that answers with passages: no model is set up."""
    course = making.filled(opened_at=timezone.now())
    return Caller(tool, factories.a_session(course))


def beside(tool: Running, caller: Caller, role: Role = Role.STUDENT) -> Caller:
    """Somebody else of the same course."""
    course = Course.objects.get(pk=caller.course_id)
    return Caller(tool, factories.a_session(course, role))


def test_an_answer_without_a_model_quotes_the_course(student: Caller) -> None:
    told = student.ask().json()

    assert told["mode"] == "passages"
    assert {"n", "title", "quote", "url"} <= set(told["citations"][0])
    assert told["notice"]


def test_nobody_asks_in_another_persons_name(student: Caller) -> None:
    answer = student.ask(user_id=str(new_id()))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"question": ""}, 400), ({"question": "x" * 5000}, 400), ({"course_id": "x"}, 422)],
    ids=str,
)
def test_a_question_that_is_none_is_refused_with_a_reason(
    student: Caller, fields: dict[str, Any], status: int
) -> None:
    answer = student.ask(**fields)

    assert answer.status_code == status
    assert answer.json()["detail"]


def test_another_course_is_not_there(student: Caller, tool: Running) -> None:
    stranger = Caller(tool, factories.a_session())

    assert student.ask(course_id=stranger.course_id).status_code == 404


def test_without_a_session_nothing_answers(student: Caller) -> None:
    student.headers = {}

    assert student.ask().status_code == 401
    assert student.call("GET", "conversations").status_code == 401


def test_a_conversation_is_found_by_what_was_said_renamed_read_and_deleted(
    student: Caller,
) -> None:
    talk = student.ask().json()["conversation_id"]

    found = student.call("GET", "conversations?q=kinetic").json()
    renamed = student.call("PATCH", f"conversations/{talk}", title="Sliding").json()
    opened = student.call("GET", f"conversations/{talk}").json()
    gone = student.call("DELETE", f"conversations/{talk}")

    assert [each["id"] for each in found] == [talk]
    assert student.call("GET", "conversations?q=volcano").json() == []
    assert (renamed["title"], opened["title"]) == ("Sliding", "Sliding")
    assert [said["role"] for said in opened["messages"]] == ["user", "tutor"]
    assert gone.status_code == 204
    assert student.call("GET", f"conversations/{talk}").status_code == 404


def test_nobody_else_reads_a_conversation_not_even_the_teacher(
    student: Caller, tool: Running
) -> None:
    told = student.ask().json()

    for other in (beside(tool, student), beside(tool, student, Role.TEACHER)):
        for path in (
            f"conversations/{told['conversation_id']}",
            f"conversations/{told['conversation_id']}/download",
            f"messages/{told['message_id']}/citations/1",
        ):
            assert other.call("GET", path).status_code == 404
        assert other.call("GET", "conversations").json() == []


def test_a_conversation_is_taken_home_with_its_sources(student: Caller) -> None:
    told = student.ask().json()

    answer = student.call("GET", f"conversations/{told['conversation_id']}/download")

    assert answer.headers["Content-Type"].startswith("text/markdown")
    assert QUESTION in answer.text
    assert told["citations"][0]["url"] in answer.text


def test_a_citation_is_checked_again_when_it_is_opened(student: Caller) -> None:
    told = student.ask().json()
    path = f"messages/{told['message_id']}/citations/1"
    item = ContentItem.objects.filter(pk=told["citations"][0]["item_id"])
    first = student.call("GET", path).json()

    item.update(sha256="edited since")
    second = student.call("GET", path).json()
    item.update(published=False)
    third = student.call("GET", path).json()

    assert (first["state"], second["state"], third["state"]) == ("ok", "changed", "hidden")
    assert told["citations"][0]["quote"] in first["passage"]
    assert third["passage"] == third["quote"] == third["title"] == ""
    assert student.call("GET", path.replace("/1", "/9")).status_code == 404


def test_a_thumb_is_kept_and_can_be_turned(student: Caller) -> None:
    told = student.ask().json()
    path = f"messages/{told['message_id']}/feedback"

    student.call("POST", path, good=True)
    student.call("POST", path, good=False, reason="too short")

    [_asked, said] = student.call("GET", f"conversations/{told['conversation_id']}").json()[
        "messages"
    ]
    assert said["feedback"] == {"good": False, "reason": "too short"}


def test_an_answer_that_ended_cannot_be_stopped_into_something_else(student: Caller) -> None:
    told = student.ask().json()

    student.call("POST", f"messages/{told['message_id']}/stop")

    talk = student.call("GET", f"conversations/{told['conversation_id']}").json()
    assert talk["messages"][1]["state"] == "done"


def test_first_questions_come_from_the_course(student: Caller) -> None:
    questions = student.call("GET", "suggestions").json()["questions"]

    chunks = Chunk.objects.filter(course_id=student.course_id)
    subjects = {each.headings[-1] if each.headings else each.title for each in chunks}
    asked = {question.partition("“")[2].partition("”")[0] for question in questions}
    assert questions
    assert {subject.rpartition(": ")[2] for subject in asked} <= subjects


def test_every_first_question_finds_its_answer(student: Caller) -> None:
    questions = student.call("GET", "suggestions").json()["questions"]

    assert {student.ask(question).json()["mode"] for question in questions} == {"passages"}


def test_the_api_describes_itself(tool: Running) -> None:
    told = httpx.get(f"{tool.url}/v1/openapi.json").json()

    assert "/v1/ai/ask" in told["paths"]
    assert httpx.get(f"{tool.url}/v1/docs").status_code == 200


def test_a_null_character_anywhere_is_borne(student: Caller) -> None:
    told = student.ask("What slows\x00 it down?", turn="a\x00b").json()
    talk, message = told["conversation_id"], told["message_id"]

    thumb = student.call("POST", f"messages/{message}/feedback", good=False, reason="\x00 why")
    named = student.call("PATCH", f"conversations/{talk}", title="\x00")

    assert thumb.status_code == named.status_code == 200
    assert student.call("GET", "conversations?q=%00").json()[0]["title"] != ""


def test_half_a_character_is_refused(student: Caller) -> None:
    body = f'{{"course_id": "{student.course_id}", "question": "\\ud800"}}'
    headers = {**student.headers, "Content-Type": "application/json"}

    answer = httpx.post(f"{student.base}/ask", content=body, headers=headers)

    assert answer.status_code == 422


def test_a_course_that_closed_says_so(student: Caller) -> None:
    Course.objects.filter(pk=student.course_id).update(opened_at=None)

    answer = student.ask()

    assert (answer.status_code, answer.json()["code"]) == (403, "not_open")
    assert answer.json()["detail"] == "Tutor.AI is not open to the students of this course."
