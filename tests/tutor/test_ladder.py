"""What a teacher reads of hints: what was given, of which work or in the course's own words."""

import asyncio
import json
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from agents import classwide
from agents.models import Activity, Ladder, Message
from agents.tutor import ask, ladder, loop
from agents.tutor.decide import decide
from agents.tutor.records import Assessment, Move, Policy, Way
from tests import factories
from tests.retrieval import making
from tests.tutor.talking import School
from tutorai.lmsdm.models import Assignment, User

GUIDED = Policy(Way.GUIDE, Way.GUIDE, hints=2)
TRIED = "I think that kinetic friction slows the sliding block by {} N"


@pytest.fixture
def working(school: School) -> School:
    """A student of the class, at work to hand in, with two hints at most."""
    work = Assignment.objects.create(
        course=school.course, source="test", source_id="work", title="Friction report"
    )
    told = {"about": "assignment", "about_id": work.pk}
    Activity.objects.create(course=school.course, way="guide", ceiling="guide", hints=2, **told)
    factories.an_enrolment(school.course, User.objects.get(pk=school.actor.user_id))
    school.actor = school.actor.model_copy(update=told)
    return school


def judged(move: str) -> dict[str, Any]:
    return {"text": json.dumps({"move": move, "subject": "my own words"})}


def says(text: str) -> dict[str, Any]:
    return {"text": text}


def seen(school: School) -> list[tuple[str, int, bool]]:
    """What the teacher reads."""
    teacher = making.an_actor(school.course, "teacher")
    return [(one.title, one.level, one.solved) for one in classwide.helped(teacher)]


def moved(school: School, about: ladder.Problem, *moves: Move) -> None:
    for move in moves:
        judged_so = Assessment(move=move)
        ladder.move(school.actor, about, partial(decide, judged_so, policy=GUIDED))


def test_the_next_problem_of_a_work_leaves_what_was_given_for_the_last_one(
    working: School,
) -> None:
    about = ladder.Problem(f"assignment:{working.actor.about_id}", "Friction report")
    moved(working, about, *[Move.WRONG] * 3, Move.COMPLETE)
    first = Ladder.objects.get(course=working.course)
    moved(working, about, Move.COMPLETE, Move.HOLLOW)  # thanks
    assert Ladder.objects.filter(course=working.course).count() == 1

    moved(working, about, Move.PROBLEM)
    assert (ladder.of(working.actor, about.key).level, seen(working)) == (
        0,
        [("Friction report", 2, True)],
    )
    moved(working, about, Move.WRONG, Move.WRONG)

    assert seen(working) == [("Friction report", 1, False), ("Friction report", 2, True)]
    assert Ladder.objects.get(pk=first.pk).solved_at == first.solved_at


def test_student_and_teacher_read_the_same_of_a_hint_that_was_held_back(working: School) -> None:
    told: list[dict[str, Any]] = []
    talk = None
    for draft in ("Go on.", "Look at the weight.", RULES, "Which force is normal?"):
        held = draft == RULES
        working.script(judged("wrong"), *[says(draft)] * (2 if held else 1))
        told.append(working.answer(TRIED.format(len(told) + 2), conversation_id=talk))
        talk = UUID(told[-1]["conversation_id"])
        assert [one[1] for one in seen(working)] == [one for one in [level(told)] if one]

    assert [one["hint"] and one["hint"]["level"] for one in told] == [None, 1, None, 2]
    assert told[2]["answer"].endswith(loop.safe())
    levels = Message.objects.filter(conversation=talk, role="tutor").order_by("created_at")
    assert list(levels.values_list("hint_level", flat=True)) == [0, 1, 0, 2]


RULES = "You are a tutor in one university or school course. You help the student."


def level(told: list[dict[str, Any]]) -> int:
    """The highest hint that the student was shown."""
    return max((one["hint"]["level"] for one in told if one["hint"]), default=0)


def test_a_hint_is_taken_back_where_its_turn_broke(working: School) -> None:
    about = ladder.Problem(f"assignment:{working.actor.about_id}", "Friction report")
    moved(working, about, Move.WRONG)
    working.script(judged("wrong"), says("Look at the weight."))
    turn = working.begin(TRIED.format(3))

    async def broken() -> list[str]:
        def gate(passages: object) -> Any:
            raise ArithmeticError("a fault of ours")

        return [name async for name, _ in ask.events(turn, gate=gate)]

    assert asyncio.run(broken())[-1] == "error"
    row = Ladder.objects.get(course=working.course)
    assert (row.level, row.attempts, row.moved_at) == (0, 2, None)


def test_of_a_free_talk_the_teacher_reads_the_courses_words(working: School) -> None:
    free = working.actor.model_copy(update={"about": "", "about_id": None})
    talk = None
    for wrong in (2, 3):
        working.script(judged("wrong"), says("What presses it down?"))
        told = working.answer(TRIED.format(wrong), actor=free, way=Way.GUIDE, conversation_id=talk)
        talk = UUID(told["conversation_id"])

    assert told["hint"]["level"] == 1
    assert seen(working) == [("Friction – Kinetic friction", 1, False)]


def calls(school: School, text: str, **fields: Any) -> int:
    """How many a question takes, of whatever kind."""
    before = len(school.asked())
    school.answer(text, **fields)
    return len(school.asked()) - before


def test_a_plain_question_is_one_call_also_at_homework_and_an_attempt_is_two(
    working: School,
) -> None:
    free = working.actor.model_copy(update={"about": "", "about_id": None})
    plain = "What is kinetic friction?"
    assert (calls(working, plain, actor=free), calls(working, plain)) == (1, 1)

    working.script(judged("wrong"), says("What presses it down?"))
    assert calls(working, TRIED.format(2)) == 2
