"""What was handed in, and the grades a teacher's token gives. Canvas API: Submissions.

Each PUT with a comment appends it; one that names no grade changes none. Every student has a row
for all work, `unsubmitted` before anything is handed in.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from connectors.canvas.fake import handed
from connectors.canvas.fake.call import Call, Payload, Refused, missing
from connectors.canvas.fake.routes import api
from connectors.sandbox.editing import now
from connectors.sandbox.models import Assignment, Enrolment, Person, Submission
from connectors.sandbox.visible import Eyes

MOST = Decimal(999_999)  # points that fit into a column
HERE = "courses/<str:course_id>/assignments/<int:assignment_id>/submissions"
SCOPE = "courses/:course_id/assignments/:assignment_id/submissions"


@api(f"{HERE}/<int:user_id>", f"{SCOPE}/:user_id", "GET", "PUT")
def submission(call: Call, course_id: str, assignment_id: int, user_id: int) -> Payload:
    """Show one student's submission, or grade it."""
    grading = call.request.method == "PUT"
    own = not grading and user_id == call.person.id
    eyes = call.eyes(course_id) if own else call.staff(course_id)
    work = _assignment(eyes, assignment_id)
    person = _student(eyes, user_id)
    if grading:
        if not (work.published and Eyes(person, eyes.course).sees(work)):
            raise call.forbidden()
        return handed.told(call, _graded(call, work, person))
    row = Submission.objects.filter(assignment=work, person=person).first()
    return handed.told(call, row or Submission(id=0, assignment=work, person=person))


@api(HERE, SCOPE)
def submissions(call: Call, course_id: str, assignment_id: int) -> list[Payload]:
    """List an assignment's submissions."""
    work = _assignment(call.staff(course_id), assignment_id)
    rows = Submission.objects.filter(assignment=work).select_related("assignment")
    return [handed.told(call, row) for row in rows.order_by("id")]


@api("courses/<str:course_id>/students/submissions", "courses/:course_id/students/submissions")
def student_submissions(call: Call, course_id: str) -> list[Payload]:
    """List submissions of several students (`student_ids[]=all`) in several assignments.

    Whoever names no students gets those of the caller, who has none as a teacher. `submitted_since`
    and `graded_since` are lower bounds that both hold, where both are given.
    """
    eyes = call.staff(course_id)
    rows = Submission.objects.filter(assignment__course=eyes.course).select_related("assignment")
    students, works = call.given("student_ids"), call.given("assignment_ids")
    if "all" not in students:
        rows = rows.filter(person__in=[int(one) for one in students if one.isdecimal()])
    if works:
        rows = rows.filter(assignment__in=[int(one) for one in works if one.isdecimal()])
    if since := _since(call, "submitted_since"):
        rows = rows.filter(submitted_at__gte=since)
    if since := _since(call, "graded_since"):
        rows = rows.filter(graded_at__gte=since)
    return [handed.told(call, row) for row in rows.order_by("id")]


def _since(call: Call, name: str) -> datetime | None:
    told = call.request.GET.get(name, "")
    found = parse_datetime(told) if told else None
    if told and (found is None or found.tzinfo is None):
        raise Refused(400, {"errors": [{"message": f"invalid {name}"}]})
    return found


def _assignment(eyes: Eyes, assignment_id: int) -> Assignment:
    work = Assignment.objects.filter(course=eyes.course, id=assignment_id).first()
    if work is None or not eyes.sees(work):
        raise missing()
    return work


def _student(eyes: Eyes, user_id: int) -> Person:
    enrolled = Enrolment.objects.filter(
        course=eyes.course, person_id=user_id, type="StudentEnrollment", state="active"
    )
    row = enrolled.select_related("person").first()
    if row is None:
        raise missing()
    return row.person


@transaction.atomic
def _graded(call: Call, work: Assignment, person: Person) -> Submission:
    """Do what the form says, alone on this submission."""
    sent, at = QueryDict(call.request.body), now(call.world.name)
    rows = Submission.objects.select_for_update()
    row, _ = rows.get_or_create(assignment=work, person=person)
    if (posted := sent.get("submission[posted_grade]")) is not None:
        row.score = _points(posted, work.points_possible)
        row.graded_at, row.grader = at, call.person
    if words := sent.get("comment[text_comment]"):
        row.say(str(words), call.person, at)
    row.posts += 1
    row.save()
    return row


def _points(posted: str, possible: Decimal) -> Decimal | None:
    """Read "13.5" or "40%"; an empty grade is none."""
    if not posted.strip():
        return None
    try:
        number = Decimal(posted.strip().removesuffix("%"))
        points = number * possible / 100 if posted.strip().endswith("%") else number
        if not abs(points) <= MOST:
            raise InvalidOperation
    except InvalidOperation as wrong:
        raise Refused(400, {"error": "Invalid grade"}) from wrong
    return points.quantize(Decimal("0.01"))
