"""The figures for people: faults down, outcomes across."""

from collections.abc import Sequence

from tests.faults.hopeless import Hopeless
from tests.faults.running import Trial

STATES = ("delivered", "superseded", "undone", "replaced")
FAULTS = ("wrong", "doubled", "lost", "untrue", "stuck", "buried")
HEADS = ("grades", *STATES, *FAULTS, "kills", "again", "resent", "calls", "seconds")


def written(trials: Sequence[Trial], hopeless: Hopeless | None) -> str:
    """Return the table as text."""
    rows = [(trial.name, _numbers(trial)) for trial in trials]
    totals = [round(sum(column), 1) for column in zip(*(row for _, row in rows), strict=True)]
    lines = [_line("", HEADS), *(_line(*row) for row in rows), _line("together", totals)]
    for trial in trials:
        if trial.idle:
            lines.append(f"! {trial.name}: what was to fail did not, which proves nothing")
        lines += [f"! {trial.name}: {example}" for example in trial.verdict.examples[:5]]
    if hopeless is not None:
        causes = ", ".join(f"{count} {cause}" for cause, count in sorted(hopeless.causes.items()))
        lines.append(
            f"Jobs nobody can do: buried {causes}; tried again, their grades are "
            f"{', '.join(hopeless.after)} with {hopeless.comments} comments "
            f"({hopeless.kills} kills, {hopeless.seconds} s)"
        )
    return "\n".join(lines)


def _numbers(trial: Trial) -> list[float]:
    found = trial.verdict
    return [
        found.grades,
        *(found.states[state] for state in STATES),
        *(getattr(found, name) for name in FAULTS),
        trial.kills,
        trial.again,
        found.resent,
        trial.requests,
        trial.seconds,
    ]


def _line(name: str, cells: Sequence[object]) -> str:
    return f"{name:<22}" + "".join(
        f"{cell!s:>{max(7, len(head) + 1)}}" for cell, head in zip(cells, HEADS, strict=True)
    )
