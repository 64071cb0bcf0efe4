"""The teacher's course page over HTTP: what it says of the connection, and what it can do."""

from typing import Any

import httpx
import pytest
from django.core.files.base import ContentFile

from connectors.models import Connector, SyncCursor, Token
from lti import sessions
from tests import factories
from tests.conftest import Running
from tests.retrieval import making
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Role


def a_connector(course: Course, **fields: Any) -> Connector:
    told = {"lms": "canvas", "base_url": "https://school.example", "external_id": "7", **fields}
    row = Connector.objects.create(institution=course.institution, course=course, **told)
    Token.objects.create(connector=row, access="v1.x.y")
    return row


class Teacher:
    """A teacher's session in a course of their own."""

    def __init__(self, tool: Running, course: Course, role: Role = Role.TEACHER) -> None:
        self.course = course
        self.base = f"{tool.url}/pages"
        self.begun: sessions.Begun = factories.a_session(course, role)

    def call(self, method: str, path: str, **form: str) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.begun.access_token}"}
        url = f"{self.base}/{path}"
        return httpx.request(method, url, headers=bearer, data=form or None, timeout=30)


@pytest.fixture
def teacher(tool: Running) -> Teacher:
    return Teacher(tool, factories.a_course())


def test_so_much_missing_at_once_is_said_and_can_be_confirmed(teacher: Teacher) -> None:
    row = a_connector(teacher.course)
    SyncCursor.objects.create(
        connector=row,
        course=teacher.course,
        kind="course",
        status=SyncCursor.Status.SUSPECT,
        cursor={"missing": 9},
    )

    page = teacher.call("GET", "progress").text
    teacher.call("POST", "sync", anyway="1")

    assert "did not list 9 things" in page
    assert "They are gone: take them out" in page
    assert Job.objects.get(course=teacher.course, kind="sync_course").payload["anyway"] is True


def test_a_sync_by_hand_takes_nothing_out_anyway(teacher: Teacher) -> None:
    a_connector(teacher.course)

    teacher.call("POST", "sync")

    assert "anyway" not in Job.objects.get(course=teacher.course, kind="sync_course").payload


def test_a_disconnected_course_says_so_and_offers_no_sync(teacher: Teacher) -> None:
    row = a_connector(teacher.course)

    page = teacher.call("POST", "disconnect").text

    row.refresh_from_db()
    assert row.status == Connector.Status.PAUSED
    assert not row.tokens.exists()
    assert "Canvas is disconnected" in page
    assert "Sync now" not in page


def test_a_language_without_vectors_is_told_to_the_teacher(tool: Running) -> None:
    text = (
        "<p>Die Reibung bremst einen Körper, der über eine Fläche gleitet, und macht ihn warm. </p>"
        * 3
    )
    course = making.filled({"Reibung": text})

    page = Teacher(tool, course).call("GET", "progress").text

    assert "(de) is searched by its words alone" in page


def test_a_course_in_english_says_nothing_of_it(tool: Running) -> None:
    assert "words alone" not in Teacher(tool, making.filled()).call("GET", "progress").text


@pytest.mark.parametrize("path", ["disconnect", "sync", "connect", "open", "close"])
def test_a_teaching_assistant_changes_nothing(tool: Running, path: str) -> None:
    assistant = Teacher(tool, factories.a_course(), Role.TA)

    assert assistant.call("POST", path).status_code == 403


@pytest.mark.parametrize(
    ("base_url", "token"),
    [("", ""), ("https://school.example", ""), ("x", "y"), ("https://10.0.0.1/courses/1", "y")],
)
def test_a_connection_that_cannot_be_says_why_and_keeps_the_address(
    teacher: Teacher, base_url: str, token: str
) -> None:
    answer = teacher.call("POST", "connect", base_url=base_url, token=token)

    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert f'value="{base_url}"' in answer.text
    assert not Connector.objects.filter(course=teacher.course).exists()


def test_a_removed_file_leaves_the_coverage_line_at_once(teacher: Teacher) -> None:
    kept, gone = (factories.an_item(teacher.course, title=name) for name in ("Kept", "Gone"))
    for item in (kept, gone):
        item.blob.save("notes.txt", ContentFile(b"Notes"))

    page = teacher.call("POST", f"items/{gone.pk}/remove").text

    assert "Gone" not in page
    assert 'id="reading"' in page
    assert 'hx-swap-oob="outerHTML"' in page
    assert "of 1 items" in page
