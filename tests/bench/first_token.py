"""How long a student waits for the first words, beyond what the model itself takes.

The model is a fake of known speed over real HTTP. Once it sends all at once: what is left is ours.
Once it speaks as fast as a real one: our gate lets text pass by whole sentences, so that a
citation is never shown unchecked, and the first sentence is held until it has ended.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from tests.bench import machine
from tests.bench.browser import Failed
from tests.bench.place import Tool
from tests.fake_openai import PIECE, FakeOpenAI

if TYPE_CHECKING:  # it needs Django's settings, which the address of this model belongs to
    from tests.bench.course import Opened

KEY = "bench"
THINKING = 0.2  # seconds until the model's first token
PAUSE = 0.02  # seconds between two pieces of 7 characters: about 90 tokens a second
PATIENCE = 60  # seconds
QUESTIONS = (
    "What slows down a block that slides over a table?",
    "When is momentum conserved in a collision?",
    "How does the period of a pendulum depend on its length?",
    "What does Newton's second law say about force and acceleration?",
    "Why does a body that moves in a circle accelerate?",
    "How are work and kinetic energy connected?",
    "What is the difference between speed and velocity?",
    "How do I write down the uncertainty of a measurement?",
)


class Model(FakeOpenAI):
    """Thinks before it speaks, and notes when it was asked and when it began."""

    def __init__(self) -> None:
        super().__init__()
        self.pause = 0.0
        self.spans: list[tuple[float, float]] = []
        handler: Any = self.server.RequestHandlerClass
        handler.stream = self._thinking(handler.stream)

    def _thinking(self, stream: Callable[..., None]) -> Callable[..., None]:
        def slow(handler: Any, body: dict[str, Any], script: dict[str, Any]) -> None:
            asked = time.perf_counter()
            time.sleep(THINKING)
            self.spans.append((asked, time.perf_counter()))
            stream(handler, body, {**script, "pause": self.pause})

        return slow


@dataclass(frozen=True)
class Wait:
    """Seconds of one question."""

    asked: float  # until the model was asked
    shown: float  # from its first token to the first text shown

    @property
    def ours(self) -> float:
        """Beyond the model's own time."""
        return self.asked + self.shown


@contextmanager
def served() -> Iterator[Model]:
    """A model that listens."""
    model = Model()
    model.start()
    try:
        yield model
    finally:
        model.stop()


def measure(tool: Tool, model: Model, held: "Opened", asks: int) -> dict[str, Any]:
    """Ask as several students in turn; return the figures."""
    at_once: list[Wait] = []
    speaking: list[Wait] = []
    for number in range(-8, asks):
        token = held.tokens[number % len(held.tokens)]
        question = QUESTIONS[number % len(QUESTIONS)]
        model.pause = PAUSE if number % 2 else 0.0
        wait = _ask(tool, model, str(held.filled.course_id), token, question)
        if number >= 0:  # before that, both workers load the embedder
            (speaking if number % 2 else at_once).append(wait)
    return {
        "asks": asks,
        "model_first_token_ms": 1000 * THINKING,
        "beyond_ms": _cuts([wait.ours for wait in at_once]),
        "of_which_p50_ms": {
            "until_the_model_is_asked": _cuts([wait.asked for wait in at_once])["p50"],
            "from_its_first_token_on": _cuts([wait.shown for wait in at_once])["p50"],
        },
        "first_sentence_held_ms": _cuts([wait.shown for wait in speaking]),
        "model_characters_a_second": round(PIECE / PAUSE),
        "load": machine.load(),
    }


def _cuts(times: list[float]) -> dict[str, float]:
    cuts = quantiles(times, n=20)
    return {"p50": round(1000 * cuts[9], 1), "p95": round(1000 * cuts[18], 1)}


def _ask(tool: Tool, model: Model, course_id: str, token: str, question: str) -> Wait:
    """Ask over HTTP and read all events; raise Failed unless the model answered."""
    body = json.dumps({"course_id": course_id, "question": question}).encode()
    head = (
        f"POST /v1/ai/ask HTTP/1.1\r\nHost: localhost:{tool.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    answer, first = b"", 0.0
    with socket.create_connection(("127.0.0.1", tool.port), PATIENCE) as link:
        start = time.perf_counter()
        link.sendall(head.encode() + body)
        while part := link.recv(65536):
            answer += part
            if not first and b"event: delta" in answer:
                first = time.perf_counter()
    if not first or b'"mode": "model"' not in answer:
        raise Failed(f"{question} was answered {answer[-600:]!r}")
    asked, spoke = model.spans[-1]
    return Wait(asked - start, first - spoke)
