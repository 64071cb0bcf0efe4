"""What an endpoint can do is seen in what it does."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from agents.models.money import Endpoint
from tests.fake_openai import FakeOpenAI
from tests.money.spending import Payer

ABLE: list[dict[str, Any]] = [
    {"text": "ready"},
    {"calls": [("note", '{"word": "ready"}')]},
    {"text": '{"colour": "green"}'},
    {"text": "Red."},
]
POOR: list[dict[str, Any]] = [
    {"text": "ready", "no_usage": True},
    {"refuses": ["tools"]},
    {"refuses": ["json_schema"]},
    {"text": '{"colour": "green"}'},
    {"refuses": ["image_url"]},
]
DEAF: list[dict[str, Any]] = [
    {"text": "ready"},
    {"text": "I note: ready"},
    {"text": "Green, I think."},
    {"text": "I see nothing."},
]


def probed(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("probe_model", *words, stdout=out)
    [line] = out.getvalue().splitlines()
    told: dict[str, Any] = json.loads(line)
    return told


@pytest.mark.parametrize(
    ("answers", "able", "counts"),
    [(ABLE, True, True), (POOR, False, False), (DEAF, False, True)],
    ids=["able", "poor", "deaf"],
)
def test_a_probe_tells_and_keeps_what_the_model_showed(
    fake: FakeOpenAI, answers: list[dict[str, Any]], able: bool, counts: bool
) -> None:
    payer = Payer(fake)
    payer.endpoint(*answers, name="main", data_region="EU", context=4096)

    told = probed("--institution", payer.school.slug)

    shown = ("tools", "json_schema", "vision")
    assert {name: told[name] for name in shown} == dict.fromkeys(shown, able)
    assert (told["endpoint"], told["ok"], told["error"]) == ("main", True, "")
    assert (told["stream_usage"], told["context"], told["data_region"]) == (counts, 32768, "EU")
    row = Endpoint.objects.get(institution=payer.school)
    assert (row.tools, row.json_schema, row.vision) == (able, able, able)
    assert (row.stream_usage, row.context, row.probe_error) == (counts, 32768, "")
    assert row.probed_at is not None
    [charge] = payer.charges()
    assert (charge.capability, charge.state, charge.spent) == ("probe", "settled", told["spent"])
    assert 0 < charge.spent < charge.reserved


def test_what_a_model_learned_since_the_last_probe_is_seen(fake: FakeOpenAI) -> None:
    payer = Payer(fake)
    payer.endpoint(*ABLE, tools=False, json_schema=False, vision=False)

    told = probed("--institution", payer.school.slug)

    assert (told["tools"], told["json_schema"], told["vision"]) == (True, True, True)


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"status": 401}, "model_refused"), ({"status": 503}, "model_unavailable")],
    ids=["refused", "away"],
)
def test_a_probe_that_fails_says_why_by_code_and_forgets_nothing(
    fake: FakeOpenAI, answer: dict[str, Any], code: str
) -> None:
    payer = Payer(fake)
    payer.endpoint(answer, tools=True)

    told = probed("--institution", payer.school.slug)

    assert (told["ok"], told["error"], told["tools"]) == (False, code, None)
    row = Endpoint.objects.get(institution=payer.school)
    assert (row.probe_error, row.tools) == (code, True)
    assert payer.charges()[0].spent == 0


def test_an_endpoint_for_vectors_is_asked_for_one(fake: FakeOpenAI) -> None:
    payer = Payer(fake)
    payer.endpoint(size="vectors", name="vectors")

    told = probed("--institution", payer.school.slug, "--endpoint", "vectors")

    assert (told["size"], told["ok"], told["spent"]) == ("vectors", True, 1)


def test_the_operators_own_endpoint_is_probed_without_an_institution(
    fake: FakeOpenAI, settings: Any
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "operators-key", fake.url
    fake.script("operators-key", *ABLE)

    told = probed()

    assert (told["endpoint"], told["institution"], told["tools"]) == ("installation", None, True)
    with pytest.raises(CommandError, match="There are: installation"):
        probed("--endpoint", "another")
    with pytest.raises(CommandError, match="no institution"):
        probed("--institution", "nowhere")
