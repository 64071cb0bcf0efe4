"""Questions that a model makes of passages: what can be proved, paid for once, in confidence."""

import json
from typing import Any

import pytest
from django.utils import timezone

from agents import finding, worked
from agents.models.index import Chunk
from agents.models.learning import Skill, Worked
from agents.models.teaching import Secret
from agents.spend import Capability, For
from agents.tutor import vault
from agents.worked import Drawn
from tests.fake_openai import FakeOpenAI
from tests.practice import making as practising
from tests.practice.test_items import DRAWN
from tests.retrieval import making
from tests.tutor.test_practice import ENERGY, FRICTION
from tutorai import crypto
from tutorai import practising as background
from tutorai.errors import NotFound
from tutorai.ids import new_id
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course, Institution

PASSAGE = (
    "A sliding block is slowed down by friction, which grows with the normal force of the floor."
)


def changed(**fields: Any) -> Drawn:
    return Drawn.model_validate(DRAWN | fields)


def choices(*rights: bool, text: str = "Choice") -> list[dict[str, Any]]:
    return [{"text": f"{text} {n}", "right": one, "why": "So."} for n, one in enumerate(rights)]


def test_what_is_proved_has_the_passages_own_words_for_its_quote() -> None:
    drawn = changed(quote="FRICTION, which  grows with the normal force")

    found = worked.proved(drawn, PASSAGE)

    assert found is not None
    assert found.quote == "friction, which grows with the normal force"


@pytest.mark.parametrize(
    "fields",
    [
        {"quote": "friction grows with the speed of the block"},
        {"quote": ""},
        {"question": ""},
        {"worked": " "},
        {"choices": choices(True, False)},
        {"choices": choices(True, True, False)},
        {"choices": choices(False, False, False)},
        {"choices": [*choices(True, False), *choices(False)]},
        {"hint": "Think: its normal force is larger, is it not?"},
        {"question": "Its normal force is larger: why?"},
    ],
    ids=[
        "words that are not there",
        "no words",
        "nothing asked",
        "no working",
        "two choices",
        "two right",
        "none right",
        "the same twice",
        "the hint tells",
        "the question tells",
    ],
)
def test_what_cannot_be_proved_is_not_used(fields: dict[str, Any]) -> None:
    assert worked.proved(changed(**fields), PASSAGE) is None


class School:
    """A course whose school has a model of its own, and a student who practises."""

    def __init__(self, fake: FakeOpenAI) -> None:
        self.fake, self.key = fake, f"key-{new_id()}"
        pages = {"Friction": making.fresh(FRICTION), "Energy": making.fresh(ENERGY)}
        self.course: Course = making.filled(pages, opened_at=timezone.now())
        finding.find(self.course.pk)
        Institution.objects.filter(pk=self.course.institution_id).update(
            model_base_url=fake.url,
            model_name="fake",
            model_key=crypto.encrypt(self.key, purpose="model-key"),
        )
        self.student = practising.a_student(self.course)
        self.skill = Skill.objects.get(course=self.course, title="Friction")

    def draw(self, *answers: dict[str, Any]) -> int:
        """Wish for questions as a page does, and do the job; return how many models were asked."""
        self.fake.script(self.key, *answers)
        before = len(self.asked())
        background.wish(self.student, self.skill.pk)
        for job in Job.objects.filter(course=self.course, kind=background.DRAW, state="waiting"):
            background.draw(job)
            job.delete()
        return len(self.asked()) - before

    def asked(self) -> list[dict[str, Any]]:
        return [one["body"] for one in self.fake.requests if one["key"] == self.key]

    def made(self) -> list[Any]:
        rows = Worked.objects.filter(course=self.course)
        return [row.questions for row in rows]


@pytest.fixture
def school(fake: FakeOpenAI) -> School:
    return School(fake)


def test_a_passage_is_paid_for_once_and_read_as_data(school: School) -> None:
    first = school.draw({"text": json.dumps(DRAWN)})
    friction = Chunk.objects.get(course=school.course, text__startswith="A sliding block")
    again = worked.make(school.course.pk, [friction.pk])

    [made] = school.made()
    assert (first, again, len(made)) == (1, 0, 1)
    assert made[0]["quote"] in friction.text
    assert len(school.asked()) == 1
    told = school.asked()[0]["messages"]
    assert "<passage-" in told[1]["content"]
    assert str(school.student.user_id) not in json.dumps(told)


def test_what_is_of_no_use_is_remembered_too_and_what_is_told_in_confidence_is_kept_back(
    school: School,
) -> None:
    solution = "Friction grows with the normal force, and a heavier block presses more"
    row = Secret(course=school.course, kind="solution")
    vault.seal(row, solution, [])
    row.save()

    first = school.draw({"text": json.dumps(DRAWN)})

    assert first == 1
    assert school.made() == [[]]
    friction = Chunk.objects.filter(course=school.course, text__startswith="A sliding block")
    assert worked.asks(school.course.pk, list(friction)) == []
    assert worked.make(school.course.pk, friction.values_list("pk", flat=True)) == 0
    assert len(school.asked()) == 1


def test_what_was_told_in_confidence_later_is_in_no_question_of_before(school: School) -> None:
    school.draw({"text": json.dumps(DRAWN)})
    friction = list(Chunk.objects.filter(course=school.course, text__startswith="A sliding block"))
    [(what, drawn)] = worked.asks(school.course.pk, friction)
    assert worked.of(friction[0], what) == drawn
    row = Secret(course=school.course, kind="solution")
    vault.seal(row, drawn.worked, [])
    row.save()

    assert worked.asks(school.course.pk, friction) == []
    with pytest.raises(NotFound):
        worked.of(friction[0], what)


def test_an_endpoint_that_is_away_costs_practice_nothing(school: School) -> None:
    school.draw({"status": 500})

    assert school.made() == []
    assert school.draw() == 0  # nobody begins it again for half an hour


def test_without_a_model_nothing_is_wished_for() -> None:
    course = making.filled({"Friction": FRICTION}, opened_at=timezone.now())
    who = For(course.institution_id, course.pk, None, Capability.PRACTICE)

    assert worked.lacking(who, new_id(), list(Chunk.objects.filter(course=course))) == []
