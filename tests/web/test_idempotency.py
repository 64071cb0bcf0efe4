"""An Idempotency-Key: one effect, however often a call is sent, and the same answer."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import transaction
from django.utils import timezone

from agents.models.talk import Feedback, Message
from connectors.models import Connector
from lti import sessions
from tests import factories
from tests.conftest import Running
from tests.fake_openai import FakeOpenAI
from tests.racing import at_once
from tests.tutor.talking import QUESTION, School
from tutorai import flows
from tutorai.api import api
from tutorai.errors import InFlight
from tutorai.ids import new_id
from tutorai.ledger import calls
from tutorai.ledger.calls import Answer, Asked
from tutorai.ledger.models import Call, Job
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Role

DAY = timedelta(hours=24)


class Person:
    """Someone with a session in a course, and what they send."""

    def __init__(self, tool: Running, begun: sessions.Begun) -> None:
        self.base, self.begun = tool.url, begun
        assert begun.session.course is not None
        self.course: Course = begun.session.course

    def send(self, path: str, key: str | None, method: str = "POST", **what: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.begun.access_token}", **what.pop("headers", {})}
        headers |= {"Idempotency-Key": key} if key is not None else {}
        return httpx.request(method, self.base + path, headers=headers, **{"timeout": 60, **what})

    def is_open(self) -> bool:
        return Course.objects.filter(pk=self.course.pk).exclude(opened_at=None).exists()

    def calls(self) -> Any:
        return Call.objects.filter(user=self.begun.session.user_id)


@pytest.fixture
def teacher(tool: Running) -> Person:
    """A teacher in a course that is open."""
    return Person(tool, factories.a_session(factories.a_course(), Role.TEACHER))


@pytest.fixture
def connected(teacher: Person) -> Person:
    """The same, where each sync asked for leaves a trace: it must not be merged."""
    course = teacher.course
    told = {"lms": "canvas", "base_url": "https://school.example", "external_id": "7"}
    Connector.objects.create(institution=course.institution, course=course, **told)
    return teacher


@pytest.fixture(scope="module")
def school(fake_openai: FakeOpenAI) -> School:
    """A course that can be asked about."""
    return School(fake_openai)


@pytest.fixture
def student(tool: Running, school: School) -> Person:
    """Someone who may ask."""
    return Person(tool, factories.a_session(school.course))


def a_question(school: School, **fields: Any) -> dict[str, Any]:
    return {"course_id": str(school.course.pk), "question": QUESTION, **fields}


def syncs(course: Course) -> int:
    """How often a sync was asked for: each is done before the next."""
    return Job.objects.filter(course=course, kind="sync_course").count()


def done(course: Course) -> None:
    Job.objects.filter(course=course).update(state=Job.State.DONE, finished_at=timezone.now())


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_page_is_answered_again_as_it_was_and_nothing_more_happens(teacher: Person) -> None:
    first = teacher.send("/pages/close", "one", headers={"Accept-Language": "es"})
    Course.objects.filter(pk=teacher.course.pk).update(opened_at=timezone.now())

    again = teacher.send("/pages/close", "one")

    assert (again.status_code, again.content) == (200, first.content)
    for header in ("Content-Type", "Content-Language"):
        assert again.headers[header] == first.headers[header]
    assert first.headers["Content-Language"] == "es"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert teacher.is_open()


def test_a_repetition_without_the_key_is_a_call_of_its_own(teacher: Person) -> None:
    teacher.send("/pages/close", None)
    Course.objects.filter(pk=teacher.course.pk).update(opened_at=timezone.now())

    teacher.send("/pages/close", None)

    assert not teacher.is_open()
    assert not teacher.calls().exists()


def test_an_operation_of_the_api_is_answered_again_too(student: Person, school: School) -> None:
    told = student.send("/v1/ai/ask", None, json=a_question(school)).json()
    path = f"/v1/ai/messages/{told['message_id']}/feedback"
    first = student.send(path, "thumb", json={"good": True})
    Feedback.objects.filter(message=told["message_id"]).delete()

    again = student.send(path, "thumb", json={"good": True})

    assert (again.status_code, again.content) == (200, first.content)
    assert not Feedback.objects.filter(message=told["message_id"]).exists()


@pytest.mark.parametrize("path", ["/v1/ai/nowhere", "/pages/upload", "/pages/items/x/remove"])
def test_a_refusal_is_an_answer_too(student: Person, path: str) -> None:
    first = student.send(path, "refused", json={})

    again = student.send(path, "refused", json={})

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.status_code in {403, 404}
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_method_that_is_not_taken_is_refused_again_with_those_that_are(teacher: Person) -> None:
    answers = [teacher.send("/pages/open", "put", "PUT") for _ in range(2)]

    assert [code(one) for one in answers] == [(405, "method_not_allowed")] * 2
    assert [one.headers["Allow"] for one in answers] == ["POST"] * 2


def test_of_twenty_at_once_one_has_the_effect(connected: Person) -> None:
    answers = at_once(20, lambda _: connected.send("/pages/sync", "burst"))
    done(connected.course)

    late = connected.send("/pages/sync", "burst")

    assert {one.status_code for one in answers} <= {200, 409}
    assert {code(one)[1] for one in answers if one.status_code == 409} <= {"in_flight"}
    assert all("Retry-After" in one.headers for one in answers if one.status_code == 409)
    assert {one.content for one in answers if one.status_code == 200} == {late.content}
    assert syncs(connected.course) == 1


def test_while_a_call_is_under_way_its_repetition_waits(connected: Person) -> None:
    connected.send("/pages/sync", "slow")
    done(connected.course)
    connected.calls().update(status=None)

    answer = connected.send("/pages/sync", "slow")

    assert code(answer) == (409, "in_flight")
    assert int(answer.headers["Retry-After"]) >= 1
    assert syncs(connected.course) == 1


def test_a_call_whose_process_died_is_made_again_once_its_lease_is_over(connected: Person) -> None:
    connected.send("/pages/sync", "lost")
    done(connected.course)
    connected.calls().update(status=None, lease_until=timezone.now() - timedelta(seconds=1))

    answers = at_once(5, lambda _: connected.send("/pages/sync", "lost"))

    assert 200 in {one.status_code for one in answers}
    assert syncs(connected.course) == 2


def test_whoever_lost_a_call_keeps_no_answer_to_it(teacher: Person) -> None:
    asked = Asked(teacher.begun.session.user_id, "fenced", "POST", "/", "0" * 64)
    lost = calls.begin(asked)
    assert isinstance(lost, UUID)
    teacher.calls().update(lease_until=timezone.now() - timedelta(seconds=1))
    taken = calls.begin(asked)
    assert isinstance(taken, UUID)

    calls.finish(lost, Answer(200, body=b"late"))
    calls.finish(taken, Answer(200, body=b"right"))

    again = calls.begin(asked)
    assert isinstance(again, Answer)
    assert again.body == b"right"


def test_whoever_hangs_up_in_the_middle_finds_the_answer_later(teacher: Person) -> None:
    with transaction.atomic():
        Course.objects.select_for_update().get(pk=teacher.course.pk)  # it has to wait for us
        with pytest.raises(httpx.ReadTimeout):
            teacher.send("/pages/close", "tunnel", timeout=1.5)

    answer = until(lambda: teacher.send("/pages/close", "tunnel"))

    assert answer.status_code == 200
    assert answer.headers["Idempotent-Replayed"] == "true"


def until(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The first answer that is no "wait"; within twenty seconds, long before a lease ends."""
    end = time.monotonic() + 20
    while (answer := ask()).status_code == 409 and time.monotonic() < end:
        time.sleep(0.05)
    return answer


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/pages/sync", {"data": {"anyway": "1"}}),
        ("/pages/open", {}),
        ("/pages/sync?more=1", {}),
        ("/pages/sync", {"method": "DELETE"}),
    ],
    ids=["body", "path", "query", "method"],
)
def test_the_key_of_another_call_is_refused(
    connected: Person, path: str, what: dict[str, Any]
) -> None:
    connected.send("/pages/sync", "mine")

    answer = connected.send(path, "mine", **what)

    assert code(answer) == (409, "idempotency_key_reused")
    assert "Retry-After" not in answer.headers


def test_another_person_may_use_the_same_key(tool: Running, teacher: Person) -> None:
    other = Person(tool, factories.a_session(factories.a_course(), Role.TEACHER))
    teacher.send("/pages/close", "1")

    answer = other.send("/pages/close", "1")

    assert "Idempotent-Replayed" not in answer.headers
    assert not other.is_open()


def test_what_was_answered_in_one_course_is_not_told_in_another(
    tool: Running, teacher: Person
) -> None:
    session = teacher.begun.session
    course = factories.a_course(teacher.course.institution)
    factories.an_enrolment(course, session.user, Role.TEACHER)
    there = sessions.begin(
        deployment=session.deployment,
        user=session.user,
        course=course,
        role="teacher",
        message_type="LtiResourceLinkRequest",
    )
    teacher.send("/pages/close", "here")

    answer = Person(tool, there).send("/pages/close", "here")

    assert code(answer) == (409, "idempotency_key_reused")


def test_after_a_day_the_key_is_free_and_what_it_kept_is_gone(teacher: Person) -> None:
    teacher.send("/pages/close", "old")
    teacher.calls().update(created_at=timezone.now() - DAY - timedelta(seconds=1))

    answer = teacher.send("/pages/open", "old")

    assert answer.status_code == 200
    assert teacher.is_open()
    assert list(teacher.calls().values_list("path", flat=True)) == ["/pages/open"]


def test_tidying_deletes_what_is_a_day_old_and_nothing_younger(teacher: Person) -> None:
    for key in ("old", "young"):
        teacher.send("/pages/close", key)
    teacher.calls().filter(key="old").update(created_at=timezone.now() - DAY)

    flows.tidy()

    assert list(teacher.calls().values_list("key", flat=True)) == ["young"]


def test_what_was_answered_goes_with_the_person(teacher: Person) -> None:
    teacher.send("/pages/close", "gone")

    teacher.begun.session.user.delete()

    assert not teacher.calls().exists()


@pytest.mark.parametrize("status", [401, 409, 429, 500, 503])
def test_what_may_be_answered_otherwise_next_time_is_not_kept(teacher: Person, status: int) -> None:
    asked = Asked(teacher.begun.session.user_id, "passing", "POST", "/", "0" * 64)
    first = calls.begin(asked)
    assert isinstance(first, UUID)

    calls.finish(first, Answer(status))

    assert isinstance(calls.begin(asked), UUID)


def test_a_refusal_that_passes_frees_the_key(teacher: Person) -> None:
    assert code(teacher.send("/pages/sync", "early")) == (409, "conflict")
    told = {"lms": "canvas", "base_url": "https://school.example", "external_id": "7"}
    Connector.objects.create(institution=teacher.course.institution, course=teacher.course, **told)

    assert teacher.send("/pages/sync", "early").status_code == 200


def test_of_a_huge_answer_the_body_is_not_kept(teacher: Person) -> None:
    asked = Asked(teacher.begun.session.user_id, "huge", "POST", "/", "0" * 64)
    first = calls.begin(asked)
    assert isinstance(first, UUID)

    calls.finish(first, Answer(200, body=bytes(calls.LARGEST + 1)))

    again = calls.begin(asked)
    assert isinstance(again, Answer)
    assert (again.status, again.body) == (200, b"")
    assert again.headers == {"Idempotent-Replayed": "without body"}


def test_a_file_sent_again_is_taken_once_and_another_is_refused(teacher: Person) -> None:
    small, other = ("notes.txt", b"Force"), ("notes.txt", b"Heat!")
    big = ("big.txt", b"Force is mass times acceleration. " * 100_000)  # 3 MB: on disk

    for key, file in (("small", small), ("big", big)):
        answers = [teacher.send("/pages/upload", key, files={"files": file}) for _ in range(2)]
        refused = teacher.send("/pages/upload", key, files={"files": other}, data={"x": "1"})
        assert [one.status_code for one in answers] == [200, 200]
        assert answers[1].headers["Idempotent-Replayed"] == "true"
        assert code(refused) == (409, "idempotency_key_reused")

    held = {item.title: item.blob.size for item in teacher.course.items.all()}
    assert held == {"notes.txt": len(small[1]), "big.txt": len(big[1])}
    assert Job.objects.filter(course=teacher.course, kind="index_item").count() == 2


def test_a_body_that_is_too_large_is_refused_as_ever(teacher: Person) -> None:
    answer = teacher.send("/pages/open", "large", content=bytes(4 * 1024**2))

    assert code(answer) == (413, "too_big")
    assert not teacher.calls().exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "clé", "a\tb"], ids=["no", "long", "é", "tab"])
@pytest.mark.parametrize("path", ["/pages/close", "/v1/ai/ask"])
def test_a_key_is_printable_ascii_of_some_length(teacher: Person, path: str, key: str) -> None:
    headers = {"Idempotency-Key": key.encode(), "Accept-Language": "es"}

    answer = teacher.send(path, None, headers=headers)

    assert code(answer) == (400, "bad_request")
    assert answer.headers["Content-Language"] == "es"
    assert teacher.is_open()


def test_the_longest_key_is_taken(teacher: Person) -> None:
    key = "~ !" * 85

    teacher.send("/pages/close", key)

    assert teacher.send("/pages/close", key).headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("token", ["", "Bearer x", "Basic eDp5"])
def test_without_a_session_the_key_counts_for_nothing(teacher: Person, token: str) -> None:
    headers = {"Idempotency-Key": "", **({"Authorization": token} if token else {})}

    answer = httpx.post(f"{teacher.base}/pages/close", headers=headers)

    assert code(answer) == (401, "not_signed_in")


def test_a_question_asked_again_is_answered_from_its_turn(student: Person, school: School) -> None:
    before = len(school.asked())
    first = student.send("/v1/ai/ask", "q", json=a_question(school))

    again = student.send("/v1/ai/ask", "q", json=a_question(school))
    heard = student.send(
        "/v1/ai/ask", "q", json=a_question(school), headers={"Accept": "text/event-stream"}
    )

    assert again.json() == {**first.json(), "citations": again.json()["citations"]}
    assert last(heard)[0] == "done"
    assert last(heard)[1] == again.json()
    assert len(school.asked()) == before + 1
    assert bytes(student.calls().get().answer) == b""


def last(answer: httpx.Response) -> tuple[str, Any]:
    """The last event of a stream."""
    event, told = answer.text.removesuffix("\n\n").split("\n\n")[-1].split("\n")
    return event.removeprefix("event: "), json.loads(told.removeprefix("data: "))


def test_a_stream_asked_again_is_told_from_its_turn(student: Person, school: School) -> None:
    before = len(school.asked())
    how: dict[str, Any] = {"json": a_question(school), "headers": {"Accept": "text/event-stream"}}
    first = last(student.send("/v1/ai/ask", "s", **how))

    again = student.send("/v1/ai/ask", "s", **how)

    assert last(again)[1]["answer"] == first[1]["answer"]
    assert last(again)[1]["message_id"] == first[1]["message_id"]
    assert len(school.asked()) == before + 1


def test_a_question_asked_often_at_once_reaches_the_model_once(
    student: Person, school: School
) -> None:
    before = len(school.asked())
    school.script({"text": "A sliding block slows down. " * 5, "pause": 0.02})

    answers = at_once(8, lambda _: student.send("/v1/ai/ask", "b", json=a_question(school)))

    refused = [one for one in answers if one.status_code == 409]
    assert {code(one)[1] for one in refused} == {"in_flight"}
    assert all("Retry-After" in one.headers for one in refused)
    assert len({one.json()["message_id"] for one in answers if one.status_code == 200}) == 1
    assert len(school.asked()) == before + 1


@pytest.mark.parametrize("path", ["/v1/ai/ask", "/pages/close"])
def test_the_key_of_a_question_is_refused_for_another(
    student: Person, school: School, path: str
) -> None:
    student.send("/v1/ai/ask", "other", json=a_question(school))

    answer = student.send(path, "other", json=a_question(school, question="What is heat?"))

    assert code(answer) == (409, "idempotency_key_reused")


def test_an_answer_that_broke_off_is_begun_again_in_its_conversation(
    student: Person, school: School
) -> None:
    first = student.send("/v1/ai/ask", "torn", json=a_question(school)).json()
    Message.objects.filter(pk=first["message_id"]).update(state=Message.State.INTERRUPTED)

    again = student.send("/v1/ai/ask", "torn", json=a_question(school)).json()

    assert again["message_id"] != first["message_id"]
    assert again["conversation_id"] == first["conversation_id"]
    assert again["answer"] == first["answer"]


def test_a_turn_of_the_clients_own_keeps_its_name_under_a_key(
    student: Person, school: School
) -> None:
    body = a_question(school, turn=str(new_id()))

    first = student.send("/v1/ai/ask", "turned", json=body).json()

    assert Message.objects.get(pk=first["message_id"]).turn == body["turn"]
    assert student.send("/v1/ai/ask", None, json=body).json()["message_id"] == first["message_id"]


def test_signing_out_and_tokens_heed_no_key(teacher: Person) -> None:
    renewal = {"launch_id": str(new_id()), "refresh_secret": "x"}

    assert teacher.send("/v1/token/refresh", "", json=renewal).status_code == 401
    assert teacher.send("/v1/logout", "").status_code == 204
    assert not teacher.calls().exists()


def test_every_operation_with_an_effect_tells_of_the_header() -> None:
    telling = {
        (path, method)
        for path, operations in api.get_openapi_schema()["paths"].items()
        for method, operation in operations.items()
        if "Idempotency-Key" in {one["name"] for one in operation["parameters"]}
    }
    acting = {
        (path, method)
        for path, operations in api.get_openapi_schema()["paths"].items()
        for method in operations.keys() - {"get"}
    }

    exempt = {("/v1/logout", "post"), ("/v1/token/refresh", "post"), ("/v1/login", "post")}
    assert telling == acting - exempt
    assert ("/v1/ai/ask", "post") in telling


def test_a_key_that_was_let_go_of_while_we_looked_is_told_to_come_again() -> None:
    asked = Asked(factories.a_user().pk, str(new_id()), "POST", "/v1/ai/ask", "0" * 64)

    with pytest.raises(InFlight):
        calls.held(asked)
