"""One call of a model: several endpoints in turn, answers in a form of ours, tools, and its price."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from agents import llm, spend
from agents.models.money import Charge
from agents.models.teaching import Switch
from tests.fake_openai import FakeOpenAI
from tests.money.spending import ASKED, Payer, heard
from tutorai.errors import (
    BudgetSpent,
    CannotSee,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    SwitchedOff,
)


class Judged(BaseModel):
    """What is asked for in JSON."""

    move: str
    sure: float = 0.5


RIGHT, WRONG = '{"move": "why", "sure": 1}', '{"moved": "why"}'
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


@pytest.fixture
def payer(fake: FakeOpenAI) -> Payer:
    return Payer(fake)


def said(payer: Payer, **how: Any) -> tuple[str, llm.Call]:
    async def ask() -> tuple[str, llm.Call]:
        async with llm.call(payer.who, 100, 50, **how) as call:
            return await heard(call), call

    return asyncio.run(ask())


def parsed(payer: Payer) -> Judged:
    async def ask() -> Judged:
        async with llm.call(payer.who, 100, 50, small=True) as call:
            return await call.parse(ASKED, Judged)

    return asyncio.run(ask())


def test_a_call_is_charged_by_what_the_endpoint_counted_under_every_heading(payer: Payer) -> None:
    payer.endpoint({"text": "Heat."})

    text, call = said(payer)

    assert (text, call.spent) == ("Heat.", 100 * 1 + 5 * 10)
    [charge] = payer.charges()
    assert (charge.state, charge.spent, charge.tokens_in, charge.tokens_out) == (
        Charge.State.SETTLED,
        150,
        100,
        5,
    )
    assert payer.tallies() == dict.fromkeys(payer.who.headings(), (0, 150))
    assert len(payer.tallies()) == 8


@pytest.mark.parametrize(
    "failing",
    [{"status": 500}, {"status": 429, "retry_after": 9}, {"status": 401}, {"garbage": True}],
    ids=str,
)
def test_before_the_first_token_the_next_endpoint_is_asked(
    payer: Payer, failing: dict[str, Any]
) -> None:
    first, second = payer.endpoint(failing), payer.endpoint({"text": "Heat."}, {"text": "Again."})

    text, call = said(payer)

    assert (text, call.model) == ("Heat.", second)
    assert call.spent == 150 or failing.get("garbage")  # it took the question up
    assert said(payer)[0] == "Again."  # for a while the other is asked first
    assert len(payer.asked(first)) == 1
