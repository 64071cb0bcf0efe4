"""The second look at what students write: asked over real HTTP, open or closed where it is silent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from django.test import override_settings
from django.utils import timezone

from agents import care
from agents.care import Verdict
from agents.models.teaching import Switch
from agents.tutor import turns
from tests import factories
from tests.retrieval import making
from tutorai import embedded


class Service(BaseHTTPRequestHandler):
    """Answers as OpenAI's moderations do; `told` is what it says next."""

    told: ClassVar[Any] = None
    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append({**json.loads(body), "key": self.headers["Authorization"]})
        content = json.dumps(self.told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *said: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(told: Any) -> Iterator[str]:
    Service.told = told
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/moderations"
    server.shutdown()
    thread.join()
    server.server_close()


def found(**categories: bool) -> dict[str, Any]:
    return {"results": [{"flagged": True, "categories": categories}]}


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (found(violence=False), Verdict(asked=True)),
        (found(violence=True), Verdict(stopped=True, kinds=("violence",), asked=True)),
        (
            {"results": [{"categories": {"self-harm/intent": True}}]},
            Verdict(distress=True, kinds=("self-harm/intent",), asked=True),
        ),
        ({"results": []}, Verdict()),
        ("nonsense", Verdict()),
    ],
    ids=["nothing", "violence", "distress", "empty", "nonsense"],
)
def test_what_the_service_finds_decides(told: Any, verdict: Verdict) -> None:
    with (
        serving(told) as url,
        override_settings(MODERATION_URL=url, MODERATION_KEY="k", MODERATION_MODEL="m"),
    ):
        assert care.moderate("What is heat?") == verdict

    assert Service.asked[-1] == {"input": "What is heat?", "model": "m", "key": "Bearer k"}


def test_a_silent_service_lets_all_pass_unless_the_operator_closed_it() -> None:
    away = f"http://127.0.0.1:{embedded.free_port()}"

    with override_settings(MODERATION_URL=away):
        assert not care.moderate("What is heat?").stopped
        with override_settings(MODERATION_CLOSED=True):
            assert care.moderate("What is heat?").stopped


def test_a_turn_is_looked_at_without_names_unless_its_school_switched_that_off() -> None:
    course = making.filled(opened_at=timezone.now())
    ada = factories.a_user(course.institution, name="Ada Quillfeather")
    factories.an_enrolment(course, ada)
    actor = making.an_actor(course, user_id=ada.pk)
    asked = turns.Question(course.pk, "What does Ada Quillfeather say?")

    with serving(found(violence=True)) as url, override_settings(MODERATION_URL=url):
        stopped = turns.begin(actor, asked)
        told = str(Service.asked)
        Switch.objects.create(institution=course.institution, capability="moderate", by=ada.pk)
        before = len(Service.asked)
        passed = turns.begin(actor, asked)

    assert (stopped.words, passed.words) == (care.words.flagged(), "")
    assert "Quillfeather" not in told
    assert len(Service.asked) == before


def test_without_a_service_nothing_is_asked() -> None:
    assert care.moderate("What is heat?") == Verdict()
