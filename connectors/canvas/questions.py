"""Canvas's classic quizzes ⇄ LMS-DM. Pure.

Answers are sent under other names than they are read. New Quizzes are not among these: their API
is another one, and tells no key of answers to a teacher's token.

Source: https://canvas.instructure.com/doc/api/quizzes.html and quiz_questions.html; canvas-lms,
app/models/quizzes/quiz_question/answer_parsers/
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from connectors.canvas.payloads import Dates, Id, Words
from connectors.canvas.windows import window
from connectors.payload import Payload
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Ask

ASKS = {
    "multiple_choice_question": Ask.SINGLE,
    "multiple_answers_question": Ask.MULTIPLE,
    "true_false_question": Ask.TRUE_FALSE,
    "short_answer_question": Ask.SHORT,
    "numerical_question": Ask.NUMBER,
    "matching_question": Ask.MATCHING,
    "essay_question": Ask.ESSAY,
}
KINDS = {ask: kind for kind, ask in ASKS.items()}
TAG = re.compile(r"<[^>]+>")
RIGHT = "100"  # the weight of a right answer


class Quiz(Dates):
    id: Id
    title: Words = ""
    description: Words = ""
    time_limit: int | None = None  # minutes
    allowed_attempts: int | None = None  # -1: as often as one likes
    shuffle_answers: bool | None = False
    question_count: int = 0
    published: bool = True
    assignment_id: Id | None = None
    html_url: Words = ""


class Answer(Payload):
    """Only what its question's kind has is there."""

    text: Words = ""
    html: Words = ""
    weight: Decimal | None = None
    comments: Words = ""
    comments_html: Words = ""
    left: Words = ""
    right: Words = ""
    numerical_answer_type: Words = ""
    exact: Decimal | None = None
    margin: Decimal | None = None
    start: Decimal | None = None
    end: Decimal | None = None
    approximate: Decimal | None = None


class Match(Payload):
    text: Words = ""


class Question(Payload):
    id: Id
    position: int | None = None
    question_name: Words = ""
    question_type: Words = ""
    question_text: Words = ""
    points_possible: Decimal | None = None
    neutral_comments: Words = ""
    neutral_comments_html: Words = ""
    answers: list[Answer] | None = None
    matches: list[Match] | None = None


def quiz(told: Quiz, dates: Dates, asked: list[Question], *, course_id: str) -> schema.Quiz:
    """Map a quiz with its questions; `dates` are those of its assignment, if it has one."""
    tries = told.allowed_attempts
    return schema.Quiz(
        quiz_id=f"quiz:{told.id}",
        course_id=course_id,
        title=told.title,
        description=told.description,
        questions=tuple(question(one) for one in sorted(asked, key=lambda one: one.position or 0)),
        minutes=told.time_limit or None,
        attempts=tries if tries and tries > 0 else None,
        shuffle=bool(told.shuffle_answers),
        window=window(dates, published=told.published),
    )


def question(told: Question) -> schema.Question:
    """Map a question; one of a kind that only Canvas knows keeps its text."""
    ask = ASKS.get(told.question_type, Ask.OTHER)
    answers = told.answers or []
    pairs = [schema.Pair(left=a.left, right=a.right) for a in answers if ask is Ask.MATCHING]
    rights = {pair.right for pair in pairs}
    matches = [match.text for match in told.matches or [] if ask is Ask.MATCHING]
    choices, tolerance = _choices(ask, answers)
    return schema.Question(
        ask=ask,
        text=told.question_text,
        question_id=told.id,
        title=told.question_name,
        points=told.points_possible if told.points_possible is not None else Decimal(1),
        choices=choices,
        pairs=tuple(pairs),
        decoys=tuple(text for text in dict.fromkeys(matches) if text not in rights),
        tolerance=tolerance,
        feedback=told.neutral_comments_html or html.escape(told.neutral_comments),
    )


def _choices(ask: Ask, answers: list[Answer]) -> tuple[tuple[schema.Choice, ...], Decimal]:
    """Return what can be chosen or is accepted, and a number's tolerance."""
    if ask is Ask.NUMBER:
        numbers = [_number(answer) for answer in answers]
        spans = [span for _, span in numbers]
        told = tuple(schema.Choice(text=str(n), share=Decimal(1)) for n, _ in numbers)
        return told, max(spans, default=Decimal(0))
    if ask in (Ask.MATCHING, Ask.ESSAY, Ask.OTHER):
        return (), Decimal(0)
    return tuple(
        schema.Choice(
            text=one.html or html.escape(one.text),
            share=Decimal(1) if (one.weight or 0) > 0 else Decimal(0),
            feedback=one.comments_html or html.escape(one.comments),
        )
        for one in answers
    ), Decimal(0)


def _number(told: Answer) -> tuple[Decimal, Decimal]:
    """Return what is right, and how far off is still right."""
    if told.start is not None and told.end is not None and told.exact is None:
        return (told.start + told.end) / 2, abs(told.end - told.start) / 2
    right = told.exact if told.exact is not None else told.approximate
    return right or Decimal(0), told.margin or Decimal(0)


# --- what is sent ------------------------------------------------------------------------------


def form(told: schema.Quiz, mark: str) -> dict[str, str]:
    """Return the form that makes a quiz: a draft, for nobody yet."""
    sent = {
        "title": told.title,
        "description": f'<div id="{mark}">{told.description}</div>',
        "quiz_type": "assignment",
        "shuffle_answers": "true" if told.shuffle else "false",
        "allowed_attempts": str(told.attempts or -1),
        "published": "false",
        **({"time_limit": str(told.minutes)} if told.minutes else {}),
    }
    return {f"quiz[{name}]": value for name, value in sent.items()}


def question_form(told: schema.Question, position: int) -> dict[str, str]:
    """Return the form that adds one question; a kind we do not know is asked as an essay."""
    kind = KINDS.get(told.ask, KINDS[Ask.ESSAY])
    sent = {
        "question_name": told.title or f"Question {position}",
        "question_text": told.text,
        "question_type": kind,
        "points_possible": format(told.points, "f"),
        "position": str(position),
    }
    if told.feedback:
        sent["neutral_comments_html"] = told.feedback
    if told.decoys:
        sent["matching_answer_incorrect_matches"] = "\n".join(told.decoys)
    made = {f"question[{name}]": value for name, value in sent.items()}
    for place, answer in enumerate(_answers(told)):
        made |= {f"question[answers][{place}][{name}]": text for name, text in answer.items()}
    return made


def _answers(told: schema.Question) -> Iterator[dict[str, str]]:
    if told.ask is Ask.MATCHING:
        for pair in told.pairs:
            yield {"answer_match_left": pair.left, "answer_match_right": pair.right}
        return
    one = ANSWERS.get(told.ask)
    if one is None:
        return
    for choice in told.choices:
        yield {**one(told, choice), **_aside(told, choice)}


def _aside(told: schema.Question, choice: schema.Choice) -> dict[str, str]:
    """Say whether it is right: Canvas has no half points, but for several right ones together."""
    right = choice.share > 0 if told.ask is Ask.MULTIPLE else choice.share >= 1
    said = {"answer_comment_html": choice.feedback} if choice.feedback else {}
    return {"answer_weight": RIGHT if right else "0", **said}


def _rich(told: schema.Question, choice: schema.Choice) -> dict[str, str]:
    """Words as text, so that they can be edited as such; what has markup as HTML."""
    if TAG.search(choice.text):
        return {"answer_html": choice.text, "answer_text": plain(choice.text)}
    return {"answer_text": plain(choice.text)}


def _words(told: schema.Question, choice: schema.Choice) -> dict[str, str]:
    return {"answer_text": plain(choice.text)}


def _exact(told: schema.Question, choice: schema.Choice) -> dict[str, str]:
    exact, margin = plain(choice.text), format(told.tolerance, "f")
    kind = {"numerical_answer_type": "exact_answer"}
    # The form's names, and those that the documentation has: newer versions take both.
    return {
        **kind,
        "answer_exact": exact,
        "answer_error_margin": margin,
        "exact": exact,
        "margin": margin,
    }


ANSWERS: Mapping[Ask, Callable[[schema.Question, schema.Choice], dict[str, str]]] = {
    Ask.SINGLE: _rich,
    Ask.MULTIPLE: _rich,
    Ask.TRUE_FALSE: _words,
    Ask.SHORT: _words,
    Ask.NUMBER: _exact,
}


def plain(text: str) -> str:
    """Return HTML as the words in it."""
    return html.unescape(TAG.sub("", text)).strip()
