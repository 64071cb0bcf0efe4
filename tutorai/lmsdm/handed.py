"""What was handed in, and the LMS's quizzes → rows. Storing the same twice changes nothing."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tutorai.lmsdm import schema
from tutorai.lmsdm.models import Assignment, Quiz, Submission
from tutorai.lmsdm.settling import differs, lock, retire, settle, too_many
from tutorai.lmsdm.store import CENTS, clean, dumped, window

Cell = tuple[UUID, UUID, int]  # assignment, person, attempt


def works(course_id: UUID, source: str) -> dict[str, UUID]:
    """Return the course's assignments of a source, by their ids there; also those that are gone."""
    rows = Assignment.objects.filter(course=course_id, source=source)
    return dict(rows.values_list("source_id", "pk"))


@transaction.atomic
def save_submissions(
    *,
    course_id: UUID,
    source: str,
    submissions: Iterable[schema.Submission],
    works: Mapping[str, UUID],
    people: Mapping[str, UUID],
) -> int:
    """Store each attempt as a row; return how many are new or different.

    Whose assignment or person is not in `works` and `people` is left out.
    """
    lock(course_id)
    told = {
        (works[one.assignment_id], people[one.user_id], one.attempt): one
        for one in submissions
        if one.assignment_id in works and one.user_id in people
    }
    cells = {(work, user) for work, user, _attempt in told}
    rows = Submission.objects.filter(
        assignment__in={work for work, _user in cells}, user__in={user for _work, user in cells}
    )
    held = {(row.assignment_id, row.user_id, row.attempt): row for row in rows}
    fresh = [_row(cell, source, one) for cell, one in told.items() if cell not in held]
    changed = [
        held[cell]
        for cell, one in told.items()
        if cell in held and differs(held[cell], _columns(source, one))
    ]
    Submission.objects.bulk_create(fresh)
    if changed:
        Submission.objects.bulk_update(changed, list(_columns(source, next(iter(told.values())))))
    return len(fresh) + len(changed)


def _row(cell: Cell, source: str, one: schema.Submission) -> Submission:
    work, user, attempt = cell
    return Submission(assignment_id=work, user_id=user, attempt=attempt, **_columns(source, one))


def _columns(source: str, one: schema.Submission) -> dict[str, Any]:
    return {
        "source": source,
        "source_id": one.submission_id,
        "content_url": one.content_url,
        "score": None if one.score is None else one.score.quantize(CENTS),
        "feedback": one.feedback,
        "submitted_at": one.submitted_at,
        "state": one.state.value,
        "body": clean(one.body),
        "files": [dumped(each) for each in one.files],
        "late": one.late,
        "graded_at": one.graded_at,
        "deleted_at": None,
    }


@transaction.atomic
def retire_submissions(
    *, course_id: UUID, source: str, told: Collection[Cell], anyway: bool = False
) -> int | None:
    """Mark as gone what a complete list no longer has; return how many, None: too many at once."""
    lock(course_id)
    alive = Submission.objects.filter(
        assignment__course=course_id, source=source, deleted_at=None
    ).values_list("pk", "assignment", "user", "attempt")
    there = {cell: pk for pk, *cell_ in alive.iterator() for cell in [tuple(cell_)]}
    gone = [pk for cell, pk in there.items() if cell not in told]
    if too_many(len(gone), len(there)) and not anyway:
        return None
    if gone:
        Submission.objects.filter(pk__in=gone).update(deleted_at=timezone.now())
    return len(gone)


def save_quizzes(
    *, course_id: UUID, source: str, quizzes: Iterable[schema.Quiz], anyway: bool = False
) -> tuple[int, bool]:
    """Make the course's quizzes say exactly this; return how many differ, and whether all was told.

    Not all: so many are missing that none was marked as gone.
    """
    told = {
        quiz.quiz_id: {
            "title": quiz.title,
            "record": _record(quiz),
            "deleted_at": None,
            **window(quiz.window),
        }
        for quiz in quizzes
    }
    with transaction.atomic():
        changed = settle(Quiz, course_id, source, told)
        gone = retire(Quiz, course_id, source, told, anyway=anyway)
    return len(changed) + len(gone or []), gone is not None


def _record(quiz: schema.Quiz) -> Any:
    """A quiz as its column holds it: HTML sanitised."""
    questions = tuple(
        one.model_copy(
            update={
                "text": clean(one.text),
                "feedback": clean(one.feedback),
                "choices": tuple(
                    each.model_copy(
                        update={"text": clean(each.text), "feedback": clean(each.feedback)}
                    )
                    for each in one.choices
                ),
                "pairs": tuple(
                    each.model_copy(update={"left": clean(each.left), "right": clean(each.right)})
                    for each in one.pairs
                ),
                "decoys": tuple(map(clean, one.decoys)),
            }
        )
        for one in quiz.questions
    )
    return dumped(
        quiz.model_copy(update={"description": clean(quiz.description), "questions": questions})
    )
