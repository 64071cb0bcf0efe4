"""What the gate knows beside the answer: what was said last, and what tools told the student."""

import json
from typing import Any
from uuid import UUID

import pytest

from agents.models import Endpoint, Message, Secret
from agents.tutor import loop, vault
from tests.tutor.talking import School
from tutorai import crypto
from tutorai.lmsdm.models import Course

PROBLEM = "A block of 6 kg slides. Which kinetic friction force slows it down?"
MATERIAL = "Ask the workshop at ada@school.example; the marked force is 17.658 N."


@pytest.fixture
def sealed(school: School) -> School:
    """A course with a solution of its own, and a model that calls tools."""
    row = Secret(course=school.course, kind="solution", problem=PROBLEM)
    vault.seal(row, "Friction is 0.3 times 58.86 N, so the force is 17.658 N.", ["17.658 N"])
    row.save()
    Endpoint.objects.create(
        institution=school.course.institution,
        name="large",
        base_url=school.fake.url,
        model="fake",
        key=crypto.encrypt(school.key, purpose="model-key"),
        tools=True,
    )
    Course.objects.filter(pk=school.course.pk).update(description=MATERIAL)
    return school


def says(text: str) -> dict[str, Any]:
    return {"text": text}


def test_a_solution_split_over_two_turns_stays_in(sealed: School) -> None:
    sealed.script(says("One part of it: friction is 0.3 times"), says("58.86 N, so the force"))
    sealed.script(says("Which force presses it down?"))
    first = sealed.answer("What is kinetic friction of a sliding block?")

    then = sealed.answer("And then?", conversation_id=UUID(first["conversation_id"]))

    assert first["answer"].endswith("0.3 times")
    assert "58.86" not in then["answer"]
    assert then["answer"].endswith("Which force presses it down?")
    assert Message.objects.get(pk=then["message_id"]).held_back == 1


def test_a_solution_that_is_out_already_stops_no_later_answer(sealed: School) -> None:
    sealed.script(says("Kinetic friction slows it."), says("It is what presses it down, here."))
    first = sealed.answer("What is kinetic friction of a sliding block?")
    Message.objects.filter(pk=first["message_id"]).update(text="The force is 17.658 N.")

    then = sealed.answer("What is friction?", conversation_id=UUID(first["conversation_id"]))

    assert then["answer"] == "It is what presses it down, here."


ADDRESS = "You may write to ada@school.example about it. What would you ask?"
FOREIGN = "You may write to eve@elsewhere.example about it. What would you ask?"
SECRET = "It is marked there: the force is 17.658 N."
CALLS = [
    ("getCourseBasicInfo", "{}"),
    ("askForPerson", json.dumps({"note": "Write to eve@elsewhere.example"})),
]


@pytest.mark.parametrize(
    ("calls", "said", "passes"),
    [(CALLS, ADDRESS, True), ([], ADDRESS, False), (CALLS, FOREIGN, False), (CALLS, SECRET, False)],
    ids=["told", "untold", "the model's own", "a secret"],
)
def test_what_a_tool_told_frees_its_addresses_and_never_a_secret(
    sealed: School, calls: list[tuple[str, str]], said: str, passes: bool
) -> None:
    sealed.script(*([{"calls": calls}] if calls else []), says(said), says(said))

    told = sealed.answer("What is the kinetic friction force of a 6 kg block that slides?")

    assert all(not one["failed"] for one in Message.objects.get(pk=told["message_id"]).tools)
    assert (told["answer"] == said) is passes
    assert passes or told["answer"].endswith(loop.safe())


def test_what_was_told_with_an_address_may_be_said_again_in_the_talk(sealed: School) -> None:
    sealed.script({"calls": CALLS[:1]}, says(ADDRESS), says(ADDRESS))
    first = sealed.answer("Whom may I ask about kinetic friction?")

    again = sealed.answer("And again?", conversation_id=UUID(first["conversation_id"]))

    assert again["answer"] == first["answer"] == ADDRESS
