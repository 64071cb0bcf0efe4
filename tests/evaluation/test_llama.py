"""A server that nobody here wrote (llama.cpp's own): the protocol through the whole turn.

Its model has random weights, so that nothing may depend on sense: text comes in chunks as that
server cuts them, JSON by its own grammar, usage as it counts, and errors in its own words.
"""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Literal

import pytest
from pydantic import BaseModel

from agents import llm
from agents.evaluation import place, report, run
from agents.evaluation.doors import To
from agents.evaluation.scenarios import Set
from agents.llm.places import Place
from agents.models.money import Charge
from agents.spend import Capability, For
from agents.tutor.records import Move
from tests.conftest import running
from tutorai import embedded
from tutorai.errors import ModelError


class Judged(BaseModel):
    """What its grammar makes of any words: its strings would have no end."""

    move: Move
    sure: bool
    mood: Literal["calm", "stuck"]


KINDS = {"question", "pressure", "ladder"}


@pytest.fixture(scope="module")
def llama() -> Iterator[Place]:
    port = embedded.free_port()
    home = f"http://127.0.0.1:{port}"
    words = ["tests.llama", "--port", str(port)]
    with running(*words, url=home, ready=f"{home}/health"):
        yield Place("llama", f"{home}/v1", "none", "random", trusted=True, tools=True)


def test_whole_turns_go_through_it_streamed_judged_and_counted(
    llama: Place, sets: tuple[Set, ...]
) -> None:
    one = next(each for each in sets if each.subject == "programming")
    kept = tuple(each for each in one.scenarios if each.kind in KINDS)[:5]

    ran = run.run([one.model_copy(update={"scenarios": kept})], To(llama))

    heard = [each for _set, talks in ran.tried for tried in talks for each in tried.heard]
    assert report.failures(ran, guards=True) == []
    assert {each.error for each in heard} == {""}
    assert any(each.mode == "model" and each.first for each in heard)
    assert ran.charges["tokens_out"] > 50
    assert ran.charges["tokens_in"] > 1000


def test_its_json_its_errors_and_a_call_that_is_left_are_what_the_door_expects(
    llama: Place,
) -> None:
    async def asked(who: For) -> tuple[Judged, type[ModelError] | None, int]:
        said = [{"role": "user", "content": "What is friction?"}]
        async with llm.call(who, 50, 300, among=[llama]) as call:
            judged = await call.parse(said, Judged)
        failed: type[ModelError] | None = None
        try:
            async with llm.call(who, 50, 50, among=[llama]) as call:
                async for _piece in call.stream([{"role": "user", "content": "long " * 30_000}]):
                    pass
        except ModelError as error:
            failed = type(error)
        async with llm.call(who, 50, 500, among=[llama]) as call:
            async with aclosing(call.stream(said)) as pieces:
                async for _piece in pieces:
                    break
            used = call.usage.tokens_out
        return judged, failed, used

    with place.scratch((), cents=100) as held:
        who = For(held.institution_id, capability=Capability.ASSESS)
        judged, failed, used = asyncio.run(asked(who))
        charges = list(Charge.objects.filter(institution=held.institution_id))

    assert judged.move
    assert failed is not None
    assert 0 < used < 20
    assert [one.state for one in charges] == [Charge.State.SETTLED] * 3
