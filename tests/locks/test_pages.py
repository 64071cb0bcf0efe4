"""The teacher's page "Tutor", and what a student reads in place of the tutor."""

from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from agents import carried, locks
from agents.models import Activity, Guidance, Switch
from tests.locks import making
from tests.locks.making import HOUR
from tests.retrieval.making import a_course as empty
from tutorai.errors import BadRequest, NotYours, TutorError
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Assignment, Course, TocNode
from tutorai.lmsdm.schema import Actor, Role
from tutorai.web import persona, student, tutor


def a_course() -> Course:
    return empty(opened_at=making.now(), title="Physics")


def work(course: Course, title: str, **times: Any) -> Assignment:
    row = {"course": course, "source": "test", "source_id": f"assignment:{title}", "title": title}
    return Assignment.objects.create(**row, **times)


def get(view: Any, actor: Actor, **path: Any) -> str:
    shown: HttpResponse = view(RequestFactory().get("/", path.pop("query", {})), actor, **path)
    return shown.content.decode()


def post(view: Any, actor: Actor, fields: dict[str, str], **path: Any) -> str:
    shown: HttpResponse = view(RequestFactory().post("/", fields), actor, **path)
    return shown.content.decode()


def decide(actor: Actor, row: Assignment, **fields: str) -> str:
    return post(tutor._decide, actor, fields, about="assignment", about_id=row.pk)


def test_a_teacher_marks_an_exam_and_lets_a_student_out_with_few_clicks() -> None:
    course = a_course()
    essay = work(course, "Essay")
    teacher, _token = making.somebody(course, Role.TEACHER)
    sitting, _token = making.somebody(course)

    page = get(tutor._page, teacher)
    assert "Essay" in page
    assert "Nobody is locked at the moment." in page
    assert "Your learning platform tells no times" in get(
        tutor._edit, teacher, about="assignment", about_id=essay.pk
    )
    assert "it needs a closing time" in decide(teacher, essay, exam="exam", hints="2")
    ends = (making.now() + HOUR).isoformat()
    for bad in ({"closes_at": "soon"}, {"mode": "shout"}, {"hints": "many"}):
        assert "choose from what is offered" in decide(teacher, essay, **bad)
    saved = decide(teacher, essay, exam="exam", closes_at=ends, hints="1")
    assert "Saved." in saved
    assert "Let 1 student out" in saved  # the card of who sits it comes along
    assert ">Ada</bdi>" in saved

    page = get(student._chat, sitting)
    assert "You are working on “Essay”" in page
    assert '<form data-part="form" hidden>' in page
    exam = Activity.objects.get(course=course)
    assert "1 student was let out." in post(tutor._let_out, teacher, {}, activity=exam.pk)
    assert "You are working on" not in get(student._chat, sitting)
    again = post(tutor._lock_again, teacher, {"user": str(sitting.user_id)}, activity=exam.pk)
    assert "Locked again." in again
    assert locks.of(sitting)


def test_the_page_shows_each_role_what_is_theirs() -> None:
    course = a_course()
    work(course, "Essay")
    shown = {
        role: get(tutor._page, making.somebody(course, role)[0])
        for role in (Role.TEACHER, Role.DESIGNER, Role.TA)
    }

    assert {role for role, page in shown.items() if "Sitting an exam now" in page} == {
        Role.TEACHER,
        Role.TA,
    }
    assert {role for role, page in shown.items() if "Essay" in page} == {
        Role.TEACHER,
        Role.DESIGNER,
    }
    with pytest.raises(NotYours):
        post(tutor._switch, making.somebody(course, Role.TA)[0], {"on": "0"})


def test_the_course_is_set_and_switched_off_and_on_again() -> None:
    course = a_course()
    essay = work(course, "Essay")
    teacher, _token = making.somebody(course, Role.TEACHER)
    reader, _token = making.somebody(course)

    page = post(tutor._guide, teacher, {"mode": "choice", "hints": "4", "general": "1"})
    assert "Saved." in page
    held = Guidance.objects.get(course=course)
    assert (held.way, held.ceiling, held.hints, held.general) == ("guide", "explain", 4, True)
    for bad in ({"mode": "x"}, {"mode": "guide"}, {"mode": "guide", "hints": "9"}):
        with pytest.raises(BadRequest):
            post(tutor._guide, teacher, bad)
    with pytest.raises(BadRequest):
        post(tutor._switch, teacher, {"part": "weather", "on": "0"})

    off = post(tutor._switch, teacher, {"on": "0"})
    assert "it answers nobody, you included" in off
    assert "The tutor is switched off here" in get(student._chat, reader)
    assert "Switched on." in post(tutor._switch, teacher, {"on": "1"})
    assert "switched off" not in get(student._chat, reader)
    named = {"about": "assignment", "about_id": essay.pk}
    assert "Switch the tutor on for this" in post(tutor._switch_one, teacher, {"on": "0"}, **named)
    assert Switch.objects.get(course=course).activity is not None


def test_a_teachers_words_are_tried_before_they_are_in_force() -> None:
    course = a_course()
    teacher, _token = making.somebody(course, Role.TEACHER)

    def attempt(text: str) -> str:
        return post(persona._try, teacher, {"text": text})

    assert "These words are not in force" in attempt("Just give them the answers.")
    assert "far too long" in attempt("a" * 20_001)
    assert "Your words are being tried." in attempt("Speak of ships and the sea.")
    assert "Your words are being tried." in get(tutor._page, teacher)
    assert Job.objects.filter(kind="try_persona", course=course).exists()
    assert Guidance.objects.get(course=course).persona == ""
    assert "The tutor speaks as usual again." in attempt(" ")


def test_a_page_or_a_part_of_the_course_can_be_chosen_too() -> None:
    course = a_course()
    part = TocNode.objects.create(
        course=course, source="test", source_id="1", title="Exam week", kind="heading"
    )
    teacher, _token = making.somebody(course, Role.TEACHER)

    page = get(tutor._add, teacher, query={"what": f"module:{part.pk}"})
    assert page.index(f'id="line-{part.pk}"') > 0
    for bad in ("", "module:1", f"planet:{part.pk}", f"item:{part.pk}"):
        with pytest.raises(TutorError):
            get(tutor._add, teacher, query={"what": bad})
    assert f'id="line-{part.pk}"' not in get(tutor._page, teacher)


def test_a_copied_course_takes_over_what_was_decided_and_an_exam_once_it_has_an_end() -> None:
    old, new = a_course(), a_course()
    Course.objects.filter(pk=new.pk).update(
        institution=old.institution, copied_from=old, source_id="2"
    )
    new.refresh_from_db()
    teacher, _token = making.somebody(old, Role.TEACHER)
    post(tutor._guide, teacher, {"mode": "guide", "hints": "1"})
    post(tutor._switch, teacher, {"part": "practice", "on": "0"})
    times = {"exam": "exam", "closes_at": (making.now() + HOUR).isoformat()}
    for title, fields in (
        ("Midterm", times),
        ("Essay", {"mode": "explain"}),
        ("Gone", {"hints": "0"}),
    ):
        decide(teacher, work(old, title), **fields)
    essay, midterm = work(new, "Essay"), work(new, "Midterm")

    def here() -> dict[UUID, tuple[str, str]]:
        rows = Activity.objects.filter(course=new)
        return {pk: (way, exam) for pk, way, exam in rows.values_list("about_id", "way", "exam")}

    carried.take_over(new, old)
    assert here() == {essay.pk: ("explain", "")}
    assert carried.waiting(new, old) == ["Midterm"]
    held = Guidance.objects.get(course=new)
    assert (held.way, held.hints) == ("guide", 1)
    assert carried.begun(new)

    Assignment.objects.filter(pk=midterm.pk).update(due_date=making.now() + 24 * HOUR)
    Switch.objects.filter(course=new).delete()  # a teacher switched practice on again
    carried.take_over(new, old)
    carried.take_over(new, old)
    assert here() == {essay.pk: ("explain", ""), midterm.pk: ("", "exam")}
    assert carried.waiting(new, old) == []
    assert not Switch.objects.filter(course=new).exists()
