"""Agents' tools: what they tell one reader, and that they send nothing."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from agents.tools import registry, server
from agents.tools.course import TOOLS
from tests import factories
from tests.retrieval import making
from tutorai.ids import new_id
from tutorai.ledger.models import GradeIntent, Proposal
from tutorai.lmsdm.models import Course, TocNode
from tutorai.lmsdm.schema import Actor, Role

READS = ["getStudentProfile", "getCourseBasicInfo", "getTableOfContent", "getPersonalizedContent"]


@pytest.fixture(scope="module")
def course() -> Course:
    """A course that can be searched."""
    return making.filled(opened_at=factories.a_course().opened_at, description="<p>Forces</p>")


@pytest.fixture
def student(course: Course) -> Actor:
    """Somebody in it."""
    return factories.an_actor(course)


def called(actor: Actor, name: str, /, **arguments: Any) -> registry.Result:
    return asyncio.run(server.call(actor, name, arguments))


def data(actor: Actor, name: str, /, **arguments: Any) -> Mapping[str, Any]:
    result = called(actor, name, **arguments)
    assert not result.failed, result.text
    return result.data


def test_each_is_offered_what_is_for_them(student: Actor) -> None:
    teacher = student.model_copy(update={"role": Role.TEACHER})

    assert [tool.name for tool in server.listed(student)] == READS
    assert [tool.name for tool in server.listed(teacher)] == [*READS, "pushGrade"]


def test_no_tool_takes_who_asks_from_its_arguments(student: Actor) -> None:
    taken = {name for tool in TOOLS.values() for name in tool.takes["properties"]}

    assert taken == {
        *("user_id", "offset", "limit", "topic", "most", "assignment_id", "score", "feedback")
    }
    refused = called(student, "getCourseBasicInfo", actor={"role": "teacher"})
    assert (refused.failed, refused.data["code"]) == (True, "bad_arguments")


def test_the_course_is_told_in_plain_words(course: Course, student: Actor) -> None:
    TocNode.objects.create(
        course=course, source="s", source_id=str(new_id()), title="Week 1", kind="heading"
    )

    told = data(student, "getCourseBasicInfo")

    assert (told["course_id"], told["description"]) == (str(course.pk), "Forces")
    assert "Week 1" in [one["title"] for one in data(student, "getTableOfContent")["lines"]]


def test_passages_are_of_the_readers_course(student: Actor) -> None:
    told = data(student, "getPersonalizedContent", topic="kinetic friction", most=1)

    assert told["about_the_course"]
    assert [one["title"] for one in told["passages"]] == ["Friction"]


def test_a_student_reads_no_other_profile_than_their_own(course: Course, student: Actor) -> None:
    other = factories.an_actor(course)

    assert data(student, "getStudentProfile")["user_id"] == str(student.user_id)
    refused = called(student, "getStudentProfile", user_id=str(other.user_id))
    assert (refused.failed, refused.data["code"]) == (True, "not_found")


def test_a_grade_is_proposed_and_nothing_is_sent() -> None:
    column = factories.a_column()
    pupil = factories.an_enrolment(column.course).user
    teacher = factories.an_actor(column.course, Role.TA)
    asked = {
        "assignment_id": str(column.assignment_id),
        "user_id": str(pupil.pk),
        "score": 8.5,
        "feedback": "Clear.",
    }

    told = data(teacher, "pushGrade", **asked)

    made = Proposal.objects.get(pk=told["proposal_id"])
    assert (told["state"], told["sent"]) == ("draft", False)
    assert (made.state, made.made_by, made.author_id) == ("draft", "ai", teacher.user_id)
    assert made.payload["points"] == "8.50"
    assert not GradeIntent.objects.filter(line_item=column).exists()
    for wrong in ({"score": -1}, {"score": "1.234"}, {"user_id": "somebody"}):
        assert called(teacher, "pushGrade", **{**asked, **wrong}).failed
    refused = called(factories.an_actor(column.course), "pushGrade", **asked)
    assert refused.data["code"] == "unknown_tool"


def test_a_tool_that_is_not_there_says_which_are(student: Actor) -> None:
    refused = called(student, "dropTables")

    assert refused.failed
    assert "dropTables" in refused.data["detail"]
    assert "getTableOfContent" in refused.data["detail"]


def test_an_answer_is_no_larger_than_a_model_should_read() -> None:
    lines = [{"title": "x" * 90, "n": at} for at in range(1000)]

    told = registry.sized({"lines": lines, "after": 1000})
    cut = registry.sized({"html": "y" * 100_000, "lines": [1]})

    assert len(registry.Result(told).text) <= registry.MOST
    assert told["left_out"] == {"lines": 1000 - len(told["lines"])}
    assert told["lines"][0] == lines[0]
    assert len(registry.Result(cut).text) <= registry.MOST
    assert cut["html"].endswith("…")


async def test_a_client_from_outside_meets_the_same_tools(student: Actor) -> None:
    with server.acting_as(student):
        async with Client(server.server) as client:
            told = await client.list_tools()
            result = await client.call_tool("getCourseBasicInfo", {})
            wrong = await client.call_tool("getTableOfContent", {"limit": 0})

    assert [tool.name for tool in told.tools] == READS
    assert all(tool.output_schema for tool in told.tools)
    assert result.structured_content is not None
    assert result.structured_content["course_id"] == str(student.course_id)
    assert wrong.is_error


async def test_nobody_is_told_nothing() -> None:
    async with Client(server.server) as client:
        with pytest.raises(MCPError, match="Nobody is signed in"):
            await client.list_tools()
