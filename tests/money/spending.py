"""A school with endpoints of its own, and what its calls came to."""

from typing import Any

from agents import llm, spend
from agents.models.money import Charge, Endpoint, Limit, Tally
from tests import factories
from tests.fake_openai import FakeOpenAI
from tutorai import crypto
from tutorai.ids import new_id

ASKED = [{"role": "user", "content": "What is heat?"}]


class Payer:
    """A course's student, at a school; each endpoint is known to the fake by a key of its own."""

    def __init__(self, fake: FakeOpenAI) -> None:
        self.fake = fake
        self.course = factories.a_course()
        self.school = self.course.institution
        self.user = factories.a_user(self.school)
        self.who = spend.For(self.school.pk, self.course.pk, self.user.pk)

    def endpoint(self, *answers: dict[str, Any], **fields: Any) -> str:
        """Give the school one more endpoint with these answers; return its key."""
        key = f"key-{new_id()}"
        told = {
            "institution": self.school,
            "name": f"one {new_id()}",
            "base_url": self.fake.url,
            "model": key,
            "key": crypto.encrypt(key, purpose="model-key"),
            "price_in": 1,
            "price_out": 10,
            "position": Endpoint.objects.filter(institution=self.school).count(),
            **fields,
        }
        Endpoint.objects.create(**told)
        self.fake.script(key, *answers)
        return key

    def asked(self, key: str) -> list[dict[str, Any]]:
        """What reached that endpoint."""
        return [one["body"] for one in self.fake.requests if one["key"] == key]

    def cap(self, **fields: Any) -> Limit:
        return Limit.objects.create(institution=self.school, **fields)

    def charges(self) -> list[Charge]:
        return list(Charge.objects.filter(institution=self.school).order_by("opened_at"))

    def tallies(self) -> dict[str, tuple[int, int]]:
        rows = Tally.objects.filter(institution=self.school)
        return {row.key: (row.reserved, row.settled) for row in rows}


async def heard(call: llm.Call, **how: Any) -> str:
    """All the text of one streamed answer."""
    pieces = [piece async for piece in call.stream(ASKED, **how)]
    return "".join(piece.text for piece in pieces if isinstance(piece, llm.Text))
