"""Whoever closes the page while the tutor speaks: nothing is lost, and nothing is paid twice."""

import asyncio
from contextlib import aclosing

from agents.models.money import Charge, Tally
from agents.models.talk import Message
from agents.tutor import ask, turns
from tests.tutor.talking import QUOTE, School


async def left_at_the_first_words(turn: turns.Turn) -> None:
    """Listen to the first words, then go away; what was begun goes on by itself."""
    async with aclosing(ask.events(turn)) as events:
        async for name, _data in events:
            if name == "delta":
                break
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others)


def test_who_leaves_finds_the_whole_answer_later_and_is_charged_once_for_what_it_used(
    school: School,
) -> None:
    said = f'It is {QUOTE}. [1: "{QUOTE}"] ' + "And more is said of that. " * 20
    school.script({"text": said, "pause": 0.002})
    turn = school.begin()

    asyncio.run(left_at_the_first_words(turn))

    row = Message.objects.get(pk=turn.message_id)
    charges = list(Charge.objects.filter(message=turn.message_id))
    assert (row.state, row.mode) == (Message.State.DONE, "model")
    assert row.text.count("And more is said of that.") == 20
    assert [one.state for one in charges] == [Charge.State.SETTLED]
    assert charges[0].spent == row.cost
    assert charges[0].tokens_out == row.tokens_out == len(said)  # as the endpoint counted
    tallies = Tally.objects.filter(institution=turn.actor.institution_id)
    assert {one.reserved for one in tallies} == {0}
