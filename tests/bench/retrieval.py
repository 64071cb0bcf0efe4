"""How long a search takes in a course of 10,000 chunks: `python -m tests.bench.retrieval`.

Needs DATABASE_URL (any database that is migrated); removes what it made. Words follow Zipf's law,
so postings lists are as uneven as in real text; vectors are random, for distance costs the same.
"""

import argparse
import json
import os
import platform
import sys
from statistics import quantiles

import django


def main() -> None:
    """Fill, ask, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=200)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorai.settings")
    django.setup()

    from tests.bench import filled

    with filled.course(asked.chunks) as course:
        times, parts = course.ask(asked.queries)
    cuts = quantiles(times, n=100)
    figures = {
        "chunks": asked.chunks,
        "queries": asked.queries,
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "of_which_p50_ms": {
            name: round(quantiles(took, n=2)[0], 1) for name, took in parts.items()
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_1m": round(os.getloadavg()[0], 2),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
