"""How long a search takes in a course of 10,000 chunks.

Words follow Zipf's law, so postings lists are as uneven as in real text; vectors are random, for
distance costs the same.
"""

from statistics import quantiles
from typing import Any

from agents.models.index import Chunk
from tests.bench import filled, machine


def measure(course: filled.Filled, queries: int) -> dict[str, Any]:
    """Ask, return the figures."""
    times, parts = course.ask(queries)
    cuts = quantiles(times, n=20)
    return {
        "chunks": Chunk.objects.filter(course_id=course.course_id).count(),
        "queries": queries,
        "p50_ms": round(cuts[9], 1),
        "p95_ms": round(cuts[18], 1),
        "of_which_p50_ms": {
            name: round(quantiles(took, n=2)[0], 1) for name, took in parts.items()
        },
        "load": machine.load(),
    }
