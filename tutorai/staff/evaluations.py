"""What the tutor was tried on, and how it did: by model, by prompt, by a teacher's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from agents.evaluation import judge
from agents.models import Evaluation
from tutorai.staff.rows import ReadOnly

SHOWN = 60  # failures


@dataclass(frozen=True)
class Dimension:
    """One line of the judge's table; shares as percent, None where nobody knows."""

    name: str
    yes: int
    some: int
    no: int
    target: int | None
    people: int | None  # experts, judged by people


def dimensions(judged: dict[str, Any]) -> Iterator[Dimension]:
    """Yield the judge's table, with what expert humans reach beside it."""
    experts = judge.BASELINES["Expert human"]
    for name, shares in judged.get("dimensions", {}).items():
        marks = [round(100 * shares.get(mark, 0)) for mark in ("yes", "some", "no")]
        known = [judge.TARGETS.get(name), experts.get(name)]
        yield Dimension(name, *marks, *(None if one is None else round(100 * one) for one in known))


@admin.register(Evaluation)
class Evaluations(ReadOnly):
    """Runs of scenario sets, newest first."""

    list_display = (
        *("begun_at", "scenarios", "endpoint", "model", "state", "passed", "guards", "conduct"),
        *("judge", "institution"),
    )
    list_filter = ("state", "passed", "scenarios", "endpoint", "institution")
    list_select_related = ("institution",)
    search_fields = ("id", "model", "prompt_hash", "persona_hash")
    ordering = ("-begun_at",)
    fields = (
        *("scenarios", "endpoint", "model", "judge", "institution", "course", "state", "passed"),
        *("begun_at", "ended_at", "prompt_hash", "persona_hash", "shown"),
    )
    readonly_fields = ("shown",)

    @admin.display(description=_("guards that did not hold"))
    def guards(self, row: Evaluation) -> str:
        """How many failures of what holds with any model."""
        return _sum(row.figures.get("guards"))

    @admin.display(description=_("conduct"))
    def conduct(self, row: Evaluation) -> str:
        """How many failures of what the model makes of it."""
        return _sum(row.figures.get("conduct"))

    @admin.display(description=_("report"))
    def shown(self, row: Evaluation) -> SafeString:
        """The whole report in tables."""
        facts = {
            "row": row,
            "figures": row.figures,
            "dimensions": list(dimensions(row.figures.get("judged", {}))),
            "since": row.figures.get("since"),
            "failures": row.failures[:SHOWN],
            "more": max(0, len(row.failures) - SHOWN),
        }
        return render_to_string("staff/evaluation.html", facts)


def _sum(counts: dict[str, int] | None) -> str:
    return str(sum(counts.values())) if counts is not None else ""
