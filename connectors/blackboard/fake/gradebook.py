"""The gradebook: columns, attempts with their files, and what each person has. swagger: Course Grades.

§3.4: a grade that is written posts at once, as an override; the last one wins, there is no
timestamp; `score` null takes it away; a cell nobody opened yet may be a 404.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase, HttpResponseRedirect
from django.utils.dateparse import parse_datetime

from connectors.blackboard.fake.call import (
    Call,
    Payload,
    Refused,
    instant,
    missing,
    named,
    one,
)
from connectors.blackboard.fake.files import stored_at
from connectors.blackboard.fake.routes import api
from connectors.sandbox.dialect import STUDENTS, number
from connectors.sandbox.editing import now
from connectors.sandbox.models import (
    Assignment,
    Attachment,
    Attempt,
    Course,
    Enrolment,
    Person,
    Quiz,
    Submission,
)

HERE = "v2/courses/<str:course_id>/gradebook/columns"
MODIFY = "course.gradebook.MODIFY"
MOST = Decimal(999_999)  # points that fit into a column


@api(HERE)
def columns(call: Call, course_id: str) -> list[Payload]:
    """List the columns: of the course's total too, which nothing can be handed in for."""
    course = call.course(course_id)
    works = Assignment.objects.filter(course=course).order_by("position", "id")
    if not call.sees_all(course):
        works = works.filter(published=True)
    total = {
        "id": named(course),
        "name": "Total",
        "externalGrade": True,
        "grading": {"type": "Calculated"},
        "score": {"possible": 0},
        "availability": {"available": "Yes"},
    }
    return [_column(work) for work in works] + [total]


@api(f"{HERE}/<str:column_id>")
def column(call: Call, course_id: str, column_id: str) -> Payload:
    """Return a column."""
    return _column(_work(call.course(course_id), column_id))


def _work(course: Course, column_id: str) -> Assignment:
    return one(Assignment.objects.filter(course=course), column_id)


def _column(work: Assignment) -> Payload:
    quiz = Quiz.objects.filter(assignment=work).first()
    kind = "resource/x-bb-assessment" if quiz else "resource/x-bb-assignment"
    uses = {"gradebookColumnId": named(work)}
    association = {"id": named(work), "rubricId": named(work), "associationEntity": uses}
    return {
        "id": named(work),
        "name": work.name,
        "displayName": work.name,
        "externalGrade": False,
        "created": instant(work.created_at),
        "contentId": named(quiz or work),
        "score": {"possible": number(work.points_possible), "decimalPlaces": 2},
        "availability": {"available": "Yes" if work.published else "No"},
        "grading": {
            "type": "Attempts",
            "due": instant(work.due_at),
            "attemptsAllowed": work.attempts or 0,
            "scoringModel": "Last",
            "anonymousGrading": {"type": "None"},
        },
        "scoreProviderHandle": kind,
        "rubricAssociations": [{**association, "usedForGrading": True}] if work.rubric else None,
    }


# --- attempts ---------------------------------------------------------------------------------


@api(f"{HERE}/<str:column_id>/attempts")
def attempts(call: Call, course_id: str, column_id: str) -> list[Payload]:
    """List a column's attempts; `modified` with `modifiedCompare` leaves out the older ones."""
    work = _work(call.staff(course_id, MODIFY), column_id)
    rows = Attempt.objects.filter(submission__assignment=work).select_related("submission")
    told = [_attempt(row) for row in rows.order_by("at", "id")]
    if call.given("modified"):
        since = parse_datetime(call.given("modified").replace(" ", "+"))
        if since is None or call.given("modifiedCompare") != "greaterOrEqual":
            raise Refused(400, "modified is not a date.")
        told = [one for one in told if one["modified"] >= str(instant(since))]
    return told


def _attempt(row: Attempt) -> Payload:
    """Describe an attempt: the last one carries the score."""
    whole = row.submission
    last = not whole.tries.filter(number__gt=row.number).exists()
    graded = last and whole.score is not None
    status = "InProgress" if row.draft else "Completed" if graded else "NeedsGrading"
    score = number(whole.score) if graded and whole.score is not None else None
    changed = whole.graded_at if graded and whole.graded_at else row.at
    return {
        "id": named(row),
        "userId": named(whole.person_id),
        "status": status,
        "displayGrade": {"scaleType": "Score", "score": score} if graded else None,
        "score": score,
        "feedback": whole.comments[-1]["comment"] if graded and whole.comments else None,
        "studentSubmission": row.body or None,
        "exempt": whole.excused,
        "created": instant(row.at),
        "modified": instant(max(changed, row.at)),
        "attemptDate": instant(row.at),
        "attemptReceipt": None if row.draft else _receipt(row),
    }


def _receipt(row: Attempt) -> Payload:
    """Return what a student gets for an attempt. docs: "Working with Rubrics APIs" (attempts)."""
    files = sum(len(file.content) for file in row.files.all())
    size = len(row.body.encode()) + files
    told = {"receiptId": f"{row.pk:032x}", "submissionDate": instant(row.at)}
    return {**told, "submissionTotalSize": size}


FILES = "v1/courses/<str:course_id>/gradebook/attempts/<str:attempt_id>/files"


@api(FILES)
def files(call: Call, course_id: str, attempt_id: str) -> list[Payload]:
    """List an attempt's files."""
    attempt = _of(call, course_id, attempt_id)
    return [{"id": named(row), "name": row.name} for row in attempt.files.order_by("id")]


@api(f"{FILES}/<str:file_id>/download")
def file(call: Call, course_id: str, attempt_id: str, file_id: str) -> HttpResponseBase:
    """Send on to a handed-in file's bytes."""
    attempt = _of(call, course_id, attempt_id)
    row = one(Attachment.objects.filter(attempt=attempt), file_id)
    return HttpResponseRedirect(stored_at(call, "attachment", row.pk))


def _of(call: Call, course_id: str, attempt_id: str) -> Attempt:
    course = call.staff(course_id, MODIFY)
    return one(Attempt.objects.filter(submission__assignment__course=course), attempt_id)


# --- grades -----------------------------------------------------------------------------------


@api(f"{HERE}/<str:column_id>/users")
def grades(call: Call, course_id: str, column_id: str) -> list[Payload]:
    """List what each person has in a column; `changeIndex` leaves out what changed before."""
    work = _work(call.staff(course_id, MODIFY), column_id)
    rows = Submission.objects.filter(assignment=work).order_by("id")
    told = [_grade(row) for row in rows]
    since = call.given("changeIndex")
    return [one for one in told if not since.isdecimal() or one["changeIndex"] > int(since)]


@api(f"{HERE}/<str:column_id>/users/<str:user_id>", "GET", "PATCH")
def grade(call: Call, course_id: str, column_id: str, user_id: str) -> Payload:
    """Return what one person has, or give them a grade."""
    course = call.staff(course_id, MODIFY)
    work, person = _work(course, column_id), call.person_of(user_id)
    students = Enrolment.objects.filter(course=course, person=person, type__in=STUDENTS)
    if not students.filter(state="active").exists():
        raise missing("The specified user is not enrolled in the course.")
    if call.option("grades_unpopulated"):
        raise missing("Grade detail values have not yet been populated.")
    if call.request.method == "PATCH":
        return _grade(_given(call, work, person))
    row = Submission.objects.filter(assignment=work, person=person).first()
    return _grade(row or Submission(id=0, assignment=work, person=person))


@transaction.atomic
def _given(call: Call, work: Assignment, person: Person) -> Submission:
    """Do what the body says, alone on this cell."""
    sent, at = call.sent(), now(call.world.name)
    rows = Submission.objects.select_for_update()
    row, _ = rows.get_or_create(assignment=work, person=person)
    if "score" in sent:
        row.score, row.graded_at, row.grader = _points(sent["score"]), at, call.person
    if "feedback" in sent:
        row.comments = []  # it replaces what there was
        if sent["feedback"]:
            row.say(str(sent["feedback"]), call.person, at)
    if "exempt" in sent:
        row.excused = bool(sent["exempt"])
    row.posts += 1
    row.save()
    return row


def _points(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        points = Decimal(str(value))
        if isinstance(value, bool) or not abs(points) <= MOST:
            raise InvalidOperation
    except InvalidOperation as wrong:
        raise Refused(400, "The supplied score is not valid.") from wrong
    return points.quantize(Decimal("0.00001"))


def _grade(row: Submission) -> Payload:
    graded = row.score is not None
    score = number(row.score) if row.score is not None else None
    possible = number(row.assignment.points_possible)
    return {
        "userId": named(row.person_id),
        "columnId": named(row.assignment_id),
        "status": "Graded" if graded else None,
        "displayGrade": {"scaleType": "Score", "score": score, "possible": possible}
        if graded
        else None,
        "score": score,
        "overridden": instant(row.graded_at) if row.posts and graded else None,
        "feedback": row.comments[-1]["comment"] if row.comments else None,
        "exempt": row.excused,
        "changeIndex": row.posts + 1,
    }
