"""Questions as files: what is written is what is read again, and what cannot be said is told."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from connectors.exchange import formats
from connectors.exchange.formats import FORMATS
from connectors.exchange.moodle_xml import named
from connectors.exchange.terms import Limit, shares
from tests.publishing.quizzes import everything, question, quizzes
from tests.retrieval.making import repacked
from tutorai.errors import BadRequest
from tutorai.lmsdm import store
from tutorai.lmsdm.schema import Ask, Choice, Question, Quiz


def told(text: str) -> str:
    """HTML as it is kept here: the same, however it was written."""
    return store.clean(text).strip()


def as_kept(question: Question) -> Question:
    """A question as any format has it: cleaned, its right answers one whole."""
    worth = shares(question)
    choices = [
        one.model_copy(
            update={
                "share": share.normalize() + 0,
                "text": told(one.text),
                "feedback": told(one.feedback),
            }
        )
        for one, share in zip(question.choices, worth, strict=True)
    ]
    pairs = [
        pair.model_copy(update={"left": told(pair.left), "right": told(pair.right)})
        for pair in question.pairs
    ]
    return question.model_copy(
        update={
            "text": told(question.text),
            "feedback": told(question.feedback),
            "title": "" if question.title.strip() == named(question) else question.title.strip(),
            "choices": tuple(choices),
            "pairs": tuple(pairs),
            "decoys": tuple(map(told, question.decoys)),
            "points": question.points.normalize() + 0,
            "tolerance": question.tolerance.normalize() + 0,
        }
    )


def kept(quiz: Quiz, *without: str) -> Quiz:
    """A quiz as a format has it that cannot say these fields of the quiz itself."""
    blank = Quiz(title="")
    fields = {name: getattr(blank, name) for name in without}
    told_of = {"title": quiz.title.strip(), "description": told(quiz.description)}
    questions = tuple(map(as_kept, quiz.questions))
    mixes = any(one.ask in {Ask.SINGLE, Ask.MULTIPLE} for one in quiz.questions)
    shuffle = quiz.shuffle and mixes  # else there is nothing to mix
    return quiz.model_copy(update={**told_of, "questions": questions, "shuffle": shuffle, **fields})


def pointless(quiz: Quiz) -> Quiz:
    """A quiz whose questions give one point each: GIFT says no others."""
    questions = [one.model_copy(update={"points": Decimal(1)}) for one in quiz.questions]
    return quiz.model_copy(update={"questions": tuple(questions)})


UNSAID = {
    "moodle": ("minutes", "attempts"),
    "gift": ("minutes", "attempts", "description", "shuffle"),
    "qti12": (),
    "qti21": (),
}


def refused(limits: list[Limit]) -> list[Limit]:
    return [limit for limit in limits if limit.refused]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30, deadline=None)
@given(quiz=quizzes())
def test_what_is_written_is_read_again(name: str, quiz: Quiz) -> None:
    quiz = pointless(quiz) if name == "gift" else quiz
    form = FORMATS[name]
    if refused(form.limits(quiz)):
        return

    taken = formats.read(form.write(quiz))

    assert taken.left == ()
    assert kept(taken.quiz).model_dump() == kept(quiz, *UNSAID[name]).model_dump()


def one_of(ask: Ask, *told: tuple[str, str], **more: Any) -> Quiz:
    """A quiz of one question with these answers and shares."""
    choices = tuple(Choice(text=text, share=Decimal(share)) for text, share in told)
    return Quiz(title="Q", questions=(question(ask, *choices, **more),))


CANNOT = {
    "a strange share": ("moodle", one_of(Ask.SINGLE, ("a", "1"), ("b", "0.37")), "no such share"),
    "no share of 100": ("gift", one_of(Ask.SINGLE, ("a", "0.5"), ("b", "0")), "100 % and one"),
    "only right ones": ("gift", one_of(Ask.SINGLE, ("a", "1"), ("b", "1")), "100 % and one"),
    "one of several": ("gift", one_of(Ask.MULTIPLE, ("a", "1"), ("b", "0")), "only one of several"),
    "minus all": ("gift", one_of(Ask.SINGLE, ("a", "1"), ("b", "-1")), "−100 %"),
    "an arrow": ("gift", one_of(Ask.SHORT, ("a -&gt; b", "1")), "for a pair"),
    "an unknown kind": ("qti12", one_of(Ask.OTHER), "only its own platform knows"),
    "nothing": ("qti21", Quiz(title="Q"), "there are no questions"),
}
PASSED_OVER = {
    "parts, by Canvas": (
        "qti12",
        one_of(Ask.SINGLE, ("a", "1"), ("b", "0.5")),
        "all points or none",
    ),
    "parts of words": ("qti12", one_of(Ask.SHORT, ("a", "1"), ("b", "0.5")), "counts as right"),
    "taking off, by Canvas": ("qti12", one_of(Ask.MULTIPLE, ("a", "1"), ("b", "-1")), "takes off"),
    "wrong words, by Canvas": ("qti12", one_of(Ask.SHORT, ("a", "1"), ("b", "0")), "only answers"),
    "no full share, by Moodle": ("moodle", one_of(Ask.SHORT, ("a", "0.5")), "one answer with 100"),
    "points, by GIFT": ("gift", one_of(Ask.ESSAY, points=Decimal(2)), "no words for points"),
    "time, by Blackboard": (
        "qti21",
        one_of(Ask.ESSAY).model_copy(update={"minutes": 20}),
        "time and attempts",
    ),
}


@pytest.mark.parametrize(("name", "quiz", "why"), CANNOT.values(), ids=CANNOT)
def test_what_a_format_cannot_say_is_refused(name: str, quiz: Quiz, why: str) -> None:
    assert any(why in str(limit.words) for limit in refused(FORMATS[name].limits(quiz)))


@pytest.mark.parametrize(("name", "quiz", "why"), PASSED_OVER.values(), ids=PASSED_OVER)
def test_what_an_importer_leaves_out_is_told_by_name(name: str, quiz: Quiz, why: str) -> None:
    limits = FORMATS[name].limits(quiz)

    assert any(why in str(limit.words) for limit in limits)
    assert refused(limits) == []


BY_HAND = """// What a teacher types
::Tomb:: Who's buried in Grant's tomb at 7\\:30? {~%-100%Jefferson#No. ~Lincoln =no one#Right!}

Grant is {~buried =entombed} in Grant's tomb.

The sun rises in the east.{T#It does.}

Two plus two {=four =4 =%50%fourish}

When was Grant born? {#1822:5}

Between {#1..5}

Match {=Canada -> Ottawa =Italy -> Rome}

Only a description.
"""


def test_gift_as_people_write_it_is_read_and_what_is_no_question_is_named() -> None:
    taken = formats.read(BY_HAND.encode())

    asked = [one.ask.value for one in taken.quiz.questions]
    assert asked == ["single", "single", "true_false", "short", "number", "number", "matching"]
    assert taken.left == ("8: Only a description.",)
    tomb, gap, sun, sum_, born, between, _pairs = taken.quiz.questions
    assert tomb.text == "Who's buried in Grant's tomb at 7:30?"
    assert [(one.text, one.share, one.feedback) for one in tomb.choices] == [
        ("Jefferson", Decimal(-1), "No."),
        ("Lincoln", Decimal(0), ""),
        ("no one", Decimal(1), "Right!"),
    ]
    assert "_____" in gap.text
    assert [one.share for one in sun.choices] == [1, 0]
    assert [one.share for one in sum_.choices] == [1, 1, Decimal("0.5")]
    assert (born.choices[0].text, born.tolerance) == ("1822", Decimal(5))
    assert (between.choices[0].text, between.tolerance) == ("3", Decimal(2))


def test_the_same_quiz_is_the_same_bytes() -> None:
    for form in FORMATS.values():
        assert form.write(everything()) == form.write(everything())


def test_an_entity_of_a_file_is_not_expanded() -> None:
    bomb = '<!DOCTYPE quiz [<!ENTITY a SYSTEM "file:///etc/passwd">]><quiz><question type="essay">'
    bomb += "<name><text>&a;</text></name><questiontext><text>x&a;</text></questiontext>"

    taken = formats.read(f"{bomb}</question></quiz>".encode())

    assert "root" not in taken.quiz.model_dump_json()


def _damaged() -> bytes:
    written = bytearray(FORMATS["qti12"].write(everything()))
    at = 30 + written[26]  # behind the first file's own head
    written[at : at + 20] = b"\xff" * 20
    return bytes(written)


@pytest.mark.parametrize(
    "content",
    [
        _damaged(),
        repacked(FORMATS["qti21"].write(everything())),
        b"a{#1e9999999}",
        b"a{#1e-999999999}",
    ],
    ids=["damaged", "packed otherwise", "too large a number", "too small a number"],
)
def test_a_file_that_is_damaged_or_swells_is_refused(content: bytes) -> None:
    with pytest.raises(BadRequest):
        formats.read(content)


def test_a_zero_is_written_as_one_however_it_came() -> None:
    taken = formats.read(b"a{#0e-999999999}")

    assert taken.quiz.questions[0].choices[0].text == "0"
