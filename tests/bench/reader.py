"""Read a course of so many items in a process of its own: `python -m tests.bench.reader N`.

The LMS is scripted, so that what is held in memory is what a reading holds: each body comes with
its list, made as it is asked for. Prints one JSON object.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import django

BODY = 8 * 1024  # characters of one page


def main() -> None:
    """Read it once; print what that took."""
    django.setup()
    from connectors.base import Known
    from tests.sync import scripted
    from tutorai.lmsdm import schema

    count = int(sys.argv[1])

    @dataclass
    class Endless(scripted.Scripted):
        """A course that is made while it is told."""

        def listing(
            self, course_id: str, known: Known | None = None
        ) -> Sequence[Callable[[], Iterable[schema.ContentItem]]]:
            text = "<p>Force is mass times acceleration.</p>" * (BODY // 40)
            return [
                lambda: (
                    scripted.a_page(number, body=f"<h1>{number}</h1>{text}")
                    for number in range(count)
                )
            ]

    there = scripted.a_class()
    there.lms = Endless()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    outcome = there.read()
    told = {
        "items": outcome.seen,
        "bodies_mb": round(count * BODY / 1024**2),
        "seconds": round(time.perf_counter() - start, 1),
        "idle_mb": before // 1024,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
