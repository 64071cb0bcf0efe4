"""What teachers entrust to the tutor: kept encrypted, read by its authors alone, and where it goes."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from agents.models import Activity, Secret
from agents.tutor import keys, sealing, vault
from agents.tutor.holdback import Holdback
from agents.tutor.sealed import Mistake, Solution, Vault
from agents.tutor.sealing import Wish
from tests import factories
from tests.locks import making
from tutorai.errors import BadRequest, NotFound, NotYours, TutorError
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Assignment, Course, Quiz
from tutorai.lmsdm.quizzes import Ask, Choice, Pair, Question
from tutorai.lmsdm.quizzes import Quiz as Told
from tutorai.lmsdm.schema import Actor, Role
from tutorai.web import vault as pages

QUIZ = Told(
    title="Cells",
    questions=(
        Question(
            ask=Ask.SINGLE,
            text="<p>Which organelle makes ATP in the cell?</p>",
            choices=(Choice(text="nucleus"), Choice(text="<b>mitochondria</b>", share=1)),
        ),
        Question(ask=Ask.NUMBER, text="2 + 2 &lt; ?", choices=(Choice(text="5", share=1),)),
        Question(
            ask=Ask.TRUE_FALSE,
            text="Cells are flat.",
            choices=(Choice(text="Verdadero"), Choice(text="Falso", share=1)),
        ),
        Question(ask=Ask.MATCHING, text="Match.", pairs=(Pair(left="A cell", right="lives"),)),
        Question(ask=Ask.ESSAY, text="Tell."),
    ),
)


def a_quiz(course: Course) -> Quiz:
    record = json.loads(QUIZ.model_dump_json())
    return Quiz.objects.create(
        course=course, source="test", source_id="quiz:1", title="Cells", record=record
    )


def work(course: Course, title: str) -> Assignment:
    row = {"course": course, "source": "test", "source_id": f"assignment:{title}", "title": title}
    return Assignment.objects.create(**row)


def get(view: Any, actor: Actor, **path: Any) -> str:
    shown: HttpResponse = view(RequestFactory().get("/"), actor, **path)
    return shown.content.decode()


def post(view: Any, actor: Actor, fields: dict[str, str], **path: Any) -> str:
    shown: HttpResponse = view(RequestFactory().post("/", fields), actor, **path)
    return shown.content.decode()


def seen(course: Course) -> list[str]:
    rows = AuditEvent.objects.filter(course=course.pk, verb__startswith="vault.")
    return list(rows.order_by("created_at", "pk").values_list("verb", flat=True))


def test_a_quiz_tells_its_keys() -> None:
    single, number, verdict, matching = keys.of(QUIZ)

    assert single.problem == "Which organelle makes ATP in the cell?"
    assert (single.finals, single.right, single.lettered) == (("mitochondria",), (1,), True)
    assert (number.problem, number.finals) == ("2 + 2 < ?", ("5",))
    assert verdict.verdict is False
    assert matching.pairs == (("A cell", "lives"),)
    assert not keys.of(QUIZ.model_copy(update={"shuffle": True}))[0].lettered


def test_a_solution_without_an_answer_has_the_one_that_its_text_concludes() -> None:
    assert Solution(text="Subtract 4, so that 3x = 12, and divide by 3.\nAnswer: 4 m").finals == (
        "4 m",
    )
    assert Solution(text="First we take all of it and then we have x = 7").finals == ("7",)
    assert Solution(text="the price rises").finals == ("the price rises",)
    assert Solution(text="long " * 20).finals == ()
    assert not Vault()


def test_of_other_activities_only_what_the_talk_is_about_is_held() -> None:
    ours = Solution(answers=("1",), problem="Anything at all")
    theirs = Solution(answers=("2",), problem="Which organelle makes ATP?", own=False)
    slips = Mistake("They mix up organelles.", problem="Which organelle makes ATP?", own=False)
    held = Vault((ours, theirs), (slips,))

    assert held.bearing("hello").answers == ("1",)
    about = held.bearing("I do not know which organelle makes the ATP, do you?")
    assert about.answers == ("1", "2")
    assert about.mistakes == (slips,)


@pytest.mark.django_db
def test_an_author_keeps_changes_and_takes_out_what_rests_encrypted() -> None:
    course = factories.a_course()
    essay, quiz = work(course, "Essay"), a_quiz(course)
    teacher, _token = making.somebody(course, Role.TEACHER)
    typed = {"kind": "solution", "problem": "Solve 3x = 126.", "text": "Divide.", "answers": "42\n"}

    assert "Nothing yet." in get(pages._show, teacher)
    kept = post(pages._add, teacher, {**typed, "place": f"assignment:{essay.pk}"})
    assert "Kept." in kept
    assert "Essay" in kept
    row = Secret.objects.get(course=course)
    assert "Divide" not in row.text
    assert "42" not in json.dumps([row.text[:3], row.answers[:3]])
    assert vault.opened(row) == ("Divide.", ("42",))
    other = vault.of(course.pk)
    assert [one.own for one in other.solutions] == [False] * 5
    own = vault.of(course.pk, "assignment", essay.pk)
    assert [one.finals for one in own.solutions if one.own] == [("42",)]
    assert sum(one.own for one in vault.of(course.pk, "quiz", quiz.pk).solutions) == 4

    refused = post(pages._change, teacher, {**typed, "text": " ", "answers": ""}, secret=row.pk)
    assert "a text or a final answer is needed" in refused
    mistake = {**typed, "kind": "mistake", "text": "They add."}
    assert "Changed." in post(pages._change, teacher, mistake, secret=row.pk)
    assert vault.of(course.pk).mistakes[0].text == "They add."
    assert "Taken out." in post(pages._remove, teacher, {}, secret=row.pk)
    assert not Secret.objects.exists()
    changes = [verb for verb in seen(course) if verb != "vault.read"]
    assert changes == ["vault.set", "vault.set", "vault.remove"]
    page = get(pages._show, teacher)
    assert "4 keys from the quiz in your learning platform" in page
    assert "mitochondria" in page


@pytest.mark.django_db
def test_nobody_else_reads_or_writes_it_and_bad_wishes_say_why() -> None:
    course, elsewhere = factories.a_course(), factories.a_course()
    teacher, _token = making.somebody(course, Role.TEACHER)
    stranger, _other = making.somebody(elsewhere, Role.TEACHER)
    row = sealing.put(teacher, Wish(text="x = 1"))

    for role in (Role.STUDENT, Role.TA, Role.OBSERVER):
        actor, _mine = making.somebody(course, role)
        for act in (sealing.shelves, sealing.places):
            with pytest.raises(NotYours):
                act(actor)
    with pytest.raises(NotYours):
        sealing.put(teacher.model_copy(update={"ended": True}), Wish(text="x"))
    with pytest.raises(NotYours):
        sealing.shelves(teacher.model_copy(update={"acted_by": "7"}))
    with pytest.raises(NotFound):
        sealing.remove(stranger, row.pk)
    assert _refused(teacher, Wish(kind="joke", text="x")) is BadRequest
    assert _refused(teacher, Wish(text="x" * 20_001)) is BadRequest
    assert _refused(teacher, Wish(answers="x" * 501)) is BadRequest
    assert _refused(teacher, Wish(text="x", place="quiz:no")) is NotFound
    assert _refused(teacher, Wish(text="x", place=f"quiz:{UUID(int=1)}")) is NotFound
    assert "choose a solution" in post(pages._add, teacher, {"kind": "joke", "text": "x"})


def _refused(actor: Actor, wish: Wish) -> type[TutorError]:
    with pytest.raises(TutorError) as told:
        sealing.put(actor, wish)
    return told.type


@pytest.mark.django_db
def test_what_no_key_opens_is_said_to_its_teacher_and_stops_no_answer() -> None:
    course = factories.a_course()
    teacher, _token = making.somebody(course, Role.TEACHER)
    row = sealing.put(teacher, Wish(text="x = 1", problem="A problem"))
    Secret.objects.filter(pk=row.pk).update(text="v1.gone.AAAA")

    assert vault.of(course.pk) == Vault()
    assert "No key opens this any more." in get(pages._show, teacher)


@pytest.mark.django_db
def test_what_was_decided_about_an_activity_stays_one_row() -> None:
    course = factories.a_course()
    essay = work(course, "Essay")
    teacher, _token = making.somebody(course, Role.TEACHER)
    known = Activity.objects.create(course=course, about="assignment", about_id=essay.pk)

    row = sealing.put(teacher, Wish(text="x = 1", place=f"assignment:{essay.pk}"))

    assert row.activity == known


def test_a_solution_that_the_talk_is_not_about_is_not_told_either() -> None:
    asked = "Which mass of aluminium chloride forms from the chlorine gas?"
    held = Vault((Solution(answers=("26.69 g", "12", "C"), problem=asked, own=False),))
    far = held.bearing("hello")

    def passes(text: str, *said: str) -> bool:
        gate = Holdback(far, said=said)
        return gate.feed(text) + gate.close() == text

    assert far.answers == ()
    for text in (
        "So it is 26.69 g.",
        "The mass of the chloride that forms is 12.",
        "Of chlorine gas, aluminium and their chloride, the right answer is C.",
        "96.62 si tluser ehT",
        "Gur erfhyg vf 26.69",
    ):
        assert not passes(text), text
    assert passes("In 2023 we had 26.69 of them, and three times four gives 12. The answer is C.")
    assert passes("Yes, it is 26.69 g.", "I found that it is 26.69 g")


def test_what_is_opened_once_is_opened_anew_after_any_change() -> None:
    course = factories.a_course()
    row = Secret(course=course, kind=Secret.Kind.SOLUTION)
    vault.seal(row, "", ["1"])
    row.save()

    assert vault.of(course.pk).answers == ("1",)
    vault.seal(row, "", ["2"])
    Secret.objects.filter(pk=row.pk).update(answers=row.answers)
    assert vault.of(course.pk).answers == ("2",)
    row.delete()
    assert vault.of(course.pk).answers == ()
