"""Many students who are answered at once: by the tool as it is deployed, two workers, a small pool.

The model is a fake of known speed in a process of its own, so that its work is not ours. Every
stream has to come to its end without an error, though the database has far fewer connections.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from tests.bench import machine
from tests.bench.browser import Failed
from tests.bench.first_token import QUESTIONS
from tests.bench.place import HOME, Tool

if TYPE_CHECKING:  # it needs Django's settings, which the address of this model belongs to
    from tests.bench.course import Opened

KEY = "bench"
PATIENCE = 240.0  # seconds for all streams; the machine may be busy
LOOK = 0.25  # seconds between two looks at the memory


@contextmanager
def speaking() -> Iterator[str]:
    """A model in a process of its own; yields its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.speaker"],
        cwd=HOME,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def measure(tool: Tool, held: "Opened", streams: int, pool: int) -> dict[str, Any]:
    """Open `streams` answers at once; return what they took, and what each cost in memory."""
    asyncio.run(_all(tool, held, held.tokens[:2]))  # loads what comes with the first call
    before = machine.resident(tool.pid)
    made = asyncio.run(_all(tool, held, held.tokens[:streams]))
    spans, firsts, peak, taken = made
    if len(spans) < streams:
        raise Failed(f"{streams - len(spans)} of {streams} streams came to no end")
    return {
        "streams": streams,
        "pool": pool,
        "errors": 0,
        "seconds": round(taken, 1),
        "first_text_ms": _cuts(firsts),
        "done_ms": _cuts(spans),
        "resident_before_mb": round(before),
        "resident_at_most_mb": round(peak),
        "kb_a_stream": round(1024 * (peak - before) / streams),
        "load": machine.load(),
    }


def _cuts(times: list[float]) -> dict[str, int]:
    cuts = quantiles(times, n=20)
    return {"p50": round(1000 * cuts[9]), "p95": round(1000 * cuts[18])}


async def _all(
    tool: Tool, held: "Opened", tokens: list[str]
) -> tuple[list[float], list[float], float, float]:
    start, peak = time.perf_counter(), 0.0
    tasks = [asyncio.create_task(_ask(tool, held, token, n)) for n, token in enumerate(tokens)]
    while not all(task.done() for task in tasks):
        await asyncio.wait(tasks, timeout=LOOK)
        peak = max(peak, machine.resident(tool.pid))
        if time.perf_counter() - start > PATIENCE:
            break
    ended = [task.result() for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    taken = time.perf_counter() - start
    return [one[1] for one in ended], [one[0] for one in ended], peak, taken


async def _ask(tool: Tool, held: "Opened", token: str, number: int) -> tuple[float, float]:
    """Ask, read to the end; return the seconds to the first text and to the end."""
    question = QUESTIONS[number % len(QUESTIONS)]
    asked = {"course_id": str(held.filled.course_id), "question": question}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/ai/ask HTTP/1.1\r\nHost: localhost:{tool.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    start = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", tool.port)
    writer.write(head.encode() + body)
    await writer.drain()
    answer, first = b"", 0.0
    while part := await reader.read(65536):
        answer += part
        if not first and b"event: delta" in answer:
            first = time.perf_counter() - start
    writer.close()
    if b'"mode": "model"' not in answer:
        raise Failed(f"{number} was answered {answer[-400:]!r}")
    return first, time.perf_counter() - start
