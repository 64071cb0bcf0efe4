"""A course of the pretend Canvas, read into LMS-DM and the index."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from connectors import linking
from connectors.models import Connector, SyncCursor
from connectors.places import Place
from tests.conftest import Running
from tests.sync.making import School, a_school
from tutorai import flows, syncing
from tutorai.errors import BadRequest, Conflict, LMSUnauthorised, NotFound, NotYours
from tutorai.ledger.models import Job
from tutorai.lmsdm import store
from tutorai.lmsdm.models import ContentItem, Course, Identity, Submission
from tutorai.lmsdm.schema import Role

pytestmark = pytest.mark.long

FRICTION = "friction-and-drag"
ANSWERS = "Answers to the motion graphs problem set"
HONOURS = "Honours seminar: the rocket equation"


@pytest.fixture(scope="module")
def read(sandbox: Running) -> School:
    """A school whose course was read once; its tests change nothing."""
    school = a_school(sandbox)
    assert school.read().state == Job.State.DONE
    return school


@pytest.fixture
def small(sandbox: Running) -> School:
    """A school of the test's own, with little to read."""
    return a_school(sandbox, key="study")


def rows(school: School) -> list[tuple[Any, ...]]:
    """Everything the course holds, without ids of ours and without times."""
    items = school.course.items.values_list(
        "source_id", "title", "sha256", "indexed_sha256", "published", "unreadable", "url"
    )
    works = school.course.assignments.values_list("source_id", "title", "content", "max_points")
    lines = school.course.toc.values_list("source_id", "title", "parent__source_id", "position")
    return sorted(map(tuple, [*items, *works, *lines]), key=str)


def test_a_course_is_read_whole(read: School) -> None:
    items = read.course.items

    assert read.cursor.status == "ok"
    assert items.filter(kind="page").count() == len(read.external["pages"])
    assert items.filter(kind="file").count() == len(read.external["files"])
    assert read.course.assignments.count() == len(read.external["assignments"])
    assert [each.title for each in items.filter(sha256="")] == ["Fundamental constants (NIST)"]
    assert not [each for each in items.all() if each.indexed_sha256 != each.sha256]


def test_assignments_carry_their_dates_and_points(read: School) -> None:
    work = read.course.assignments.get(title="Motion graphs problem set")

    told = read.external["assignments"]["Motion graphs problem set"]["due_at"]
    assert work.due_date is not None
    assert work.due_date.strftime("%Y-%m-%dT%H:%M:%SZ") == told
    assert work.max_points == 20


def test_the_table_of_contents_keeps_the_modules(read: School) -> None:
    forces = read.course.toc.get(title="2 Forces")

    inside = read.course.toc.filter(parent=forces).order_by("position")
    assert "Friction and drag" in [line.item.title for line in inside if line.item]


def test_a_student_never_finds_an_unpublished_page(read: School) -> None:
    student = read.as_role(Role.STUDENT, "main")

    assert ANSWERS not in read.found("answers to the motion graphs problem set", student)
    assert read.indexed(ANSWERS)


def test_a_page_for_one_section_is_found_by_that_section_alone(read: School) -> None:
    question = "What does the rocket equation say?"
    inside = next(key for key in read.external["sections"] if key != "main")

    assert HONOURS in read.found(question, read.as_role(Role.STUDENT, inside))
    assert HONOURS not in read.found(question, read.as_role(Role.STUDENT, "main"))
    assert HONOURS not in read.found(question, read.as_role(Role.STUDENT))


def test_what_stands_in_no_module_is_hidden_with_its_list(sandbox: Running) -> None:
    school = a_school(sandbox, filler_pages=1)
    tabs = ["pages", "files", "syllabus", "announcements"]
    school.control("options", world=school.name, hidden_tabs=tabs)

    school.read()

    loose = school.course.items.filter(tocnode=None).exclude(kind="assignment")
    assert {"Extra page 1", "Syllabus"} <= set(loose.values_list("title", flat=True))
    assert not loose.filter(published=True).exists()
    assert school.item("Friction and drag").published
    student = school.as_role(Role.STUDENT, "main")
    assert "Extra page 1" not in school.found("note number 1 of the course", student)


def test_a_navigation_that_may_not_be_read_shows_no_list_to_students(sandbox: Running) -> None:
    school = a_school(sandbox, filler_pages=1)
    school.fault("status", "/tabs", status=403, body="{}")

    school.read(index=False)

    assert school.cursor.status == "ok"
    assert not school.item("Extra page 1").published


def test_the_files_of_a_course_are_found_too(read: School) -> None:
    chunks = read.indexed("laboratory-handbook.pdf") + read.indexed("pendulum-practical.docx")

    assert len(chunks) >= 2


def test_reading_again_changes_nothing_and_fetches_no_content(sandbox: Running) -> None:
    school = a_school(sandbox)
    school.read()
    before, chunks = rows(school), school.indexed("Friction and drag")
    done = Job.objects.filter(course=school.course).count()
    school.forget()

    job = school.again()

    assert job.state == Job.State.DONE
    assert rows(school) == before
    assert school.indexed("Friction and drag") == chunks
    assert Job.objects.filter(course=school.course).count() == done + 1
    assert school.requests("/download") == []
    assert [line for line in school.requests("/pages/") if "date_details" not in line["path"]] == []


def test_an_edited_page_is_indexed_again_and_it_alone(school: School) -> None:
    school.read()
    others = school.indexed("Circular motion")
    body = "<h2>Rolling</h2><p>Marbles zigzag through treacle when zebras sneeze.</p>"

    school.edit(FRICTION, body=body)
    school.again()

    newest = Job.objects.filter(course=school.course, kind="index_item").order_by("created_at")
    assert school.found("zebras sneeze treacle", school.as_role(Role.STUDENT))[0] == (
        "Friction and drag"
    )
    assert school.indexed("Circular motion") == others
    assert newest.filter(payload={"item": str(school.item("Friction and drag").pk)}).count() == 2
    assert newest.count() == school.course.items.exclude(sha256="").count() + 1


def test_a_page_unpublished_in_the_lms_leaves_the_students_search(school: School) -> None:
    school.read()
    student = school.as_role(Role.STUDENT, "main")
    assert "Friction and drag" in school.found("kinetic friction", student)

    school.edit(FRICTION, published=False)
    school.again()
    hidden = school.found("kinetic friction", student)
    school.edit(FRICTION, published=True)
    school.again()

    assert "Friction and drag" not in hidden
    assert "Friction and drag" in school.found("kinetic friction", student)


def test_half_an_answer_takes_nothing_out(school: School) -> None:
    school.read(index=False)
    school.control("options", world=school.name, pages_disabled=True)

    school.again(index=False)

    assert school.cursor.status == "suspect"
    assert school.cursor.cursor["missing"] == len(school.external["pages"])
    assert school.course.items.filter(kind="page", deleted_at=None).count() == len(
        school.external["pages"]
    )


def test_what_is_missing_goes_once_a_person_said_so(school: School) -> None:
    school.read(index=False)
    school.control("options", world=school.name, pages_disabled=True)
    school.again(index=False)

    flows.sync_now(school.teacher, anyway=True)
    school.drain(index=False)

    assert school.cursor.status == "ok"
    assert "missing" not in school.cursor.cursor
    assert not school.course.items.filter(kind="page", deleted_at=None).exists()


def test_one_page_that_fails_leaves_the_rest_and_heals(school: School) -> None:
    school.fault("status", f"/pages/{FRICTION}", after=1, status=404, body="{}")
    school.read(index=False)
    partial = school.cursor
    lost = school.item("Friction and drag")

    school.again(index=False)

    assert (partial.status, lost.unreadable) == ("partial", "failed")
    assert [fault["code"] for fault in partial.faults] == ["lms_not_found"]
    assert school.item("Friction and drag").unreadable == ""
    assert school.cursor.status == "ok"


def test_one_page_that_never_answers_keeps_nothing_behind_it_from_being_read(
    school: School,
) -> None:
    school.fault("status", f"/pages/{FRICTION}", after=1, status=500, times=3)

    job = school.read(index=False)

    assert (job.state, school.cursor.status) == ("done", "partial")
    assert [fault["code"] for fault in school.cursor.faults] == ["lms_unavailable"]
    assert [each.title for each in school.course.items.filter(unreadable="failed")] == [
        "Friction and drag"
    ]


def test_one_file_that_asks_for_another_token_does_not_end_the_connection(school: School) -> None:
    asks = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
    school.fault("status", "/download", status=401, body="{}", headers=asks)

    job = school.read(index=False)

    assert (job.state, school.cursor.status) == ("done", "partial")
    assert school.connector.status == Connector.Status.ACTIVE
    assert school.course.items.filter(unreadable="locked").count() == 1


def test_items_in_a_row_that_never_answer_are_noted_while_the_course_answers(
    school: School,
) -> None:
    pages = len(school.external["pages"])  # each is asked for its dates first
    school.fault("status", "/pages/", after=pages, status=500, times=9)

    job = school.read(index=False)

    assert (job.state, school.cursor.status) == ("done", "partial")
    assert len(school.cursor.faults) == 3


def test_an_lms_that_goes_away_between_two_items_makes_the_job_wait(
    school: School, sandbox: Running
) -> None:
    other = a_school(sandbox)
    other.read(index=False)
    asked = [line["path"].rpartition("/")[2] for line in other.requests("/api/v1/")]
    lists = asked.index(min(other.external["pages"]))  # the first whose body is read
    school.fault("status", "/api/v1/", after=lists, status=500, times=12)

    job = school.read(index=False)

    assert school.spent()
    assert (job.state, job.error, school.cursor.status) == ("waiting", "lms_unavailable", "failed")


def test_a_list_that_is_too_big_to_read_is_a_failed_reading(school: School) -> None:
    huge = "[" + " " * 6 * 1024 * 1024 + "]"
    school.fault("status", "/modules", status=200, body=huge, times=3)

    school.read(index=False)

    assert (school.cursor.status, school.cursor.error) == ("failed", "lms_misunderstood")


def test_a_page_that_is_too_big_to_read_says_so(school: School) -> None:
    huge = '{"body": "' + " " * 6 * 1024 * 1024 + '"}'
    school.fault("status", f"/pages/{FRICTION}", after=1, status=200, body=huge)

    school.read(index=False)

    assert school.item("Friction and drag").unreadable == "too_big"


def test_while_the_lms_is_down_the_job_waits_and_no_attempt_is_counted(school: School) -> None:
    school.fault("status", "/assignments", times=9, status=503)

    job = school.read(index=False)

    assert (job.state, job.error, job.attempts) == ("waiting", "lms_unavailable", 0)
    assert school.cursor.status == "failed"


def test_a_throttled_reading_goes_on_by_itself(small: School) -> None:
    small.fault("throttle", "/folders")

    assert small.read(index=False).state == Job.State.DONE


def test_a_revoked_token_asks_for_a_new_connection_and_a_new_one_goes_on(small: School) -> None:
    small.read(index=False)
    old = small.token
    small.control("tokens", value=old, revoked=True)

    job = small.again(index=False)
    ended = small.connector.status
    small.control("tokens", value=old, revoked=False)
    small.connect()
    small.drain(index=False)

    assert (job.state, job.error) == ("buried", "lms_unauthorised")
    assert ended == Connector.Status.NEEDS_REAUTH
    assert small.connector.status == Connector.Status.ACTIVE
    assert small.cursor.status == "ok"


def test_a_wrong_token_stores_nothing(school: School) -> None:
    with pytest.raises(LMSUnauthorised):
        school.connect(token="wrong")

    assert not Connector.objects.filter(course=school.course).exists()


def test_the_token_rests_encrypted(school: School) -> None:
    school.connect()

    assert school.token not in school.connector.tokens.get().access
    assert school.connector.tokens.get().secret() == school.token


@pytest.mark.parametrize("address", ["", "ftp://x", "http://[", "https://elsewhere.example"])
def test_an_address_that_is_not_this_courses_is_refused(school: School, address: str) -> None:
    with pytest.raises(BadRequest):
        school.connect(base_url=address)


def test_another_course_than_the_launch_named_is_refused(school: School) -> None:
    with pytest.raises(BadRequest):
        school.connect(base_url=f"{school.url}/courses/1")


def test_without_a_launch_that_names_it_the_courses_own_address_is_needed(sandbox: Running) -> None:
    school = a_school(sandbox, join=False)

    with pytest.raises(BadRequest):
        school.connect()
    school.connect(base_url=f"{school.url}/courses/{school.external['id']}/modules")

    assert school.connector.external_id == school.external["id"]


@pytest.mark.parametrize("address", ["https://école..fr/courses/1", "https://x:y/courses/1"])
def test_an_address_no_call_could_be_made_to_is_refused(sandbox: Running, address: str) -> None:
    with pytest.raises(BadRequest):
        a_school(sandbox, join=False).connect(base_url=address)


@pytest.mark.parametrize("token", ["schlüssel", "two\nlines"])
def test_a_token_no_header_could_carry_is_refused(school: School, token: str) -> None:
    with pytest.raises(BadRequest):
        school.connect(token=token)


def test_a_course_of_another_shard_stays_one_course(sandbox: Running) -> None:
    school = a_school(sandbox, key="study", join=False, shard=901)
    own = int(school.external["id"]) - 901 * 10**13
    courses = Course.objects.count()

    school.connect(base_url=f"{school.url}/courses/901~{own}")
    school.drain(index=False)

    assert school.cursor.status == "ok"
    assert Course.objects.count() == courses
    school.course.refresh_from_db()
    assert school.course.title == school.external["name"]


def test_an_address_in_the_short_form_agrees_with_the_launch(sandbox: Running) -> None:
    school = a_school(sandbox, shard=901)
    own = int(school.external["id"]) - 901 * 10**13

    school.connect(base_url=f"{school.url}/courses/901~{own}")

    assert school.connector.external_id == school.external["id"]


def test_a_course_whose_canvas_moved_lives_at_any_host_a_launch_named(school: School) -> None:
    there = f"{school.external['id']}"
    for host in ("old.example", "new.example"):
        store.identify(
            institution_id=school.course.institution_id,
            source=f"canvas:{host}",
            kind=Identity.Of.COURSE,
            external_id=f"{host}/{there}",
            row=school.course.pk,
        )

    school.connect()
    told = linking.asserted(school.course)

    assert school.connector.base_url == school.url
    assert told == Place("https://new.example", there)
    with pytest.raises(BadRequest, match=f"https://new.example/courses/{there}"):
        school.connect(base_url="https://elsewhere.example")


def test_a_student_can_neither_connect_nor_read_again(school: School) -> None:
    student = school.as_role(Role.STUDENT)

    with pytest.raises(NotYours):
        flows.connect_course(student, lms="canvas", base_url=school.url, token=school.token)
    with pytest.raises(NotYours):
        flows.sync_now(student)


def test_a_teacher_of_another_course_finds_nothing_to_read(
    school: School, sandbox: Running
) -> None:
    other = a_school(sandbox)

    with pytest.raises(NotFound):
        flows.sync_now(school.teacher.model_copy(update={"course_id": other.course.pk}))


def test_there_is_nothing_to_sync_before_anything_is_connected(school: School) -> None:
    with pytest.raises(Conflict):
        flows.sync_now(school.teacher)


def test_disconnecting_forgets_the_token_and_keeps_what_was_read(school: School) -> None:
    school.read()

    flows.disconnect_course(school.teacher)

    assert not school.connector.tokens.exists()
    assert school.found("kinetic friction", school.as_role(Role.STUDENT))
    with pytest.raises(Conflict):
        flows.sync_now(school.teacher)


def test_a_paused_connection_is_not_read_by_a_job_that_was_waiting(school: School) -> None:
    job = school.connect()
    flows.disconnect_course(school.teacher)
    school.forget()

    school.drain()

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert school.requests() == []


def test_groups_people_attempts_and_quizzes_come_along(sandbox: Running) -> None:
    school = a_school(sandbox, key="chemistry", courses=["chemistry"])
    ada = school.launched("student")

    school.read(index=False)

    kinds = ("course", "people", "submissions", "quizzes")
    handed = Submission.objects.filter(assignment__course=school.course, user=ada)
    assert [school.cursor_of(kind).status for kind in kinds] == ["ok"] * 4
    assert set(school.course.parts.values_list("kind", flat=True)) == {"section", "group"}
    assert (
        school.cursor_of("people").cursor["unmatched"]
        == school.course.enrolments.filter(seen_from="rest").count()
    )
    assert sorted(handed.values_list("attempt", flat=True)) == [1, 2]
    assert not Submission.objects.filter(assignment__course=school.course).exclude(user=ada)
    assert school.course.quizzes.count() == len(school.external["quizzes"])
    assert school.course.assignments.exclude(overrides=[]).exists()


def test_the_command_reads_one_course_or_all_of_a_school(
    read: School, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sync", course=str(read.course.pk), quick=True)
    (one,) = json.loads(capsys.readouterr().out)["courses"]
    call_command("sync", institution=read.course.institution.slug, quick=True, later=True)
    (later,) = json.loads(capsys.readouterr().out)["courses"]

    assert (one["course"], one["state"]) == (str(read.course.pk), "done")
    assert one["read"]["course"]["status"] == "ok"
    assert later["state"] == "waiting"
    read.drain()


@pytest.mark.parametrize(
    "named", [{"course": "x"}, {"institution": "no-such-school"}], ids=["no id", "no school"]
)
def test_the_command_refuses_what_no_connection_reads(named: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("sync", **named)


def test_two_readings_at_once_leave_the_rows_of_one(school: School, read: School) -> None:
    job = school.connect()

    def run(_number: int) -> None:
        try:
            flows.sync_course(job)
        finally:
            connections.close_all()

    job.state, job.lease = Job.State.RUNNING, job.pk
    job.save()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    job.state, job.lease = Job.State.WAITING, None
    job.save()
    school.drain(index=False)

    titles = [row[1] for row in rows(school)]
    assert titles == [row[1] for row in rows(read)]


def test_a_course_that_was_not_read_for_hours_is_read_again_by_itself(
    small: School, settings: Any
) -> None:
    small.read(index=False)
    settings.SYNC_HOURS = 6.0
    fresh = Job.objects.filter(course=small.course, kind="sync_course").count()
    syncing.stale()
    same = Job.objects.filter(course=small.course, kind="sync_course").count()

    SyncCursor.objects.filter(course=small.course).update(
        tried_at=timezone.now() - timedelta(hours=7)
    )
    syncing.stale()

    assert (fresh, same) == (1, 1)
    assert Job.objects.filter(course=small.course, kind="sync_course").count() == 2


def test_what_comes_from_the_lms_is_sanitised(school: School) -> None:
    school.edit(FRICTION, body='<p onclick="x()">Slide</p><script>alert(1)</script>')

    school.read(index=False)

    assert ContentItem.objects.get(pk=school.item("Friction and drag").pk).body == "<p>Slide</p>"


def test_what_opens_by_progress_is_found_by_no_student(school: School) -> None:
    school.control("options", world=school.name, prerequisites=True)

    school.read()

    student = school.as_role(Role.STUDENT, "main")
    assert "Friction and drag" not in school.found("kinetic friction", student)
    assert school.indexed("Friction and drag")


def test_a_course_connected_by_mistake_leaves_nothing_behind(sandbox: Running) -> None:
    school = a_school(sandbox, join=False, courses=["physics", "python"])
    first, other = (school.told["courses"][key]["id"] for key in ("physics", "python"))
    school.connect(base_url=f"{school.url}/courses/{first}")
    school.drain()
    assert school.found("What is friction?", school.as_role(Role.STUDENT))

    school.connect(base_url=f"{school.url}/courses/{other}")
    at_once = school.found("What is friction?", school.as_role(Role.STUDENT))
    school.drain()

    assert at_once == []
    assert school.found("What is a loop?", school.as_role(Role.STUDENT))
    assert "Friction and drag" not in school.found("friction", school.as_role(Role.STUDENT))
    assert school.cursor.status == SyncCursor.Status.OK


def test_a_reading_that_was_buried_is_left_to_a_person_for_a_while(
    small: School, settings: Any
) -> None:
    small.read(index=False)
    settings.SYNC_HOURS = 6.0
    cursors = SyncCursor.objects.filter(course=small.course)
    cursors.update(tried_at=timezone.now() - timedelta(hours=7))
    mine = Job.objects.filter(course=small.course, kind="sync_course")
    mine.update(state=Job.State.BURIED, finished_at=timezone.now())

    syncing.stale()
    lately = mine.count()
    mine.update(finished_at=timezone.now() - timedelta(hours=7))
    syncing.stale()

    assert (lately, mine.count()) == (1, 2)
