"""Questions as files: what is written is what is read again, and what cannot be said is told."""

from decimal import Decimal

import pytest
from hypothesis import given, settings

from connectors.exchange import formats
from connectors.exchange.formats import FORMATS
from connectors.exchange.moodle_xml import named
from connectors.exchange.terms import Limit, shares
from tests.publishing.quizzes import quizzes
from tutorai.lmsdm import store
from tutorai.lmsdm.schema import Ask, Question, Quiz


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
@settings(max_examples=60, deadline=None)
@given(quiz=quizzes())
def test_what_is_written_is_read_again(name: str, quiz: Quiz) -> None:
    quiz = pointless(quiz) if name == "gift" else quiz
    form = FORMATS[name]
    if refused(form.limits(quiz)):
        return

    taken = formats.read(form.write(quiz))

    assert taken.left == ()
    assert kept(taken.quiz).model_dump() == kept(quiz, *UNSAID[name]).model_dump()
