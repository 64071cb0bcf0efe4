"""A platform's services that answer what a test says, and a course of ours on that platform."""

import json
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db import connection
from django.db.models import Model

from lti import ags
from lti.models import CourseService, Registration
from tests import factories
from tutorai.lmsdm.models import Identity, LineItem, User

SCOPES = sorted(ags.READ | ags.RESULTS | ags.SCORES)
PERSON = "person-1"


@dataclass(frozen=True)
class Answer:
    """What is said to a request; status 0: nothing, the connection is cut."""

    status: int = 200
    body: str | bytes = ""
    reason: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()  # each a Link header of its own
    pause: float = 0  # seconds before each of the body's bytes


@dataclass(frozen=True)
class Asked:
    """What was asked."""

    method: str
    path: str  # with its query
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        """The form that was sent."""
        return {name: values[0] for name, values in parse_qs(self.body).items()}


class Scripted(ThreadingHTTPServer):
    """Says to each path what was ordered, the last of it again and again."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("", 0), Handler)
        self.orders: dict[tuple[str, str], list[Answer]] = {}
        self.asked: list[Asked] = []
        self.tokens = 0
        self.lock = threading.Lock()

    def next(self, asked: Asked) -> Answer:
        """Return what is said now."""
        place = (asked.method, urlsplit(asked.path).path)
        with self.lock:
            self.asked.append(asked)
            order = self.orders.get(place)
            if order:
                return order.pop(0) if len(order) > 1 else order[0]
            if place[1].endswith("/token"):
                self.tokens += 1
                return a_token(f"token-{self.tokens}", asked.form["scope"])
        return Answer(404, "not here")


def a_token(value: str, scope: str | None = None, **more: Any) -> Answer:
    """Return an answer with a token."""
    told = {"access_token": value, "token_type": "Bearer", "expires_in": 3600, **more}
    return Answer(body=json.dumps(told if scope is None else {**told, "scope": scope}))


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Scripted

    def answer(self) -> None:
        """Say what was ordered."""
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        said = self.server.next(Asked(self.command, self.path, dict(self.headers), body))
        if not said.status:
            cut = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, cut)
            self.close_connection = True
            return
        self.send_response(said.status, said.reason)
        sent = said.body.encode() if isinstance(said.body, str) else said.body
        for name, value in [*said.headers.items(), *(("Link", link) for link in said.links)]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        with suppress(OSError):  # who asked may have gone
            for piece in [sent] if not said.pause else (bytes([one]) for one in sent):
                time.sleep(said.pause)
                self.wfile.write(piece)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Place:
    """A course of ours, its platform, and what that is told to say."""

    server: Scripted
    name: str
    host: str
    service: CourseService

    @property
    def url(self) -> str:
        """Where the platform is."""
        return f"http://{self.host}/{self.name}"

    @property
    def registration(self) -> Registration:
        """The platform."""
        return self.service.deployment.registration

    def says(self, method: str, path: str, *answers: Answer) -> None:
        """Order what is said, one after the other; the last stays."""
        self.server.orders[method, f"/{self.name}{path}"] = list(answers)

    def asked(self, path: str = "", method: str = "") -> list[Asked]:
        """Return what this platform was asked, without its name."""
        found = [one for one in self.server.asked if one.path.startswith(f"/{self.name}{path}")]
        return [one for one in found if method in {"", one.method}]

    def person(self, external_id: str = PERSON) -> User:
        """Return a person whom the platform knows."""
        user = factories.a_user(self.service.course.institution)
        Identity.objects.create(
            institution_id=user.institution_id,
            source=f"lti:{self.registration.pk}",
            kind=Identity.Of.USER,
            external_id=external_id,
            row=user.pk,
        )
        return user

    def column(self, path: str = "/items/1?type_id=1", **fields: Any) -> LineItem:
        """Return a column of ours."""
        told = {"source": f"lti:{self.service.deployment_id}", "url": self.url + path, **fields}
        return LineItem.objects.create(course=self.service.course, **told)

    def cell(self, **fields: Any) -> ags.Cell:
        """Return the cell of a person in a column, both new."""
        made = ags.cell(self.column(**fields), self.person().pk)
        assert made is not None
        return made


def a_place(server: Scripted, *, family: str = "other", **fields: Any) -> Place:
    """Return a course that a launch from a platform of its own told of."""
    name = f"p{secrets.token_hex(6)}"
    # An address of its own: where one platform is ill, the breaker leaves no other alone.
    host = f"127.{'.'.join(str(1 + secrets.randbelow(254)) for _ in range(3))}:{server.server_port}"
    url = f"http://{host}/{name}"
    deployment = factories.a_deployment()
    Registration.objects.filter(pk=deployment.registration_id).update(
        family=family, token_url=f"{url}/token"
    )
    deployment.registration.refresh_from_db()
    service = CourseService.objects.create(
        deployment=deployment,
        course=factories.a_course(deployment.institution),
        **{
            "line_items_url": f"{url}/items?type_id=1",
            "scopes": SCOPES,
            "members_url": f"{url}/members",
            **fields,
        },
    )
    return Place(server, name, host, service)


def version(row: Model) -> str:
    """Return what changes whenever a row is written (Postgres: xmin)."""
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xmin::text FROM {table} WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


@contextmanager
def scripted(kind: type[Scripted] = Scripted) -> Iterator[Scripted]:
    """Run the server."""
    server = kind()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
