"""Which item comes next, what is kept of an answer, and who gets none."""

import html
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from agents import asked, checks, finding, items, mastery, skills, words, worked
from agents.mastery import Standing
from agents.models.index import Chunk
from agents.models.learning import Ladder, Mastery, Skill, Try, Worked
from agents.models.teaching import Activity, Switch
from tests.practice import making as practising
from tests.retrieval import making
from tests.tutor.test_practice import ENERGY, FRICTION
from tutorai.errors import Locked, NotFound, NotOpen, NotYours, SwitchedOff
from tutorai.ids import new_id
from tutorai.lmsdm.models import Assignment, ContentItem, Course
from tutorai.lmsdm.schema import Actor

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("UTC"))
DAY = timedelta(days=1)


@pytest.fixture
def course() -> Course:
    pages = {"Friction": FRICTION, "Energy": ENERGY}
    made = making.filled(pages, opened_at=timezone.now())
    finding.find(made.pk)
    return made


@pytest.fixture
def student(course: Course) -> Actor:
    return practising.a_student(course)


def skill(course: Course, title: str) -> Skill:
    return Skill.objects.get(course=course, title=title)


def a_gap(actor: Actor, skill_id: UUID | None = None) -> tuple[str, str]:
    """An item with a gap, and the word that is right."""
    one = next(one for one in items.sitting(actor, skill_id) if not one.question)
    what = asked.opened(one.token)
    assert what.gap
    return one.token, Chunk.objects.get(pk=what.chunk).text[what.gap[2] : what.gap[3]]


def test_what_is_answered_alone_is_kept_and_the_same_again_counts_as_helped(
    course: Course, student: Actor
) -> None:
    token, word = a_gap(student)

    first = items.answer(student, token, word)
    again = items.answer(student, token, word)

    assert (first.right, first.assisted, first.kept) == (True, False, True)
    assert (again.right, again.assisted, again.kept) == (True, True, True)
    assert sorted(Try.objects.filter(course=course).values_list("assisted", flat=True)) == [
        False,
        True,
    ]
    [row] = Mastery.objects.filter(user_id=student.user_id)
    assert (row.tries, row.right) == (1, 1.0)


def test_a_hint_tells_a_little_and_makes_the_answer_a_helped_one(
    course: Course, student: Actor
) -> None:
    token, word = a_gap(student)

    hint = items.hint(student, token)
    verdict = items.answer(student, token, word)

    assert (hint.letter, hint.letters) == (word[0], len(word))
    assert hint.url.startswith("https://lms.example.edu/pages/")
    assert word not in (hint.text, hint.letter)
    assert (verdict.assisted, verdict.kept) == (True, True)
    assert (
        mastery.level(
            student, list(Skill.objects.filter(course=course).values_list("pk", flat=True))
        )
        is None
    )


def test_who_asks_to_be_shown_is_shown_and_has_not_tried(course: Course, student: Actor) -> None:
    token, word = a_gap(student)

    shown = items.answer(student, token, " ")
    then = items.answer(student, token, word)

    assert (shown.word, shown.kept) == (word, False)
    assert then.assisted
    assert Try.objects.filter(user_id=student.user_id).count() == 1


def test_a_teacher_tries_everything_and_leaves_nothing(course: Course) -> None:
    teacher = making.an_actor(course, "teacher")
    token, word = a_gap(teacher)

    assert items.answer(teacher, token, word).right
    assert not Try.objects.filter(course=course).exists()


def test_skills_come_in_the_order_in_which_they_want_practice() -> None:
    def one(title: str, share: float | None, due: int | None = None) -> Standing:
        at = None if due is None else NOON + due * DAY
        return Standing(new_id(), title, share, 5, at)

    given = [
        one("steady", 0.9, 9),
        one("new", None),
        one("weak", 0.3, 2),
        one("weaker", 0.1, 2),
        one("due", 0.9, -1),
        one("long due", 1.0, -5),
    ]

    told = [each.title for each in items.ordered(given, NOON)]

    assert told == ["long due", "due", "weaker", "weak", "new", "steady"]


def test_a_review_comes_when_it_is_due_and_its_right_answer_moves_it_on(
    course: Course, student: Actor
) -> None:
    friction = skill(course, "Friction")
    Skill.objects.filter(pk=friction.pk).update(title="Why things stop")  # it tells no word
    with time_machine.travel(NOON, tick=False):
        token, word = a_gap(student, friction.pk)
        items.answer(student, token, word)
    with time_machine.travel(NOON + DAY, tick=False):
        first = items.item(student)
        token, word = a_gap(student, friction.pk)
        items.answer(student, token, word)

    assert (first.kind, first.skill_id) == ("review", friction.pk)
    row = Mastery.objects.get(user_id=student.user_id, skill=friction)
    assert row.due_at is not None
    assert (row.interval, row.due_at > NOON + 2 * DAY) == (2, True)
    assert set(Try.objects.filter(course=course).values_list("kind", flat=True)) == {
        "practice",
        "review",
    }


def test_no_item_tells_its_word_in_its_token_its_sentence_or_its_skill(
    course: Course, student: Actor
) -> None:
    for one in items.sitting(student):
        what = asked.opened(one.token)
        assert what.gap
        word = Chunk.objects.get(pk=what.chunk).text[what.gap[2] : what.gap[3]]
        told = words.terms(f"{one.before} {one.after} {one.title} {one.skill}", "en")
        assert words.terms(word, "en")[0] not in told
        assert word not in html.unescape(one.token)


def test_who_sits_an_exam_gets_no_item_no_hint_and_no_verdict(
    course: Course, student: Actor
) -> None:
    token, word = a_gap(student)
    now = timezone.now()
    work = Assignment.objects.create(
        course=course, source="test", source_id="e", title="Midterm", published=True
    )
    Activity.objects.create(
        course=course,
        about="assignment",
        about_id=work.pk,
        exam="exam",
        opens_at=now - DAY,
        closes_at=now + DAY,
    )

    for act in (
        lambda: items.item(student),
        lambda: items.answer(student, token, word),
        lambda: items.hint(student, token),
    ):
        with pytest.raises(Locked, match="Midterm"):
            act()
    assert items.sitting(making.an_actor(course, "teacher"))
    assert not Try.objects.filter(course=course).exists()


def test_practice_can_be_switched_off_and_is_for_who_may_ask(
    course: Course, student: Actor
) -> None:
    with pytest.raises(NotYours):
        items.item(making.an_actor(course, "observer"))
    row = Switch.objects.create(
        institution=course.institution, course=course, capability="practice"
    )
    with pytest.raises(SwitchedOff):
        items.item(student)
    row.delete()
    Course.objects.filter(pk=course.pk).update(opened_at=None)
    with pytest.raises(NotOpen):
        items.item(student)


def test_what_is_hidden_now_or_of_another_course_is_not_asked_nor_judged(
    course: Course, student: Actor
) -> None:
    token, word = a_gap(student, skill(course, "Friction").pk)
    ContentItem.objects.filter(course=course, title="Friction").update(published=False)

    with pytest.raises(NotFound):
        items.answer(student, token, word)
    with pytest.raises(NotFound):
        items.item(student, skill(course, "Friction").pk)
    other = practising.a_student(making.filled({"Friction": FRICTION}, opened_at=timezone.now()))
    for wrong in (token, "nonsense", token[:-3]):
        with pytest.raises(NotFound):
            items.answer(other, wrong, word)


def help_with(course: Course, student: Actor, **fields: object) -> Ladder:
    told = {"problem": new_id().hex, "title": "A block that slides with friction", "level": 2}
    told |= {"moved_at": timezone.now(), **fields}
    return Ladder.objects.create(course=course, user_id=student.user_id, **told)


def test_after_help_one_check_waits_without_help_and_is_kept_with_it(
    course: Course, student: Actor
) -> None:
    ladder = help_with(course, student)
    help_with(course, student, level=0)
    help_with(course, student, moved_at=timezone.now() - 31 * DAY, began_at=timezone.now())
    help_with(course, practising.a_student(course))

    [waits] = checks.waiting(student)
    one = items.check(student, waits.ladder_id)

    assert (waits.skill.title, waits.ladder_id) == ("Friction", ladder.pk)
    assert (one.kind, one.title) == ("check", "")
    with pytest.raises(NotFound):
        items.hint(student, one.token)
    what = asked.opened(one.token)
    assert what.gap
    word = Chunk.objects.get(pk=what.chunk).text[what.gap[2] : what.gap[3]]
    items.answer(student, one.token, word)

    made = Try.objects.get(user_id=student.user_id)
    assert (made.kind, made.ladder_id, made.assisted, made.right) == (
        "check",
        ladder.pk,
        False,
        True,
    )
    assert checks.waiting(student) == []
    with pytest.raises(NotFound):
        items.check(practising.a_student(course), ladder.pk)


def test_help_with_an_activity_is_checked_on_what_its_pages_teach(
    course: Course, student: Actor
) -> None:
    energy = ContentItem.objects.get(course=course, title="Energy")
    activity = Activity.objects.create(course=course, about="item", about_id=energy.pk)
    help_with(course, student, activity=activity, title="Problem 3", solved_at=timezone.now())
    help_with(course, student, title="Something of no page of this course: Byzantium")

    assert [one.skill.title for one in checks.waiting(student)] == ["Energy"]


DRAWN = {
    "question": "Why does a heavier block slow down more?",
    "choices": [
        {"text": "Its normal force is larger", "right": True, "why": "Friction grows with it."},
        {"text": "Its speed is smaller", "right": False, "why": "Speed does not enter."},
        {"text": "Its surface is hotter", "right": False, "why": "Heat is what follows."},
    ],
    "hint": "What does friction grow with?",
    "worked": "Friction grows with the normal force, and a heavier block presses more.",
    "quote": "friction, which grows with the normal force of the floor",
}


def drawn(course: Course) -> Worked:
    chunk = Chunk.objects.filter(course=course, text__startswith="A sliding block")[0]
    return Worked.objects.create(
        course=course, sha256=worked._sha256(chunk.text), prompt=worked.VERSION, questions=[DRAWN]
    )


def test_a_question_that_a_model_made_is_asked_and_its_working_told_after(
    course: Course, student: Actor
) -> None:
    drawn(course)
    one = next(one for one in items.sitting(student) if one.question)

    hint = items.hint(practising.a_student(course), one.token)
    wrong = items.answer(practising.a_student(course), one.token, "Its surface is hotter")
    right = items.answer(student, one.token, "Its normal force is larger")

    assert sorted(one.choices) == sorted(each["text"] for each in DRAWN["choices"])  # type: ignore[index]
    assert hint.text == DRAWN["hint"]
    assert (wrong.right, wrong.why, wrong.word) == (
        False,
        "Heat is what follows.",
        "Its normal force is larger",
    )
    assert (right.right, right.worked, right.kept) == (True, DRAWN["worked"], True)
    assert right.quote in right.passage
    assert skills.one(student, str(one.skill_id)).title == "Friction"
