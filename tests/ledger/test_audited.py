"""What is written down, and what is nobody's business."""

from collections.abc import Iterator

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lti import sessions
from tests import factories
from tests.conftest import Running
from tests.lti.platform import Server, new, serving
from tests.sync.making import a_school
from tutorai import flows
from tutorai.ledger.models import AuditEvent
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Role


def verbs(course: Course) -> list[str]:
    return [event.verb for event in AuditEvent.objects.filter(course=course.pk).order_by("id")]


def call(tool: Running, begun: sessions.Begun, method: str, path: str) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {begun.access_token}"}
    return httpx.request(method, f"{tool.url}/pages/{path}", headers=bearer)


@pytest.fixture
def platforms() -> Iterator[Server]:
    with serving() as server:
        yield server


def test_opening_and_closing_a_course_are_written_down_once_each(tool: Running) -> None:
    course = factories.a_course(opened_at=None)
    begun = factories.a_session(course, Role.TEACHER)

    for path in ("open", "open", "close", "close"):
        assert call(tool, begun, "POST", path).status_code == 200

    assert verbs(course) == ["course.open", "course.close"]
    event = AuditEvent.objects.filter(course=course.pk).first()
    assert event is not None
    assert event.actor == begun.session.user_id


def test_connecting_and_disconnecting_are_written_down(sandbox: Running) -> None:
    school = a_school(sandbox)

    school.connect()
    flows.disconnect_course(school.teacher)

    assert verbs(school.course) == ["course.connect", "course.disconnect"]


def test_an_upload_its_reading_by_another_and_its_end_are_written_down(tool: Running) -> None:
    course = factories.a_course()
    teacher, reader = factories.an_actor(course, Role.TEACHER), factories.a_session(course)
    item = flows.upload(teacher, SimpleUploadedFile("notes.txt", b"Slides"))

    url = call(tool, reader, "GET", f"items/{item.pk}/link").json()["url"]
    httpx.get(tool.url + url).raise_for_status()
    flows.remove_upload(teacher, item.pk)

    told = AuditEvent.objects.filter(course=course.pk).order_by("id")
    assert [(event.verb, event.actor, event.subject) for event in told] == [
        ("upload.add", teacher.user_id, None),
        ("file.read", reader.session.user_id, teacher.user_id),
        ("upload.remove", teacher.user_id, teacher.user_id),
    ]
    assert {(event.object_kind, event.object) for event in told} == {("item", item.pk)}


def test_whoever_opens_their_own_upload_reads_nobodys(tool: Running) -> None:
    course = factories.a_course()
    begun = factories.a_session(course, Role.TEACHER)
    teacher = sessions.actor(begun.access_token)
    item = flows.upload(teacher, SimpleUploadedFile("notes.txt", b"Slides"))

    url = call(tool, begun, "GET", f"items/{item.pk}/link").json()["url"]
    httpx.get(tool.url + url).raise_for_status()

    assert verbs(course) == ["upload.add"]


def test_a_launch_as_another_person_is_written_down_and_a_launch_as_oneself_is_not(
    tool: Running, platforms: Server
) -> None:
    platform = new(tool, platforms)
    platform.register()

    acted = platform.launch(custom={"canvas_masquerading_user_id": "77"}).session
    platform.launch()

    (event,) = AuditEvent.objects.filter(course=acted.course_id)
    assert (event.verb, event.actor, event.acted_by) == ("launch.as", acted.user_id, "77")
    assert (event.object_kind, event.object, event.subject) == ("launch", acted.pk, acted.user_id)
