"""An uploaded file opens in a tab of its own, for a minute, for whom it is meant."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from lti import sessions
from tests import factories
from tests.conftest import Running, running
from tutorai import embedded, flows, signed
from tutorai.ids import new_id
from tutorai.lmsdm.models import ContentItem, Course
from tutorai.lmsdm.schema import Role


@pytest.fixture
def course() -> Course:
    """A course open to students."""
    return factories.a_course()


def a_file(course: Course, name: str = "notes.txt", content: bytes = b"Slides") -> ContentItem:
    teacher = factories.an_actor(course, Role.TEACHER)
    return flows.upload(teacher, SimpleUploadedFile(name, content))


def ask(tool: Running, begun: sessions.Begun, item: Any) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {begun.access_token}"}
    return httpx.get(f"{tool.url}/pages/items/{item}/link", headers=bearer)


def test_a_student_opens_an_uploaded_file_without_a_token_in_sight(
    tool: Running, course: Course
) -> None:
    item, begun = a_file(course), factories.a_session(course)

    url = ask(tool, begun, item.pk).json()["url"]
    answer = httpx.get(tool.url + url)

    assert (answer.status_code, answer.content) == (200, b"Slides")
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert begun.access_token not in url


def test_a_web_page_among_the_uploads_is_saved_never_shown(tool: Running, course: Course) -> None:
    item = a_file(course, "päge.html", b"<script>alert(1)</script>")

    answer = httpx.get(tool.url + ask(tool, factories.a_session(course), item.pk).json()["url"])

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''p%C3%A4ge.html"


def test_the_address_is_good_for_a_minute(tool: Running, course: Course) -> None:
    begun, item = factories.a_session(course), a_file(course)
    with time_machine.travel(timezone.now().timestamp() - 61, tick=False):
        old = signing.dumps([str(item.pk), str(begun.session.pk)], salt=signed.SALT)

    assert httpx.get(f"{tool.url}/files/{old}").status_code == 404


@pytest.mark.parametrize("named", ["x", "x:y:z", "%00", "../../etc/passwd"])
def test_an_invented_address_opens_nothing(tool: Running, named: str) -> None:
    assert httpx.get(f"{tool.url}/files/{named}").status_code == 404


def test_the_address_ends_with_its_session(tool: Running, course: Course) -> None:
    begun = factories.a_session(course)
    url = ask(tool, begun, a_file(course).pk).json()["url"]

    sessions.end(begun.session.pk)

    assert httpx.get(tool.url + url).status_code == 401


def test_nobody_gets_the_address_of_another_courses_or_a_hidden_file(
    tool: Running, course: Course
) -> None:
    begun, hidden = factories.a_session(course), a_file(course)
    ContentItem.objects.filter(pk=hidden.pk).update(published=False)

    for item in (
        a_file(factories.a_course()).pk,
        hidden.pk,
        new_id(),
        factories.an_item(course).pk,
    ):
        assert ask(tool, begun, item).status_code == 404


def test_without_a_session_there_is_no_address(tool: Running, course: Course) -> None:
    assert httpx.get(f"{tool.url}/pages/items/{a_file(course).pk}/link").status_code == 401


def test_a_file_opens_for_those_alone_who_may_ask_in_an_open_course(
    tool: Running, course: Course
) -> None:
    item = a_file(course)
    guest = ask(tool, factories.a_session(course, Role.GUEST), item.pk)
    begun = factories.a_session(course)
    url = ask(tool, begun, item.pk).json()["url"]
    Course.objects.filter(pk=course.pk).update(opened_at=None)

    assert guest.status_code == 403
    assert ask(tool, begun, item.pk).status_code == 403
    assert httpx.get(tool.url + url).status_code == 403
    assert ask(tool, factories.a_session(course, Role.TEACHER), item.pk).status_code == 200


def test_a_file_that_is_gone_is_not_found(tool: Running, course: Course) -> None:
    begun, item = factories.a_session(course), a_file(course)
    item.blob.storage.delete(str(item.blob.name))

    assert httpx.get(tool.url + ask(tool, begun, item.pk).json()["url"]).status_code == 404


@pytest.mark.parametrize("debug", ["0", "1"])
def test_no_log_shows_an_address(database: None, tmp_path: Path, debug: str) -> None:
    port, log = embedded.free_port(), tmp_path / "log"
    url = f"http://localhost:{port}"
    words = ["uvicorn", "tutorai.asgi:application", "--lifespan", "on", "--port", str(port)]
    env = {"PUBLIC_URL": url, "DEBUG": debug}

    with log.open("wb") as out, running(*words, ready=f"{url}/healthz", env=env, out=out):
        httpx.get(f"{url}/files/signed:secret:address")
        httpx.get(f"{url}/files/drafts/signed:secret:address")

    told = log.read_text()
    assert "Not Found: /files/…" in told
    assert '"GET /files/… HTTP/1.1" 404' in told
    assert "secret" not in told
