"""The pages: practice, one's own progress, the plan as a page and as a calendar, the class."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from icalendar import Calendar

from agents import classwide, finding, ics, mastery, plan
from agents.models.learning import Ladder, Skill, Try
from agents.models.teaching import Switch
from tests.practice import making as practising
from tests.retrieval import making
from tests.tutor.test_practice import ENERGY, FRICTION
from tutorai.errors import NotYours, SwitchedOff
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Assignment, Course, Enrolment
from tutorai.lmsdm.schema import Actor
from tutorai.web import placed, skills, studying

NOON = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("UTC"))  # the night before summer time begins
DAY = timedelta(days=1)
GET = RequestFactory().get("/")


@pytest.fixture
def course() -> Course:
    made = making.filled({"Friction": FRICTION, "Energy": ENERGY}, opened_at=timezone.now())
    finding.find(made.pk)
    return made


@pytest.fixture
def student(course: Course) -> Actor:
    return practising.a_student(course, time_zone="Europe/Madrid")


def skill(course: Course, title: str = "Friction") -> Skill:
    return Skill.objects.get(course=course, title=title)


def tried(actor: Actor, one: Skill, *answers: tuple[bool, bool]) -> None:
    """Answers as (right, with help)."""
    for right, assisted in answers:
        mastery.note(actor, one, Try.Kind.PRACTICE, right, assisted)


def posted(**fields: str) -> HttpRequest:
    return RequestFactory().post("/", fields)


def test_the_practice_page_asks_hints_and_tells_in_turn(course: Course, student: Actor) -> None:
    page = placed._practice(GET, student).content.decode()
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]

    hint = studying._hint(posted(token=token), student).content.decode()
    told = studying._check(posted(token=token, said="nonsense"), student).content.decode()

    assert "It begins with" in hint
    assert "https://lms.example.edu/pages/" in hint
    assert "Not this word" in told
    assert "with help" in told
    assert Try.objects.get(user_id=student.user_id).assisted


def test_ones_own_progress_is_told_in_plain_words_and_can_be_deleted(
    course: Course, student: Actor
) -> None:
    friction = skill(course)
    tried(student, friction, *[(True, False)] * 3, *[(True, True)] * 2)
    tried(student, skill(course, "Energy"), (False, False), (False, False), (True, True))

    page = studying._mine(GET, student).content.decode()
    after = studying._forget(posted(), student).content.decode()

    assert "Steady" in page
    assert "Worth more practice" in page
    assert "Alone: 3 of 3 right." in page
    assert "With help: 2 of 2 right." in page
    assert "Not tried alone yet" in after
    assert not Try.objects.filter(user_id=student.user_id).exists()


def test_who_acts_as_a_student_reads_and_changes_nothing_of_their_practice(
    course: Course, student: Actor
) -> None:
    tried(student, skill(course), *[(True, False)] * 3, *[(True, True)] * 2)
    acting = student.model_copy(update={"acted_by": "admin"})

    page = studying._mine(GET, acting).content.decode()

    assert "Steady" not in page
    assert "Alone:" not in page
    with pytest.raises(NotYours):
        studying._forget(posted(), acting)
    assert Try.objects.filter(user_id=student.user_id).count() == 5


def test_a_gap_is_told_once_enough_answers_are_behind_it() -> None:
    few = classwide.Gap(classwide.Tally(0, 2), classwide.Tally(3, 3))
    wide = classwide.Gap(classwide.Tally(1, 3), classwide.Tally(3, 3))
    even = classwide.Gap(classwide.Tally(3, 3), classwide.Tally(3, 3))

    assert [one.leans for one in (few, wide, even)] == [False, True, False]


def a_class(course: Course, n: int) -> list[Actor]:
    made = [practising.a_student(course) for _n in range(n)]
    for one in made:
        Enrolment.objects.create(
            course=course, user_id=one.user_id, role="student", seen_at=timezone.now()
        )
    return made


def test_a_class_is_told_of_from_five_on_and_nobody_in_it(course: Course) -> None:
    teacher, friction = making.an_actor(course, "teacher"), skill(course)
    students = a_class(course, 5)
    for one in students[:4]:
        tried(one, friction, (True, True), (True, False))
    tried(practising.a_student(course), friction, (True, False))  # not of the class any more
    four = skills._listed(GET, teacher).content.decode()
    tried(students[4], friction, (True, True), (False, False), (False, False))

    [energy, row] = sorted(classwide.of(teacher), key=lambda one: one.title)
    page = skills._listed(GET, teacher).content.decode()

    assert "80 %" not in four
    assert (row.alone, row.helped, row.gap, row.steady) == (80, 100, 20, 0)
    assert (energy.alone, energy.gap) == (None, None)
    assert "80 %" in page
    assert not any(str(one.user_id) in page for one in students)
    with pytest.raises(NotYours):
        classwide.of(making.an_actor(course, "student"))


def test_hints_are_seen_by_who_grades_and_that_is_written_down(course: Course) -> None:
    ta, designer = making.an_actor(course, "ta"), making.an_actor(course, "designer")
    [one] = a_class(course, 1)
    for level in (0, 3):
        Ladder.objects.create(
            course=course, user_id=one.user_id, problem=new_id().hex, title="Blocks", level=level
        )
    tried(one, skill(course), (False, False))

    told = skills._helped(GET, ta).content.decode()

    assert told.count("<tr>") == 2  # the heading, and one line
    assert "<td>3</td>" in told
    assert AuditEvent.objects.filter(course=course.pk, verb="hints.read").count() == 1
    assert "Whom the tutor helped" not in skills._listed(GET, designer).content.decode()
    with pytest.raises(NotYours):
        skills._helped(GET, designer)
    with pytest.raises(NotYours):
        skills._listed(GET, making.an_actor(course, "admin"))


def test_a_teacher_changes_the_list_on_its_page(course: Course) -> None:
    teacher, friction = making.an_actor(course, "teacher"), skill(course)

    bad = skills._act(posted(title=" "), teacher, friction.pk, "rename").content.decode()
    skills._add(posted(title="Tell heat from work"), teacher)
    form = skills._pages(GET, teacher, friction.pk).content.decode()
    skills._act(posted(item="nonsense"), teacher, friction.pk, "aim")
    page = skills._act(posted(), teacher, friction.pk, "hide").content.decode()

    assert "This cannot be used" in bad
    assert form.count(" checked") == 1
    assert "Tell heat from work" in page
    assert "Hidden" in page
    assert skill(course).items.count() == 0


def test_the_plan_tells_reviews_and_what_is_weak_unless_practice_is_off(
    course: Course, student: Actor
) -> None:
    tried(student, skill(course), (True, False))
    tried(student, skill(course, "Energy"), (False, False))

    page = studying.plan(GET, student).content.decode()
    made = plan.plan(student)
    Switch.objects.create(institution=course.institution, course=course, capability="practice")

    assert [one.title for one in made.reviews] == ["Friction", "Energy"]
    assert [one.title for one in made.weak] == ["Energy"]
    assert "To look at again" in page
    assert "Worth more practice" in page
    assert plan.plan(student).reviews == []
    Switch.objects.create(institution=course.institution, course=course, capability="plan")
    assert "switched off" in studying.plan(GET, student).content.decode()
    with pytest.raises(SwitchedOff):
        studying._plan_link(GET, student)


def test_the_calendar_has_titles_and_dates_in_the_right_zone_and_nobody_in_it(
    course: Course, student: Actor
) -> None:
    zone = ZoneInfo("Europe/Madrid")
    with time_machine.travel(NOON, tick=False):
        due = datetime(2026, 3, 29, 23, 30, tzinfo=zone)  # in summer time, 21:30 UTC
        work = Assignment.objects.create(
            course=course, source="test", source_id="w", title="Report; with, signs", due_date=due
        )
        tried(student, skill(course), (True, False))
        made = plan.plan(student)
        first = ics.written(made, "Physics\r\nEVIL:1", zone, timezone.now())
        again = ics.written(made, "Physics", zone, timezone.now() + DAY)

    read, later = Calendar.from_ical(first), Calendar.from_ical(again)
    events = {str(one["uid"]).partition("@")[0]: one for one in read.walk("VEVENT")}
    hand_in = events[f"work-{work.pk}"]
    review = events[f"review-{skill(course).pk}"]

    assert hand_in.decoded("dtstart") == due
    assert b"DTSTART:20260329T213000Z" in first
    assert str(hand_in["summary"]) == "Due: Report; with, signs"
    assert review.decoded("dtstart") == date(2026, 3, 29)
    assert {str(one["uid"]) for one in later.walk("VEVENT")} == {
        str(one["uid"]) for one in read.walk("VEVENT")
    }
    assert b"\r\nEVIL" not in first
    assert str(student.user_id).encode() not in first
    assert not {"ORGANIZER", "ATTENDEE", "DESCRIPTION"} & {
        name for one in read.walk("VEVENT") for name in one
    }


def test_the_calendar_opens_by_an_address_that_is_good_for_a_minute(course: Course) -> None:
    told = studying._plan_link(GET, practising.a_student(course, session_id=new_id()))

    assert told.status_code == 204
    assert told["HX-Redirect"].startswith("/files/plan/")
