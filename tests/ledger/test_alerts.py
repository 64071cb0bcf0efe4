"""Operators hear of buried jobs: once, of all of them, again when there are more, and of nobody."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.message import Message
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from tests import factories
from tests.racing import at_once
from tutorai import alerts
from tutorai.ids import new_id
from tutorai.ledger.models import Alarm, Job
from tutorai.tasks import alarm

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOON = NOON + timedelta(minutes=1)
LATER = NOON + timedelta(minutes=16)


class Hook(BaseHTTPRequestHandler):
    """A webhook like Slack's."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body)["text"])  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Post(socketserver.StreamRequestHandler):
    """A mail server that takes everything (RFC 5321, as much as a client needs)."""

    def handle(self) -> None:
        self.say("220 here")
        for line in iter(self.rfile.readline, b""):
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.heard.append(text.decode())  # type: ignore[attr-defined]
            self.say("221 bye" if word == b"QUIT" else "250 ok")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def served(server: Any) -> Iterator[Any]:
    server.heard = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hook(settings: Settings) -> Iterator[Any]:
    """A webhook, as the only channel."""
    with served(HTTPServer(("127.0.0.1", 0), Hook)) as server:
        server.status = 200
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/hook"
        yield server


@pytest.fixture
def post(settings: Settings) -> Iterator[Any]:
    """A mail server, as a channel."""
    with served(socketserver.TCPServer(("127.0.0.1", 0), Post)) as server:
        settings.ALERT_EMAILS = ["ops@example.edu"]
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server


@pytest.fixture(autouse=True)
def _nothing_buried() -> None:
    """What other tests buried is not of this pile."""
    Job.objects.filter(state=Job.State.BURIED).delete()
    Alarm.objects.all().delete()


def bury(count: int = 1, **fields: Any) -> list[Job]:
    told = {"kind": "sync_course", "queue": "q", "error": "lms_refused", "finished_at": NOON}
    rows = [Job(state=Job.State.BURIED, **{**told, **fields}) for _ in range(count)]
    return Job.objects.bulk_create(rows)


def tell(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return alerts.tell()


def mail(text: str) -> Message:
    return message_from_string(text, policy=modern)


def test_a_message_says_how_many_of_what_why_since_when_and_where_to_look(
    hook: Any, settings: Settings
) -> None:
    course = factories.a_course()
    named = factories.a_user(course.institution, name="Zenobia", email="z@example.edu")
    bury(2, course=course, asked_by=named, payload={"user": str(named.pk)}, key=str(new_id()))
    bury(1, kind="index_item", error="bug", finished_at=NOON - timedelta(hours=1))

    alarm()

    (text,) = hook.heard
    assert text == (
        "*Tutor.AI: 3 jobs need a person*\n"
        "2 × Read a course from its learning platform:"
        " The learning platform does not allow this.\n"
        "1 × Make an item of a course searchable:"
        " Tutor.AI made a mistake of its own; the server's log says which.\n"
        "\nThe oldest waits since 2026-03-02 11:00 UTC.\n"
        f"\n{settings.PUBLIC_URL}/admin/tutorai/deadletter/"
    )


def test_a_mail_says_the_same_to_everybody_named(post: Any, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "tutor@example.edu"
    bury()

    assert tell(NOON) == 1

    told = mail(post.heard[0])
    assert told["Subject"] == "Tutor.AI: 1 job needs a person"
    assert (told["From"], told["To"]) == ("tutor@example.edu", "ops@example.edu")
    assert "/admin/tutorai/deadletter/" in post.heard[0]


def test_a_message_is_in_the_installations_language_whatever_the_worker_spoke_last(
    hook: Any, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "es"
    bury(kind="gone")

    tell(NOON)

    assert "gone: La plataforma" in hook.heard[0]


def test_signs_that_slack_would_read_are_only_signs(hook: Any) -> None:
    bury(kind="<!channel> & all")

    tell(NOON)

    assert "&lt;!channel&gt; &amp; all" in hook.heard[0]


def test_a_long_list_is_cut_and_counted(hook: Any) -> None:
    for number in range(22):
        bury(kind=f"kind {number:02}")

    tell(NOON)

    assert hook.heard[0].count("1 ×") == 20
    assert "and 2 more" in hook.heard[0]


def test_nothing_is_said_while_nothing_is_buried_or_nobody_listens(hook: Any) -> None:
    assert tell(NOON) == 0
    assert hook.heard == []


def test_without_a_channel_nothing_is_counted_as_told() -> None:
    bury()

    assert tell(NOON) == 0
    assert not Alarm.objects.exists()


def test_the_same_pile_is_told_once(hook: Any) -> None:
    bury()

    assert [tell(at) for at in (NOON, SOON, LATER)] == [1, 0, 0]


def test_a_pile_that_grew_is_told_again_but_not_within_the_pause(hook: Any) -> None:
    bury()
    tell(NOON)
    bury(finished_at=SOON)

    assert [tell(at) for at in (SOON, LATER)] == [0, 1]
    assert "2 jobs need a person" in hook.heard[1]


def test_a_pile_that_shrank_is_told_when_it_grows_to_what_it_was(hook: Any) -> None:
    jobs = bury(3)
    tell(NOON)
    Job.objects.filter(pk=jobs[0].pk).update(state=Job.State.DISCARDED)
    assert tell(SOON) == 0

    bury(finished_at=NOON - timedelta(hours=1))  # by a clock that is late

    assert tell(LATER) == 1


def test_one_that_takes_the_place_of_another_is_news(hook: Any) -> None:
    (job,) = bury()
    tell(NOON)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DISCARDED)
    bury(finished_at=SOON)

    assert tell(LATER) == 1


def test_many_workers_send_one_message(hook: Any) -> None:
    bury()

    sent = at_once(4, lambda _: alerts.tell())

    assert sorted(sent) == [0, 0, 0, 1]
    assert len(hook.heard) == 1


def test_a_channel_that_fails_stops_no_other_and_is_tried_again_alone(
    hook: Any, post: Any, caplog: pytest.LogCaptureFixture
) -> None:
    hook.status = 500
    bury()

    first = tell(NOON)
    hook.status = 200
    second = tell(SOON)

    assert (first, second) == (1, 1)
    assert (len(post.heard), len(hook.heard)) == (1, 2)
    assert [record.getMessage() for record in caplog.records if record.name == alerts.__name__] == [
        "No alert by webhook: NotTaken 500"
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ALERT_WEBHOOK_URL": "https://10.0.0.7/secret"}, "webhook: url_refused"),
        ({"ALERT_WEBHOOK_URL": "http://127.0.0.1:1/secret"}, "webhook: not_sent"),
        ({"ALERT_EMAILS": ["secret@example.edu"]}, "mail: ConnectionRefusedError"),
    ],
    ids=["private", "closed", "no server"],
)
def test_a_failure_is_told_to_the_log_without_an_address(
    settings: Settings, caplog: pytest.LogCaptureFixture, changed: dict[str, Any], why: str
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for name, value in changed.items():
        setattr(settings, name, value)
    bury()

    assert tell(NOON) == 0

    assert f"No alert by {why}" in caplog.text
    assert "secret" not in caplog.text


def test_an_operators_own_private_host_is_let_through_when_it_is_named(settings: Settings) -> None:
    settings.DEVELOPMENT = False
    with served(HTTPServer(("127.0.0.1", 0), Hook)) as server:
        server.status = 200
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/"
        bury()
        refused = tell(NOON)
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]

        assert (refused, tell(NOON)) == (0, 1)
