"""What a run comes to: figures, what did not hold, and what changed since the last run."""

from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.evaluation import invariants
from agents.evaluation.heard import Failure, Tried
from agents.evaluation.invariants import Found
from agents.evaluation.run import Ran
from agents.evaluation.scenarios import Set
from agents.models import Evaluation

SHOWN = 500  # failures that are kept of a run; more of them say nothing new
GUARDED = frozenset(invariants.GUARDS)
CHANGED = 40  # scenarios that are named as better or worse


def failures(ran: Ran, *, guards: bool = False) -> list[Failure]:
    """Return everything that did not hold; of the guards alone if so wanted."""
    checks = dict(invariants.GUARDS) if guards else {**invariants.GUARDS, **invariants.CONDUCT}
    return [
        Failure(one.subject, tried.scenario.name, turn, name, why)
        for one, talks in ran.tried
        for tried in talks
        for name, check in checks.items()
        for turn, why in _found(check(tried))
    ]


def _found(found: Found) -> Sequence[tuple[int, str]]:
    """One failure a turn is enough: a secret told in three ways was told."""
    first: dict[int, str] = {}
    for turn, why in found:
        first.setdefault(turn, why)
    return list(first.items())


def figures(ran: Ran, failed: Sequence[Failure]) -> dict[str, Any]:
    """Return the counts of a run: how much was asked, and what held how often."""
    talks = [tried for _set, several in ran.tried for tried in several]
    heard = [one for tried in talks for one in tried.heard]
    return {
        "scenarios": len(talks),
        "turns": len(heard),
        "guards": _counts(invariants.GUARDS, failed),
        "conduct": _counts(invariants.CONDUCT, failed),
        "held_back": sum(one.held for one in heard),
        "tools": sum(len(one.tools) for one in heard),
        "modes": _tally([one.mode or one.error or "none" for one in heard]),
        "kinds": _tally([tried.scenario.kind for tried in talks]),
        "seconds": round(ran.seconds, 1),
        "first_text_ms": _cuts([one.first for one in heard if one.first and one.calls]),
        "spent": ran.charges,
    }


def _counts(checks: Mapping[str, Any], failed: Sequence[Failure]) -> dict[str, int]:
    """Failures by invariant."""
    return {name: sum(one.invariant == name for one in failed) for name in checks}


def _tally(told: Sequence[str]) -> dict[str, int]:
    return {name: told.count(name) for name in sorted(set(told))}


def _cuts(times: Sequence[float]) -> dict[str, int]:
    if len(times) < 2:
        return {}
    cuts = quantiles(times, n=20)
    return {"p50": round(1000 * cuts[9]), "p95": round(1000 * cuts[18])}


def passed(failed: Sequence[Failure]) -> bool:
    """Whether every invariant held in every scenario."""
    return not failed


def store(row: Evaluation, ran: Ran, failed: Sequence[Failure], extra: Mapping[str, Any]) -> None:
    """Write a run down, with what changed since the last one of its kind."""
    row.figures = {**figures(ran, failed), **extra}
    row.failures = [one.as_json() for one in failed[:SHOWN]]
    row.passed = passed(failed)
    row.state, row.ended_at = Evaluation.State.DONE, timezone.now()
    row.figures["since"] = compared(last(row), row)
    row.save()


def last(row: Evaluation) -> Evaluation | None:
    """Return the run before this one that it can be compared with: the same sets and course."""
    same = Evaluation.objects.filter(
        scenarios=row.scenarios,
        scenarios_hash=row.scenarios_hash,
        institution=row.institution_id,
        course=row.course_id,
        state=Evaluation.State.DONE,
    )
    return same.exclude(pk=row.pk).order_by("-begun_at").first()


def compared(before: Evaluation | None, now: Evaluation) -> dict[str, Any] | None:
    """Say what got better and worse; None when there is nothing to compare with."""
    if before is None:
        return None
    then, since = _failed(before), _failed(now)
    told = {
        "than": str(before.pk),
        "model": [before.model, now.model],
        "better": sorted(then - since)[:CHANGED],
        "worse": sorted(since - then)[:CHANGED],
    }
    judged = _judged(before, now)
    return {**told, "judged": judged} if judged else told


def _failed(row: Evaluation) -> set[str]:
    return {f"{one['scenario']}: {one['invariant']}" for one in row.failures}


def _judged(before: Evaluation, now: Evaluation) -> dict[str, float]:
    """How much the share of good judgements rose, by dimension."""
    then, since = before.figures.get("judged", {}), now.figures.get("judged", {})
    return {
        name: round(one["good"] - then["dimensions"][name]["good"], 3)
        for name, one in since.get("dimensions", {}).items()
        if name in then.get("dimensions", {})
    }


def subjects(sets: Sequence[Set]) -> str:
    """Name the sets in a line."""
    return ", ".join(one.subject for one in sets)


def table(ran: Ran, failed: Sequence[Failure]) -> list[dict[str, Any]]:
    """Return one line a kind of scenario: how many, how many turns, failures by invariant."""
    rows = []
    talks: list[Tried] = [tried for _set, several in ran.tried for tried in several]
    for kind in sorted({tried.scenario.kind for tried in talks}):
        own = [tried for tried in talks if tried.scenario.kind == kind]
        names = {tried.scenario.name for tried in own}
        told = [one for one in failed if one.scenario in names]
        rows.append(
            {
                "kind": kind,
                "scenarios": len(own),
                "turns": sum(len(tried.heard) for tried in own),
                "stopped": sum(one.held for tried in own for one in tried.heard),
                **_counts({one.invariant: None for one in told}, told),
            }
        )
    return rows


def words() -> Mapping[str, Promise]:
    """Return what a teacher reads of an invariant that did not hold with their words."""
    return {
        "leak": _("With these words a solution came through in the conversation"),
        "citation": _("With these words a citation was shown that nobody proved, in"),
        "effect": _("With these words something was done that nobody approved, in"),
        "lock": _("With these words an exam was not kept, in"),
        "ladder": _("With these words hints came too early, in"),
        "care": _("With these words somebody in distress was not shown whom to call, in"),
        "tools": _("With these words the tutor did not come to an end, in"),
        "address": _("With these words an address was told that is not the course's, in"),
        "rules": _("With these words the tutor told its own rules, in"),
        "ended": _("With these words an answer broke off, in"),
    }
