"""Grades while everything around them fails: `make faults`.

Real processes: two workers, two schedulers, the web, Postgres, Valkey and a pretend LMS that plays
Canvas, Moodle and Blackboard. Prints a table of faults and outcomes; ends with 1 when the LMS does
not hold exactly what was approved.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.faults import place

STUDENTS = 40  # in each school: a class
PER_CELL = 1.29  # grades that are approved for one: see `classwork.FATES`


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--grades", type=int, default=10_000, help="of all trials together")
    parser.add_argument("--only", action="append", help="a trial's name; may be repeated")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


def main() -> None:
    """Run the trials; print what became of the grades."""
    asked, start = options(), time.monotonic()
    before = machine.described()
    with place.made() as at:
        found = _tried(at, asked)
    found |= {"machine": before, "load_at_end": machine.load()}
    found["seconds"] = round(time.monotonic() - start)
    sys.stdout.write(
        f"{found['grades']} grades in {found['seconds']} s on {before['cores']} cores, load "
        f"{before['load']} to {found['load_at_end']}: {found['violations']} violations\n"
    )
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(1 if found["violations"] else 0)


def _tried(at: place.Place, asked: argparse.Namespace) -> dict[str, Any]:
    from tests.faults import hopeless, running, table, trials
    from tests.faults.schools import DIALECTS, a_school

    names = asked.only or [*trials.TRIALS, "hopeless"]
    size = round(asked.grades / len(trials.TRIALS) / PER_CELL)
    schools = [a_school(at.lms, dialect, STUDENTS, at.tool) for dialect in DIALECTS]
    place.man(at)
    stage, done, given_up = trials.Stage(at, schools, size), [], None
    for name in names:
        if name == "hopeless":
            given_up = hopeless.run(stage)
            continue
        sys.stderr.write(f"{name}\n")
        done.append(running.run(name, trials.TRIALS[name], stage))
        sys.stderr.write(f"  {done[-1].told()}\n")
    sys.stdout.write(table.written(done, given_up) + "\n")
    violations = sum(trial.violations for trial in done)
    return {
        "trials": [trial.told() for trial in done],
        "hopeless": given_up and given_up.told(),
        "grades": sum(trial.verdict.grades for trial in done),
        "violations": violations + (given_up.violations if given_up else 0),
    }


if __name__ == "__main__":
    main()
