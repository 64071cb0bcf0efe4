"""Blackboard's gradebook → LMS-DM: what is to be done, how it is judged, what was handed in. Pure.

Source: https://docs.anthology.com/docs/blackboard/rest-apis/ (gradebook columns and attempts,
version 2; "Working with Rubrics APIs")
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from connectors.blackboard.mapper import html
from connectors.blackboard.payloads import (
    Answer,
    Attempt,
    Cell,
    Column,
    Grade,
    Measure,
    Question,
    Rubric,
    RubricLine,
)
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Ask, Handed, Window

PRESENTATION, ESSAY, EITHER = "Presentation", "Essay", "EitherOr"
WRITTEN = frozenset({PRESENTATION, ESSAY, "FileUpload"})  # nothing in it counts itself
ASKS = {
    EITHER: Ask.TRUE_FALSE,
    "TrueFalse": Ask.TRUE_FALSE,
    "MultipleAnswer": Ask.MULTIPLE,
    "MultipleChoice": Ask.SINGLE,
    "Essay": Ask.ESSAY,
    "FillInTheBlank": Ask.SHORT,
    "Matching": Ask.MATCHING,
    "Numeric": Ask.NUMBER,
}
HANDED = {
    "NotAttempted": Handed.MISSING,
    "InProgress": Handed.DRAFT,
    "InProgressAgain": Handed.DRAFT,
    "Completed": Handed.GRADED,
}
HAND_IN = {
    "resource/x-bb-assignment": ("text", "file"),
    "resource/x-bb-assessment": ("quiz",),
    "resource/x-bb-asmt-test-link": ("quiz",),
    "resource/x-bb-forumlink": ("discussion",),
}
TOOLS = frozenset({"resource/x-bb-blti-link"})  # a tool's own columns reach us by AGS
HUNDRED = Decimal(100)


def is_work(told: Column) -> bool:
    """Whether a column is of something that students do, and not counted or a tool's own."""
    counted = told.external_grade or told.grading.type == "Calculated"
    return not counted and told.score_provider_handle not in TOOLS


def is_written(questions: Sequence[Question]) -> bool:
    """Whether an assessment only asks for something to be handed in."""
    return bool(questions) and {one.question_handler.type for one in questions} <= WRITTEN


def instructions(questions: Iterable[Question]) -> str:
    """Return what such an assessment says."""
    return "\n".join(one.text for one in _ordered(questions) if one.text)


def assignment(
    told: Column,
    window: Window,
    *,
    course_id: str,
    text: str,
    url: str,
    rubric: schema.Rubric | None,
    written: bool,
) -> schema.Assignment:
    """Map a column; `window` and `text` are its content's. None is shown that the column hides."""
    attempts = told.grading.attempts_allowed
    hand_in = HAND_IN.get(told.score_provider_handle, ("paper",))
    shown = told.availability.available != "No"
    return schema.Assignment(
        assignment_id=f"assignment:{told.id}",
        course_id=course_id,
        title=told.display_name or told.name,
        due_date=told.grading.due,
        content=text or told.description,
        max_points=told.score.possible,
        url=url,
        window=window if shown else window.model_copy(update={"published": False}),
        rubric=rubric,
        attempts=attempts if attempts and attempts > 0 else None,
        hand_in=("text", "file") if written else hand_in,
    )


def rubric(told: Rubric, possible: Decimal | None) -> schema.Rubric:
    """Map a rubric; percentages become points of what the work is worth."""
    heads = {column.id: column.header for column in told.columns}
    return schema.Rubric(
        criteria=tuple(
            _criterion(row, [cell for cell in told.cells if cell.row_id == row.id], heads, possible)
            for row in sorted(told.rows, key=lambda one: one.position)
        )
    )


def _criterion(
    row: RubricLine, cells: Sequence[Cell], heads: dict[str, str], possible: Decimal | None
) -> schema.Criterion:
    whole = (possible or Decimal(0)) * (row.percentage or Decimal(0)) / HUNDRED
    levels = [
        schema.Level(
            level_id=cell.id,
            title=": ".join(filter(None, (heads.get(cell.column_id, ""), cell.description))),
            points=_points(cell, whole),
        )
        for cell in cells
    ]
    levels.sort(key=lambda level: -level.points)
    return schema.Criterion(
        criterion_id=row.id,
        title=row.header,
        points=levels[0].points if levels else whole,
        levels=tuple(levels),
    )


def _points(cell: Cell, whole: Decimal) -> Decimal:
    if cell.points:
        return _most(cell.points)
    return whole * _most(cell.percentage) / HUNDRED if cell.percentage else Decimal(0)


def _most(told: Measure) -> Decimal:
    return told.end if told.end is not None else told.value or Decimal(0)


def submission(
    told: Attempt,
    number: int,
    column: Column,
    files: tuple[schema.Attached, ...],
    *,
    base: str,
) -> schema.Submission:
    """Map an attempt. Its score is told once it counts: until then students do not see it."""
    graded = told.status == "Completed"
    receipt = told.attempt_receipt.submission_date if told.attempt_receipt else None
    handed_in = receipt or told.attempt_date
    due = column.grading.due
    state = Handed.EXCUSED if told.exempt else HANDED.get(told.status, Handed.SUBMITTED)
    return schema.Submission(
        submission_id=f"attempt:{told.id}",
        assignment_id=f"assignment:{column.id}",
        user_id=told.user_id,
        score=told.score if graded else None,
        feedback=told.feedback if graded else "",
        submitted_at=None if state in (Handed.MISSING, Handed.DRAFT) else handed_in,
        attempt=number,
        state=state,
        body=html(told.student_submission or told.student_comments, base),
        files=files,
        late=bool(due and handed_in and handed_in > due),
        graded_at=told.modified if graded else None,
    )


def grade(told: Grade, column: Column) -> schema.Submission:
    """Map a grade that nobody handed anything in for."""
    state = Handed.EXCUSED if told.exempt else Handed.GRADED
    return schema.Submission(
        submission_id=f"grade:{column.id}.{told.user_id}",
        assignment_id=f"assignment:{column.id}",
        user_id=told.user_id,
        score=told.score,
        feedback=told.feedback,
        state=state,
        graded_at=told.overridden,
    )


def _ordered(questions: Iterable[Question]) -> list[Question]:
    return sorted(questions, key=lambda one: one.position)


def quiz(
    title: str,
    questions: Sequence[Question],
    window: Window,
    *,
    quiz_id: str,
    course_id: str,
    attempts: int | None,
    base: str,
) -> schema.Quiz:
    """Map a test; what it only presents is its description."""
    asked = [one for one in _ordered(questions) if one.question_handler.type != PRESENTATION]
    shown = [one for one in questions if one.question_handler.type == PRESENTATION]
    return schema.Quiz(
        quiz_id=quiz_id,
        course_id=course_id,
        title=title,
        description=html(instructions(shown), base),
        questions=tuple(_question(one, base) for one in asked),
        attempts=attempts if attempts and attempts > 0 else None,
        window=window,
    )


def _question(told: Question, base: str) -> schema.Question:
    ask = ASKS.get(told.question_handler.type, Ask.OTHER)
    if ask is Ask.MULTIPLE and _right(told.question_handler.answers) == 1:
        ask = Ask.SINGLE
    return schema.Question(
        ask=ask,
        text=html(told.text, base),
        question_id=told.id,
        title=told.title,
        points=told.points if told.points is not None else Decimal(0),
        choices=() if ask is Ask.MATCHING else _choices(told, base),
        pairs=tuple(
            schema.Pair(left=html(one.text, base), right=html(one.match, base))
            for one in told.question_handler.answers
            if ask is Ask.MATCHING and one.match
        ),
        tolerance=told.question_handler.tolerance or Decimal(0),
        feedback=html(told.feedback, base),
    )


def _choices(told: Question, base: str) -> tuple[schema.Choice, ...]:
    """Return the choices; what is true of an either-or is told apart."""
    asked = told.question_handler
    if ASKS.get(asked.type) is Ask.TRUE_FALSE and not asked.answers:
        if asked.answer is None:
            return ()
        return tuple(
            schema.Choice(text=words, share=Decimal(asked.answer is value))
            for words, value in (("true", True), ("false", False))
        )
    if asked.value is not None:
        return (schema.Choice(text=format(asked.value, "f"), share=Decimal(1)),)
    return tuple(
        schema.Choice(text=html(one.text, base), share=Decimal(one.correct))
        for one in asked.answers
    )


def _right(answers: Iterable[Answer]) -> int:
    return sum(one.correct for one in answers)
