"""What is to be handed in, and what was."""

from uuid import UUID

from django.db.models import QuerySet

from agents.reads import reader, records
from agents.reads.records import Page, Part
from tutorai.lmsdm import due, models, scope
from tutorai.lmsdm.eyes import Eyes
from tutorai.lmsdm.models import Enrolment
from tutorai.lmsdm.schema import Actor, Override, Role, Rubric

NOT_JOINED = "not_joined"


def assignments(actor: Actor, course_id: UUID, part: Part) -> Page[records.Work]:
    """Return the work this reader sees, by date, each with the date that is the reader's own."""
    reader.course(actor, course_id)
    eyes = Eyes(actor)
    rows = scope.assignments(actor).order_by("due_date", "title", "pk")[part.slice]
    return part.of([_told(eyes, row) for row in rows])


def _told(eyes: Eyes, row: models.Assignment) -> records.Work:
    staff = eyes.actor.is_staff
    own = row.overrides and not staff
    return records.Work(
        assignment_id=row.pk,
        course_id=row.course_id,
        title=row.title,
        due_date=due.due(row, eyes.facts) if own else row.due_date,
        content=row.content,
        max_points=row.max_points,
        url=row.url,
        available_from=row.available_from,
        available_until=row.available_until,
        attempts=row.attempts,
        hand_in=row.hand_in,
        rubric=None if row.rubric is None else Rubric.model_validate(row.rubric),
        published=row.published,
        overrides=[Override.model_validate(each) for each in row.overrides] if staff else None,
    )


def submissions(
    actor: Actor, course_id: UUID, part: Part, *, assignment_id: UUID | None = None
) -> tuple[records.Submissions, int | None]:
    """Return what was handed in (a student's own, all for who grades), and where more begins.

    Of whom the LMS does not say which of its people they are, nothing is known: no guesses.
    """
    grades = actor.may_grade
    course = scope.graded_course(actor, course_id) if grades else reader.course(actor, course_id)
    works = scope.assignments(actor)
    if assignment_id is not None:
        works = works.filter(pk=assignment_id)
    people = scope.students(actor).values_list("pk", flat=True) if grades else [actor.user_id]
    rows = models.Submission.objects.filter(
        assignment__in=works.order_by().values("pk"), user__in=people, deleted_at=None
    ).order_by("assignment", "user", "attempt")
    shown = part.of([_handed(row, grades=grades) for row in rows[part.slice]])
    strangers = _strangers(course, actor if not grades else None)
    return (
        records.Submissions(
            submissions=list(shown.rows),
            reason=NOT_JOINED if not grades and strangers else "",
            not_joined=strangers if grades else 0,
        ),
        shown.after,
    )


def _strangers(course: models.Course, alone: Actor | None) -> int:
    """Count the course's students (or only this one) whom the LMS did not name to us."""
    here: QuerySet[Enrolment] = Enrolment.objects.filter(course=course)
    if alone is None:
        here = here.filter(role=Role.STUDENT.value, active=True, user__is_test=False)
        people = set(here.values_list("user", flat=True))
    else:
        people = {alone.user_id}
    return len(people - reader.lms_ids(course.institution_id, people).keys())


def _handed(row: models.Submission, *, grades: bool) -> records.Submission:
    return records.Submission(
        submission_id=row.pk,
        assignment_id=row.assignment_id,
        user_id=row.user_id,
        attempt=row.attempt,
        state=row.state,
        content_url=row.content_url,
        files=[str(each.get("name", "")) for each in row.files],
        submitted_at=row.submitted_at,
        late=row.late,
        # A connection of a teacher's reads grades that students are not shown yet.
        score=row.score if grades else None,
        feedback=row.feedback if grades else "",
    )
