"""What tools write from a course: every question and every point is proved, with a model or not."""

import asyncio
import json
from typing import Any

import pytest

from agents.tools import server
from agents.tutor import roster
from tests import factories
from tests.fake_openai import FakeOpenAI
from tests.tutor.talking import School
from tutorai.ledger.models import Proposal
from tutorai.lmsdm.schema import Actor, Role

QUOTE = "grows with the normal force"
ASKED = {"topic": "kinetic friction", "questions": 2, "title": "On friction"}


@pytest.fixture
def school(fake_openai: FakeOpenAI) -> School:
    return School(fake_openai)


@pytest.fixture
def teacher(school: School) -> Actor:
    actor: Actor = school.actor.model_copy(update={"role": Role.TEACHER})
    return actor


def made(actor: Actor, name: str, **asked: Any) -> dict[str, Any]:
    result = asyncio.run(server.call(actor, name, asked))
    assert not result.failed, result.text
    return result.data


def written(**other: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "question": "What does kinetic friction grow with?",
        "right": "The normal force",
    }
    told |= {"wrong": ["The area <b>", "The speed"], "why": "It says so.", "passage": 1}
    return {**told, "quote": QUOTE, **other}


def test_a_question_whose_proof_is_not_there_is_left_out(school: School, teacher: Actor) -> None:
    asked = [
        written(quote="grows with the moon's force"),
        written(passage=99),
        written(wrong=["the normal force", "The speed"]),
        written(),
    ]
    school.script({"text": json.dumps({"questions": asked})})

    told = made(teacher, "generate_quiz", **ASKED)

    draft = Proposal.objects.get(pk=told["proposal_id"])
    (question,) = draft.payload["quiz"]["questions"]
    assert (told["made"], told["left_out"], told["sent"]) == ("model", 3, False)
    assert (draft.state, draft.made_by, draft.kind) == ("draft", "ai", "quiz")
    assert {choice["text"] for choice in question["choices"]} == {
        *("The normal force", "The area &lt;b&gt;", "The speed")
    }
    assert QUOTE in question["feedback"]
    assert told["questions"][0]["source"]["title"] == "Friction"


def test_people_of_the_course_are_hidden_from_the_model_and_shown_in_the_draft(
    school: School, teacher: Actor
) -> None:
    ada = factories.a_user(school.course.institution, name="Ada Quillfeather")
    factories.an_enrolment(school.course, ada)
    hidden = roster.cover(teacher).hide("Ada Quillfeather")
    school.script({"text": json.dumps({"questions": [written(question=f"What says {hidden}?")]})})

    told = made(teacher, "generate_quiz", **ASKED | {"topic": "kinetic friction, Ada Quillfeather"})

    asked = json.dumps(school.asked())
    assert hidden in asked
    assert "Quillfeather" not in asked
    assert told["questions"][0]["text"] == "What says Ada Quillfeather?"


@pytest.mark.parametrize("answer", [{"status": 500}, {"text": "no JSON"}], ids=["away", "words"])
def test_without_a_usable_model_sentences_of_the_course_are_asked(
    school: School, teacher: Actor, answer: dict[str, Any]
) -> None:
    school.script(answer, answer, answer)

    told = made(teacher, "generate_quiz", **ASKED)

    assert (told["made"], told["left_out"]) == ("passages", 0)
    first = told["questions"][0]
    assert first["text"].replace("_____", first["right"]) == first["source"]["quote"]


def test_a_summary_says_what_the_course_says(school: School, teacher: Actor) -> None:
    point = {"text": "Friction grows with force.", "passage": 1, "quote": QUOTE}
    wrong = {**point, "quote": "plants are made of friction"}
    school.script(
        {"text": json.dumps({"points": [wrong, point]})}, {"status": 500}, {"status": 500}
    )
    page = str(school.course.items.get(title="Friction").pk)

    told = made(teacher, "summarize_course", content_id=page)
    quoted = made(teacher, "summarize_course")

    assert (told["made"], told["left_out"]) == ("model", 1)
    assert [one["source"]["quote"] for one in told["points"]] == [QUOTE]
    assert quoted["made"] == "passages"
    assert {one["source"]["title"] for one in quoted["points"]} == {
        *("Friction", "Photosynthesis", "Recursion")
    }
