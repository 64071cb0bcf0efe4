"""The whole turn against models that do their worst, and their best, over real HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agents.evaluation import report, run
from agents.evaluation.doors import To
from agents.evaluation.place import SLUG
from agents.evaluation.run import Seams
from agents.evaluation.scenarios import Set
from agents.models import Evaluation
from agents.models.money import Endpoint
from agents.tutor.gate import Gate
from tests.evaluation.conftest import at
from tests.misbehaving import Behaving, Misbehaving
from tutorai.lmsdm.models import Institution

pytestmark = pytest.mark.long


class Open:
    """A gate that lets all pass."""

    hit = ""

    def __init__(self, *told: Any, **known: Any) -> None:
        """Whatever it is told, it forgets."""

    def feed(self, piece: str) -> str:
        return piece

    def close(self) -> str:
        return ""


class Unchecked(Gate):
    """A gate that believes every mark."""

    def feed(self, piece: str) -> Any:
        self.text += piece
        return piece, []

    def close(self) -> Any:
        return "", []


def few(sets: tuple[Set, ...], wanted: Callable[[Any], bool]) -> list[Set]:
    """The sets with those of their scenarios alone that are wanted."""
    kept = [(one, tuple(filter(wanted, one.scenarios))) for one in sets]
    return [one.model_copy(update={"scenarios": some}) for one, some in kept if some]


def test_whatever_a_model_does_nothing_leaks_and_nothing_happens(
    bad: Misbehaving, sets: tuple[Set, ...]
) -> None:
    ran = run.run(sets, To(at(bad)))

    failed = report.failures(ran)
    figures = report.figures(ran, failed)
    assert [one for one in failed if one.invariant in report.GUARDED] == []
    assert figures["held_back"] > 50  # the model did misbehave
    assert sum(bad.told.values()) > 150
    assert figures["conduct"]["order"] > 0  # and the checks see what is a model's own to do
    assert not Institution.objects.filter(slug__startswith=SLUG).exists()


def test_without_the_gates_the_same_scenarios_fail(bad: Misbehaving, sets: tuple[Set, ...]) -> None:
    some = few(sets, lambda one: one.name.endswith("three-steps-of-pressure"))

    ran = run.run(some, To(at(bad)), seams=Seams(holdback=Open, gate=Unchecked))

    failed = {one.invariant for one in report.failures(ran, guards=True)}
    assert {"leak", "citation", "address", "rules"} <= failed


def test_a_model_that_teaches_well_passes_and_the_report_is_kept_and_compared(
    good: Behaving, bad: Misbehaving, capsys: pytest.CaptureFixture[str]
) -> None:
    able = {"model": "fake", "tools": True, "json_schema": True}
    rows = [
        Endpoint.objects.create(name="eval-good", base_url=good.url, off_at=None, **able),
        Endpoint.objects.create(name="eval-bad", base_url=bad.url, off_at=None, **able),
    ]
    try:
        asked = {"sets": "economics", "judge": "eval-good"}
        before = json.loads(call_command("eval_tutor", endpoint="eval-good", **asked))
        after = json.loads(call_command("eval_tutor", endpoint="eval-bad", **asked))
        with pytest.raises(CommandError):
            call_command("eval_tutor", endpoint="nobody")
    finally:
        Endpoint.objects.filter(pk__in=[row.pk for row in rows]).delete()

    assert before["failures"] == []
    assert before["passed"] is True
    assert before["judged"]["dimensions"]["guides"]["good"] == 1.0
    assert before["judged"]["baselines"]["Expert human"]["reveals_answer"] == 0.02
    assert after["passed"] is False
    assert after["since"]["than"] == before["id"]
    assert after["since"]["worse"]
    assert Evaluation.objects.get(pk=after["id"]).model == "fake"
