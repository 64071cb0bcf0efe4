"""A grade that a teacher approved, on its way to each LMS by its REST API."""

from decimal import Decimal

import pytest

from connectors import cells, columns, tokens
from connectors.base import Grant
from connectors.models import Connector
from tests import factories
from tests.dialects.contract import Adapter
from tutorai import flows, gradebook
from tutorai.gradebook import Entry, Hold
from tutorai.ledger import attempts
from tutorai.ledger.models import GradeIntent, Job
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Identity, LineItem
from tutorai.lmsdm.schema import Actor, Role

REPORT = "Titration report"


@pytest.fixture
def teacher(own: Adapter) -> Actor:
    """A teacher of a course of ours that stands for this one, its work read."""
    course = factories.a_course()
    row = Connector.objects.create(
        institution=course.institution,
        course=course,
        lms=own.lms,
        base_url=own.url,
        external_id=own.course_id,
    )
    tokens.keep(row, Grant(own.token))
    work = own.client().assignments(own.course_id)
    store.save_assignments(course_id=course.pk, source=row.source, assignments=work)
    columns.of_assignments(course)
    return factories.an_actor(course, Role.TEACHER)


def test_a_grade_and_its_words_arrive_once_where_no_launch_gave_a_column(
    own: Adapter, teacher: Actor
) -> None:
    column = LineItem.objects.get(course=teacher.course_id, label=REPORT)
    student = factories.an_enrolment(column.course).user
    told = own.told["people"]["student3"]
    name = told["sub"] if own.lms == "blackboard" else told["id"]
    store.identify(
        institution_id=teacher.institution_id,
        source=f"{own.lms}:1",
        kind=Identity.Of.USER,
        external_id=f"{own.url.partition('://')[2]}/{name}",
        row=student.pk,
    )
    (draft,) = gradebook.draft(teacher, column, [Entry(student.pk, Decimal("7.5"), "Well done.")])

    (grade,) = flows.approve(teacher, [draft.pk], Hold(minutes=0))
    job = Job.objects.get(kind=flows.SEND, course=teacher.course_id)
    attempts.attempt(job.pk, flows.WORK)
    sent = len(own.log())
    attempts.attempt(job.pk, flows.WORK)  # as from a message that came twice

    grade.refresh_from_db()
    cell = cells.cell(column.course.connector.pk, column, student.pk)
    assert cell is not None
    shown = cell.read()
    words = None if own.lms == "moodle" else "Well done."  # its function tells none
    assert grade.state == GradeIntent.State.DELIVERED
    assert (shown.points, shown.comment) == (Decimal("7.5"), words)
    assert len(own.log()) == sent + 1  # ours, just now
