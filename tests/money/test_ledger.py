"""The ledger: no number of callers passes a hard cap together, and every charge is settled."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import spend
from agents.models.money import Charge, Limit, Tally
from agents.spend import ledger
from agents.spend.caps import CENT, caps
from tests import factories
from tests.conftest import HOME
from tests.fake_openai import FakeOpenAI
from tests.money.spending import Payer
from tutorai.errors import BudgetSpent

ASK, EMBED = spend.Capability.ASK, spend.Capability.EMBED


@pytest.fixture
def payer(fake: FakeOpenAI) -> Payer:
    return Payer(fake)


class Month:
    """A school's month: whom calls are made for, under every kind of cap."""

    def __init__(self, cents: dict[str, int]) -> None:
        self.school = factories.an_institution(monthly_cap_cents=cents["school"])
        courses = [factories.a_course(self.school).pk for _ in range(2)]
        users = [factories.a_user(self.school).pk for _ in range(2)]
        self.callers = [
            spend.For(self.school.pk, course, user, capability)
            for course in (*courses, None)
            for user in (*users, None)
            for capability in (ASK, EMBED)
        ]
        made: list[dict[str, Any]] = [
            {"course_id": courses[0], "hard_cents": cents["course"]},
            {"each_person": True, "hard_cents": cents["person"]},
            {"course_id": courses[1], "each_person": True, "hard_cents": cents["there"]},
            {"capability": ASK, "hard_cents": cents["ask"], "soft_cents": 1},
        ]
        for fields in made:
            Limit.objects.create(institution=self.school, **fields)
        self.caps = {(cap.key, cap.hard) for who in self.callers for cap in caps(who) if cap.hard}

    def held(self) -> dict[str, Tally]:
        return {row.key: row for row in Tally.objects.filter(institution=self.school)}

    def within(self) -> bool:
        held = self.held()
        return all(
            held[key].reserved + held[key].settled <= hard for key, hard in self.caps if key in held
        )

    def settled_as_charged(self) -> bool:
        """Whether nothing is set aside any more, and each tally is the sum of its charges."""
        sums: dict[str, int] = {}
        for charge in Charge.objects.filter(institution=self.school):
            for key in ledger.of(charge).headings():
                sums[key] = sums.get(key, 0) + charge.spent
        held = self.held()
        return all(row.reserved == 0 for row in held.values()) and sums == {
            key: row.settled for key, row in held.items() if key in sums
        }


CENTS = st.fixed_dictionaries(
    {name: st.integers(1, 12) for name in ("school", "course", "person", "there", "ask")}
)
# Who calls, what it may cost and costs at last (in parts of that), and how it ends.
CALLS = st.lists(
    st.tuples(
        st.integers(0, 17),
        st.integers(0, 4 * CENT),
        st.floats(0, 1),
        st.sampled_from(["settled", "lost", "late", "more", "twice"]),
    ),
    min_size=4,
    max_size=10,
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(cents=CENTS, calls=CALLS)
def test_whatever_is_called_no_cap_is_passed_and_each_tally_is_the_sum_of_its_charges(
    cents: dict[str, int], calls: list[tuple[int, int, float, str]]
) -> None:
    month = Month(cents)
    opened = []
    for who, amount, part, end in calls:
        try:
            charge = ledger.reserve(month.callers[who], amount)
        except BudgetSpent:
            continue
        opened.append((charge, int(amount * part), end))
        assert month.within()

    for charge, spent, end in reversed(opened):
        _end(charge, spent, end)
        assert month.within()

    assert month.settled_as_charged()


def _end(charge: Charge, spent: int, how: str) -> None:
    """Bring a charge to its end in one of the ways there are."""
    if how == "more":
        with suppress(BudgetSpent):
            ledger.more(charge.pk, CENT)
    if how in ("lost", "late"):
        Charge.objects.filter(pk=charge.pk).update(alive_until=charge.opened_at)
        ledger.lose()
    if how != "lost":
        ledger.settle(charge.pk, ledger.Used(spent))
    if how == "twice":
        ledger.settle(charge.pk, ledger.Used(spent * 2 + 1))


def test_threads_that_call_at_once_stop_right_below_each_cap() -> None:
    month = Month({"school": 40, "course": 15, "person": 12, "there": 6, "ask": 20})

    def calls(number: int) -> int:
        refused = 0
        for turn in range(8):
            who = month.callers[(number * 5 + turn * 7) % len(month.callers)]
            try:
                charge = ledger.reserve(who, CENT)
            except BudgetSpent:
                refused += 1
            else:
                if (number + turn) % 3:
                    ledger.settle(charge.pk, ledger.Used(CENT))
        connections.close_all()
        return refused

    with ThreadPoolExecutor(12) as pool:
        refused = sum(pool.map(calls, range(12)))

    charges = Charge.objects.filter(institution=month.school)
    assert charges.count() + refused == 96
    assert month.within()
    assert charges.count() == 40  # the school's cap, to the cent
    Charge.objects.filter(institution=month.school, state="open").update(
        alive_until=datetime(2020, 1, 1, tzinfo=UTC)
    )
    assert ledger.lose() >= 1
    assert month.settled_as_charged()


def test_a_charge_grows_up_to_its_cap_and_not_beyond(payer: Payer) -> None:
    charge = ledger.reserve(payer.who, CENT)
    left = spend.standing(payer.who).left

    with pytest.raises(BudgetSpent):
        ledger.more(charge.pk, left + 1)
    ledger.more(charge.pk, left)

    assert spend.standing(payer.who).left == 0


def test_a_charge_stays_in_the_month_that_it_was_opened_in(payer: Payer) -> None:
    with time_machine.travel(datetime(2031, 1, 31, 23, 59, 59, tzinfo=UTC), tick=False):
        charge = ledger.reserve(payer.who, 900)
    with time_machine.travel(datetime(2031, 2, 1, 0, 0, 5, tzinfo=UTC), tick=False):
        assert spend.standing(payer.who).left == 5000 * CENT  # a new month's budget
        ledger.more(charge.pk, 100)
        ledger.settle(charge.pk, ledger.Used(700))

    rows = Tally.objects.filter(institution=payer.school, key="")
    told = {row.month: (row.reserved, row.settled) for row in rows}
    assert told == {date(2031, 1, 1): (0, 700)}


def test_a_caller_that_is_killed_leaves_a_charge_that_is_lost_and_counts_as_spent(
    payer: Payer,
) -> None:
    payer.endpoint({"hang": "first"})
    asking = (
        "import asyncio, django; django.setup()\n"
        "from agents import llm, spend\nfrom uuid import UUID\n"
        f"who = spend.For(UUID('{payer.school.pk}'), UUID('{payer.course.pk}'))\n"
        "async def ask():\n"
        "    async with llm.call(who, 100, 50) as call:\n"
        "        print('asking', flush=True)\n"
        "        async for _ in call.stream([{'role': 'user', 'content': 'Why?'}]): pass\n"
        "asyncio.run(ask())"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tutorai.settings", "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        [sys.executable, "-c", asking], cwd=HOME, env=env, stdout=subprocess.PIPE
    ) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"asking\n"
        caller.send_signal(signal.SIGKILL)

    [charge] = payer.charges()
    assert (charge.state, payer.tallies()[""]) == (Charge.State.OPEN, (600, 0))
    spend.tidy()  # it may live still
    assert payer.charges()[0].state == Charge.State.OPEN

    with time_machine.travel(charge.alive_until + timedelta(seconds=1)):
        spend.tidy()

    [charge] = payer.charges()
    assert (charge.state, charge.spent) == (Charge.State.LOST, 600)
    assert payer.tallies()[""] == (0, 600)


def test_tallies_of_long_ago_are_let_go_of(payer: Payer) -> None:
    with time_machine.travel(datetime(2029, 5, 5, tzinfo=UTC)):
        ledger.settle(ledger.reserve(payer.who, 5).pk, ledger.Used(5))
    ledger.settle(ledger.reserve(payer.who, 5).pk, ledger.Used(5))

    with time_machine.travel(datetime(2030, 12, 5, tzinfo=UTC)):
        spend.tidy()

    assert not payer.tallies()
    assert len(payer.charges()) == 2  # what it cost stays known
