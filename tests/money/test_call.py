"""One call of a model: several endpoints in turn, answers in a form of ours, tools, and its price."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import groupby
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from agents import llm, spend
from agents.llm import places, wire
from agents.models.money import Charge, Endpoint
from agents.models.teaching import Switch
from agents.spend import ledger
from tests.fake_openai import FakeOpenAI
from tests.money.spending import ASKED, Payer, heard
from tutorai import crypto
from tutorai.errors import (
    BudgetSpent,
    CannotSee,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    SwitchedOff,
)
from tutorai.lmsdm.models import Institution
from tutorai.threads import in_thread


class Judged(BaseModel):
    """What is asked for in JSON."""

    move: str
    sure: float = 0.5


RIGHT, WRONG = '{"move": "why", "sure": 1}', '{"moved": "why"}'
ALL = ["json_schema", "json_object", None]  # the forms that are tried, in order
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


def test_an_endpoint_that_knows_no_end_is_left(payer: Payer) -> None:
    payer.endpoint({"text": "Heat. " * 4000})

    with pytest.raises(ModelUnavailable):
        said(payer)

    [charge] = payer.charges()
    assert charge.state == Charge.State.SETTLED


def test_an_answer_that_is_packed_or_without_measure_is_not_read() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(1024 * 1024)

    async def get(**answer: Any) -> None:
        real = httpx2.MockTransport(lambda _request: httpx2.Response(200, **answer))
        async with httpx2.AsyncClient(transport=wire._Capped(real)) as client:
            await client.get("https://model.example/v1")

    with pytest.raises(httpx2.DecodingError):
        asyncio.run(get(headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"x")))
    with pytest.raises(httpx2.RemoteProtocolError):
        asyncio.run(get(content=pieces()))
    asyncio.run(get(content=b"x"))


@pytest.mark.parametrize("told", [-900_000, 10**20, "5", 0.5, True], ids=str)
def test_what_no_endpoint_can_have_counted_is_counted_here(payer: Payer, told: Any) -> None:
    payer.endpoint({"text": "Heat.", "usage": {"prompt_tokens": told, "completion_tokens": told}})

    said(payer)

    [charge] = payer.charges()
    assert charge.state == Charge.State.SETTLED
    assert 0 < charge.tokens_in < 100
    assert charge.spent == charge.tokens_in + 10 * charge.tokens_out
    assert payer.tallies()[""] == (0, charge.spent)


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


def test_after_the_first_token_no_other_endpoint_speaks(payer: Payer) -> None:
    payer.endpoint({"text": "Heat is", "cut": True})
    second = payer.endpoint({"text": "Something else."})

    with pytest.raises(ModelUnavailable):
        said(payer)

    assert not payer.asked(second)
    [charge] = payer.charges()
    assert 0 < charge.spent < charge.reserved
    assert charge.tokens_out > 0  # what it said is paid


def test_where_none_answers_the_first_reason_is_told_and_what_was_refused_costs_nothing(
    payer: Payer,
) -> None:
    payer.endpoint({"status": 401})
    payer.endpoint({"status": 500})

    with pytest.raises(ModelRefused):
        said(payer)

    assert [(one.state, one.spent) for one in payer.charges()] == [(Charge.State.SETTLED, 0)]


def test_who_goes_away_in_the_middle_pays_what_was_used_until_then(payer: Payer) -> None:
    payer.endpoint({"text": "Heat is " * 9, "hang": "middle"})

    async def leave() -> None:
        async with llm.call(payer.who, 100, 50) as call, aclosing(call.stream(ASKED)) as pieces:
            async for _piece in pieces:
                raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())

    [charge] = payer.charges()
    used = llm.tokens(ASKED[0]) + 3 * 10  # what was asked, and one piece of seven letters
    assert (charge.state, charge.spent) == (Charge.State.SETTLED, used)
    assert payer.tallies()[""] == (0, used)


def test_who_goes_away_before_the_call_is_opened_pays_nothing(payer: Payer) -> None:
    payer.endpoint()

    async def leave() -> None:
        async def ask() -> None:
            async with llm.call(payer.who, 100, 50):
                raise AssertionError

        task = asyncio.create_task(ask())
        while not await in_thread(payer.charges)():
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while (await in_thread(payer.charges)())[0].state == Charge.State.OPEN:
            await asyncio.sleep(0)

    asyncio.run(leave())

    assert payer.tallies()[""] == (0, 0)


@pytest.mark.parametrize(
    ("answers", "requests", "steps"),
    [
        ([{"text": RIGHT}], 1, ALL[:1]),
        ([{"text": f"Here it is:\n```json\n{RIGHT}\n```\n{{}}"}], 1, ALL[:1]),
        ([{"text": f"<think>{{odd}} {WRONG}</think>{RIGHT}"}], 1, ALL[:1]),
        ([{"refuses": ["json_schema"]}, {"text": RIGHT}], 2, ALL[:2]),
        ([{"refuses": ["json_schema"]}, {"refuses": ["json_object"]}, {"text": RIGHT}], 3, ALL),
        ([{"text": WRONG}, {"text": RIGHT}], 2, ALL[:1]),
        ([{"text": "No idea."}, {"text": RIGHT}], 2, ALL[:1]),
    ],
    ids=["schema", "fenced", "thought", "object", "bare", "repaired", "repaired prose"],
)
def test_an_answer_in_json_is_had_from_any_model(
    payer: Payer, answers: list[dict[str, Any]], requests: int, steps: list[str | None]
) -> None:
    key = payer.endpoint(*answers)

    assert parsed(payer) == Judged(move="why", sure=1)

    asked = payer.asked(key)
    forms = [one.get("response_format", {}).get("type") for one in asked]
    assert len(asked) == requests
    assert [form for form, _again in groupby(forms)] == steps
    assert all("move" in str(one) for one in asked)


def test_a_model_that_never_gets_the_form_right_is_asked_twice_and_no_more(payer: Payer) -> None:
    key = payer.endpoint({"text": WRONG}, {"text": WRONG})

    with pytest.raises(ModelUnavailable):
        parsed(payer)

    assert len(payer.asked(key)) == 2
    assert payer.charges()[0].spent == 2 * (100 + 10 * len(WRONG))


def test_what_a_model_does_not_take_is_not_tried_again(payer: Payer) -> None:
    key = payer.endpoint({"refuses": ["json_schema"]}, {"text": RIGHT}, {"text": RIGHT})

    assert parsed(payer) == parsed(payer)

    told = [one["response_format"]["type"] for one in payer.asked(key)]
    assert told == ["json_schema", "json_object", "json_object"]


def test_tools_that_a_model_asks_for_come_whole_after_its_words(payer: Payer) -> None:
    wants = [("look", '{"at": "page 7, the second part"}'), ("look", "")]
    key = payer.endpoint({"text": "Let me look.", "calls": wants}, {"text": "There."})

    async def ask() -> list[Any]:
        async with llm.call(payer.who, 100, 50, needs_tools=True) as call:
            first = [piece async for piece in call.stream(ASKED, [TOOL])]
            return [*first, await heard(call, tools=[TOOL])]

    *words, one, two, last = asyncio.run(ask())

    assert "".join(piece.text for piece in words) == "Let me look."
    assert one == llm.Asks("call-1", "look", wants[0][1])
    assert two == llm.Asks("call-2", "look", "{}")
    assert last == "There."
    assert [body["tools"] for body in payer.asked(key)] == [[TOOL], [TOOL]]
    assert len(payer.charges()) == 1


def test_a_model_without_tools_answers_without_unless_they_are_needed(payer: Payer) -> None:
    first = payer.endpoint({"refuses": ["tools"]}, {"text": "Plain."})

    async def ask(*, needed: bool) -> str:
        async with llm.call(payer.who, 100, 50, needs_tools=needed) as call:
            return await heard(call, tools=[TOOL])

    assert asyncio.run(ask(needed=False)) == "Plain."
    payer.fake.script(first, {"refuses": ["model"]})
    with pytest.raises(ModelRefused):
        asyncio.run(ask(needed=True))
    Endpoint.objects.filter(institution=payer.school).update(tools=False)
    with pytest.raises(ModelUnavailable):
        asyncio.run(ask(needed=True))


def test_a_call_of_many_requests_takes_no_more_than_a_cap_leaves(payer: Payer) -> None:
    payer.endpoint(*[{"text": "Heat.", "no_usage": True}] * 9)
    payer.cap(course=payer.course, hard_cents=1)  # 10,000 millionths; a request takes up to 9,100

    heard_of: list[str] = []

    async def ask() -> None:
        async with llm.call(payer.who, 100, 900) as call:
            while True:
                heard_of.append(await heard(call))

    with pytest.raises(BudgetSpent):
        asyncio.run(ask())
    assert len(heard_of) > 5
    reserved, settled = payer.tallies()[f"course:{payer.course.pk}"]
    assert (reserved, settled <= 10_000) == (0, True)


def test_over_the_soft_cap_the_small_model_speaks_and_over_the_hard_one_none(payer: Payer) -> None:
    large = payer.endpoint({"text": "x" * 500})
    small = payer.endpoint(*[{"text": "s" * 500}] * 9, size="small", price_in=0, price_out=2)
    payer.cap(each_person=True, soft_cents=1, hard_cents=1 + 1)

    told = [said(payer, small=True)[1].degraded, said(payer)[1].degraded]
    for _ in range(4):
        spend_a_cent(payer, 2_500)
    text, call = said(payer)
    assert [*told, call.degraded, call.model] == [False, False, True, small]
    assert text.startswith("s")

    spend_a_cent(payer, 20_000 - payer.tallies()[""][1])
    assert not llm.available(payer.who)
    with pytest.raises(BudgetSpent):
        said(payer)
    assert len(payer.asked(large)) == 1


def spend_a_cent(payer: Payer, amount: int) -> None:
    ledger.settle(ledger.reserve(payer.who, amount).pk, spend.Used(amount))


def test_where_the_large_one_is_too_dear_for_what_is_left_the_small_one_is_not(
    payer: Payer,
) -> None:
    payer.endpoint(price_out=1000)
    small = payer.endpoint({"text": "Small."}, size="small")
    payer.cap(hard_cents=1)

    text, call = said(payer)

    assert (text, call.model, call.degraded) == ("Small.", small, True)


def test_what_is_switched_off_is_not_asked_from_that_moment(payer: Payer) -> None:
    key = payer.endpoint({"text": "Heat."}, {"text": "Heat."})
    assert llm.available(payer.who)

    off = Switch.objects.create(institution=payer.school, course=payer.course, capability="ask")
    assert not llm.available(payer.who)
    with pytest.raises(SwitchedOff):
        said(payer)
    assert parsed_for(payer, spend.Capability.ASSESS).move == "why"

    off.delete()
    assert said(payer)[0] == "Heat."
    assert len(payer.asked(key)) == 1


def parsed_for(payer: Payer, capability: spend.Capability) -> Judged:
    payer.endpoint({"text": RIGHT}, size="small")
    who = spend.For(payer.school.pk, payer.course.pk, payer.user.pk, capability)
    return llm.ask_now(who, ASKED, Judged)


def test_pictures_go_only_to_who_can_see(payer: Payer) -> None:
    payer.endpoint({"text": "Blind."})
    with pytest.raises(CannotSee):
        said(payer, needs_vision=True)
    assert not llm.available(payer.who, vision=True)

    seeing = payer.endpoint({"text": "A ramp."}, vision=True)

    assert llm.available(payer.who, vision=True)
    assert said(payer, needs_vision=True)[1].model == seeing


def test_without_any_endpoint_there_is_no_model(payer: Payer, settings: Any) -> None:
    settings.OPENAI_API_KEY = ""

    assert not llm.available(payer.who)
    with pytest.raises(ModelUnavailable):
        said(payer)


def test_a_school_with_endpoints_of_its_own_never_speaks_with_the_operators(
    payer: Payer, settings: Any
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = f"ours-{payer.school.pk}", payer.fake.url
    settings.OPENAI_SMALL_MODEL = "little"
    asked = settings.OPENAI_API_KEY
    said(payer)
    assert [body["model"] for body in payer.asked(asked)] == [settings.OPENAI_MODEL]

    payer.endpoint({"status": 500})
    with pytest.raises(ModelError):
        said(payer)
    Endpoint.objects.filter(institution=payer.school).update(key="v1.gone.AAAA")
    assert not llm.available(payer.who)
    assert len(payer.asked(asked)) == 1


def test_a_schools_address_in_our_own_network_is_not_called(payer: Payer, settings: Any) -> None:
    settings.DEVELOPMENT = False
    key = payer.endpoint()

    with pytest.raises(ModelRefused):
        said(payer)

    assert not payer.asked(key)
    trusted = {place.name: place.trusted for place in places.of(payer.school.pk)}
    assert set(trusted.values()) == {False}
    assert key not in str(places.of(payer.school.pk)).replace(f"model='{key}'", "")


def test_the_endpoint_that_stands_at_the_institution_works_as_one_more(
    payer: Payer, settings: Any
) -> None:
    key = f"own-{payer.school.pk}"
    Institution.objects.filter(pk=payer.school.pk).update(
        model_base_url=payer.fake.url,
        model_name="mine",
        model_key=crypto.encrypt(key, purpose="model-key"),
    )
    payer.endpoint({"status": 500})

    assert said(payer)[1].model == "mine"
    assert len(payer.asked(key)) == 1
