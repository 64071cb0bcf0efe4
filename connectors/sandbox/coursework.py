"""What a course of `world/` says of groups, quizzes, overrides and what was handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from connectors.sandbox import models

if TYPE_CHECKING:
    from connectors.sandbox.copying import Copy

Given = Mapping[str, Any]
AWAY = {"opens_in_days": "unlock_at", "closes_in_days": "lock_at", "due_in_days": "due_at"}


def moments(given: Given, due: Callable[[int], datetime], *names: str) -> dict[str, datetime]:
    """Return the moments that are given in days from today, by their columns."""
    return {AWAY[name]: due(given[name]) for name in names if name in given}


def form_groups(copy: Copy) -> None:
    """Make the groups, with their people."""
    for given in copy.source.get("groups", []):
        group = models.Group.objects.create(
            id=copy.ids.numbers(), course=copy.course, name=given["name"]
        )
        group.people.set([copy.people[key] for key in given["people"]])
        copy.groups[given["name"]] = group


def override(copy: Copy, given: Given, **owner: Any) -> None:
    """Give a section, a group or some people dates of their own, or the thing itself."""
    row = models.Override.objects.create(
        id=copy.ids.numbers(),
        section=copy.sections.get(given.get("section", "")),
        group=copy.groups.get(given.get("group", "")),
        unassigned=given.get("unassigned", False),
        **moments(given, copy.due, *AWAY),
        **owner,
    )
    row.people.set([copy.people[key] for key in given.get("people", [])])


def audiences(given: Given) -> list[dict[str, Any]]:
    """Return whom a page, an assignment or a module is for alone, one override each."""
    people = [{"people": given["people"]}] if "people" in given else []
    sections = [{"section": key} for key in given.get("sections", [])]
    return [*sections, *({"group": name} for name in given.get("groups", [])), *people]


def hand_in(copy: Copy, work: models.Assignment, given: Given) -> None:
    """Lay down what was handed in, attempt by attempt, and what it was given."""
    handed, marked = given.get("handed_in", {}), given.get("marked", {})
    for key in dict.fromkeys([*handed, *marked]):
        tries, mark = handed.get(key, []), marked.get(key, {})
        row = models.Submission.objects.create(
            id=copy.ids.numbers(),
            assignment=work,
            person=copy.people[key],
            score=mark.get("score"),
            excused=mark.get("excused", False),
            submitted_at=_ago(tries[-1]) if tries else None,
            graded_at=timezone.now() if "score" in mark else None,
            grader=copy.people["teacher"] if "score" in mark else None,
        )
        if comment := mark.get("comment"):
            row.say(comment, copy.people["teacher"], timezone.now())
            row.save()
        for number, one in enumerate(tries, 1):
            _try(copy, row, number, one)


def _ago(given: Given) -> datetime:
    return timezone.now() - timedelta(days=given["days_ago"])


def _try(copy: Copy, row: models.Submission, number: int, given: Given) -> None:
    attempt = models.Attempt.objects.create(
        id=copy.ids.numbers(),
        submission=row,
        number=number,
        kind=given["kind"],
        body=given.get("body", ""),
        late=given.get("late", False),
        at=_ago(given),
    )
    for file in given.get("files", []):
        models.Attachment.objects.create(
            id=copy.ids.numbers(),
            attempt=attempt,
            name=file["name"],
            content_type="text/plain",
            content=file["text"].encode(),
        )


def set_quizzes(copy: Copy) -> None:
    """Make the quizzes; one with points has a column of its own."""
    for given in copy.source.get("quizzes", []):
        published = given.get("published", True)
        quiz = models.Quiz.objects.create(
            id=copy.ids.numbers(),
            course=copy.course,
            title=given["title"],
            description=given["description"],
            minutes=given.get("minutes"),
            attempts=given.get("attempts"),
            shuffle=given.get("shuffle", False),
            published=published,
            assignment=_column(copy, given) if given["points"] else None,
            created_at=copy.start,
            updated_at=copy.start,
        )
        models.QuizQuestion.objects.bulk_create(
            models.QuizQuestion(id=copy.ids.numbers(), quiz=quiz, position=position, told=told)
            for position, told in enumerate(given["questions"], 1)
        )
        copy.quizzes[given["title"]] = quiz


def _column(copy: Copy, given: Given) -> models.Assignment:
    return models.Assignment.objects.create(
        id=copy.ids.numbers(),
        course=copy.course,
        name=given["title"],
        description=given["description"],
        points_possible=given["points"],
        submission_types=["online_quiz"],
        attempts=given.get("attempts"),
        published=given.get("published", True),
        position=len(copy.assignments) + len(copy.quizzes) + 1,
        created_at=copy.start,
        updated_at=copy.start,
    )
