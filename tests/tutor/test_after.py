"""What a client is told beside an answer: a person to ask, whom to turn to, what to try alone."""

import json
from uuid import UUID

from agents.models import CarePlan, Endpoint, Ladder, Skill, Try
from agents.tutor import reading
from agents.tutor.records import Way
from tests.tutor.talking import QUOTE, School
from tutorai import crypto
from tutorai.lmsdm.models import ContentItem


def judged(move: str) -> dict[str, str]:
    return {"text": json.dumps({"move": move, "subject": "friction of the block"})}


def test_a_person_is_offered_where_the_model_suggests_one(school: School) -> None:
    Endpoint.objects.create(
        institution=school.course.institution,
        name="large",
        base_url=school.fake.url,
        model="fake",
        key=crypto.encrypt(school.key, purpose="model-key"),
        tools=True,
    )
    school.script({"calls": [("askForPerson", '{"note": "Lost."}')]}, {"text": "Ask them."})

    told = school.answer()
    again = reading.opened(school.actor, UUID(told["conversation_id"]))["messages"][-1]

    assert (told["offer"], again["offer"]) == ("person", "person")


def test_whoever_is_in_distress_has_the_contacts_as_fields_too(school: School) -> None:
    who = {"name": "Counselling", "how": "+00 1234", "hours": "9 to 5"}
    CarePlan.objects.create(institution=school.course.institution, contacts=[who])

    told = school.answer("I want to kill myself", turn="t")
    again = school.answer("I want to kill myself", turn="t")

    assert (told["contacts"], again["contacts"]) == ([who], [who])
    assert "contacts" not in school.answer()


def test_after_a_problem_was_solved_with_help_one_try_without_is_offered_until_it_is_made(
    school: School,
) -> None:
    skill = Skill.objects.create(course=school.course, title="Tell what friction does")
    skill.items.set(ContentItem.objects.filter(chunks__text__contains=QUOTE))
    talk = None
    for move in ("wrong", "wrong", "complete"):
        school.script(judged(move), {"text": "Go on. What next?"})
        told = school.answer(
            f"Kinetic friction slows a block that slides, I think: {move}",
            way=Way.GUIDE,
            conversation_id=talk,
        )
        talk = UUID(told["conversation_id"])
        assert ("check" in told) == (move == "complete")
    ladder = Ladder.objects.get(course=school.course)
    assert told["check"] == str(ladder.pk)
    assert talk is not None
    last = reading.opened(school.actor, talk)["messages"][-1]
    Try.objects.create(
        user_id=school.actor.user_id,
        course=school.course,
        skill=skill,
        ladder=ladder,
        kind=Try.Kind.CHECK,
        right=True,
        assisted=False,
    )

    assert last["check"] == str(ladder.pk)
    assert "check" not in reading.opened(school.actor, talk)["messages"][-1]
