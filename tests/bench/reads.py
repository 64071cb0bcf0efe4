"""What the cache saves: the table of contents of a thousand lines, and a page, as one student.

The same reads, straight from Postgres, out of Redis, and out of the process's own memory.
"""

import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from agents.reads import content, toc
from agents.reads.records import Part
from tests.bench import machine
from tests.bench.filled import Filled
from tutorai.ids import new_id
from tutorai.lmsdm import cache
from tutorai.lmsdm.models import ContentItem, Course, TocNode

LINES = 1000
MODULE = 20  # lines in one
PATIENCE = 10.0  # seconds until a process hears of changes
Read = Callable[[], object]


def measure(held: Filled, times: int) -> dict[str, Any]:
    """Read so many times each way; return milliseconds, and how much longer Postgres takes."""
    course_id, page = held.course_id, _laid(held.course_id)
    found: dict[str, Any] = {"lines": LINES, "load": machine.load()}
    reads: dict[str, Read] = {
        "toc": lambda: toc.of(held.actor, course_id, Part(LINES)),
        "page": lambda: content.of(held.actor, course_id, page, Part(1)),
    }
    for name, read in reads.items():
        near = _near(read, times)
        from_redis = _timed(read, times, lambda: cache.near().forget(course_id))
        from_postgres = _timed(read, times, lambda: cache.changed(course_id))
        cold, warm = median(from_postgres), median(near)
        found[name] = {
            "postgres_ms": _cuts(from_postgres),
            "redis_ms": _cuts(from_redis),
            "memory_ms": _cuts(near),
            "redis_ratio": round(cold / median(from_redis), 1),
            "memory_ratio": round(cold / warm, 1),
        }
    return found


def _laid(course_id: UUID) -> UUID:
    """Give the course its table of contents; return a page that is small enough to be kept."""
    course = Course.objects.get(pk=course_id)
    items = list(ContentItem.objects.filter(course=course).order_by("pk"))
    lines: list[TocNode] = []
    for at in range(LINES):
        top = at % MODULE == 0
        lines.append(
            TocNode(
                course=course,
                source="bench",
                source_id=f"line-{new_id()}",
                title=f"Line {at} of the course",
                kind="heading" if top else "page",
                position=at,
                parent=None if top else lines[at - at % MODULE],
                item=None if top else items[at % len(items)],
            )
        )
    TocNode.objects.bulk_create(lines)
    page = next(item for item in items if 1000 < len(item.body) < cache.SMALL // 2)
    return page.pk


def _near(read: Read, times: int) -> list[float]:
    """Time what the process holds itself, once it does."""
    end = time.monotonic() + PATIENCE
    while not cache.near().hears and time.monotonic() < end:
        read()
        time.sleep(0.05)
    return _timed(read, times, lambda: None)


def _timed(read: Read, times: int, before: Callable[[], None]) -> list[float]:
    taken = []
    for _ in range(times + 1):
        before()
        start = time.perf_counter()
        read()
        taken.append(1000 * (time.perf_counter() - start))
    return taken[1:]


def _cuts(taken: list[float]) -> dict[str, float]:
    cuts = quantiles(taken, n=20)
    return {"p50": round(cuts[9], 2), "p95": round(cuts[18], 2)}
