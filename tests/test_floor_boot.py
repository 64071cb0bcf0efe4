"""A bad deploy says so at boot, and a report of an error carries nobody's data."""

import base64
import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from pytest_django.fixtures import Settings

from tests.conftest import PATIENCE
from tutorai import apps

pytestmark = pytest.mark.long

HOME = Path(__file__).resolve().parent.parent
KEY = "k1:" + base64.urlsafe_b64encode(bytes(32)).decode()
GOOD = {
    "DEVELOPMENT": False,
    "DEBUG": False,
    "SECRET_KEY": "a long one of our own",
    "SECRET_KEYS": [KEY],
    "PUBLIC_URL": "https://tutor.example.edu",
}
BOOM = """
import logging
import django
django.setup()
import sentry_sdk
from django.test import RequestFactory
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

def application(environ, start_response):
    essay = "my private essay"
    logging.getLogger("tutorai").warning("Sent %s", "/files/breadcrumb-secret")
    sentry_sdk.add_breadcrumb(category="httplib", data={"http.query": "called-secret"})
    raise RuntimeError("broken")

environ = RequestFactory().get(
    "/files/address-secret",
    {"code": "query-secret"},
    headers={"Authorization": "Bearer header-secret"},
).environ
try:
    SentryWsgiMiddleware(application)(environ, lambda *_: None)
except RuntimeError:
    sentry_sdk.flush()
"""


def found(settings: Settings, **changed: object) -> set[str]:
    """The ids of what the boot checks find."""
    for name, value in {**GOOD, **changed}.items():
        setattr(settings, name, value)
    return {str(message.id) for message in apps.development_stays_home(None)}


def test_a_good_deploy_has_nothing_to_say(settings: Settings) -> None:
    assert found(settings) == set()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SECRET_KEY": "development-only-secret-key"}, "tutorai.E001"),
        ({"SECRET_KEYS": []}, "tutorai.E002"),
        ({"PUBLIC_URL": "http://tutor.example.edu"}, "tutorai.E003"),
        ({"DEBUG": True}, "tutorai.E004"),
    ],
)
def test_what_belongs_to_a_laptop_is_refused_on_a_server(
    settings: Settings, changed: dict[str, object], said: str
) -> None:
    at_home = {"DEVELOPMENT": True, "PUBLIC_URL": "http://localhost:8000"}

    assert found(settings, **changed) == {said}
    assert found(settings, **{**changed, **at_home}) == set()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://localhost:8000", set()),
        ("http://127.1.2.3", set()),
        ("http://[::1]:8000", set()),
        ("https://tutor.example.edu", {"tutorai.E005"}),
        ("http://10.0.0.7:8000", {"tutorai.E005"}),
        ("http://localhost.example.edu", {"tutorai.E005"}),
        ("", {"tutorai.E005"}),
    ],
)
def test_development_is_for_loopback_alone(settings: Settings, url: str, said: set[str]) -> None:
    assert found(settings, DEVELOPMENT=True, PUBLIC_URL=url) == said


SERVER = {**os.environ, "DEVELOPMENT": "0", "PUBLIC_URL": "http://tutor.example.edu"}
UVICORN = "uvicorn tutorai.asgi:application --lifespan on --port"


@pytest.mark.parametrize(
    "words",
    [
        f"{UVICORN} 0",
        f"{UVICORN} 0 --workers 2",
        "celery -q -A tutorai worker -l warning -Q bulk",
        "celery -q -A tutorai beat -l warning --pidfile=",
    ],
    ids=["web", "web of two", "worker", "beat"],
)
def test_nothing_starts_with_a_laptops_settings_and_each_fault_is_a_sentence(
    words: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *words.format(folder=tmp_path).split()],
        cwd=HOME,
        env=SERVER,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    for sentence in (
        "SECRET_KEY is the laptop's. Set one of your own.\n",
        "SECRET_KEYS is empty: secrets would rest under SECRET_KEY.\n",
        "PUBLIC_URL must start with https://.\n",
    ):
        assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


class Sentry(BaseHTTPRequestHandler):
    """A pretend Sentry that keeps what it is sent."""

    heard: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.heard.append((gzip.decompress(body) if packed else body).decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def sentry() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Sentry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://key@127.0.0.1:{server.server_port}/1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_report_of_an_error_carries_no_token_no_query_and_no_variable(sentry: str) -> None:
    subprocess.run(
        [sys.executable, "-c", BOOM],
        cwd=HOME,
        env={**os.environ, "SENTRY_DSN": sentry, "DJANGO_SETTINGS_MODULE": "tutorai.settings"},
        check=True,
    )

    told = "\n".join(Sentry.heard)
    assert "broken" in told
    assert r"Sent /files/\u2026" in told
    assert '"category":"httplib"' in told
    for secret in ("-secret", "my private essay"):
        assert secret not in told
