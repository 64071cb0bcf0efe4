"""The façade at /v1: what a course says to each reader, and to nobody else."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import index
from agents.reads import content as contents
from agents.reads import people, toc, work
from agents.reads.records import Part
from lti import sessions
from tests import factories
from tests.conftest import Running
from tutorai import limits, redis
from tutorai.api import api
from tutorai.errors import NotFound, TooMany
from tutorai.ids import new_id
from tutorai.ledger.models import AuditEvent, Job
from tutorai.lmsdm import cache, store
from tutorai.lmsdm.models import (
    Assignment,
    ContentItem,
    Course,
    CourseGroup,
    Enrolment,
    Identity,
    Submission,
    TocNode,
    User,
)
from tutorai.lmsdm.schema import Actor, Role

SOURCE = "canvas:1"
ALL = Part(100)


class Client:
    """A program with somebody's session."""

    def __init__(self, tool: Running, course: Course, role: Role) -> None:
        self.begun: sessions.Begun = factories.a_session(course, role)
        self.user = User.objects.get(pk=self.begun.session.user_id)
        self.http = httpx.Client(base_url=f"{tool.url}/v1", timeout=30)
        self.http.headers["Authorization"] = f"Bearer {self.begun.access_token}"

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def course() -> Course:
    """A course open to students."""
    return factories.a_course(instructor="Ana Ruiz", description="<p>Forces</p>", source=SOURCE)


@pytest.fixture
def someone(tool: Running, course: Course) -> Iterator[Callable[..., Client]]:
    """Return a function that signs somebody in."""
    with ExitStack() as opened:

        def made(role: Role = Role.STUDENT) -> Client:
            client = Client(tool, course, role)
            opened.enter_context(client.http)
            return client

        yield made


def a_line(course: Course, title: str, at: int, **fields: Any) -> TocNode:
    told = {"source": SOURCE, "source_id": f"{title}{new_id()}", "kind": "heading", **fields}
    return TocNode.objects.create(course=course, title=title, position=at, **told)


def some_work(course: Course, title: str = "Report", **fields: Any) -> Assignment:
    told = {"source": SOURCE, "source_id": str(new_id()), "content": "<p>Write.</p>", **fields}
    return Assignment.objects.create(course=course, title=title, max_points=10, **told)


def joined(user: User, own: str) -> None:
    Identity.objects.create(
        institution=user.institution,
        source=f"canvas:{new_id()}",
        kind="user",
        external_id=f"school.example/{own}",
        row=user.pk,
    )


def handed(assignment: Assignment, user: User, **fields: Any) -> Submission:
    told = {"source": SOURCE, "source_id": str(new_id()), "score": 7, "feedback": "Good", **fields}
    return Submission.objects.create(assignment=assignment, user=user, **told)


def test_the_course_is_told_in_lms_dm_and_once(
    someone: Callable[..., Client], course: Course
) -> None:
    student = someone()
    answer = student.get("/courses")
    [told] = answer.json()

    assert {name: told[name] for name in ("course_id", "title", "description", "instructor")} == {
        "course_id": str(course.pk),
        "title": "Physics",
        "description": "<p>Forces</p>",
        "instructor": "Ana Ruiz",
    }
    assert (told["source"], told["role"], told["opened"]) == ("canvas", "student", True)
    assert student.read(f"/courses/{course.pk}") == told
    again = student.get("/courses", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_each_reader_is_told_the_date_that_is_theirs(
    someone: Callable[..., Client], course: Course
) -> None:
    now = timezone.now().replace(microsecond=0)
    days = [(now + timedelta(days=day)).isoformat() for day in range(1, 5)]
    overrides = [
        {"sections": ["7"], "due_date": days[1]},
        {"groups": ["g"], "due_date": days[2]},
        {"people": ["42"], "due_date": days[3]},
    ]
    rubric = {"criteria": [{"criterion_id": "1", "title": "Clear", "points": "5"}]}
    some_work(course, due_date=now + timedelta(days=1), overrides=overrides, rubric=rubric)
    some_work(course, "Hidden", published=False)
    path = f"/courses/{course.pk}/assignments"
    plain, grouped, named, teacher = someone(), someone(), someone(), someone(Role.TEACHER)
    for client in (grouped, named):
        Enrolment.objects.filter(user=client.user).update(sections=["7"], groups=["g"])
    joined(named.user, "42")

    told = [client.read(path) for client in (plain, grouped, named)]

    moments = [one[0]["due_date"].replace("Z", "+00:00") for one in told]
    assert moments == [days[0], days[2], days[3]]
    assert [(len(one), one[0]["overrides"], one[0]["max_points"]) for one in told] == [
        (1, None, 10)
    ] * 3
    assert told[0][0]["rubric"]["criteria"][0]["title"] == "Clear"
    seen = teacher.read(path)
    assert {one["title"] for one in seen} == {"Report", "Hidden"}
    assert len(next(one for one in seen if one["title"] == "Report")["overrides"]) == 3


def test_a_long_list_says_where_it_goes_on(someone: Callable[..., Client], course: Course) -> None:
    for number in range(3):
        some_work(course, f"Work {number}")
    student = someone()

    first = student.get(f"/courses/{course.pk}/assignments?limit=2")

    rest = student.http.get(first.links["next"]["url"])
    assert [one["title"] for one in first.json() + rest.json()] == ["Work 0", "Work 1", "Work 2"]
    assert "next" not in rest.links


def test_the_contents_are_one_readers_and_change_at_once(
    someone: Callable[..., Client], course: Course
) -> None:
    page = factories.an_item(course, source=SOURCE)
    module = a_line(course, "Week 1", 1)
    a_line(course, "Friction", 2, parent=module, item=page, kind="page")
    a_line(course, "Honours", 3, condition={"test": "section", "ids": ["h"]})
    shut = a_line(course, "Week 2", 4, published=False)
    a_line(course, "Within", 5, parent=shut)
    CourseGroup.objects.create(course=course, source=SOURCE, kind="section", external_id="h")
    student, honours, teacher = someone(), someone(), someone(Role.TEACHER)
    Enrolment.objects.filter(user=honours.user).update(sections=["h"])
    path = f"/courses/{course.pk}/toc"

    told = student.read(path)

    assert [(one["title"], one["depth"]) for one in told] == [("Week 1", 0), ("Friction", 1)]
    assert (told[1]["parent_id"], told[1]["content_id"]) == (str(module.pk), str(page.pk))
    assert [one["title"] for one in honours.read(path)] == ["Week 1", "Friction", "Honours"]
    assert len(teacher.read(path)) == 5
    store.save_toc(course_id=course.pk, source=SOURCE, nodes=[])
    assert [one["title"] for one in student.read(path)] == []


def test_a_page_is_told_as_html_and_a_file_as_blocks_with_an_address(
    someone: Callable[..., Client], course: Course
) -> None:
    page = factories.an_item(course)
    file = ContentItem.objects.create(
        course=course, source=SOURCE, source_id="f", kind="file", title="a.md", mime="text/markdown"
    )
    store.save_blob(file, content=ContentFile(b"# Levers\n\nA lever turns.\n\n# Load\n\nHeavy.\n"))
    index.index_item(file.pk)
    student = someone()

    told = student.read(f"/courses/{course.pk}/content/{page.pk}")
    part = student.get(f"/courses/{course.pk}/content/{file.pk}?limit=1")

    assert told["html"] == page.body
    assert (told["blocks"], told["download"]) == ([], None)
    assert part.json()["blocks"] == [
        {"text": "A lever turns.", "headings": ["Levers"], "anchor": "#:~:text=A%20lever%20turns."}
    ]
    rest = student.http.get(part.links["next"]["url"]).json()
    assert ([one["text"] for one in rest["blocks"]], rest["after"]) == (["Heavy."], None)
    assert httpx.get(part.json()["download"]).content.startswith(b"# Levers")
    etag = {"If-None-Match": part.headers["ETag"]}
    assert student.get(f"/courses/{course.pk}/content/{file.pk}?limit=1", **etag).status_code == 304


def test_what_is_hidden_or_anothers_is_not_there(
    someone: Callable[..., Client], course: Course
) -> None:
    student, teacher = someone(), someone(Role.TEACHER)
    hidden = factories.an_item(course, published=False)
    elsewhere = factories.an_item()
    paths = [
        f"/courses/{elsewhere.course_id}/toc",
        f"/courses/{elsewhere.course_id}/assignments",
        f"/courses/{course.pk}/content/{elsewhere.pk}",
        f"/courses/{course.pk}/content/{new_id()}",
        f"/users/{teacher.user.pk}/profile",
        f"/users/{new_id()}/profile",
    ]

    told = [student.get(path) for path in (*paths, f"/courses/{course.pk}/content/{hidden.pk}")]

    assert {(one.status_code, one.json()["code"]) for one in told} == {(404, "not_found")}
    assert teacher.get(f"/courses/{course.pk}/content/{hidden.pk}").status_code == 200
    assert student.get("/jobs").json()["code"] == "not_yours"
    assert student.http.post("/auth", json={}).json()["code"] == "not_yours"
    assert httpx.get(str(student.http.base_url) + "courses").json()["code"] == "not_signed_in"


def test_a_course_that_is_not_open_is_shut_to_students_and_content_to_guests(
    someone: Callable[..., Client], course: Course
) -> None:
    student, guest, teacher = someone(), someone(Role.GUEST), someone(Role.TEACHER)
    Course.objects.filter(pk=course.pk).update(opened_at=None)
    path = f"/courses/{course.pk}/toc"

    assert student.get(path).json()["code"] == "not_open"
    assert guest.get(path).json()["code"] == "not_yours"
    assert (guest.read("/courses")[0]["title"], teacher.read(path)) == ("Physics", [])


def test_a_profile_is_ones_own_or_ones_students(
    someone: Callable[..., Client], course: Course
) -> None:
    student, other, teacher = someone(), someone(), someone(Role.TEACHER)
    designer = someone(Role.DESIGNER)
    joined(student.user, "42")
    some_work(course, "Soon", due_date=timezone.now() + timedelta(days=1))
    path = f"/users/{student.user.pk}/profile"

    own, seen = student.read(path), teacher.read(path)

    assert own == seen
    assert (own["name"], own["role"], own["joined"]) == ("Ada", "student", True)
    assert own["lms_ids"] == [{"lms": "canvas", "user_id": "42"}]
    assert [one["title"] for one in own["due"]] == ["Soon"]
    assert other.get(path).status_code == designer.get(path).status_code == 404
    looked = AuditEvent.objects.filter(subject=student.user.pk, verb="work.read")
    assert [one.actor for one in looked] == [teacher.user.pk]


def test_what_was_handed_in_is_told_of_whom_the_lms_names(
    someone: Callable[..., Client], course: Course
) -> None:
    student, stranger, teacher = someone(), someone(), someone(Role.TEACHER)
    joined(student.user, "42")
    report, essay = some_work(course), some_work(course, "Essay")
    handed(report, student.user)
    handed(essay, student.user, deleted_at=timezone.now())
    path = f"/courses/{course.pk}/submissions"

    own, unknown, all_ = (each.read(path) for each in (student, stranger, teacher))

    assert [(one["state"], one["score"]) for one in own["submissions"]] == [("submitted", None)]
    assert (own["reason"], unknown["reason"]) == ("", "not_joined")
    assert unknown["submissions"] == []
    [one] = all_["submissions"]
    assert (one["user_id"], one["score"], one["feedback"]) == (str(student.user.pk), 7.0, "Good")
    assert all_["not_joined"] == 1
    assert teacher.read(f"{path}?assignment_id={essay.pk}")["submissions"] == []


def test_staff_see_the_courses_jobs(someone: Callable[..., Client], course: Course) -> None:
    teacher = someone(Role.TEACHER)
    job = Job.objects.create(course=course, kind="sync_course", queue="sync", error="lms_refused")
    Job.objects.create(course=factories.a_course(), kind="sync_course", queue="sync")

    [told] = teacher.read("/jobs?state=waiting")

    assert (told["job_id"], told["error"]) == (str(job.pk), "lms_refused")
    assert told["about"]
    assert told["detail"]
    assert teacher.read(f"/jobs/{job.pk}") == told
    assert teacher.get(f"/jobs/{new_id()}").status_code == 404


def test_the_connection_is_told_without_a_token(
    someone: Callable[..., Client], course: Course
) -> None:
    teacher = someone(Role.TEACHER)

    told = teacher.http.post("/auth", json={}).json()
    wrong = teacher.http.post("/auth", json={"way": "token", "address": "no address"})

    assert (told["status"], told["lacks"], told["consent"]) == ("none", [], None)
    assert "token" in told["ways"]
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_request")


def reader(course: Course, role: Role = Role.STUDENT) -> Actor:
    return factories.an_actor(course, role)


def asked(work_: Callable[[], object]) -> int:
    """How many questions to the database something costs."""
    with CaptureQueriesContext(connection) as told:
        work_()
    return len(told)


def test_no_list_costs_more_for_being_long(course: Course) -> None:
    student, teacher = reader(course), reader(course, Role.TEACHER)
    condition = {"test": "section", "ids": ["1"]}

    def costs() -> list[int]:
        toc.SHELF.of(course.institution_id, course.pk, list)
        return [
            asked(lambda: toc._read(course)),
            asked(lambda: toc.of(student, course.pk, ALL)),
            asked(lambda: work.assignments(student, course.pk, ALL)),
            asked(lambda: work.submissions(teacher, course.pk, ALL)),
            asked(lambda: people.profile(student, student.user_id)),
        ]

    def grown(number: int) -> None:
        override = {"sections": ["1"], "due_date": timezone.now().isoformat()}
        for _ in range(number):
            page = factories.an_item(course, condition=condition)
            a_line(course, "Line", 1, item=page, condition=condition)
            due = timezone.now() + timedelta(days=1)
            one = some_work(course, overrides=[override], condition=None, due_date=due)
            user = factories.an_enrolment(course).user
            joined(user, str(new_id()))
            handed(one, user)
        cache.changed(course.pk)

    grown(1)
    few = costs()
    grown(10)
    assert costs() == few
    assert few[:4] == [1, 1, 6, 5]


def test_a_page_costs_one_question_once_it_is_kept(course: Course) -> None:
    student, page = reader(course), factories.an_item(course)
    contents.of(student, course.pk, page.pk, ALL)

    assert asked(lambda: contents.of(student, course.pk, page.pk, ALL)) == 1
    store.save_body(page, html="<p>New</p>")
    assert contents.of(student, course.pk, page.pk, ALL).html == "<p>New</p>"
    store.retire_items(course_id=course.pk, source=page.source, told=())
    with pytest.raises(NotFound):
        contents.of(student, course.pk, page.pk, ALL)


def test_who_calls_too_often_is_told_when_to_come_back(course: Course, settings: Any) -> None:
    settings.API_PER_MINUTE = 2
    student = reader(course)
    for _ in range(2):
        limits.take(student)

    with pytest.raises(TooMany) as caught:
        limits.take(student)

    assert 0 < (caught.value.retry_after or 0) <= 60
    limits.take(reader(course))


def test_so_is_who_calls_over_the_line(someone: Callable[..., Client]) -> None:
    student, now = someone(), int(time.time()) // limits.WINDOW
    for minute in (now, now + 1):
        redis.redis().set(redis.key("calls", str(student.user.pk), str(minute)), 10**6, ex=200)

    refused = student.get("/courses")

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.usefixtures("nobody_there")
def test_without_redis_each_process_counts_for_itself(course: Course, settings: Any) -> None:
    settings.API_PER_MINUTE = 1
    student = reader(course)
    limits.take(student)

    with pytest.raises(TooMany):
        limits.take(student)


def test_every_operation_says_what_it_answers_and_what_it_refuses() -> None:
    schema = api.get_openapi_schema()
    ours = [
        operation
        for path, operations in schema["paths"].items()
        for operation in operations.values()
        if path.startswith(("/v1/courses", "/v1/users", "/v1/jobs", "/v1/auth", "/v1/push"))
    ]

    assert len(ours) == 13
    for operation in ours:
        assert {"401", "403", "404", "422", "429"} <= {str(code) for code in operation["responses"]}
        assert operation["summary"]
        assert operation["description"]
    course = schema["components"]["schemas"]["Course"]["properties"]
    assert course["title"]["examples"] == ["Physics 101"]
