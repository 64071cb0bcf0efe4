"""The skills of a course: found, found again, changed by its teacher, and who knows of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents import finding, mastery, skills
from agents.models.learning import Mastery, Skill, Try
from agents.models.teaching import Activity
from tests.practice import making as practising
from tests.retrieval import making
from tutorai import flows
from tutorai import practising as background
from tutorai.errors import BadRequest, Conflict, NotFound, NotYours
from tutorai.ids import new_id
from tutorai.ledger.models import Job
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import ContentItem, Course, TocNode
from tutorai.lmsdm.schema import Actor

OVERVIEW = (
    "<p>By the end of this course you will be able to:</p><ul><li>Explain how friction slows a "
    "sliding block</li><li>Say how plants make sugar with chlorophyll</li></ul>"
)


@pytest.fixture
def course() -> Course:
    return making.filled({**making.PAGES, "Overview": OVERVIEW}, opened_at=timezone.now())


def found(course: Course) -> dict[str, list[str]]:
    """What is found: the skills' titles and their pages."""
    finding.find(course.pk)
    rows = Skill.objects.filter(course=course).order_by("position").prefetch_related("items")
    return {row.title: sorted(item.title for item in row.items.all()) for row in rows}


def reworded(course: Course, html: str) -> None:
    making.indexed(making.a_page(course, "Overview", html))


def a_part(course: Course, title: str, *pages: str) -> None:
    fields = {"course": course, "source": "test"}
    node = TocNode.objects.create(**fields, source_id=title, kind="heading", title=title)
    for at, name in enumerate(pages):
        item = ContentItem.objects.get(course=course, title=name)
        TocNode.objects.create(
            **fields, source_id=f"{title}{at}", kind="page", parent=node, item=item, position=at
        )


def test_outcomes_are_linked_to_the_pages_that_teach_them_and_are_found_once(
    course: Course,
) -> None:
    a_part(course, "Unit on code", "Recursion")

    first = found(course)
    pks = set(Skill.objects.filter(course=course).values_list("pk", flat=True))

    assert first == {
        "Explain how friction slows a sliding block": ["Friction"],
        "Say how plants make sugar with chlorophyll": ["Photosynthesis"],
        "Unit on code": ["Recursion"],  # it promises nothing, so it stands for itself
    }
    assert found(course) == first
    assert set(Skill.objects.filter(course=course).values_list("pk", flat=True)) == pks


def test_without_outcomes_the_parts_of_the_contents_serve_and_without_those_the_pages() -> None:
    course = making.filled(opened_at=timezone.now())

    alone = found(course)
    a_part(course, "Nature", "Friction", "Photosynthesis")
    a_part(course, "Empty part")

    assert sorted(alone) == ["Friction", "Photosynthesis", "Recursion"]
    assert found(course) == {"Nature": ["Friction", "Photosynthesis"]}


def test_a_wording_that_changed_keeps_what_people_did_and_what_went_goes(course: Course) -> None:
    found(course)
    student = practising.a_student(course)
    row = Skill.objects.get(course=course, title__startswith="Explain")
    mastery.note(student, row, "practice", True, False)

    reworded(course, OVERVIEW.replace("Explain how friction", "Explain how the friction"))
    now = found(course)

    assert "Explain how the friction slows a sliding block" in now
    assert len(now) == 2
    row.refresh_from_db()
    assert (row.title, row.tries.count()) == ("Explain how the friction slows a sliding block", 1)

    reworded(course, "<p>Nothing is promised here any more at all, to nobody.</p>")
    left = found(course)
    assert left["Explain how the friction slows a sliding block"] == []  # somebody tried it
    assert "Say how plants make sugar with chlorophyll" not in left


def test_what_a_teacher_changed_stays_so_and_is_written_down(course: Course) -> None:
    found(course)
    teacher = making.an_actor(course, "teacher")
    friction, plants = Skill.objects.filter(course=course).order_by("position")
    recursion = ContentItem.objects.get(course=course, title="Recursion")

    skills.rename(teacher, friction.pk, "  Talk about   friction ")
    skills.hide(teacher, plants.pk)
    own = skills.add(teacher, "Write a recursive function with a base case")
    skills.aim(teacher, friction.pk, [recursion.pk, new_id()])

    assert found(course) == {
        "Talk about friction": ["Recursion"],
        "Say how plants make sugar with chlorophyll": ["Photosynthesis"],
        "Write a recursive function with a base case": ["Recursion"],
    }
    assert [one.title for one in mastery.of(practising.a_student(course))] == [
        "Talk about friction",
        "Write a recursive function with a base case",
    ]
    skills.remove(teacher, own.pk)
    verbs = AuditEvent.objects.filter(course=course.pk).values_list("verb", flat=True)
    assert sorted(verbs) == ["skill.add", *["skill.change"] * 3, "skill.remove"]


def test_what_cannot_be_is_refused_in_words(course: Course) -> None:
    found(course)
    teacher, row = making.an_actor(course, "teacher"), Skill.objects.filter(course=course)[0]

    for title in ("", "  ", "x" * 201):
        with pytest.raises(BadRequest):
            skills.rename(teacher, row.pk, title)
    with pytest.raises(Conflict):
        skills.remove(teacher, row.pk)  # it would be found again
    for who in ("student", "ta"):
        with pytest.raises(NotYours):
            skills.add(making.an_actor(course, who), "Mine")
    elsewhere = making.an_actor(making.a_course(), "teacher")
    with pytest.raises(NotFound):
        skills.hide(elsewhere, row.pk)


def test_a_skill_of_pages_that_are_shut_is_shut_with_them(course: Course) -> None:
    found(course)
    ContentItem.objects.filter(course=course, title="Friction").update(published=False)

    for actor in (practising.a_student(course), making.an_actor(course, "teacher")):
        assert [one.title for one in mastery.of(actor)] == [
            "Say how plants make sugar with chlorophyll"
        ]


def test_a_skill_of_an_exam_is_shut_for_who_sits_it_or_has_still_to(course: Course) -> None:
    found(course)
    page = ContentItem.objects.get(course=course, title="Friction")
    opens = timezone.now() + timedelta(hours=1)
    exam = Activity(course=course, about="item", about_id=page.pk, exam="exam")
    exam.opens_at, exam.closes_at = opens, opens + timedelta(hours=1)
    exam.save()
    student, teacher = practising.a_student(course), making.an_actor(course, "teacher")
    skill = Skill.objects.get(course=course, items=page)

    assert skill not in skills.seen(student)
    assert skill in skills.seen(teacher)
    with pytest.raises(NotFound):
        skills.one(student, skill.pk)
    exam.opens_at, exam.closes_at = opens - timedelta(days=2), opens - timedelta(days=1)
    exam.save()
    assert skill in skills.seen(student)


def test_only_a_students_own_doing_in_a_course_that_goes_on_is_kept(course: Course) -> None:
    found(course)
    row = Skill.objects.filter(course=course)[0]
    student = practising.a_student(course)
    others: list[Actor] = [
        making.an_actor(course, "teacher", user_id=student.user_id),
        student.model_copy(update={"acted_by": "7"}),
        student.model_copy(update={"ended": True}),
        student.model_copy(update={"is_test": True}),
    ]

    assert [mastery.note(one, row, "practice", True, False) for one in others] == [None] * 4
    assert mastery.level(student, [row.pk]) is None
    mastery.note(student, row.pk, Try.Kind.PRACTICE, True, False)
    mastery.note(student, None, Try.Kind.PRACTICE, True, False)
    [standing, _other] = mastery.of(student)

    assert (standing.share, standing.tries) == (0.5, 1)
    assert mastery.level(student, [str(row.pk), "nonsense"]) == 0.5
    with pytest.raises(NotFound):
        mastery.note(student, new_id(), "practice", True, False)
    assert mastery.forget(student) == 2
    assert not Mastery.objects.filter(user_id=student.user_id).exists()
    assert not Try.objects.filter(user_id=student.user_id).exists()


def test_what_was_read_has_its_skills_found_once_for_all_of_it() -> None:
    course = making.a_course()
    for title in ("One", "Two"):
        page = making.a_page(course, title, making.PAGES["Friction"])
        flows.index_item(Job(kind=flows.INDEX, payload={"item": str(page.pk)}))
    [job] = Job.objects.filter(course=course, kind=background.FIND)

    flows.WORK[background.FIND].run(job)

    assert job.due_at > timezone.now()
    assert sorted(Skill.objects.filter(course=course).values_list("title", flat=True)) == [
        "One",
        "Two",
    ]
    assert course not in finding.lacking()
