"""The vault in the database: what teachers entrust to the tutor, and the keys of synced quizzes.

Rows rest encrypted. A quiz's keys are read where the sync keeps them, so they are never older than
the quiz. Nothing here is ever searched, shown to a student, or answered by a tool. All blocking.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from uuid import UUID

from agents import activities, words
from agents.models.teaching import Activity, Secret
from agents.tutor import keys
from agents.tutor.sealed import Mistake, Solution, Vault
from tutorai import crypto
from tutorai.errors import SecretUnreadable
from tutorai.lmsdm import models, schema

__all__ = ["Mistake", "Solution", "Vault", "of", "opened", "seal"]

logger = logging.getLogger(__name__)
PURPOSE = "vault"


def of(
    course_id: UUID,
    about: str = "",
    about_id: UUID | None = None,
    also: activities.Named | None = None,
) -> Vault:
    """Return what is sealed of a course; `own` is what belongs to this activity, or to all of it.

    `also`: another activity that the talk is found to be about.

    Ask `Vault.bearing` for the part that a talk is about.
    """
    rows = Secret.objects.filter(course_id=course_id).select_related("activity")
    names = _names(course_id, about, about_id) | _names(course_id, *(also or ("", None)))
    solutions: list[Solution] = []
    mistakes: list[Mistake] = []
    for row in rows.order_by("created_at", "id"):
        own = row.activity is None or (row.activity.about, row.activity.about_id) in names
        try:
            text, answers = opened(row)
        except SecretUnreadable:  # its teacher sees so on their page
            logger.error("Secret %s cannot be read", row.pk)
            continue
        if row.kind == Secret.Kind.SOLUTION:
            solutions.append(Solution(text, answers, row.problem, own=own))
        else:
            mistakes.append(Mistake(text, row.problem, own=own))
    for quiz in quizzes(course_id):
        own = (Activity.About.QUIZ.value, quiz.pk) in names
        solutions += keys.of(schema.Quiz.model_validate(quiz.record), own=own)
    asked = " ".join([*(one.problem for one in solutions), *(one.problem for one in mistakes)])
    return Vault(tuple(solutions), tuple(mistakes), words.language_of(asked) or "en")


def quizzes(course_id: UUID) -> Iterator[models.Quiz]:
    """Yield the quizzes that the LMS has, with their questions."""
    rows = models.Quiz.objects.filter(course_id=course_id, deleted_at=None)
    yield from (row for row in rows.order_by("title", "id") if row.record)


def seal(row: Secret, text: str, answers: Iterable[str]) -> None:
    """Put text and final answers into a row, encrypted; it is not saved yet."""
    row.text = crypto.encrypt(text, purpose=PURPOSE)
    told = json.dumps(list(answers), ensure_ascii=False)
    row.answers = crypto.encrypt(told, purpose=PURPOSE)


def opened(row: Secret) -> tuple[str, tuple[str, ...]]:
    """Return a row's text and final answers. Raises SecretUnreadable."""
    text = crypto.decrypt(row.text, purpose=PURPOSE) if row.text else ""
    told = json.loads(crypto.decrypt(row.answers, purpose=PURPOSE)) if row.answers else []
    return text, tuple(str(one) for one in told)


def _names(course_id: UUID, about: str, about_id: UUID | None) -> frozenset[activities.Named]:
    """All that the activity at hand is called: a quiz is a column and a page, too."""
    if about_id is None:
        return frozenset()
    named = about, about_id
    family = activities.of(course_id, [named]).get(named)
    return family.names if family else frozenset({named})
