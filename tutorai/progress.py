"""What is known of one student's progress, as that student, and who observes them, may see it.

Only grades that reached the gradebook, and work that is due. What a teacher still holds back is
nobody's yet, and conversations with the tutor are the student's own.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from tutorai.ledger.models import GradeIntent
from tutorai.lmsdm import due, scope
from tutorai.lmsdm.models import Assignment, Course, Enrolment, Observing, User
from tutorai.lmsdm.schema import Actor, Role

State = GradeIntent.State
THERE = (State.DELIVERED, State.SUPERSEDED)  # the gradebook has it, or what a person made of it
SOON = 10  # pieces of work that are listed


@dataclass(frozen=True)
class Grade:
    """A grade as it stands in the gradebook, as far as we know."""

    intent: GradeIntent

    @property
    def title(self) -> str:
        """Whose column it is."""
        line_item = self.intent.line_item
        return (line_item.assignment and line_item.assignment.title) or line_item.label

    @property
    def points(self) -> str:
        """The points, as a person writes them; "" where somebody took them away."""
        changed = self.intent.state == State.SUPERSEDED
        points = self.intent.lms_points if changed else self.intent.points
        return "" if points is None else f"{points.normalize():f}"

    @property
    def maximum(self) -> str:
        """Of how many."""
        return f"{self.intent.maximum.normalize():f}"

    @property
    def comment(self) -> str:
        """What the teacher wrote with it; nothing where the points are another's."""
        return "" if self.intent.state == State.SUPERSEDED else self.intent.comment


@dataclass(frozen=True)
class Progress:
    """One student's, in one course."""

    student: User
    grades: list[Grade]
    due: list[Assignment]  # the next ones


def of(course: Course, student: User) -> Progress:
    """Return a student's progress in a course."""
    return Progress(student, delivered(course, student), _due(course, student))


def delivered(course: Course, student: User) -> list[Grade]:
    """Return a student's grades that reached the gradebook, the newest first."""
    here = GradeIntent.objects.filter(line_item__course=course, user=student, state__in=THERE)
    newest = here.order_by("line_item", "-version").distinct("line_item")
    rows = newest.select_related("line_item__assignment")
    return sorted(map(Grade, rows), key=_moment, reverse=True)


def _moment(grade: Grade) -> datetime:
    return grade.intent.delivered_at or grade.intent.created_at


def _due(course: Course, student: User) -> list[Assignment]:
    place = Enrolment.objects.filter(course=course, user=student).first()
    they = Actor(
        institution_id=course.institution_id,
        user_id=student.pk,
        course_id=course.pk,
        role=Role.STUDENT,
        sections=tuple(place.sections) if place else (),
    )
    works = list(scope.assignments(they).defer("content"))
    dates, now = due.dates(they, works), timezone.now()
    coming = [(at, work) for work in works if (at := dates[work.pk]) is not None and at > now]
    coming.sort(key=lambda pair: (pair[0], pair[1].title))
    for at, work in coming:
        work.due_date = at  # for this student; nothing is saved
    return [work for _at, work in coming[:SOON]]


def observed(actor: Actor) -> QuerySet[User]:
    """Return the students that this observer may see, here and now; the institution has to agree.

    Only those that the LMS listed with their last launch, and that are in the course.
    """
    course = scope.course(actor, actor.course_id or "")
    if actor.role is not Role.OBSERVER or not course.institution.observers_may_see:
        return User.objects.none()
    listed = Observing.objects.filter(course=course, observer=actor.user_id)
    active = Enrolment.objects.filter(course=course, role=Role.STUDENT.value, active=True)
    return User.objects.filter(
        pk__in=listed.values("student"), enrolments__in=active, is_test=False
    ).order_by("name", "pk")


def worked_here(course: Course, person: UUID | None) -> User | None:
    """Return a person who is or was a student of the course; None: there is no such one here."""
    if person is None:
        return None
    places = Enrolment.objects.filter(course=course, user=person)
    known = places.filter(role=Role.STUDENT.value).exists()
    graded = GradeIntent.objects.filter(line_item__course=course, user=person).exists()
    there = known or graded
    return (
        User.objects.filter(pk=person, institution=course.institution_id).first() if there else None
    )
