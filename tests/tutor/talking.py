"""A course with pages, a student in it, and a model of the school's own."""

import asyncio
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.tutor import ask, turns
from agents.tutor.mouth import Event
from tests import factories
from tests.fake_openai import FakeOpenAI
from tests.retrieval import making
from tutorai import crypto
from tutorai.ids import new_id
from tutorai.lmsdm.models import Institution

QUESTION = "What slows down a block that slides?"
QUOTE = "slowed by kinetic friction"


class School:
    """`key` names this school to the fake model; `ask` runs one turn and returns its events."""

    def __init__(self, fake: FakeOpenAI) -> None:
        self.fake, self.key = fake, f"key-{new_id()}"
        self.course = making.filled(opened_at=timezone.now())
        Institution.objects.filter(pk=self.course.institution_id).update(
            model_base_url=fake.url,
            model_name="fake",
            model_key=crypto.encrypt(self.key, purpose="model-key"),
        )
        self.actor = self.student()

    def student(self) -> Any:
        user = factories.a_user(self.course.institution)
        return making.an_actor(self.course, user_id=user.pk)

    def script(self, *answers: dict[str, Any]) -> None:
        self.fake.script(self.key, *answers)

    def begin(self, question: str = QUESTION, **fields: Any) -> turns.Turn:
        actor = fields.pop("actor", self.actor)
        course: UUID = fields.pop("course_id", self.course.pk)
        return turns.begin(actor, turns.Question(course, question, **fields))

    def ask(self, question: str = QUESTION, **fields: Any) -> list[Event]:
        return listened(self.begin(question, **fields))

    def answer(self, question: str = QUESTION, **fields: Any) -> dict[str, Any]:
        name, data = self.ask(question, **fields)[-1]
        assert name == "done"
        return data

    def asked(self) -> list[dict[str, Any]]:
        """What reached the model."""
        return [one["body"] for one in self.fake.requests if one["key"] == self.key]


def listened(turn: turns.Turn) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in ask.events(turn)]

    return asyncio.run(collect())
