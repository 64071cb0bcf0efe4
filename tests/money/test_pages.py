"""What an institution sees and sets of its models: endpoints, spending, caps and switches."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agents import llm, spend
from agents.models.money import Endpoint, Limit
from agents.spend import ledger
from tests import factories
from tests.fake_openai import FakeOpenAI
from tests.money.spending import heard
from tests.people import Browser
from tutorai import crypto
from tutorai.errors import SwitchedOff
from tutorai.ledger.models import AuditEvent

AsOfficer = Callable[..., Browser]
KEY = "the-schools-key"


@pytest.fixture
def owner(as_officer: AsOfficer) -> Browser:
    return as_officer("owner")


def entered(owner: Browser, fake: FakeOpenAI, called: str, **fields: Any) -> Any:
    """Fill in the form of an endpoint."""
    told = {
        "name": called,
        "size": "large",
        "base_url": fake.url,
        "model": f"{called}-model",
        "key": f"{KEY}-{owner.institution.pk}",
        "price_in": "0.15",
        "price_out": "0.6",
        "context": "8192",
        "data_region": "Germany",
        "residency": "Nothing is kept.",
        **fields,
    }
    return owner.post(owner.url("model_add"), told)


def row(owner: Browser, name: str) -> Endpoint:
    return Endpoint.objects.get(institution=owner.institution, name=name)


def press(owner: Browser, page: str, name: str, **fields: str) -> str:
    """Press a button of an endpoint's card; return the page that comes."""
    to = owner.url(page, endpoint=row(owner, name).pk)
    answer = owner.post(owner.url("institution_models"), fields, to=to)
    assert answer.status_code == 200
    return answer.text


def told(owner: Browser) -> list[str]:
    rows = AuditEvent.objects.filter(institution=owner.institution.pk).order_by("id")
    return [one.verb for one in rows]


def test_an_endpoint_is_entered_tested_moved_switched_and_removed(
    owner: Browser, fake: FakeOpenAI
) -> None:
    fake.script(
        f"{KEY}-{owner.institution.pk}",
        {"text": "ready"},
        {"calls": [("note", "{}")]},
        {"refuses": ["json_schema"]},
        {"text": "{}"},
        {"text": "Blue?"},
    )
    first = entered(owner, fake, "first").text
    entered(owner, fake, "second")

    assert "Saved." in first
    assert "Texts are processed in: Germany." in first
    assert "Nothing is kept." in first
    assert "$0.15 for a million tokens read, $0.60 written" in first
    assert KEY not in first
    assert crypto.decrypt(row(owner, "first").key, purpose="model-key").startswith(KEY)

    tested = press(owner, "model_test", "first")
    assert "first answers" in tested
    assert "<dd>tools</dd>" in tested
    assert "JSON, pictures" in tested

    press(owner, "model_sooner", "second")
    press(owner, "model_switch", "first", on="0")
    assert [
        one.name
        for one in Endpoint.objects.filter(institution=owner.institution).order_by("position")
    ] == ["second", "first"]
    off = press(owner, "model_remove", "second")
    assert "No language model can be asked now" in off
    assert told(owner) == [
        "model.add",
        "model.add",
        "model.change",
        "model.off",
        "model.remove",
    ]


def test_what_cannot_be_an_endpoint_is_told_at_its_field(owner: Browser, fake: FakeOpenAI) -> None:
    entered(owner, fake, "taken")

    for fields, words in (
        ({"base_url": "https://10.0.0.7/v1"}, "private address"),
        ({"base_url": "ftp://models.example/v1"}, "start with https"),
        ({"base_url": f"{fake.url}?key=1"}, "not the address of an API"),
        ({"price_in": "-1"}, "greater than or equal to 0"),
        ({"name": "taken"}, "Another endpoint has this name."),
    ):
        answer = entered(owner, fake, "new", **fields)
        assert (answer.status_code, words in answer.text) == (400, True), fields
    assert Endpoint.objects.filter(institution=owner.institution).count() == 1


def test_a_key_goes_to_no_other_address_than_it_was_entered_for(
    owner: Browser, fake: FakeOpenAI
) -> None:
    entered(owner, fake, "one")
    before = row(owner, "one").key
    page = owner.url("model_change", endpoint=row(owner, "one").pk)
    fields = {"name": "one", "size": "large", "model": "m", "price_in": "0", "price_out": "0"}
    fields |= {"context": "8192", "key": ""}

    moved = owner.post(page, {**fields, "base_url": "https://elsewhere.example/v1"})
    stayed = owner.post(page, {**fields, "base_url": f"{fake.url}/"})

    assert "needs its key entered again" in moved.text
    assert "Changed." in stayed.text
    assert (row(owner, "one").key, row(owner, "one").base_url) == (before, fake.url)


def test_endpoints_of_others_are_not_there_and_only_owners_and_administrators_see_the_pages(
    owner: Browser, as_officer: AsOfficer, fake: FakeOpenAI
) -> None:
    entered(owner, fake, "ours")
    other = as_officer("administrator")

    for page in ("model_test", "model_switch", "model_sooner", "model_remove"):
        to = other.url(page, endpoint=row(owner, "ours").pk)
        assert other.post(other.url("institution_models"), to=to).status_code == 404
    assert other.get(other.url("model_change", endpoint=row(owner, "ours").pk)).status_code == 404
    support = as_officer("support")
    for page in ("institution_models", "institution_spending"):
        assert support.get(support.url(page)).status_code == 403


def test_a_month_is_told_by_course_and_by_purpose_and_names_nobody(owner: Browser) -> None:
    course = factories.a_course(owner.institution, title="Optics")
    for n in range(3):
        user = factories.a_user(owner.institution, name=f"Student {n} Byname")
        who = spend.For(owner.institution.pk, course.pk, user.pk)
        ledger.settle(ledger.reserve(who, 10_000).pk, spend.Used(2_000_000))
    ledger.reserve(spend.For(owner.institution.pk, capability=spend.Capability.JUDGE), 4_000)

    page = owner.get(owner.url("institution_spending")).text

    assert "$6.00 of $50.00" in page
    assert '<th scope="row">Optics</th><td>3</td><td>3</td><td>$6.00</td>' in page
    assert '<th scope="row">Judging the tutor</th><td>0</td><td>1</td><td>under $0.01</td>' in page
    assert "3 people asked." in page
    assert "Byname" not in page
    assert owner.get(f"{owner.url('institution_spending')}?month=1999-01").status_code == 200


def test_caps_are_set_changed_and_taken_away(owner: Browser) -> None:
    course = factories.a_course(owner.institution, title="Optics")
    elsewhere = factories.a_course()
    page = owner.url("institution_spending")
    cap = {"course": str(course.pk), "each_person": "on", "capability": "ask"}

    for wrong in ({}, {"soft": "3", "hard": "2"}, {"hard": "1", "course": str(elsewhere.pk)}):
        assert owner.post(page, {**cap, **wrong}).status_code == 400
    owner.post(page, {**cap, "soft": "0.50", "hard": "1"})
    shown = owner.post(page, {**cap, "soft": "", "hard": "2"}).text

    [limit] = Limit.objects.filter(institution=owner.institution)
    assert (limit.course_id, limit.each_person, limit.capability) == (course.pk, True, "ask")
    assert (limit.soft_cents, limit.hard_cents) == (None, 200)
    assert "hard: $2.00" in shown
    assert "the most that one person spent this month: $0.00" in shown
    gone = owner.post(page, to=owner.url("cap_remove", cap=limit.pk)).text
    assert "does not count any more" in gone
    assert told(owner) == ["cap.set", "cap.set", "cap.remove"]


def test_what_an_institution_switches_off_is_off_for_the_very_next_call(
    owner: Browser, fake: FakeOpenAI
) -> None:
    entered(owner, fake, "one")
    page, to = owner.url("institution_spending"), owner.url("institution_switch")
    course = factories.a_course(owner.institution)
    who = spend.For(owner.institution.pk, course.pk)

    async def ask() -> str:
        async with llm.call(who, 100, 50) as call:
            return await heard(call)

    assert asyncio.run(ask())
    for capability in ("ask", ""):
        owner.post(page, {"on": "0", "capability": capability}, to=to)
        with pytest.raises(SwitchedOff):
            asyncio.run(ask())
        on = owner.post(page, {"on": "1", "capability": capability}, to=to).text
        assert "Switched on." in on
        assert asyncio.run(ask())
    assert owner.post(page, {"on": "0", "capability": "weather"}, to=to).status_code == 400
    assert told(owner)[1:] == ["tutor.off", "tutor.on"] * 2


def test_the_first_page_says_when_the_budget_is_short(owner: Browser) -> None:
    who = spend.For(owner.institution.pk)
    Limit.objects.create(institution=owner.institution, soft_cents=1, hard_cents=2)

    def page() -> str:
        return owner.get(owner.url("institution_home")).text

    assert "language models" not in page().partition("<main")[2]
    ledger.settle(ledger.reserve(who, 10_000).pk, spend.Used(10_000))
    assert "soft cap for language models is reached" in page()
    ledger.settle(ledger.reserve(who, 10_000).pk, spend.Used(10_000))
    assert "budget for language models is used up" in page()
