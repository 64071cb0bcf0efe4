"""The vault in the database: what teachers entrust to the tutor, and the keys of synced quizzes.

Rows rest encrypted. A quiz's keys are read where the sync keeps them, so they are never older than
the quiz. Nothing here is ever searched, shown to a student, or answered by a tool. All blocking.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID

from django.db import connection

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
SHELVES = 16  # courses that a process keeps opened
_VERSIONS = """
SELECT md5(string_agg(told, ',' ORDER BY told)) FROM (
    SELECT concat_ws(' ', s.id, s.xmin, s.ctid, a.about, a.about_id) AS told
    FROM agents_secret s LEFT JOIN agents_activity a ON a.id = s.activity_id
    WHERE s.course_id = %(course)s
    UNION ALL
    SELECT concat_ws(' ', q.id, q.xmin, q.ctid) FROM lmsdm_quiz q
    WHERE q.course_id = %(course)s
) versions
"""


def of(
    course_id: UUID,
    about: str = "",
    about_id: UUID | None = None,
    also: activities.Named | None = None,
) -> Vault:
    """Return what is sealed of a course; `own` is what belongs to this activity, or to all of it.

    It is opened once for as long as nothing of it changes. `also`: another activity that the talk is found to be about.

    Ask `Vault.bearing` for the part that a talk is about.
    """
    names = _names(course_id, about, about_id) | _names(course_id, *(also or ("", None)))
    solutions: list[Solution] = []
    mistakes: list[Mistake] = []
    shelf = _shelf(course_id, _stamp(course_id))
    for one, place in shelf.each:
        own = place is None or place in names
        told = one if one.own == own else replace(one, own=own)
        if isinstance(told, Solution):
            solutions.append(told)
        else:
            mistakes.append(told)
    return Vault(tuple(solutions), tuple(mistakes), shelf.language)


@dataclass(frozen=True)
class _Shelf:
    """All that is sealed of a course, opened, each with the activity that it belongs to."""

    each: tuple[tuple[Solution | Mistake, activities.Named | None], ...]
    language: str


@lru_cache(maxsize=SHELVES)
def _shelf(course_id: UUID, _as: str) -> _Shelf:
    """Open what is sealed of a course. `_as`: how it stands there; nothing older is ever used."""
    rows = Secret.objects.filter(course_id=course_id).select_related("activity")
    each: list[tuple[Solution | Mistake, activities.Named | None]] = []
    for row in rows.order_by("created_at", "id"):
        try:
            text, answers = opened(row)
        except SecretUnreadable:  # its teacher sees so on their page
            logger.error("Secret %s cannot be read", row.pk)
            continue
        place = (row.activity.about, row.activity.about_id) if row.activity else None
        if row.kind == Secret.Kind.SOLUTION:
            each.append((Solution(text, answers, row.problem), place))
        else:
            each.append((Mistake(text, row.problem), place))
    for quiz in quizzes(course_id):
        place = (Activity.About.QUIZ.value, quiz.pk)
        each += [(one, place) for one in keys.of(schema.Quiz.model_validate(quiz.record))]
    asked = " ".join(one.problem for one, _place in each)
    return _Shelf(tuple(each), words.language_of(asked) or "en")


def _stamp(course_id: UUID) -> str:
    """Return what is another text after every change of what is sealed, however it was made.

    PostgreSQL itself numbers the versions of a row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, {"course": course_id})
        (told,) = cursor.fetchone()
    return str(told)


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
