"""Canvas's assignments, rubrics and submissions → LMS-DM. Pure.

Source: https://canvas.instructure.com/doc/api/assignments.html and submissions.html
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, Field

from connectors.canvas.payloads import Id, Override, Words, Work, read
from connectors.canvas.windows import window
from connectors.payload import Payload
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Handed, Kind, Unreadable

HAND_IN = {
    "online_text_entry": "text",
    "online_upload": "file",
    "media_recording": "file",
    "student_annotation": "file",
    "online_url": "url",
    "online_quiz": "quiz",
    "discussion_topic": "discussion",
    "on_paper": "paper",
    "external_tool": "tool",
}


def assignment(told: Work, *, course_id: str) -> schema.Assignment:
    """Map an assignment. `due_at` is the one for everyone without an override of their own."""
    tries = told.allowed_attempts
    return schema.Assignment(
        assignment_id=f"assignment:{told.id}",
        course_id=course_id,
        title=told.name,
        due_date=told.due_at,
        content=told.description,
        max_points=told.points_possible,
        url=told.html_url,
        window=window(told, published=told.published),
        overrides=tuple(_override(one, told) for one in told.overrides if not one.unassign_item),
        rubric=_rubric(told),
        attempts=tries if tries and tries > 0 else None,
        hand_in=_hand_in(told),
    )


def _hand_in(told: Work) -> tuple[str, ...]:
    if told.is_quiz_lti_assignment:
        return ("quiz",)
    return tuple(dict.fromkeys(HAND_IN[kind] for kind in told.submission_types if kind in HAND_IN))


def _override(told: Override, base: Work) -> schema.Override:
    """Map an override; a date it does not name is everyone's."""
    named = told.model_fields_set
    return schema.Override(
        sections=(told.course_section_id,) if told.course_section_id else (),
        groups=(told.group_id,) if told.group_id else (),
        people=tuple(told.student_ids or ()),
        due_date=told.due_at if "due_at" in named else base.due_at,
        available_from=told.unlock_at if "unlock_at" in named else base.unlock_at,
        available_until=told.lock_at if "lock_at" in named else base.lock_at,
    )


def _rubric(told: Work) -> schema.Rubric | None:
    """Map a rubric, its levels from best to worst."""
    if not told.rubric:
        return None
    criteria = tuple(
        schema.Criterion(
            criterion_id=line.id,
            title=line.description,
            description=line.long_description,
            points=line.points or Decimal(0),
            levels=tuple(
                schema.Level(
                    level_id=one.id, title=one.description, points=one.points or Decimal(0)
                )
                for one in sorted(line.ratings, key=lambda one: one.points or 0, reverse=True)
            ),
        )
        for line in told.rubric
    )
    return schema.Rubric(criteria=criteria)


def item(told: Work, *, course_id: str) -> schema.ContentItem:
    """Map an assignment as something to read: its description.

    A quiz's questions stay shut. A New Quiz is a tool's: this API tells nothing of it.
    """
    quiz = "online_quiz" in told.submission_types or told.is_quiz_lti_assignment
    return schema.ContentItem(
        item_id=told.item_id,
        course_id=course_id,
        kind=Kind.QUIZ if quiz else Kind.ASSIGNMENT,
        title=told.name,
        body="" if quiz else told.description,
        url=told.html_url,
        mime="text/html",
        updated_at=told.updated_at,
        window=window(told, published=told.published),
        unreadable=Unreadable.UNSUPPORTED if quiz else None,
    )


class Comment(Payload):
    """One comment; without an author it is the system's."""

    author_id: Id | None = None
    comment: Words = ""


class Attachment(Payload):
    display_name: Words = ""
    url: Words = ""
    mime: Words = Field("", alias="content-type")
    size: int | None = None


class Attempt(Payload):
    """One time of handing in; `attempt` is missing from a row that stands for nothing yet."""

    id: Id
    assignment_id: Id
    user_id: Id
    attempt: int | None = None
    submitted_at: AwareDatetime | None = None
    submission_type: Words = ""
    body: Words = ""
    url: Words = ""
    preview_url: Words = ""
    score: Decimal | None = None
    graded_at: AwareDatetime | None = None
    workflow_state: Words = ""
    late: bool | None = False
    excused: bool | None = False
    attachments: list[Attachment] = []


class Submission(Attempt):
    """The last attempt, with those before it in `submission_history`."""

    submission_history: list[Attempt] = []
    submission_comments: list[Comment] = []


def submissions(payload: Any) -> Iterator[schema.Submission]:
    """Yield each attempt of one student at one assignment; nothing for a row of nothing."""
    told = read(Submission, payload)
    tries = {one.attempt: one for one in told.submission_history if one.attempt}
    if told.attempt:
        tries[told.attempt] = told
    words = _feedback(told)
    for number in sorted(tries):
        last = number == max(tries)
        yield _attempt(tries[number], number, words if last else "")
    if not tries and (told.score is not None or told.excused):
        yield _attempt(told, 1, words)  # graded or excused, with nothing handed in


def _feedback(told: Submission) -> str:
    """Return the newest comment that is not the student's own."""
    others = [
        one.comment
        for one in told.submission_comments
        if one.author_id and one.author_id != told.user_id
    ]
    return others[-1] if others else ""


def _attempt(told: Attempt, number: int, feedback: str) -> schema.Submission:
    return schema.Submission(
        submission_id=f"submission:{told.id}:{number}",
        assignment_id=f"assignment:{told.assignment_id}",
        user_id=told.user_id,
        content_url=told.url or told.preview_url,
        score=told.score,
        feedback=feedback,
        submitted_at=told.submitted_at,
        attempt=number,
        state=_state(told),
        body=told.body,
        files=tuple(_files(told.attachments)),
        late=bool(told.late),
        graded_at=told.graded_at,
    )


def _state(told: Attempt) -> Handed:
    if told.excused:
        return Handed.EXCUSED
    graded = told.score is not None and told.workflow_state != "pending_review"
    return Handed.GRADED if graded else Handed.SUBMITTED


def _files(told: Iterable[Attachment]) -> Iterator[schema.Attached]:
    for one in told:
        yield schema.Attached(name=one.display_name, url=one.url, mime=one.mime, size=one.size)
