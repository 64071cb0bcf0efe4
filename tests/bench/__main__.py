"""How fast it is, in one run of about five minutes: `make bench`.

Prints one JSON object; what it is doing stands on standard error. Everything happens on loopback,
in databases of its own, on servers of its own where DATABASE_URL and REDIS_URL name none.
"""

import argparse
import json
import sys
import time
from typing import Any

import django

from tests.bench import first_token, machine, place, platform

PARTS = (
    *("launches", "retrieval", "reads", "first_token", "grades", "pace", "sync"),
    *("gates", "streams"),
)
FEW = 400  # chunks of the course that many ask in
POOL = 10  # connections of each of the two workers, where many streams share them


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="may be repeated")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--launches", type=int, default=400, help="a round, of each tool")
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--reads", type=int, default=200, help="each way")
    parser.add_argument("--asks", type=int, default=40)
    parser.add_argument("--items", type=int, default=1500, help="of the courses that are read")
    parser.add_argument("--grades", type=int, default=600, help="each way")
    parser.add_argument("--streams", type=int, default=300, help="answers at once")
    parser.add_argument("--calm", type=int, default=80, help="grades sent one by one")
    return parser.parse_args()


def main() -> None:
    """Measure; print the figures."""
    asked, start = options(), time.monotonic()
    if not machine.measurable():
        sys.exit("The bench reads what processes cost from Linux's /proc, which is not here.")
    before = machine.described()
    with place.made() as at:
        found = _measured(at, asked)
    sys.stdout.write(
        json.dumps(
            {
                "machine": before,
                **found,
                "load_at_end": machine.load(),
                "seconds": round(time.monotonic() - start),
            }
        )
        + "\n"
    )


def _measured(at: place.Place, asked: argparse.Namespace) -> dict[str, Any]:
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.bench import launches
    from tutorai.management.commands.messages import compile_all

    compile_all()
    call_command("migrate", verbosity=0)
    parts, found = set(asked.only or PARTS), {}
    with platform.served() as lms:
        launches.register(lms)
        if parts - {"streams"}:
            found = _parts(at, lms, asked, parts)
        if "streams" in parts:
            _say(f"{asked.streams} answers at once")
            found["streams"] = _streamed(at, lms, asked.streams)
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # of the Postgres backend
    _tell(found)
    return found


def _streamed(at: place.Place, lms: platform.Platform, many: int) -> dict[str, Any]:
    """Many answers at once, by a tool whose workers have few connections each."""
    from tests.bench import course, streams

    with (
        streams.speaking() as url,
        place.ours(
            at, OPENAI_API_KEY=streams.KEY, OPENAI_BASE_URL=url, DATABASE_POOL=str(POOL)
        ) as tool,
    ):
        held = course.opened(tool, lms, FEW, students=many, which=1)
        return streams.measure(tool, held, many, POOL)


def _parts(
    at: place.Place, lms: platform.Platform, asked: argparse.Namespace, parts: set[str]
) -> dict[str, Any]:
    from tests.bench import course, gates, grades, launches, pace, reads, retrieval, syncing

    found: dict[str, Any] = {}
    with (
        first_token.served() as model,
        place.ours(at, OPENAI_API_KEY=first_token.KEY, OPENAI_BASE_URL=model.url) as tool,
    ):
        if "launches" in parts:
            _say("Launches, beside a stock pylti1p3 tool")
            size = launches.Size(asked.rounds, asked.launches)
            found["launches"] = launches.measure(at, tool, lms, size)
        if parts & {"retrieval", "reads", "first_token"}:
            _say(f"A course of {asked.chunks} chunks")
            held = course.opened(tool, lms, asked.chunks)
        if "retrieval" in parts:
            _say("Search in it")
            found["retrieval"] = retrieval.measure(held.filled, asked.queries)
        if "reads" in parts:
            _say("What is read of it again and again")
            found["reads"] = reads.measure(held.filled, asked.reads)
        if "first_token" in parts:
            _say("Questions in it, until the first words")
            found["first_token"] = first_token.measure(tool, model, held, asked.asks)
        if "grades" in parts:
            _say("Grades, beside plain Celery tasks")
            found["grades"] = grades.measure(at, tool, 3, asked.grades // 3, asked.calm)
        if "sync" in parts:
            _say("A course of each LMS, four times")
            found["sync"] = syncing.measure(tool.url, asked.items, _say)
        if "pace" in parts:
            _say("One bucket for eight processes")
            found["pace"] = pace.measure()
        if "gates" in parts:
            _say("What the gates cost an answer")
            found["gates"] = gates.measure()
    return found


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _tell(found: dict[str, Any]) -> None:
    """The same for people, in a few lines."""
    if one := found.get("launches"):
        ours, stock = one["ours"], one["stock"]
        for name, key in (("Server CPU, ms", "cpu_ms"), ("Launches a second", "per_second")):
            ratio = one["cpu_ratio" if key == "cpu_ms" else "rate_ratio"]
            span = f"{ratio['least']} to {ratio['most']}, goal {ratio['goal']}"
            _say(f"{name:<20}{ours[key]}, stock {stock[key]}: × {ratio['median']} ({span})")
        for hop, times in ours["hops_ms"].items():
            _say(f"{'Hop: ' + hop:<20}{_times(times)}, stock {_times(stock['hops_ms'][hop])}")
        _say(f"{'Generator':<20}{ours['share']['generator']:.0%} of the machine")
    if one := found.get("retrieval"):
        _say(f"{'Search':<20}{_times(one, '_ms')}")
    for name in ("toc", "page") if "reads" in found else ():
        one = found["reads"][name]
        _say(
            f"{'Read: ' + name:<20}Postgres {one['postgres_ms']['p50']} ms, "
            f"Redis × {one['redis_ratio']}, memory × {one['memory_ratio']}"
        )
    if one := found.get("first_token"):
        _say(f"{'First words':<20}{_times(one['beyond_ms'])} beyond the model's own")
    for name, cost in found.get("gates", {}).items():
        if name.endswith("_ms"):
            told = f"{cost['an_answer']} ms an answer, {cost['to_begin']} ms to begin"
            _say(f"{'Gates: ' + name[:-13]:<20}{told}")
    if one := found.get("streams"):
        told = f"{one['streams']} in {one['seconds']} s, pool 2 × {one['pool']}, 0 errors"
        _say(f"{'Streams':<20}{told}; {one['kb_a_stream']} KB each")
        _say(f"{'First text':<20}{_times(one['first_text_ms'])}")
    if one := found.get("grades"):
        ours, plain, ratio = one["ours"], one["plain"], one["rate_ratio"]
        span = f"{ratio['least']} to {ratio['most']}, goal {ratio['goal']}"
        rates = f"{ours['per_second']}, plain {plain['per_second']}"
        _say(f"{'Grades a second':<20}{rates}: × {ratio['median']} ({span})")
        _say(f"{'Worker CPU, ms':<20}{ours['cpu_ms']}, plain {plain['cpu_ms']}")
        _say(f"{'One grade arrives':<20}{_times(one['arrival_ms'])}")
    if one := found.get("pace"):
        told = f"{one['let_out']} of {one['allowed']:.0f} allowed: × {one['ratio']}"
        _say(f"{'Calls let out':<20}{told}; asking takes {one['asking_us']} µs")

    for size, one in found.get("sync", {}).get("memory", {}).items():
        _say(f"{'Sync of ' + size:<20}{one['peak_mb']} MB, {one['idle_mb']} of them idle")


def _times(found: dict[str, Any], unit: str = "") -> str:
    return f"p50 {found['p50' + unit]} ms, p95 {found['p95' + unit]} ms"


if __name__ == "__main__":
    main()
