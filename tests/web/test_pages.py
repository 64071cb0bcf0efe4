"""Which page someone gets: by role, and by the state of the course."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from tutorai.errors import NotFound, NotYours
from tutorai.ids import new_id
from tutorai.lmsdm.models import ContentItem, Course, Enrolment, Institution, User
from tutorai.lmsdm.schema import Actor, Role
from tutorai.web import student, teacher

pytestmark = pytest.mark.django_db


def an_actor(role: Role = Role.STUDENT, *, opened: bool = True, **fields: Any) -> Actor:
    institution = Institution.objects.create(name="Hill", slug=f"hill-{new_id()}")
    course = Course.objects.create(
        institution=institution,
        source="lti:x",
        source_id="1",
        title="Motion",
        opened_at=timezone.now() if opened else None,
        **fields,
    )
    user = User.objects.create(institution=institution, name="Ada Lovelace")
    return Actor(
        institution_id=institution.pk,
        user_id=user.pk,
        course_id=course.pk,
        role=role,
        name=user.name,
    )


def home(actor: Actor) -> str:
    return student._home(RequestFactory().get("/"), actor).content.decode()


def text(response: HttpResponse) -> str:
    return response.content.decode()


def course_of(actor: Actor) -> Course:
    return Course.objects.get(pk=str(actor.course_id))


def test_a_student_of_an_open_course_is_greeted_and_may_ask() -> None:
    page = home(an_actor())

    assert "Hello Ada, what would you like to understand?" in page
    assert 'data-module="chat"' in page
    assert "Course</button>" not in page


@pytest.mark.parametrize(
    ("name", "greeted"),
    [("Ada Lovelace", "Ada"), ("Lovelace, Ada", "Ada"), ("", ""), ("Cher", "Cher")],
)
def test_the_greeting_uses_the_given_name(name: str, greeted: str) -> None:
    assert student.given(name) == greeted


def test_a_student_who_comes_too_early_sees_who_must_open_it() -> None:
    actor = an_actor(opened=False)
    tom = User.objects.create(institution_id=actor.institution_id, name="Tom Teacher")
    Enrolment.objects.create(
        user=tom,
        course=course_of(actor),
        role="teacher",
        seen_from="launch",
        seen_at=timezone.now(),
    )

    assert "Tom Teacher has to open it to students first." in home(actor)


def test_without_a_known_teacher_the_courses_instructor_is_named() -> None:
    assert "Prof. X has to open it" in home(an_actor(opened=False, instructor="Prof. X"))


def test_with_nobody_known_the_teacher_is_still_meant() -> None:
    assert "The teacher of this course has to open it" in home(an_actor(opened=False))


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.OBSERVER, "You are an observer here"),
        (Role.GUEST, "You are a guest here"),
        (Role.ADMIN, "You are an administrator here"),
    ],
)
def test_whoever_takes_no_part_gets_a_clear_page(role: Role, words: str) -> None:
    assert words in home(an_actor(role))


def test_a_launch_without_a_course_says_where_to_go() -> None:
    actor = an_actor().model_copy(update={"course_id": None})

    assert "Open Tutor.AI inside a course" in home(actor)


def test_a_ta_may_ask_before_the_course_is_open() -> None:
    assert 'data-module="chat"' in home(an_actor(Role.TA, opened=False))


def test_a_teacher_begins_with_the_first_step() -> None:
    page = home(an_actor(Role.TEACHER, opened=False))

    assert "Where does Tutor.AI find your course?" in page
    assert 'aria-current="step"' in page


def test_a_teacher_with_material_goes_on_to_what_can_be_read() -> None:
    actor = an_actor(Role.TEACHER, opened=False)
    ContentItem.objects.create(
        course=course_of(actor),
        source="upload",
        source_id="1",
        kind="file",
        title="Scan.pdf",
        sha256="x",
        unreadable="no_text",
    )

    page = home(actor)

    assert "Tutor.AI can read 0 % of this course" in page
    assert "Scan.pdf" in page
    assert "Add a copy with text" in page


def test_a_teacher_of_an_open_course_sees_the_course() -> None:
    assert "Open to students since" in home(an_actor(Role.TEACHER))


def test_opening_is_dated_and_signed_and_a_second_time_changes_nothing() -> None:
    actor = an_actor(Role.TEACHER, opened=False)
    teacher._open(RequestFactory().post("/"), actor)
    first = course_of(actor).opened_at

    teacher._open(RequestFactory().post("/"), actor)

    assert first is not None
    assert course_of(actor).opened_at == first
    assert course_of(actor).opened_by_id == actor.user_id


def test_closing_again_shows_students_the_closed_door() -> None:
    actor = an_actor(Role.TEACHER)

    page = text(teacher._close(RequestFactory().post("/"), actor))

    assert "Students cannot use Tutor.AI in this course yet." in page
    assert course_of(actor).opened_at is None


def test_only_an_author_of_the_course_opens_it() -> None:
    with pytest.raises(NotYours):
        teacher._open(RequestFactory().post("/"), an_actor(Role.TA, opened=False))


def test_a_course_of_another_school_is_not_there() -> None:
    actor = an_actor(Role.TEACHER).model_copy(update={"course_id": an_actor().course_id})

    with pytest.raises(NotFound):
        teacher._course(RequestFactory().get("/"), actor)


def test_the_list_says_of_each_item_whether_it_can_be_read() -> None:
    actor = an_actor(Role.TEACHER)
    facts = {"course_id": actor.course_id, "kind": "page", "sha256": "x"}
    ContentItem.objects.create(source="a", source_id="1", indexed_sha256="x", title="Read", **facts)
    ContentItem.objects.create(source="a", source_id="2", title="Late", **facts)
    ContentItem.objects.create(source="a", source_id="3", unreadable="broken", **facts)
    ContentItem.objects.create(source="upload", source_id="4", published=False, **facts)

    page = text(teacher._items(RequestFactory().get("/"), actor))

    assert [page.count(words) for words in ("Not readable", "Being read", "Not published")] == [
        1,
        2,
        1,
    ]
    assert page.count("/remove") == 1  # only what was uploaded here can be taken out here


def test_a_form_without_a_token_says_what_is_missing() -> None:
    request = RequestFactory().post("/", {"base_url": "https://canvas.example"})

    page = text(teacher._connect(request, an_actor(Role.TEACHER, opened=False)))

    assert "the address and the token are both needed" in page
    assert "https://canvas.example" in page
