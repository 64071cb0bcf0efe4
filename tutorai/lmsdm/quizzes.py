"""Quizzes and their questions, in the form that every LMS can be told of."""

from decimal import Decimal
from enum import StrEnum

from tutorai.lmsdm.record import Record, Text
from tutorai.lmsdm.windows import Window


class Ask(StrEnum):
    """What a question wants."""

    SINGLE = "single"  # one choice
    MULTIPLE = "multiple"  # several choices
    TRUE_FALSE = "true_false"
    SHORT = "short"  # words; its choices are what is accepted
    NUMBER = "number"  # its first choice, within `tolerance`
    MATCHING = "matching"
    ESSAY = "essay"
    OTHER = "other"  # a kind that only its LMS knows


class Choice(Record):
    """An answer to choose or accept; `share` of the points: 1 is right, 0 wrong."""

    text: Text
    share: Decimal = Decimal(0)
    feedback: Text = ""


class Pair(Record):
    """What belongs together."""

    left: Text
    right: Text


class Question(Record):
    """One question. `text`, `feedback` and the choices' texts are HTML."""

    ask: Ask
    text: Text
    question_id: Text = ""
    title: Text = ""
    points: Decimal = Decimal(1)
    choices: tuple[Choice, ...] = ()
    pairs: tuple[Pair, ...] = ()
    decoys: tuple[Text, ...] = ()  # right-hand sides that belong to nothing
    tolerance: Decimal = Decimal(0)
    feedback: Text = ""  # for everybody, once it is answered


class Quiz(Record):
    """Questions in an order. `description` is HTML; who may see it in the LMS says `window`."""

    quiz_id: Text = ""
    course_id: Text = ""
    title: Text
    description: Text = ""
    questions: tuple[Question, ...] = ()
    minutes: int | None = None
    attempts: int | None = None
    shuffle: bool = False
    window: Window = Window()
